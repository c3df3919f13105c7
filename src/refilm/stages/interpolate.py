"""Draw new frames between the film's own, so that movement is even at a modern rate."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Annotated, ClassVar, Self

import cv2
import numpy as np
from pydantic import AfterValidator, Field, model_validator

from refilm.findings import Survey
from refilm.flow import in_between, movement
from refilm.frames import FilmInfo, Frame, Pixels
from refilm.job import Job
from refilm.models.halving import NEAR
from refilm.stages.base import Fitting, Stage

_FINEST = 1_000_000
"""Ticks a second beyond which a time base is not made finer: containers would lose count."""
_LONG = 8
"""Usual times from frame to frame after which a gap is one where the picture stands."""
_PATCH = 8
"""Pixels on a side of the patches by whose means two pictures are compared."""
_SAME = 0.5 / 255
"""Change of every patch's mean below which it is the same picture, coded twice."""
_LIT = 0.05
"""Luma by which a flash still stands out here: what an earlier stage has evened is drawn as usual."""

_FLOW = "flow"
_HOLD = "hold"
"""The way to fill the time between two frames by showing the first on; others are methods."""


def _exact(rate: Fraction) -> Fraction:
    """Return 24000/1001 for 23.976 and its like; else the rate as a fraction of small numbers."""
    television = Fraction(round(rate * Fraction(1001, 1000)) * 1000, 1001)
    return television if abs(rate - television) < Fraction(1, 5000) else rate.limit_denominator(1001)


class Interpolate(Stage):
    """Draw new frames between the film's own.

    A frame of the film whose moment is asked for stays as it is. Nothing is drawn across a cut: a
    shot's last frame stands until the shot ends. In a dissolve, where two scenes lie over each
    other, only flow is used; a flash stands for as long as it was shown, and no longer. A network that
    draws only the middle is asked for middles of middles, until no eye sees the difference.
    """

    invents: ClassVar[str] = "in-between frames"
    task: ClassVar[str] = "interpolation"

    method: str = Field(
        "rife",
        description="A network for interpolation, by its name; or flow: classic optical flow, which "
        "needs no weights",
    )
    times: int | None = Field(
        None, ge=2, le=16, description="How many times as many frames; 2 where no rate is given"
    )
    rate: Annotated[Fraction, AfterValidator(_exact)] | None = Field(
        None, gt=0, le=240, description="Frames per second to come out, such as 24 or 24000/1001"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.times is not None and self.rate is not None:
            raise ValueError(f"times={self.times} and rate={self.rate} exclude each other: give one")
        return self

    @property
    def _times(self) -> int:
        return self.times or 2

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage, or None for a single picture or a film that has the rate already."""
        source = survey.info
        if len(survey.timeline) < 2:
            return Fitting(None, "a single picture has nothing in between")
        even = not source.variable_rate and not survey.figures.repeat.any()
        if even and self.rate == source.rate:
            return Fitting(None, f"the film has {float(source.rate):g} pictures a second already")
        many = f"{self._times} times as many" if self.rate is None else f"{float(self.rate):g}"
        return Fitting(self, f"{many} pictures a second make movement smoother")

    def output(self, info: FilmInfo) -> FilmInfo:
        """Return a film of the new rate that lasts as long as before."""
        if self.rate is not None:
            base = _common_base(info.start, 1 / self.rate)
            return replace(info, rate=self.rate, time_base=base, variable_rate=False)
        finer = info.time_base / self._times
        base = finer if finer.denominator <= _FINEST else info.time_base
        return replace(info, rate=info.rate * self._times, time_base=base)

    def context(self, info: FilmInfo) -> Fraction:
        """Return the time of one frame and half another."""
        return Fraction(3, 2) / info.rate

    def networks(self) -> tuple[str, ...]:
        """Return the network's name, where the method is one."""
        return () if self.method == _FLOW else (self.method,)

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield the film's frames and new ones between them; holds two of the film's at a time."""
        for gap in _gaps(frames, job):
            yield from self._filled(gap, job)

    def _filled(self, gap: "_Gap", job: Job) -> Iterator[Frame]:
        way = _way(gap, job.survey, self.method)
        draw: Callable[[float], Pixels] | None = None
        for time in self._moments(gap, job.info):
            standing = gap.standing(time, way == _HOLD)
            if standing is not None:
                yield standing
                continue
            draw = draw or self._drawer(gap, way, job)
            yield Frame(draw(float(gap.position(time))), time, gap.origin(time))

    def _moments(self, gap: "_Gap", info: FilmInfo) -> Iterator[Fraction]:
        """Yield the times of the frames to show from the gap's first frame on, before its end."""
        base = self.output(info).time_base
        exact = _evenly(gap, self._times) if self.rate is None else _on_grid(gap, info.start, self.rate)
        return iter(sorted({time // base * base for time in exact}))

    def _drawer(self, gap: "_Gap", way: str, job: Job) -> Callable[[float], Pixels]:
        """Return what draws the picture at a position between the gap's two."""
        first, second = gap.first.pixels, (gap.second or gap.first).pixels
        if way == _FLOW:
            found = movement(first, second)
            return lambda position: in_between(first, second, found, position)
        network = job.network(self.method)
        return lambda position: network(first, second, position=position)


@dataclass(frozen=True, eq=False)
class _Gap:
    """From one frame to the next, or to the moment up to which the last one stands."""

    first: Frame
    second: Frame | None
    end: Fraction
    end_origin: Fraction

    def position(self, time: Fraction) -> Fraction:
        """Return how far on the way from the first frame to the end a time is, 0..1."""
        return (time - self.first.time) / (self.end - self.first.time)

    def origin(self, time: Fraction) -> Fraction:
        """Return the time's place on the clock of the source, in proportion."""
        return self.first.origin + (self.end_origin - self.first.origin) * self.position(time)

    def standing(self, time: Fraction, held: bool) -> Frame | None:
        """Return the frame to show where no new picture is needed, else None."""
        if time == self.first.time:
            return self.first
        position = self.position(time)
        if self.second is None or held or position < NEAR or self._is_still:
            shown = self.first
        elif position > 1 - NEAR:
            shown = self.second
        else:
            return None
        return replace(shown, time=time, origin=self.origin(time))

    @cached_property
    def _is_still(self) -> bool:
        return self.second is not None and _alike(self.first.pixels, self.second.pixels)


def _way(gap: _Gap, survey: Survey, method: str) -> str:
    """Return how to fill a gap: by a method, or `_HOLD`.

    On the way into a flash or out of it nothing can be drawn. Where two scenes lie over each other a
    network bends both; flow carries the stronger one and cross-fades what it cannot follow.
    """
    if gap.second is None:
        return _HOLD
    first, second = (survey.timeline.index(frame.origin) for frame in (gap.first, gap.second))
    if first in survey.flashes or second in survey.flashes:
        apart = abs(float(gap.first.pixels.mean()) - float(gap.second.pixels.mean()))
        return _HOLD if apart > _LIT else method
    mixes = (each for each in survey.transitions if each.kind == "dissolve")
    return _FLOW if any(each.first <= second and first < each.stop for each in mixes) else method


def _gaps(frames: Iterable[Frame], job: Job) -> Iterator[_Gap]:
    before: Frame | None = None
    for frame in frames:
        if before is not None:
            yield from _parted(_Gap(before, frame, frame.time, frame.origin), 1 / job.info.rate)
        before = frame
    if before is not None:
        yield _final(before, job)


def _parted(gap: _Gap, usual: Fraction) -> Iterator[_Gap]:
    """Yield the gap; of a long one, first the time that its picture stands, then the usual rest.

    Where film is missing or stood still, nothing is known of the time in between: to spread one
    step of movement over it would be slow motion.
    """
    if gap.end - gap.first.time <= _LONG * usual:
        yield gap
        return
    moves = gap.end - usual
    yield _Gap(gap.first, None, moves, gap.origin(moves))
    standing = replace(gap.first, time=moves, origin=gap.origin(moves))
    yield _Gap(standing, gap.second, gap.end, gap.end_origin)


def _final(last: Frame, job: Job) -> _Gap:
    """Return the gap after the last frame: to the end of the shot, if the shot has no more frames."""
    end = _shot_end(job)
    if end <= last.time or not _ends_shot(last, job):
        return _Gap(last, None, last.time, last.origin)
    return _Gap(last, None, end, max(job.shot.end, last.origin))


def _ends_shot(last: Frame, job: Job) -> bool:
    """Return whether no frame of the shot comes after this one, but repeats that were dropped."""
    following = job.survey.timeline.index(last.origin) + 1
    return bool(job.survey.figures.repeat[following : job.shot.stop].all())


def _shot_end(job: Job) -> Fraction:
    """Return when the shot ends on the clock of the film as it reaches this stage."""
    source, now = job.survey.info, job.info
    speed = now.duration / source.duration if now.duration and source.duration else Fraction(1)
    return now.start + (job.shot.end - source.start) * speed


def _evenly(gap: _Gap, times: int) -> Iterator[Fraction]:
    step = (gap.end - gap.first.time) / times
    return (gap.first.time + number * step for number in range(times if step else 1))


def _on_grid(gap: _Gap, start: Fraction, rate: Fraction) -> Iterator[Fraction]:
    number = math.ceil((gap.first.time - start) * rate)
    while (time := start + number / rate) < gap.end or time == gap.first.time:
        yield time
        number += 1


def _common_base(start: Fraction, step: Fraction) -> Fraction:
    """Return the longest time that both are multiples of, as long as it is no tiny one."""
    common = math.gcd(start.numerator * step.denominator, step.numerator * start.denominator)
    base = Fraction(common, start.denominator * step.denominator)
    return base if base.denominator <= _FINEST else Fraction(1, _FINEST)


def _alike(first: Pixels, second: Pixels) -> bool:
    """Return whether two pictures show the same, down to what coding the same picture twice changes."""
    height, width = first.shape[:2]
    size = (-(-width // _PATCH), -(-height // _PATCH))
    change = cv2.resize(first - second, size, interpolation=cv2.INTER_AREA)
    return float(np.abs(change).max()) < _SAME
