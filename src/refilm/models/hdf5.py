"""Reads the weights of a Keras network from HDF5, without Keras and without running anything.

A full-model file also describes the layers as JSON, which may hold Python code: only tensors are read.
"""

from pathlib import Path
from typing import cast

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_FULL_MODEL = "model_weights/"
"""Where the weights lie in a file that holds a whole model, beside what its training needs."""


def read_hdf5(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a Keras file by their paths, as "conv2d_1/conv2d_1/kernel:0".

    Paths begin below `model_weights` in a file of a full model, else at the top. The file's lists of
    its layers are not asked, since Keras cuts up long ones.

    Raises:
        ValueError: The file holds no tensors, or only says in which other file they lie.
        OSError: It is no HDF5 file.
    """
    found: dict[str, h5py.Dataset] = {}

    def take(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item

    with h5py.File(path, "r") as file:
        # This visits what is in the file and follows no links to others.
        file.visititems(take)
        if not found:
            raise ValueError("it holds no tensors")
        start = _FULL_MODEL if any(name.startswith(_FULL_MODEL) for name in found) else ""
        return {
            name.removeprefix(start): _tensor(name, dataset)
            for name, dataset in found.items()
            if name.startswith(start)
        }


def _tensor(name: str, dataset: h5py.Dataset) -> Tensor:
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"{name} lies in another file")
    values = cast(NDArray[np.generic], dataset[()])
    return torch.from_numpy(np.array(values))
