"""Reads the weights of a Caffe network, a protocol buffer, without Caffe and without running anything.

What the numbers of its fields mean says Caffe's `caffe.proto`.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from refilm.models.protobuf import LENGTH, VARINT, fields, integers

_BLOB_FLOATS, _BLOB_SHAPE, _BLOB_DOUBLES = 5, 7, 8
_BLOB_SIDES = (1, 2, 3, 4)
"""Number, channels, height and width, by which old files tell a shape."""
_SHAPE_SIDES = 1


class _Layout(NamedTuple):
    """The numbers of a layer's fields."""

    name: int
    blobs: int


_LAYERS = {100: _Layout(name=1, blobs=7), 2: _Layout(name=4, blobs=6)}
"""Fields of a network that hold a layer: those of today, and those of files of 2014 and before."""


def read_caffemodel(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a .caffemodel file, "conv1.0" being the first of the layer conv1, in order.

    Layers without weights are left out. A shape is as the file tells it: old files give every tensor
    four sides, of which the first ones are 1 where it has fewer (see `lined_up`).

    Raises:
        ValueError: The file is no protocol buffer, or is cut off.
        RuntimeError: A tensor does not fit its shape.
    """
    held: dict[str, Tensor] = {}
    for field in fields(memoryview(path.read_bytes())):
        if field.number in _LAYERS and field.kind == LENGTH:
            held |= _layer(field.content, _LAYERS[field.number])
    if not held:
        raise ValueError("it holds no layers with weights")
    return held


def lined_up(tensor: Tensor, shape: torch.Size) -> Tensor:
    """Return the tensor in a shape that differs at most by sides of 1 in front; else as it is."""
    shorter, longer = sorted((tuple(tensor.shape), tuple(shape)), key=len)
    front = len(longer) - len(shorter)
    same = longer[front:] == shorter and set(longer[:front]) <= {1}
    return tensor.reshape(shape) if same else tensor


def _layer(message: memoryview, layout: _Layout) -> dict[str, Tensor]:
    known = list(fields(message))
    name = next((bytes(f.content).decode() for f in known if f.number == layout.name), "")
    blobs = (field.content for field in known if field.number == layout.blobs)
    return {f"{name}.{number}": _blob(blob) for number, blob in enumerate(blobs)}


def _blob(message: memoryview) -> Tensor:
    known = list(fields(message))
    shape = next(
        (integers(field.content, _SHAPE_SIDES) for field in known if field.number == _BLOB_SHAPE), None
    )
    old = {field.number: field.value for field in known if field.kind == VARINT}
    wanted = [old.get(side, 1) for side in _BLOB_SIDES] if shape is None else shape
    # Packed into one field, or one field each: the bytes are the same.
    floats, doubles = (
        b"".join(field.content for field in known if field.number == number)
        for number in (_BLOB_FLOATS, _BLOB_DOUBLES)
    )
    values = np.frombuffer(floats, "<f4") if floats else np.frombuffer(doubles, "<f8")
    return torch.from_numpy(values.astype(np.float32)).reshape(wanted)
