"""Chance that can be asked again: the same seed, kind and number always give the same."""

from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

_BLOCK = 256
_OFFSET = 1 << 40
"""Added to numbers, which may be a little below zero, as NumPy seeds with naturals only."""


def generator(seed: int, kind: str, number: int) -> np.random.Generator:
    """Return the source of chance for one frame (or block, or slot) and one kind of damage."""
    return np.random.default_rng((seed, crc32(kind.encode()), number + _OFFSET))


def white(seed: int, kind: str, number: int) -> float:
    """Return a normal number (mean 0, deviation 1) of its own for each frame."""
    return float(_block(seed, kind, number // _BLOCK)[number % _BLOCK])


def smooth(seed: int, kind: str, number: float, frames: float) -> float:
    """Return a normal number that changes slowly: Gaussian noise of sigma `frames` frames."""
    centre = round(number)
    reach = int(3 * frames) + 2
    places = np.arange(centre - reach, centre + reach + 1)
    weights = np.exp(-0.5 * ((places - number) / frames) ** 2)
    return float(_stretch(seed, kind, centre - reach, len(places)) @ weights / np.linalg.norm(weights))


def _stretch(seed: int, kind: str, first: int, count: int) -> NDArray[np.float64]:
    blocks = range(first // _BLOCK, (first + count - 1) // _BLOCK + 1)
    joined = np.concatenate([_block(seed, kind, block) for block in blocks])
    start = first - blocks[0] * _BLOCK
    return joined[start : start + count]


@lru_cache(maxsize=512)
def _block(seed: int, kind: str, block: int) -> NDArray[np.float64]:
    return generator(seed, kind, block).standard_normal(_BLOCK)
