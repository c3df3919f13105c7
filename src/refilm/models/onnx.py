"""Reads the weights of an ONNX network, a protocol buffer, without ONNX and without running anything.

What the numbers of its fields mean says https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from refilm.models.protobuf import Field, fields, integers

_GRAPH = 7
"""Field of a model that holds its graph."""
_INITIALISER = 5
"""Field of a graph that holds a tensor."""
_SIDES, _TYPE, _FLOATS, _NAME, _RAW, _ELSEWHERE = 1, 2, 4, 8, 9, 14
"""Fields of a tensor: its shape, what its values are, its values in either of two ways, its name, and
whether its values lie in another file."""
_FLOAT = 1
"""The type of four-byte numbers."""


def read_onnx(path: Path) -> dict[str, Tensor]:
    """Return the float32 tensors of an .onnx file by their names, in order; others are left out.

    Raises:
        ValueError: The file is no protocol buffer, is cut off, holds no tensors, or says only in which
            other file they lie.
        RuntimeError: A tensor does not fit its shape.
    """
    model = memoryview(path.read_bytes())
    held = dict(_tensors(model))
    if not held:
        raise ValueError("it holds no tensors")
    return held


def _tensors(model: memoryview) -> Iterator[tuple[str, Tensor]]:
    for graph in _parts(model, _GRAPH):
        for tensor in _parts(graph, _INITIALISER):
            known = {field.number: field for field in fields(tensor)}
            if _TYPE in known and known[_TYPE].value == _FLOAT:
                yield bytes(known[_NAME].content).decode(), _tensor(tensor, known)


def _parts(message: memoryview, number: int) -> Iterator[memoryview]:
    return (field.content for field in fields(message) if field.number == number)


def _tensor(message: memoryview, known: dict[int, Field]) -> Tensor:
    if _ELSEWHERE in known and known[_ELSEWHERE].value:
        raise ValueError("its tensors lie in another file")
    values = known[_RAW].content if _RAW in known else b"".join(_parts(message, _FLOATS))
    return torch.from_numpy(np.frombuffer(values, "<f4").copy()).reshape(integers(message, _SIDES))
