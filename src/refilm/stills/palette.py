"""A person's word for the colour of one thing: "120,85@0:01:02=#5a3d2b"; and how far it spreads."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from heapq import heappop, heappush

import cv2
import numpy as np
from PIL import ImageColor

from refilm.chroma import Plane, reduced, sized
from refilm.errors import UsageError
from refilm.findings import Survey
from refilm.frames import FilmInfo, Pixels
from refilm.lab import to_lab

_WORDS = re.compile(r"\s*(\d+)\s*,\s*(\d+)\s*@\s*((?:\d+:){0,2}\d+(?:\.\d+)?)\s*=\s*(.+?)\s*")
_HOW = 'write it as in "120,85@0:01:02=#5a3d2b" or "120,85@62.5=saddlebrown"'
_ALIKE, _UNLIKE = 0.08, 0.25
"""Luma by which a place may differ from the one pointed at to be surely the same thing, or at all."""
_CALM = 0.004
"""Luma by which neighbours may differ within one thing at no cost: shading and grain."""
_STEP = 0.03
"""A step in luma, beyond `_CALM`, at which the spread has fallen to a third: the edge of a thing."""
_FAR = 1.5
"""The way, in widths of the picture, after which it has fallen as much where there is no edge."""
_SMOOTH = 0.08
"""Range of luma, 0..1, over which grain and small detail are evened out before a thing is sought."""
_LINES = 128
"""Pixels on the shorter side of the picture in which a thing is sought."""
_EDGE = 0.03**2
"""Variance of luma above which the spread stops at an edge."""
_NEAR = 2
"""Pixels of the small picture around the place in which a thing may begin."""
_HOPELESS = 5.0
"""What a way may cost: at its end less than a hundredth of the colour arrives."""
_RIVALRY = 24
"""Where two colours reach, the one that reaches further wins by this power."""


@dataclass(frozen=True, slots=True)
class Hint:
    """At a place and time of the film a thing has this colour."""

    x: int
    y: int
    """Pixels from the left and the top of the source picture."""
    time: Fraction
    """Seconds after the film's first frame."""
    colour: tuple[float, float]
    """CIELAB's a and b."""
    text: str
    """As the person wrote it."""

    def frame(self, survey: Survey) -> int:
        """Return the frame pointed at; raises UsageError where the film has no such place or time."""
        self.check(survey.info)
        timeline = survey.timeline
        length = timeline.end - timeline.time(0)
        if self.time >= length:
            raise UsageError(
                f'"{self.text}" points behind the end of the film, which is {float(length):.2f} s long.'
            )
        return timeline.index(timeline.time(0) + self.time)

    def check(self, info: FilmInfo) -> None:
        """Raise UsageError where a film of that size has no such place."""
        if self.x >= info.width or self.y >= info.height:
            raise UsageError(
                f'"{self.text}" points beside the picture, which is {info.width}x{info.height} pixels: '
                "count them from the left and the top of the film itself."
            )


def hint(text: str) -> Hint:
    """Return what a text tells; raises ValueError with what is allowed."""
    found = _WORDS.fullmatch(text)
    if found is None:
        raise ValueError(f'"{text}" points at no colour: {_HOW}')
    x, y, clock, colour = found.groups()
    return Hint(int(x), int(y), _seconds(clock), _colour(colour), text)


def _seconds(clock: str) -> Fraction:
    total = Fraction(0)
    for part in clock.split(":"):
        total = 60 * total + Fraction(part)
    return total


def _colour(name: str) -> tuple[float, float]:
    try:
        rgb = ImageColor.getrgb(name)[:3]
    except ValueError:
        raise ValueError(f'"{name}" is no colour, as #5a3d2b or saddlebrown are: {_HOW}') from None
    lab = to_lab(np.asarray([[rgb]], np.float32) / np.float32(255))
    return float(lab[0, 0, 1]), float(lab[0, 0, 2])


def reach(luma: Plane, x: float, y: float) -> Plane:
    """Return how far the thing at a place of a picture extends, (H, W), 0..1.

    It is what hangs together with the place without an edge between, and is about as light: the
    way there costs where luma changes, as in Levin et al., "Colorization using Optimization", 2004,
    https://doi.org/10.1145/1015706.1015780. Its edge follows that of the picture.

    Args:
        luma: (H, W), 0..1.
        x: Pixels from the left.
        y: Pixels from the top.
    """
    height, width = luma.shape
    small = reduced(luma[:, :, None], _LINES)[:, :, 0]
    even = np.asarray(cv2.bilateralFilter(small, 9, _SMOOTH, 4), np.float32)
    row = min(int(y * small.shape[0] / height), small.shape[0] - 1)
    column = min(int(x * small.shape[1] / width), small.shape[1] - 1)
    # The pixel itself tells what is meant: the small picture mixes it with what is beside it.
    here = float(np.median(luma[max(int(y) - 1, 0) : int(y) + 2, max(int(x) - 1, 0) : int(x) + 2]))
    fading = np.clip((_UNLIKE - np.abs(even - here)) / (_UNLIKE - _ALIKE), 0, 1)
    spread = np.asarray(np.exp(-_way_from(even, _seeds(even, row, column, here))) * fading, np.float32)
    return _following(sized(spread, height, width), luma)


def _seeds(even: Plane, row: int, column: int, here: float) -> list[tuple[float, int]]:
    """Return the places around one to begin from, and what each costs: nothing where it is as light."""
    rows = range(max(row - _NEAR, 0), min(row + _NEAR + 1, even.shape[0]))
    columns = range(max(column - _NEAR, 0), min(column + _NEAR + 1, even.shape[1]))
    return [
        ((max(abs(float(even[r, c]) - here) - _CALM, 0) / _STEP) ** 2, r * even.shape[1] + c)
        for r in rows
        for c in columns
    ]


def _way_from(even: Plane, seeds: list[tuple[float, int]]) -> Plane:
    """Return what the cheapest way from one of the places costs, (h, w) (Dijkstra, 1959)."""
    height, width = even.shape
    light = even.ravel().tolist()
    costs = [float("inf")] * len(light)
    for cost, place in seeds:
        costs[place] = cost
    open_ends = sorted(seeds)
    while open_ends:
        cost, place = heappop(open_ends)
        if cost > costs[place] or cost > _HOPELESS:
            continue
        for other in _beside(place, height, width):
            step = max(abs(light[other] - light[place]) - _CALM, 0) / _STEP
            further = cost + step * step + 1 / (_FAR * width)
            if further < costs[other]:
                costs[other] = further
                heappush(open_ends, (further, other))
    return np.minimum(np.asarray(costs, np.float32), 2 * _HOPELESS).reshape(height, width)


def _beside(place: int, height: int, width: int) -> Iterator[int]:
    row, column = divmod(place, width)
    if column:
        yield place - 1
    if column < width - 1:
        yield place + 1
    if row:
        yield place - width
    if row < height - 1:
        yield place + width


def _following(mask: Plane, luma: Plane) -> Plane:
    """Return the mask with an edge where the picture has one (He et al., "Guided Filter", 2010)."""
    mean, guide = _mean(mask), _mean(luma)
    variance = np.maximum(_mean(np.square(luma)) - guide * guide, 0) + np.float32(_EDGE)
    slope = np.divide(_mean(np.multiply(mask, luma)) - mean * guide, variance, dtype=np.float32)
    made = _mean(slope) * luma + _mean(np.subtract(mean, slope * guide))
    return np.asarray(np.clip(made, 0, 1), np.float32)


def _mean(plane: Plane) -> Plane:
    return np.asarray(cv2.blur(plane, (5, 5)), np.float32)


Spot = tuple[float, float, tuple[float, float]]
"""A place in a picture, x and y, and the a and b that it has."""


def tinted(colours: Pixels, luma: Plane, spots: list[Spot]) -> Pixels:
    """Return a and b, (H, W, 2), with the colours that hints give to what they point at.

    Args:
        colours: a and b, CIELAB.
        luma: Of the same size, 0..1.
        spots: What hints point at, in this picture.
    """
    reached = np.stack([reach(luma, x, y) for x, y, _ in spots])
    rivals = (reached / np.maximum(reached.max(0), 1e-6)) ** _RIVALRY
    shares = rivals / np.maximum(rivals.sum(0), 1e-6)
    given = np.tensordot(shares, np.asarray([colour for _, _, colour in spots]), (0, 0))
    return np.asarray(colours + reached.max(0)[:, :, None] * (given - colours), np.float32)
