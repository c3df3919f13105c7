"""Runs networks on what this computer has: device, precision, padding and tiles are decided here."""

import copy
import os
from collections.abc import Iterable
from functools import cache
from typing import Self

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from refilm.errors import UsageError
from refilm.frames import Pixels
from refilm.models.card import Facts
from refilm.models.tiles import in_tiles

_BORDERS = {
    "zero": cv2.BORDER_CONSTANT,
    "edge": cv2.BORDER_REPLICATE,
    "mirror": cv2.BORDER_REFLECT_101,
}
_MEMORY = 2_000_000_000
"""Bytes that one call may work with before it is cut into tiles, where the network allows tiles."""


def device(asked: str | None = None) -> torch.device:
    """Return where networks run: what is asked for, else REFILM_DEVICE, else the best there is.

    Raises:
        UsageError: This computer has no such device.
    """
    there = _devices()
    wanted = asked or os.environ.get("REFILM_DEVICE") or there[0]
    if wanted not in there:
        raise UsageError(
            f"REFILM_DEVICE asks for {wanted}, but this computer has {', '.join(there)}. "
            f"Set it to one of these, or leave it out."
        )
    return _prepared(wanted)


def _devices() -> list[str]:
    there = ["cuda"] if torch.cuda.is_available() else []
    there += ["mps"] if torch.backends.mps.is_available() else []
    there += ["cpu"]
    return there + [f"cuda:{number}" for number in range(torch.cuda.device_count())]


@cache
def _prepared(name: str) -> torch.device:
    """Make results repeatable: no reduced precision, no search for the quickest kernel of the day."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    torch.set_num_threads(min(torch.get_num_threads(), _processors()))
    return torch.device(name)


def _processors() -> int:
    # A container or a batch queue may leave fewer processors than the computer has.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class TorchNetwork:
    """A torch module as stages call it: ordinary pictures of any size in, a picture out.

    The module's `forward(*pictures, **numbers)` takes pictures (1, channels, height, width), nominally
    0..1, and returns one (1, channels, height * scale, width * scale). Width and height are multiples
    of what its card says.

    A module that takes references has `prepared(*references)`, which is called once, and is given what
    that returns at every call: `forward(*pictures, prepared=..., **numbers)`. References have any
    channels and each its own size, of such multiples too.
    """

    def __init__(
        self, module: nn.Module, facts: Facts, *, on: torch.device | None = None, memory: int = _MEMORY
    ) -> None:
        """Take a module to a device; `memory` bounds the bytes that one call works with."""
        self._facts = facts
        self._device = on or device()
        self._memory = memory
        self._bound: dict[str, object] = {}
        # Channels last is how oneDNN and cuDNN convolve without reordering first.
        placed = module.eval().to(self._device)
        self._module = placed.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def __call__(self, *pictures: Pixels, **numbers: float) -> Pixels:
        """Return the module's picture; grey where all pictures are and the network keeps grey."""
        grey = all(picture.shape[2] == 1 for picture in pictures)
        fitted = [self._with_channels(picture) for picture in pictures]
        result = self._bounded(fitted, numbers)
        if grey and self._facts.keeps_grey and result.shape[2] > 1:
            return result.mean(axis=2, keepdims=True, dtype=np.float32)
        return result

    def given(self, *references: Pixels) -> Self:
        """Return this network with references at hand; raises ValueError where it takes none."""
        if not hasattr(self._module, "prepared"):
            raise ValueError(f"{type(self._module).__name__} takes no references")
        bound = copy.copy(self)
        with torch.inference_mode():
            bound._bound = {"prepared": self._module.prepared(*self._tensors(references))}
        return bound

    def _with_channels(self, picture: Pixels) -> Pixels:
        if picture.shape[2] in self._facts.channels:
            return picture
        if picture.shape[2] == 1:
            return np.repeat(picture, self._facts.channels[0], axis=2)
        allowed = " or ".join(str(count) for count in self._facts.channels)
        raise ValueError(f"The network takes pictures of {allowed} channels, not {picture.shape[2]}")

    def _bounded(self, pictures: list[Pixels], numbers: dict[str, float]) -> Pixels:
        height, width = pictures[0].shape[:2]
        facts = self._facts
        if facts.margin is None or height * width * facts.memory <= self._memory:
            return self._whole(pictures, numbers)
        return in_tiles(
            pictures,
            lambda pieces: self._whole(pieces, numbers),
            tile=int((self._memory / facts.memory) ** 0.5),
            margin=facts.margin,
            step=facts.multiple_of,
            scale=facts.scale,
        )

    def _whole(self, pictures: list[Pixels], numbers: dict[str, float]) -> Pixels:
        height, width = (side * self._facts.scale for side in pictures[0].shape[:2])
        with torch.inference_mode():
            result: Tensor = self._module(*self._tensors(pictures), **self._bound, **numbers)
        return to_pixels(result)[:height, :width]

    def _tensors(self, pictures: Iterable[Pixels]) -> list[Tensor]:
        return [to_tensor(self._padded(picture)).to(self._device) for picture in pictures]

    def _padded(self, picture: Pixels) -> Pixels:
        height, width, channels = picture.shape
        down, right = (self._missing(side) for side in (height, width))
        if not down and not right:
            return picture
        padded = cv2.copyMakeBorder(picture, 0, down, 0, right, _BORDERS[self._facts.padding])
        return np.asarray(padded, np.float32).reshape(height + down, width + right, channels)

    def _missing(self, side: int) -> int:
        step = self._facts.multiple_of
        wanted = max(side, self._facts.smallest)
        return -(-wanted // step) * step - side


def to_tensor(picture: Pixels) -> Tensor:
    """Return (1, C, H, W), on the processor, of (H, W, C)."""
    # The picture's own layout is already channels last: this is a view, not a copy.
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None]


def to_pixels(result: Tensor) -> Pixels:
    """Return (H, W, C) of the first of (N, C, H, W), wherever it lies."""
    return np.ascontiguousarray(result[0].float().permute(1, 2, 0).cpu().numpy())
