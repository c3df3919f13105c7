"""Hair and dirt in the gate: what stands still for a second while the picture weaves behind it.

Told by which explains a place better from picture to picture: that nothing moved, or that it moved
with the scene.
"""

from collections.abc import Sequence
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.findings import Hair, Rectangle, Scratch
from refilm.survey.dirt import moved
from refilm.survey.look import Look
from refilm.survey.motion import Move

Luma = NDArray[np.float32]

_WIDTH = 240
"""Pixels that the pictures are wide in which hairs are looked for: one is some pixels long there."""
_SECONDS = Fraction(3, 4)
"""Time over which things are looked at together; a hair is there in two such times in a row."""
_FEWEST = 10
"""Pictures in that time at least."""
_WEAVE = 0.35
"""Pixels by which the picture must move from one to the next, at the median, to tell anything."""
_CONTRAST = 0.045
"""Luma by which a hair stands out from what is around it, at the mean of those pictures."""
_STILL = 0.6
"""A hair differs by less than this share of what it would if it moved with the scene."""
_LASTING = 0.6
"""A hair differs by less than this share of its contrast from picture to picture."""
_SMALLEST = 8
"""Pixels of a hair."""
_HALO = 0.4
"""Share of a thing's contrast below which it is only the halo."""
_TALLEST = 0.6
"""Share of the height above which a thing that is this thin is a scratch."""
_LARGEST = 0.05
"""Share of the picture that a hair takes at most."""
_DETAIL = 13
"""Pixels on a side of the square that a place is compared with."""
_WEAVING = 0.03
"""Share of the width within which the border's edge weaves, and is seen in what is around it."""
_TWICE = 1.5
"""Times that a hair must be there, in windows, so that two of them in a row have seen it."""
_APART = 6
"""Frames that may lie between two windows: repeats, and cuts."""
_BESIDE = 6
"""Source pixels by which a thing may lie beside a scratch and still be a part of it."""
_EDGE = 0.03
"""Share of each side where the gate's own edge may stand."""


class Hairs:
    """Looks for things that stand still, a second at a time."""

    def __init__(self, rate: Fraction) -> None:
        self._window = max(round(_SECONDS * rate), _FEWEST)
        self._before: Luma | None = None
        self._hairs: list[Hair] = []
        self._forget()

    def _forget(self) -> None:
        self._steps: list[float] = []
        self._first: int | None = None
        self._sums: list[Luma] = []

    def see(self, look: Look, move: Move, is_new: bool) -> None:
        """Take in one frame; repeats tell nothing, nor does what cannot be followed."""
        if not is_new:
            return
        scale = min(1.0, _WIDTH / look.luma.shape[1])
        detail = _detail(look.luma, scale)
        before, self._before = self._before, detail
        # A cut tells nothing, but it does not blow a hair away either.
        if before is None or before.shape != detail.shape or move.trust == 0:
            return
        source = look.scale_x / scale
        self._compare(before, detail, move._replace(x=move.x / source, y=move.y / source), look.number)
        if len(self._steps) >= self._window:
            self._decide(look.number + 1, source)
            self._forget()

    def _compare(self, before: Luma, now: Luma, move: Move, number: int) -> None:
        self._first = number if self._first is None else self._first
        still, carried = cv2.absdiff(now, before), cv2.absdiff(now, moved(before, move))
        sums = (now, np.asarray(still, np.float32), np.asarray(carried, np.float32))
        self._sums = [a + b for a, b in zip(self._sums, sums, strict=True)] if self._sums else [*sums]
        self._steps.append(float(np.hypot(move.x, move.y)))

    def _decide(self, stop: int, source: float) -> None:
        if float(np.median(self._steps)) < _WEAVE:
            return
        contrast, still, carried = (total / len(self._steps) for total in self._sums)
        lasting = (still < _STILL * carried) & (still < _LASTING * np.abs(contrast))
        mask = lasting & (np.abs(contrast) > _CONTRAST)
        height, width = (round(_EDGE * size) for size in mask.shape)
        mask[:height], mask[-height:], mask[:, :width], mask[:, -width:] = (False,) * 4
        for place in _things(mask, np.abs(contrast), source):
            self._hairs.append(Hair(place, self._first or 0, stop))

    def found(self, clean: Rectangle, scratches: Sequence[Scratch] = ()) -> tuple[Hair, ...]:
        """Return the hairs that reach into the clean picture, whose border stands as still.

        Those of one place in times that follow each other are one. What runs down along one of the
        scratches is that scratch.
        """
        joined: list[Hair] = []
        for hair in self._hairs:
            if not _reaches(hair.place, clean) or any(_along(hair, each) for each in scratches):
                continue
            same = [n for n, known in enumerate(joined) if _goes_on(known, hair)]
            if same:
                known = joined[same[0]]
                joined[same[0]] = Hair(_around(known.place, hair.place), known.first, hair.stop)
            else:
                joined.append(hair)
        return tuple(hair for hair in joined if hair.stop - hair.first > _TWICE * self._window)


def _goes_on(known: Hair, hair: Hair) -> bool:
    return (
        hair.stop > known.stop and hair.first - known.stop <= _APART and _meet(known.place, hair.place)
    )


def _along(hair: Hair, scratch: Scratch) -> bool:
    place = hair.place
    beside = abs(place.left + place.width / 2 - scratch.column)
    meets = hair.first < scratch.stop and scratch.first < hair.stop
    return meets and place.height > place.width and beside < place.width / 2 + _BESIDE


def _detail(luma: Luma, scale: float) -> Luma:
    size = (max(round(luma.shape[1] * scale), 1), max(round(luma.shape[0] * scale), 1))
    small = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.float32)
    return small - np.asarray(cv2.blur(small, (_DETAIL, _DETAIL)), np.float32)


def _things(mask: NDArray[np.bool_], contrast: Luma, source: float) -> list[Rectangle]:
    """Return where the things of a mask lie, in source pixels, without the faint halo around them."""
    joined = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    found: list[Rectangle] = []
    for label in range(1, count):
        own = np.where(np.asarray(labels) == label, contrast, 0)
        rows, columns = np.nonzero(own > _HALO * own.max())
        top, left, height, width = (
            int(each) for each in (rows.min(), columns.min(), np.ptp(rows) + 1, np.ptp(columns) + 1)
        )
        upright = height > _TALLEST * mask.shape[0] and width < height / 8
        if len(rows) >= _SMALLEST and width * height <= _LARGEST * mask.size and not upright:
            found.append(Rectangle(*(round(each * source) for each in (left, top, width, height))))
    return found


def _reaches(place: Rectangle, clean: Rectangle) -> bool:
    """Say whether a thing lies deeper in the clean picture than its weaving edge does."""
    edge = max(round(_WEAVING * clean.width), 1)
    inner = Rectangle(
        clean.left + edge, clean.top + edge, clean.width - 2 * edge, clean.height - 2 * edge
    )
    return _meet(place, inner)


def _meet(one: Rectangle, other: Rectangle) -> bool:
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    return across > 0 and down > 0


def _around(one: Rectangle, other: Rectangle) -> Rectangle:
    left, top = min(one.left, other.left), min(one.top, other.top)
    right = max(one.left + one.width, other.left + other.width)
    bottom = max(one.top + one.height, other.top + other.height)
    return Rectangle(left, top, right - left, bottom - top)
