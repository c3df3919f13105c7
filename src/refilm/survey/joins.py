"""Where one take goes over into the next without a cut: dissolves, and fades from and into darkness.

In a dissolve every picture is a mix of those at its two ends, with a share that falls from one to
nothing; neither a pan nor people walking through a picture look like that.
"""

from collections import deque
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.findings import Transition
from refilm.survey.look import Look

Numbers = NDArray[np.float64]

_SIZE = (32, 24)
"""Width and height of the pictures that are mixed: weave, grain and dirt are smaller than a pixel."""
_SECONDS = (Fraction(1, 2), Fraction(1), Fraction(2))
"""Lengths of dissolves that are looked for."""
_ENDS = 2
"""Pictures at either end whose mean is one of the two that are mixed."""
_UNLIKE = 0.6
"""Correlation of the two ends below which they show different things."""
_EMPTY = 1e-3
"""Product of the pictures' lengths below which one of them is empty."""
_UNEXPLAINED = 0.36
"""Share of the change between the ends that the mixes may leave unexplained."""
_RISING = 0.95
"""Correlation of the share with time."""
_MIXED = (0.7, 1.35)
"""What both shares add up to: more or less than one by flicker only."""
_STEP = 0.4
"""Largest step of the share between two frames: more is a cut."""
_DARK = 0.1
"""Luma below which all of a picture is darkness."""
_RAMP = Fraction(1, 4)
"""Seconds that a fade lasts at least."""
_LONGEST = Fraction(3)
"""Seconds that a fade lasts at most."""
_FULL = 0.9
"""Share of the light to come at which a fade has ended."""


class _Found(NamedTuple):
    first: int
    stop: int
    unexplained: float


class Dissolves:
    """Looks for stretches in which every picture is a mix of those at the ends."""

    def __init__(self, rate: Fraction) -> None:
        self._spans = sorted({max(round(seconds * rate), 6) for seconds in _SECONDS})
        self._pictures: deque[Numbers] = deque(maxlen=self._spans[-1] + 2 * _ENDS)
        self._found: list[_Found] = []

    def see(self, look: Look) -> None:
        """Take in one frame."""
        small = cv2.resize(look.inner(), _SIZE, interpolation=cv2.INTER_AREA)
        flat = np.asarray(small, np.float64).ravel()
        self._pictures.append(flat - flat.mean())
        for span in self._spans:
            whole = span + 2 * _ENDS
            if len(self._pictures) >= whole and _unlike(self._pictures[-whole], self._pictures[-1]):
                shares = mixing(np.array(list(self._pictures)[-whole:]))
                if shares is not None:
                    self._found.append(_extent(look.number + 1 - span - _ENDS, *shares))

    def found(self, cuts: Sequence[int]) -> tuple[Transition, ...]:
        """Return the dissolves, of those that overlap the longest one; none is over a cut."""
        kept: list[_Found] = []
        for each in sorted(self._found, key=lambda each: (each.first - each.stop, each.unexplained)):
            apart = all(each.stop <= other.first or each.first >= other.stop for other in kept)
            if apart and not any(each.first - 1 <= cut <= each.stop for cut in cuts):
                kept.append(each)
        return tuple(Transition("dissolve", each.first, each.stop) for each in sorted(kept))


def _unlike(one: Numbers, other: Numbers) -> bool:
    """Say whether two pictures of mean 0 show different things; empty ones show nothing."""
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    return length > _EMPTY and float(one @ other) < _UNLIKE * length


def mixing(pictures: Numbers) -> tuple[Numbers, float] | None:
    """Return the second end's share of each picture in between, and what that leaves unexplained.

    `pictures` is (n, pixels), each of mean 0, the first and last two being the ends. None where it
    is no dissolve.
    """
    start, end = pictures[:_ENDS].mean(axis=0), pictures[-_ENDS:].mean(axis=0)
    between = pictures[_ENDS:-_ENDS]
    if not _unlike(start, end):
        return None
    ends = np.stack((start, end))
    shares = np.asarray(np.linalg.lstsq(ends.T, between.T, rcond=None)[0], np.float64)
    total = shares.sum(axis=0)
    share = shares[1] / np.maximum(total, 1e-6)
    fits = _MIXED[0] < total.min() and total.max() < _MIXED[1]
    if not fits or float(np.abs(np.diff(share, prepend=0, append=1)).max()) > _STEP:
        return None
    if float(np.corrcoef(share, np.arange(len(share)))[0, 1]) < _RISING:
        return None
    left = np.linalg.norm(between - shares.T @ ends, axis=1)
    unexplained = float(left.max() / np.linalg.norm(end - start))
    return (share, unexplained) if unexplained < _UNEXPLAINED else None


def _extent(first: int, share: Numbers, unexplained: float) -> _Found:
    """Return the frames in which both pictures are seen."""
    mixed = np.flatnonzero((share > 0.05) & (share < 0.95))
    return _Found(first + int(mixed[0]), first + int(mixed[-1]) + 1, unexplained)


def fades(level: Numbers, white: Numbers, rate: Fraction) -> tuple[Transition, ...]:
    """Return the stretches in which the picture comes out of darkness or goes into it."""
    coming = [Transition("fade", first, stop) for first, stop in _coming(level, white, rate)]
    count = len(level)
    going = [
        Transition("fade", count - stop, count - first)
        for first, stop in _coming(level[::-1], white[::-1], rate)
    ]
    return tuple(sorted(coming + going, key=lambda fade: fade.first))


def _coming(level: Numbers, white: Numbers, rate: Fraction) -> list[tuple[int, int]]:
    """Return from the last dark frame on to where the light is full, for each rise out of darkness."""
    dark = np.asarray(white < _DARK, np.bool_)
    starts = np.flatnonzero(dark[:-1] & ~dark[1:])
    longest, ramp = round(_LONGEST * rate), max(int(_RAMP * rate), 3)
    found: list[tuple[int, int]] = []
    for start in starts.tolist():
        rise = level[start : start + longest + ramp]
        reached = _full(rise)
        if ramp <= reached <= longest and _steady(rise[: reached + 1]):
            found.append((start, start + reached + 1))
    return found


def _full(rise: Numbers) -> int:
    """Return after how many frames the light is nearly what it will be."""
    full = rise[0] + _FULL * (float(np.median(rise[len(rise) // 2 :])) - rise[0])
    return int(np.argmax(rise >= full)) if bool((rise >= full).any()) else 0


def _steady(rise: Numbers) -> bool:
    """Say whether the light rises all the way and never at once, flicker apart."""
    steps, height = np.diff(rise), float(rise[-1] - rise[0])
    return height > 0.02 and float(steps.max()) < 0.5 * height and float(steps.min()) > -0.2 * height
