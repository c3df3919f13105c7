"""Weights of ONNX files are read by ourselves, whichever way they were written."""

import struct

import numpy as np
import pytest
import torch
from caffe import integer, message, whole

from refilm.errors import WeightsError
from refilm.models.weights import read

KERNEL = np.random.default_rng(0).normal(0, 1, (3, 2, 5, 4)).astype(np.float32)
FLOAT, LONG = 1, 7


def tensor(name, values, way="raw", kind=FLOAT, more=b""):
    """A tensor: its values as bytes ("raw"), packed ("packed") or one field each ("loose")."""
    sides = message(1, b"".join(map(integer, values.shape)))
    if way == "loose":
        sides = b"".join(whole(1, side) for side in values.shape)
        held = b"".join(integer(4 << 3 | 5) + struct.pack("<f", each) for each in values.flat)
    else:
        held = message(9 if way == "raw" else 4, values.tobytes())
    return message(5, sides + whole(2, kind) + message(8, name.encode()) + held + more)


def written(folder, *tensors, after=b""):
    """A model: its version, who wrote it, and its graph of one node and these tensors."""
    node = message(1, message(1, b"x") + message(2, b"y") + message(4, b"Conv"))
    graph = message(7, node + message(2, b"a graph") + b"".join(tensors))
    file = folder / "some.onnx"
    file.write_bytes(whole(1, 6) + message(2, b"somebody") + graph + after)
    return file


@pytest.mark.parametrize("way", ["raw", "packed", "loose"])
def test_tensors_are_read_by_name_in_order(tmp_path, way):
    bias = np.arange(300, dtype=np.float32)
    held = read(written(tmp_path, tensor("12", KERNEL, way), tensor("head.bias", bias, way)))
    assert list(held) == ["12", "head.bias"]
    np.testing.assert_array_equal(held["12"], KERNEL)
    np.testing.assert_array_equal(held["head.bias"], bias)
    assert held["12"].dtype == torch.float32


def test_tensors_that_are_no_floats_are_left_out(tmp_path):
    shape = tensor("shape", np.array([1, 2], np.int64), kind=LONG)
    assert list(read(written(tmp_path, shape, tensor("12", KERNEL)))) == ["12"]


def test_weights_in_another_file_are_refused(tmp_path):
    elsewhere = tensor("12", KERNEL[:0], more=whole(14, 1))
    with pytest.raises(WeightsError, match="lie in another file"):
        read(written(tmp_path, elsewhere))


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-40], lambda data: b"\x0b" + data, lambda data: b""]
)
def test_a_damaged_file_is_refused_by_its_name(tmp_path, damage):
    file = written(tmp_path, tensor("12", KERNEL))
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(WeightsError, match=r"some\.onnx cannot be read"):
        read(file)


def test_values_that_do_not_fill_their_shape_are_refused(tmp_path):
    file = written(
        tmp_path,
        message(
            5, message(1, integer(7)) + whole(2, 1) + message(8, b"k") + message(9, KERNEL.tobytes())
        ),
    )
    with pytest.raises(WeightsError, match=r"some\.onnx"):
        read(file)
