"""Reads the weights of a Caffe network, a protocol buffer, without Caffe and without running anything.

The format is told by https://protobuf.dev/programming-guides/encoding: a message is a row of fields,
each a number and a kind, then its value. What the numbers mean says Caffe's `caffe.proto`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5
"""Kinds of values: an integer of any length, 8 bytes, a length and so many bytes, 4 bytes."""
_BYTES = {_EIGHT: 8, _FOUR: 4}
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


class _Field(NamedTuple):
    number: int
    kind: int
    value: int
    """The integer, or how many bytes there are."""
    content: memoryview
    """The bytes of any other value."""


def read_caffemodel(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a .caffemodel file, "conv1.0" being the first of the layer conv1, in order.

    Layers without weights are left out. A shape is as the file tells it: old files give every tensor
    four sides, of which the first ones are 1 where it has fewer (see `lined_up`).

    Raises:
        ValueError: The file is no protocol buffer, or is cut off.
        RuntimeError: A tensor does not fit its shape.
    """
    held: dict[str, Tensor] = {}
    for field in _fields(memoryview(path.read_bytes())):
        if field.number in _LAYERS and field.kind == _LENGTH:
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
    fields = list(_fields(message))
    name = next((bytes(f.content).decode() for f in fields if f.number == layout.name), "")
    blobs = (field.content for field in fields if field.number == layout.blobs)
    return {f"{name}.{number}": _blob(blob) for number, blob in enumerate(blobs)}


def _blob(message: memoryview) -> Tensor:
    fields = list(_fields(message))
    shape = next((_sides(field.content) for field in fields if field.number == _BLOB_SHAPE), None)
    old = {field.number: field.value for field in fields if field.kind == _VARINT}
    wanted = [old.get(side, 1) for side in _BLOB_SIDES] if shape is None else shape
    # Packed into one field, or one field each: the bytes are the same.
    floats, doubles = (
        b"".join(field.content for field in fields if field.number == number)
        for number in (_BLOB_FLOATS, _BLOB_DOUBLES)
    )
    values = np.frombuffer(floats, "<f4") if floats else np.frombuffer(doubles, "<f8")
    return torch.from_numpy(values.astype(np.float32)).reshape(wanted)


def _sides(message: memoryview) -> list[int]:
    sides: list[int] = []
    for field in _fields(message):
        if field.number == _SHAPE_SIDES and field.kind == _LENGTH:
            place = 0
            while place < len(field.content):
                side, place = _integer(field.content, place)
                sides.append(side)
        elif field.number == _SHAPE_SIDES:
            sides.append(field.value)
    return sides


def _fields(message: memoryview) -> Iterator[_Field]:
    """Yield the fields of a message in order; raises ValueError where it is none."""
    place = 0
    while place < len(message):
        tag, place = _integer(message, place)
        number, kind = tag >> 3, tag & 7
        if kind in (_VARINT, _LENGTH):
            value, place = _integer(message, place)
        elif kind in _BYTES:
            value = _BYTES[kind]
        else:
            raise ValueError(f"it is no protocol buffer: there is no kind {kind} of values")
        length = 0 if kind == _VARINT else value
        if place + length > len(message):
            raise ValueError("it is cut off")
        yield _Field(number, kind, value, message[place : place + length])
        place += length


def _integer(message: memoryview, place: int) -> tuple[int, int]:
    """Return an integer, seven bits in each byte and the lowest first, and the place after it."""
    value = shift = 0
    while place < len(message):
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
    raise ValueError("it is cut off")
