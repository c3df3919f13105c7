"""Stills as stages follow them: which a frame follows, what a matching network sees, their tones."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from refilm.chroma import Plane, Weights, luma_shown, luma_under, reduced
from refilm.frames import Shot
from refilm.job import Still

Curve = NDArray[np.float64]
"""(n,): figures of tones, from black to white."""
SEEN = 3
"""Stills that a frame follows at most: more take time and tell little."""
_STEPS = 33
"""Points of a tone curve, from black to white."""
_SMOOTH = 1.5
"""Steps over which a tone curve is smoothed."""
_REACH = 5
"""Steps either side that have a say in that."""
_RANKS = 65
"""Ranks, from the darkest pixel to the lightest, by which the tones of two pictures are compared."""
_DIFFERS = (0.015, 0.03)
"""Mean luma by which a still's tones differ before that counts, and from which on it counts whole."""


def near(stills: Sequence[Still], shot: Shot, time: Fraction) -> tuple[int, ...]:
    """Return the numbers of the stills that a frame follows: the shot's own by time, then others."""

    def distance(number: int) -> tuple[bool, Fraction]:
        shown = stills[number].time
        if shown is None or not shot.start <= shown < shot.end:
            return True, Fraction(number)
        return False, abs(shown - time)

    return tuple(sorted(sorted(range(len(stills)), key=distance)[:SEEN]))


def tone_curve(stills: Sequence[Still], shot: Shot, weights: Weights, lines: int) -> Curve | None:
    """Return luma that stills made by hand have for luma of the film, (n,), from 0 to 1 evenly.

    The shot's own stills count, or where it has none, those that it borrows. None where there is
    nothing to compare, or their tones are those of the film.
    """
    given = [still for still in stills if still.by_hand and still.luma is not None]
    own = [each for each in given if each.time is not None and shot.start <= each.time < shot.end]
    curves = [_curve(still, weights, lines) for still in own or given]
    differing = [curve for curve in curves if curve is not None]
    if not differing:
        return None
    return np.mean(differing, axis=0)


def _curve(still: Still, weights: Weights, lines: int) -> Curve | None:
    """Return the curve that gives as many pixels of each tone as the still has.

    Tones are compared by how many pixels are darker, and not place by place: where the still does not
    lie exactly on the frame, means over places would take its contrast away.
    """
    small = reduced(still.picture, lines)
    ranks = np.linspace(0, 1, _RANKS)
    shown = np.quantile(luma_shown(small, still.luma, weights), ranks)
    apart = np.quantile(luma_under(small, weights), ranks) - shown
    low, high = _DIFFERS
    share = float(np.clip((np.mean(np.abs(apart)) - low) / (high - low), 0, 1))
    if share == 0:
        return None
    even = np.linspace(0, 1, _STEPS)
    return np.clip(even + share * _smoothed(np.interp(even, shown, apart)), 0, 1)


def _smoothed(apart: Curve) -> Curve:
    """Return differences mixed with those around; beyond the ends they go on as they end."""
    reach = np.arange(-_REACH, _REACH + 1)
    kernel = np.exp(-np.square(reach / _SMOOTH) / 2)
    mixed = np.convolve(np.pad(apart, _REACH, mode="edge"), kernel / kernel.sum(), mode="valid")
    return np.asarray(mixed, np.float64)


def toned(luma: Plane, curve: Curve, share: float) -> Plane:
    """Return luma with that share of the curve's change; what overshoots moves as the ends do."""
    change = np.asarray(curve - np.linspace(0, 1, len(curve)), np.float32)
    moved = np.asarray(np.interp(luma, np.linspace(0, 1, len(curve)), change), np.float32)
    return np.asarray(luma + np.float32(share) * moved, np.float32)
