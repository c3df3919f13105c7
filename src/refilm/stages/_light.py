"""How the light of a shot's frames is to be changed, part by part and tone by tone, and doing it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.findings import LIGHT_FLOOR, Survey
from refilm.frames import FilmInfo, Pixels, Shot
from refilm.luma import luma
from refilm.stages._course import Course, Series

MOST = 0.5
"""Natural log of light by which a frame is changed at most; what jumps further is no flicker."""
LEAST_JUMP = 0.006
"""Jumps (natural log of light) of less than this are no flicker: big things that move make such."""
LEAST_LOCAL = 0.015
"""Jumps of parts (natural log of light) that are less than this are neither seen nor well told from
what moves."""
MOST_LOCAL = 4.0
"""The shot's usual jumps of parts by which a part is changed at most: more is something that moved."""
_RESTLESS = 80
"""Percentile of the parts that counts: flicker may sit in one corner."""
_NORMAL = 1.4826
"""Standard deviation of a normal distribution over its median deviation."""
MOST_BEND = 0.5
"""Largest change of the tone curve's slope, as its share; at 1 tones would change places."""
CLOSEST = 0.02
"""Luma that tones are apart at least, so that a curve can be drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """By how much the light of one frame is to be changed, natural log."""

    parts: Series
    """(down, across), as `Figures.light`."""
    tones: Series
    """(tones,), besides `parts`."""
    shades: Series
    """(tones,): luma of the tones, rising."""

    def scaled(self, share: float) -> "Change":
        """Return a share of this change."""
        return Change(self.parts * share, self.tones * share, self.shades)


@dataclass(frozen=True, eq=False)
class ShotLight:
    """The light of a shot's frames as it is, and its steady course."""

    parts: NDArray[np.float32]
    tones: NDArray[np.float32]
    shades: NDArray[np.float32]
    course: Course

    @classmethod
    def of(cls, survey: Survey, shot: Shot, seconds: float) -> Self:
        """Return a shot's light from the survey's figures; changes slower than `seconds` are kept."""
        span, figures = slice(shot.first, shot.stop), survey.figures
        parts = figures.light[span]
        ticks = survey.timeline.ticks[span]
        times = (ticks - ticks[0]) * float(survey.timeline.time_base)
        course = Course.of(_whole(parts), times, seconds)
        return cls(parts, figures.tone_light[span], figures.tones[span], course)

    @cached_property
    def jump(self) -> float:
        """By how much (natural log) the whole picture's light jumps from frame to frame."""
        return float(np.sqrt(np.mean(_bends(_whole(self.parts)) ** 2)))

    @cached_property
    def local_jump(self) -> float:
        """By how much (natural log) the light of the restless parts mostly jumps besides."""
        apart = self.parts - _whole(self.parts)[:, None, None]
        return float(np.percentile(_usual_jumps(apart.reshape(len(apart), -1)), _RESTLESS))

    def is_uneven(self, local: bool) -> bool:
        """Say whether the light jumps visibly, of the whole picture or, where asked, of its parts."""
        return self.jump >= LEAST_JUMP or (local and self.local_jump >= LEAST_LOCAL)

    def change(self, place: int, local: bool) -> Change:
        """Return what the shot's frame number `place` misses to its steady course."""
        near, weights = self.course.weights(place)
        parts = np.tensordot(weights, self.parts[near], 1) - self.parts[place]
        tones = weights @ self.tones[near] - self.tones[place]
        whole = float(np.clip(parts.mean(), -MOST, MOST))
        most = MOST_LOCAL * self.local_jump if local and self.local_jump >= LEAST_LOCAL else 0.0
        apart = np.clip(parts - parts.mean(), -most, most)
        room = CLOSEST * np.arange(self.shades.shape[1])
        shades = np.maximum.accumulate(self.shades[place] - room) + room
        return Change(whole + apart, _smooth(tones, shades), shades)


def _whole(parts: NDArray[np.float32]) -> Series:
    return parts.mean(axis=(1, 2), dtype=np.float64)


def _bends(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return how far values along the first axis stray from a line through their neighbours.

    Those of independent values of deviation 1 have that deviation, too.
    """
    if len(values) < 3:
        return np.zeros_like(values)
    return np.diff(values, 2, axis=0) / np.sqrt(6)


def _usual_jumps(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the deviation of each column's jumps by their median: what passes by has no say."""
    return _NORMAL * np.median(np.abs(_bends(values)), axis=0)


def _smooth(tones: Series, shades: Series) -> Series:
    """Return the change of tones, less steep where they would change places."""
    room = MOST_BEND * np.diff(np.log(shades + LIGHT_FLOOR))
    steep = float(np.max(np.abs(np.diff(tones)) / room))
    return tones / max(steep, 1.0)


def lit(pixels: Pixels, change: Change, drawn: tuple[Series, Series]) -> Pixels:
    """Return the picture with its light changed; `drawn` is from `drawing`."""
    down, across = drawn
    rise = np.asarray(down @ change.parts @ across.T, np.float32)
    rise += np.interp(luma(pixels), change.shades, change.tones).astype(np.float32)
    floor = np.float32(LIGHT_FLOOR)
    return (pixels + floor) * np.exp(rise)[:, :, None] - floor


def drawing(info: FilmInfo, source: FilmInfo, cells: tuple[int, int]) -> tuple[Series, Series]:
    """Return weights (height, down) and (width, across) that draw the source's parts on the film."""
    place = info.placement
    return (
        _drawn(cells[0], source.height, place.top, place.scale_y, info.height),
        _drawn(cells[1], source.width, place.left, place.scale_x, info.width),
    )


def _drawn(cells: int, source: int, start: float, scale: float, size: int) -> Series:
    """Return weights (size, cells) of cubic interpolation between the middles of cells."""
    whole = (cells, max(round(source * scale), 1))
    weights = cv2.resize(np.eye(cells), whole, interpolation=cv2.INTER_CUBIC)
    rows = np.clip(round(start * scale) + np.arange(size), 0, len(weights) - 1)
    return np.asarray(weights, np.float64)[rows]
