"""Draws batches of pictures; the same seed and step give the same batch, whatever came before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from refilm.lab import to_lab
from refilm.training.filmlike import aged_luma
from refilm.training.pictures import read
from refilm.training.recipe import Phase
from refilm.training.repainting import repainted

_NARROWEST = 0.6
"""Least part of a picture's short side that a crop shows."""
_SQUEEZE = 0.12
"""Standard deviation of the logarithm by which crops are stretched or squeezed."""


class Batch(NamedTuple):
    """Pictures to learn from."""

    luma: Tensor
    """(N, 1, size, size), 0..1 gamma-coded."""
    colours: Tensor
    """(N, 3, h, w), CIELAB, smaller than the luma by the phase's `reduction`."""


@dataclass(frozen=True, slots=True)
class Draw:
    """How batches are drawn from pictures."""

    pictures: Sequence[Path]
    seed: int
    phase: Phase

    def __call__(self, step: int) -> Batch:
        """Return the batch of a step, counted from 0; every picture comes once in each round."""
        chance = np.random.default_rng((self.seed, step, self.phase.size))
        lumas, colours = zip(*(self._sample(path, chance) for path in self._chosen(step)), strict=True)
        return Batch(
            torch.from_numpy(np.stack(lumas))[:, None],
            torch.from_numpy(np.stack(colours)).permute(0, 3, 1, 2),
        )

    def from_step(self, first: int) -> Iterator[Batch]:
        """Yield batch after batch, from that step on, for ever."""
        while True:
            yield self(first)
            first += 1

    def _chosen(self, step: int) -> Iterator[Path]:
        for number in range(step * self.phase.batch, (step + 1) * self.phase.batch):
            around, place = divmod(number, len(self.pictures))
            yield self.pictures[_shuffled(len(self.pictures), self.seed, around)[place]]

    def _sample(self, path: Path, chance: Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        size = self.phase.size
        crop = _crop(read(path), size, chance).astype(np.float32) / np.float32(255)
        small = size // self.phase.reduction
        reduced = np.asarray(cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA), np.float32)
        return aged_luma(crop, chance), repainted(to_lab(reduced), chance)


@lru_cache(maxsize=2)
def _shuffled(count: int, seed: int, around: int) -> NDArray[np.intp]:
    return np.random.default_rng((seed, around, 1)).permutation(count)


def _crop(picture: NDArray[np.uint8], size: int, chance: Generator) -> NDArray[np.uint8]:
    """Return a random part of a picture at the size asked for, mirrored half of the time."""
    height, width = picture.shape[:2]
    side = min(height, width) * chance.uniform(_NARROWEST, 1)
    stretch = float(np.exp(chance.normal(0, _SQUEEZE)))
    high, wide = min(int(side * stretch), height), min(int(side / stretch), width)
    top, left = chance.integers(height - high + 1), chance.integers(width - wide + 1)
    part = picture[top : top + high, left : left + wide]
    way = cv2.INTER_AREA if high > size else cv2.INTER_LINEAR
    resized = np.asarray(cv2.resize(part, (size, size), interpolation=way), np.uint8)
    return resized[:, ::-1] if chance.random() < 0.5 else resized
