"""Reads weights without running anything that a file contains, and fills networks with them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from refilm.errors import WeightsError
from refilm.models.caffemodel import read_caffemodel
from refilm.models.hdf5 import read_hdf5
from refilm.models.onnx import read_onnx

Weights = dict[str, Any]
"""What a file holds: tensors by their key, or such tables by the name of a part."""


def read(path: Path) -> Weights:
    """Return what a weights file holds, on the processor: safetensors, ONNX, Caffe, Keras or torch.

    Raises:
        WeightsError: The file is missing, damaged, or holds more than tensors.
    """
    try:
        held = _held(path)
    except Exception as error:
        # A damaged file lets torch's reader fail in any way: KeyError, UnicodeDecodeError, and so on.
        raise WeightsError(
            f"{path} cannot be read as weights ({_first_line(error)}). Fetch or add the file again."
        ) from error
    if not isinstance(held, dict):
        raise WeightsError(f"{path} holds a {type(held).__name__}, not a table of tensors.")
    return held


def _held(path: Path) -> object:
    if path.suffix == ".safetensors":
        return load_file(path)
    if path.suffix == ".caffemodel":
        return read_caffemodel(path)
    if path.suffix in (".h5", ".hdf5"):
        return read_hdf5(path)
    if path.suffix == ".onnx":
        return read_onnx(path)
    # weights_only refuses every pickled object but tensors and plain containers.
    return torch.load(path, map_location="cpu", weights_only=True)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def fill(
    module: nn.Module, weights: Weights, *, prefix: str = "", unused: tuple[str, ...] = ()
) -> None:
    """Put weights into a network: every tensor is used exactly once and none is missing.

    Args:
        module: The network; it may have been made on the `meta` device, which spares filling it
            with random numbers first.
        weights: Tensors by their key.
        prefix: What every key begins with in the file but not in the network.
        unused: Beginnings of keys (without `prefix`) that the file has for other purposes.

    Raises:
        WeightsError: A tensor is missing, left over, or of another shape.
    """
    given = {key.removeprefix(prefix): tensor for key, tensor in weights.items()}
    given = {key: tensor for key, tensor in given.items() if not key.startswith(unused)}
    _check(type(module).__name__, module.state_dict(), given)
    module.load_state_dict(given, strict=True, assign=True)
    module.requires_grad_(requires_grad=False)


def _check(network: str, wanted: Mapping[str, Tensor], given: Weights) -> None:
    faults = {
        "missing": sorted(wanted.keys() - given.keys()),
        "left over": sorted(given.keys() - wanted.keys()),
        "of another shape": sorted(
            key for key in wanted.keys() & given.keys() if wanted[key].shape != _shape(given[key])
        ),
    }
    for fault, keys in faults.items():
        if keys:
            raise WeightsError(
                f"These weights are not those of {network}: {len(keys)} tensors are {fault}, "
                f"the first is {keys[0]}. Use the file that the network's card names."
            )


def _shape(value: object) -> tuple[int, ...] | None:
    return tuple(value.shape) if isinstance(value, Tensor) else None
