"""Even out brightness that jumps from frame to frame, first of the whole picture, then of its parts.

The wanted course of brightness is a line fitted around each moment, with less weight on frames
that are far in time or in brightness (Tomasi and Manduchi, "Bilateral Filtering for Gray and Color
Images", ICCV 1998), so that fades and lights being switched stay.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from refilm.findings import Survey
from refilm.flow import luma8
from refilm.frames import FilmInfo, Frame, Pixels, Shot
from refilm.job import Job
from refilm.stages.base import Fitting, Stage
from refilm.streams import neighbourhoods

FLOOR = 0.02
"""Added to luma before its logarithm, so that noise in the blacks does not count as flicker."""
NOTICEABLE = 0.004
"""Flicker of less than this (natural log of luma) cannot be seen."""
UNLIKE = 4.0
"""Usual strays by which another moment's light may differ before it belongs to other circumstances:
a lamp that was switched, a cloud."""
MOST_STRETCH = 1.6
"""A frame is made at most so many times lighter or darker; a larger jump is no flicker."""
MOST_BEND = 0.5
"""Largest bend of the tone curve; at 1 it would turn back on itself."""
CELLS = (8, 6)
"""Cells of the local field, across and down: light varies slowly over a picture."""
SAMPLES = 8
"""Samples of a cell, across and down, whose median is the cell's."""
MOST_LOCAL = 0.15
"""A cell is made at most so much lighter or darker (natural log)."""
MOST_FRAMES = 8
"""Frames either side that the local field is measured against; they are held in memory."""

Series = NDArray[np.float64]
Thumb = NDArray[np.float32]


class Deflicker(Stage):
    """Even out brightness that jumps from frame to frame."""

    strength: float = Field(1.0, ge=0, le=1, description="Share of the flicker to take away")
    seconds: float = Field(
        1.6, gt=0, le=10, description="Changes of light that take longer than this are kept"
    )
    local: bool = Field(True, description="Also even out parts of the picture")

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage where the brightness of some shot jumps visibly."""
        worst = max((_flicker(survey, shot, self.seconds / 2) for shot in survey.shots), default=0.0)
        if worst < NOTICEABLE:
            return Fitting(None, "the brightness is steady from frame to frame")
        return Fitting(self, f"the brightness jumps by about {worst:.1%} from frame to frame")

    def context(self, info: FilmInfo) -> Fraction:
        """Return the time of the frames that the local field is measured against."""
        return self._radius(info) / info.rate if self.local else Fraction(0)

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield each frame as bright as its time wants it."""
        tones = ShotTones.found(job.survey, job.shot, self.seconds)
        even = self._evened(frames, job, tones)
        return self._levelled(even, job, tones) if self.local else even

    def _radius(self, info: FilmInfo) -> int:
        return min(max(round(self.seconds / 4 * info.rate), 1), MOST_FRAMES)

    def _evened(self, frames: Iterable[Frame], job: Job, tones: "ShotTones") -> Iterator[Frame]:
        for frame in frames:
            place = _place(frame, job)
            yield frame.with_pixels(tones.applied(frame.pixels, place, self.strength))

    def _levelled(self, frames: Iterable[Frame], job: Job, tones: "ShotTones") -> Iterator[Frame]:
        known: dict[Fraction, Thumb] = {}
        for around in neighbourhoods(frames, self._radius(job.info)):
            known = {
                frame.time: known[frame.time]
                if frame.time in known
                # Without the shot's own course, so that a fade is not taken for flicker.
                else thumb(frame.pixels) - tones.course(_place(frame, job))
                for frame in (around.frame, *around.before, *around.after)
            }
            field = self.strength * local_field(known[around.frame.time], list(known.values()))
            yield around.frame.with_pixels(lit(around.frame.pixels, field))


def _place(frame: Frame, job: Job) -> int:
    """Return the number of the frame in its shot."""
    place = job.survey.timeline.index(frame.origin) - job.shot.first
    return min(max(place, 0), job.shot.stop - job.shot.first - 1)


@dataclass(frozen=True, slots=True, eq=False)
class ShotTones:
    """Black, level and white of each frame of a shot, as they are and as they should be."""

    now: Series
    """(frames, 3), luma."""
    wanted: Series
    """(frames, 3), luma."""

    @classmethod
    def found(cls, survey: Survey, shot: Shot, seconds: float) -> Self:
        """Return a shot's tones from the survey's figures; changes slower than `seconds` are kept."""
        span = slice(shot.first, shot.stop)
        figures = survey.figures
        now = np.stack([figures.black[span], figures.level[span], figures.white[span]], axis=1)
        times = _seconds(survey, shot)
        wanted = [np.exp(steady(_log(part), times, seconds)) - FLOOR for part in now.T]
        return cls(now, np.stack(wanted, axis=1))

    def course(self, place: int) -> np.float32:
        """Return the level, natural log, that the shot's frame number `place` should have."""
        return np.float32(np.log(max(self.wanted[place, 1], 0) + FLOOR))

    def applied(self, pixels: Pixels, place: int, strength: float) -> Pixels:
        """Return the shot's frame number `place` with the tones that it should have."""
        black, level, white = self.now[place]
        aim = self.now[place] + strength * (self.wanted[place] - self.now[place])
        if white - black < FLOOR:
            return pixels * np.float32(_limited(aim[1] / max(level, FLOOR)))
        gain = _limited((aim[2] - aim[0]) / (white - black))
        straight = pixels * np.float32(gain) + np.float32(aim[0] - black * gain)
        missing = aim[1] - (level * gain + aim[0] - black * gain)
        return _bent(straight, float(aim[0]), float(aim[2]), float(missing))


def _limited(gain: float) -> float:
    return float(min(max(gain, 1 / MOST_STRETCH), MOST_STRETCH))


def _bent(pixels: Pixels, black: float, white: float, rise: float) -> Pixels:
    """Return the picture with its mean `rise` higher, its black and white where they are."""
    across = white - black
    share = np.clip((pixels - np.float32(black)) / np.float32(across), 0, 1)
    bump = share * (1 - share)
    bend = rise / across / max(float(bump.mean(dtype=np.float64)), 0.02)
    return np.asarray(
        pixels + np.float32(across * min(max(bend, -MOST_BEND), MOST_BEND)) * bump, np.float32
    )


def _log(luma: Series) -> Series:
    return np.log(np.maximum(luma, 0) + FLOOR)


def _seconds(survey: Survey, shot: Shot) -> Series:
    ticks = survey.timeline.ticks[shot.first : shot.stop]
    return (ticks - ticks[0]) * float(survey.timeline.time_base)


def _flicker(survey: Survey, shot: Shot, seconds: float) -> float:
    """Return how much a shot's level strays from its steady course, as a share."""
    level = _log(survey.figures.level[shot.first : shot.stop])
    return float(np.std(level - steady(level, _seconds(survey, shot), seconds)))


def steady(values: Series, times: Series, seconds: float) -> Series:
    """Return the steady course of a shot's `values`, without what changes faster than `seconds`."""
    guide = _median_of_five(values)
    stray = np.abs(values - guide)
    spread = 1.5 * float(np.median(stray)) + NOTICEABLE
    trust = 1 / (1 + (stray / (3 * spread)) ** 2)
    course = np.empty_like(values)
    for place, time in enumerate(times):
        first, stop = np.searchsorted(times, [time - 3 * seconds, time + 3 * seconds])
        near = slice(int(first), int(stop))
        apart = (times[near] - time) / seconds
        unlike = (guide[near] - guide[place]) / (UNLIKE * spread)
        weight = trust[near] * np.exp(-0.5 * (apart**2 + unlike**2))
        course[place] = _line_at_zero(apart, values[near], weight)
    return course


def _median_of_five(values: Series) -> Series:
    padded = np.pad(values, 2, mode="reflect" if len(values) > 2 else "edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)


def _line_at_zero(apart: Series, values: Series, weight: Series) -> float:
    """Return the value at 0 of the line that fits best; the mean where a line says nothing."""
    total = weight.sum()
    middle, mean = (weight * apart).sum() / total, (weight * values).sum() / total
    width = (weight * (apart - middle) ** 2).sum() / total
    slope = (weight * (apart - middle) * (values - mean)).sum() / total / (width + 0.02)
    return float(mean - slope * middle)


def thumb(pixels: Pixels) -> Thumb:
    """Return the picture's luma in small, SAMPLES for each of the CELLS, natural log."""
    size = (CELLS[0] * SAMPLES, CELLS[1] * SAMPLES)
    small = np.asarray(cv2.resize(luma8(pixels), size, interpolation=cv2.INTER_AREA), np.float32)
    return np.log(small / np.float32(255) + np.float32(FLOOR))


def local_field(now: Thumb, near: list[Thumb]) -> Thumb:
    """Return by how much (natural log) each cell of `now` is darker than at the times around it.

    Each sample is compared with its median over time, each cell takes the median of its samples:
    what moves covers a place for less than half of the time, or less than half of a cell.
    """
    missing = np.median(np.stack(near), axis=0) - now
    cells = missing.reshape(CELLS[1], SAMPLES, CELLS[0], SAMPLES).swapaxes(1, 2)
    field = np.median(cells.reshape(CELLS[1], CELLS[0], -1), axis=2)
    smooth = cv2.GaussianBlur(field.astype(np.float32), (0, 0), 0.8, borderType=cv2.BORDER_REPLICATE)
    return np.clip(np.asarray(smooth, np.float32), -MOST_LOCAL, MOST_LOCAL)


def lit(pixels: Pixels, field: Thumb) -> Pixels:
    """Return the picture lightened by a coarse field of natural logs."""
    height, width, _ = pixels.shape
    gain = cv2.resize(np.exp(field), (width, height), interpolation=cv2.INTER_CUBIC)
    return pixels * np.asarray(gain, np.float32)[:, :, None]
