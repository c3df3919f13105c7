"""Weights of Caffe are read by ourselves, whichever way they were written."""

import caffe
import numpy as np
import pytest
import torch

from refilm.errors import WeightsError
from refilm.models.caffemodel import lined_up, read_caffemodel
from refilm.models.weights import read

KERNEL = np.random.default_rng(0).normal(0, 1, (3, 2, 5, 4)).astype(np.float32)


def written(folder, *layers):
    file = folder / "some.caffemodel"
    file.write_bytes(caffe.network(*layers))
    return file


@pytest.mark.parametrize("way", ["today", "old", "loose", "doubles"])
def test_tensors_are_read_by_layer_and_number_in_order(tmp_path, way):
    bias = np.arange(300, dtype=np.float32)
    file = written(
        tmp_path,
        caffe.layer("data", "Input"),
        caffe.layer("conv", "Convolution", caffe.blob(KERNEL, way), caffe.blob(bias, way)),
        caffe.layer("relu", "ReLU"),
        caffe.layer("after", "Convolution", caffe.blob(bias[:1], way)),
    )
    held = read(file)
    assert list(held) == ["conv.0", "conv.1", "after.0"]
    np.testing.assert_array_equal(held["conv.0"], KERNEL)
    np.testing.assert_array_equal(held["conv.1"].flatten(), bias)
    assert held["conv.1"].shape == ((1, 1, 1, 300) if way == "old" else (300,))
    assert held["conv.0"].dtype == torch.float32


def test_files_of_2014_are_read_too(tmp_path):
    held = read(written(tmp_path, caffe.layer_of_2014("conv", caffe.blob(KERNEL, "old"))))
    np.testing.assert_array_equal(held["conv.0"], KERNEL)


def test_a_tensor_that_tells_no_shape_is_one_number(tmp_path):
    alone = caffe.message(5, np.float32(3).tobytes())
    held = read(written(tmp_path, caffe.layer("scale", "Scale", alone)))
    assert held["scale.0"].tolist() == [[[[3.0]]]]


def test_sides_of_1_in_front_come_and_go_and_others_do_not():
    four = torch.arange(6.0).reshape(1, 1, 1, 6)
    assert lined_up(four, torch.Size((6,))).shape == (6,)
    assert lined_up(four[0, 0, 0], torch.Size((1, 6))).shape == (1, 6)
    assert lined_up(four, torch.Size((2, 3))).shape == four.shape
    assert lined_up(four, torch.Size((6, 1, 1, 1))).shape == four.shape


def test_a_file_that_is_cut_off_or_something_else_is_refused(tmp_path):
    content = caffe.network(caffe.layer("conv", "Convolution", caffe.blob(KERNEL)))
    file = tmp_path / "cut.caffemodel"
    for damaged, why in (
        (content[:-9], "cut off"),
        (content[:1], "cut off"),
        (b"\x0f" + content, "no kind 7"),
        (caffe.network(), "no layers with weights"),
    ):
        file.write_bytes(damaged)
        with pytest.raises(WeightsError, match=why):
            read(file)


def test_a_tensor_that_does_not_fit_its_shape_is_refused(tmp_path):
    wrong = caffe.message(7, caffe.message(1, caffe.integer(7))) + caffe.message(5, b"\0" * 8)
    with pytest.raises(RuntimeError, match="invalid for input of size 2"):
        read_caffemodel(written(tmp_path, caffe.layer("conv", "Convolution", wrong)))
