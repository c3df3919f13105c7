"""Weights of Keras are read by their paths, and nothing else of a file is."""

import h5py
import numpy as np
import pytest
import torch
from keras_file import keras_file

from refilm.errors import WeightsError
from refilm.models.hdf5 import read_hdf5
from refilm.models.weights import read

KERNEL = np.random.default_rng(0).normal(0, 1, (3, 2, 5, 4)).astype(np.float32)
STATE = {"conv/conv/kernel:0": KERNEL, "conv/conv/bias:0": KERNEL[0, 0, 0]}


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("suffix", ["h5", "hdf5"])
def test_tensors_are_read_by_their_paths_whether_or_not_the_file_holds_the_model_too(
    tmp_path, full, suffix
):
    held = read(keras_file(tmp_path / f"some.{suffix}", STATE, full=full))
    assert held.keys() == STATE.keys()
    for key, values in STATE.items():
        assert held[key].dtype == torch.float32
        np.testing.assert_array_equal(held[key], values)


def test_what_lies_in_another_file_is_not_read(tmp_path):
    other = keras_file(tmp_path / "other.h5", STATE)
    (tmp_path / "raw").write_bytes(bytes(16))
    with h5py.File(tmp_path / "linked.h5", "w") as file:
        file["conv"] = h5py.ExternalLink(str(other), "conv")
    with pytest.raises(WeightsError, match="holds no tensors"):
        read(tmp_path / "linked.h5")
    with h5py.File(tmp_path / "outside.h5", "w") as file:
        file.create_dataset("conv", (4,), np.float32, external=[(str(tmp_path / "raw"), 0, 16)])
    with pytest.raises(WeightsError, match="conv lies in another file"):
        read(tmp_path / "outside.h5")
    layout = h5py.VirtualLayout((4,), np.float32)
    layout[:] = h5py.VirtualSource(str(other), "conv/conv/bias:0", (4,))
    with h5py.File(tmp_path / "virtual.h5", "w") as file:
        file.create_virtual_dataset("conv", layout)
    with pytest.raises(WeightsError, match="conv lies in another file"):
        read(tmp_path / "virtual.h5")


def test_a_file_without_tensors_or_of_another_kind_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="holds no tensors"):
        read(keras_file(tmp_path / "empty.h5", {}))
    (tmp_path / "no.h5").write_bytes(b"not weights at all")
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        read(tmp_path / "no.h5")
    with pytest.raises(OSError, match=r"."):
        read_hdf5(tmp_path / "no.h5")
    with h5py.File(tmp_path / "words.h5", "w") as file:
        file["conv"] = "words"
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        read(tmp_path / "words.h5")
