"""A shot in a few numbers, and the frames that flash."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from refilm.findings import Condition, Figures

Numbers = NDArray[np.float64]

_REACH = 4
"""Frames either side whose median is the light that a frame should have."""
_NORMAL = 1.4826
"""Standard deviation of a normal distribution over its median deviation."""
_FLASH = 0.15
"""Luma by which a flash leaves the light around it at least."""
_OVER_FLICKER = 5
"""By how many times the flicker's deviation it does so besides."""
_CLOSE = 3
"""Frames at either end of a shot that are no flash: a cut is near."""


def condition(figures: Figures, first: int, stop: int, colour: str) -> Condition:
    """Return the condition of the shot of frames first..stop-1."""
    rows = slice(first, stop)
    return Condition(
        colour=colour,
        flicker=flicker(figures.level[rows][~figures.repeat[rows]]),
        contrast=float(np.median(figures.white[rows] - figures.black[rows])),
        noise=float(np.median(figures.noise[rows])),
        softness=float(np.median(figures.softness[rows])),
        dirt=float(np.median(figures.dirt[rows])),
    )


def flicker(level: Numbers) -> float:
    """Return by how much the light of pictures strays from that around them, as a share of it."""
    if len(level) < 3:
        return 0.0
    around = _around(level)
    stray = np.abs(level - around) / np.maximum(around, 0.02)
    return float(_NORMAL * np.median(stray))


def flashes(level: Numbers, firsts: Sequence[int]) -> tuple[int, ...]:
    """Return the frames whose light leaves that of their shot around them for some frames."""
    found: list[int] = []
    for first, stop in zip(firsts, [*firsts[1:], len(level)], strict=True):
        part = level[first:stop]
        if len(part) > 2 * _CLOSE:
            around = _around(part)
            bar = max(_FLASH, _OVER_FLICKER * flicker(part) * float(np.median(part)))
            far = np.flatnonzero(np.abs(part - around) > bar)
            found += [first + int(n) for n in far if _CLOSE <= n < len(part) - _CLOSE]
    return tuple(found)


def filled(values: Numbers, firsts: Sequence[int]) -> Numbers:
    """Return values without NaN: what the next frame of the shot, or its last, has; else 0."""
    whole = values.copy()
    for first, stop in zip(firsts, [*firsts[1:], len(values)], strict=True):
        known = np.flatnonzero(~np.isnan(values[first:stop]))
        if not len(known):
            whole[first:stop] = 0
            continue
        places = np.arange(stop - first)
        nearest = known[np.clip(np.searchsorted(known, places), 0, len(known) - 1)]
        whole[first:stop] = values[first:stop][nearest]
    return whole


def _around(level: Numbers) -> Numbers:
    """Return the median over the frames around each; the ends are mirrored."""
    reach = min(_REACH, len(level) - 1)
    padded = np.pad(level, reach, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    return np.asarray(np.median(windows, axis=1), np.float64)
