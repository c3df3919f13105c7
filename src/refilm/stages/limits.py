"""Limit a stage to some shots or times of the film, and blend its result with what it was given."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import groupby

import numpy as np

from refilm.errors import UsageError
from refilm.findings import Survey
from refilm.frames import Frame, Pixels, Shot
from refilm.job import Job

Process = Callable[[Iterable[Frame], Job], Iterator[Frame]]
Stretch = tuple[Fraction, Fraction]
"""From a time until before another, in seconds."""

_CLOCK = r"(?:\d+:){0,2}\d+(?:\.\d+)?"
_TIMES = re.compile(rf"({_CLOCK})?-({_CLOCK})?")
_NUMBERS = re.compile(r"(\d+)(?:-(\d+))?")
_EXAMPLES = 'write it as in "shots 1 3-5" or "0:10-0:20 1:05-"'


@dataclass(frozen=True, slots=True)
class Limits:
    """Which part of a film a stage is limited to; all of it where both are empty."""

    text: str = ""
    shots: tuple[range, ...] = ()
    """Numbers of shots, the first being 1."""
    times: tuple[tuple[Fraction, Fraction | None], ...] = ()
    """Seconds after the film's first frame; None is the film's end."""

    def within(self, survey: Survey, shot: Shot) -> tuple[Stretch, ...]:
        """Return the stretches of the shot that are inside, on the source's clock, in rising order."""
        if not self.text or any(shot.number + 1 in numbers for numbers in self.shots):
            return ((shot.start, shot.end),)
        first = survey.timeline.time(0)
        inside = (
            (max(first + start, shot.start), shot.end if end is None else min(first + end, shot.end))
            for start, end in self.times
        )
        return tuple(sorted((start, end) for start, end in inside if start < end))

    def check(self, survey: Survey, stage: str) -> None:
        """Raise UsageError where a shot that is named, or all of the film, lies outside."""
        last = len(survey.shots)
        if any(numbers[-1] > last for numbers in self.shots):
            many = f"shots 1 to {last}" if last > 1 else "one shot"
            raise UsageError(f'{stage} is limited to "{self.text}", but the film has {many}.')
        if not any(self.within(survey, shot) for shot in survey.shots):
            length = float(survey.timeline.end - survey.timeline.time(0))
            raise UsageError(
                f'{stage} is limited to "{self.text}", but the film is {length:.2f} s long.'
            )


@cache
def parsed(text: str) -> Limits:
    """Return the limits that a text tells; raises ValueError with what is allowed."""
    words = [word for word in re.split(r"[\s,;]+", text.strip()) if word]
    if not words:
        return Limits()
    if words[0].lower() in ("shot", "shots"):
        shots = tuple(_numbers(word) for word in words[1:])
        if not shots:
            raise ValueError(f"no shot is named: {_EXAMPLES}")
        return Limits(text, shots=shots)
    return Limits(text, times=tuple(_stretch(word) for word in words))


def _numbers(word: str) -> range:
    found = _NUMBERS.fullmatch(word)
    first = int(found[1]) if found else 0
    last = int(found[2] or first) if found else 0
    if not 1 <= first <= last:
        raise ValueError(f'"{word}" names no shots: {_EXAMPLES}; the first shot is 1')
    return range(first, last + 1)


def _stretch(word: str) -> tuple[Fraction, Fraction | None]:
    found = _TIMES.fullmatch(word)
    if found is None or word == "-":
        raise ValueError(f'"{word}" is no stretch of time: {_EXAMPLES}')
    start = _seconds(found[1] or "0")
    end = _seconds(found[2]) if found[2] else None
    if end is not None and end <= start:
        raise ValueError(f'"{word}" ends before it begins: {_EXAMPLES}')
    return start, end


def _seconds(clock: str) -> Fraction:
    total = Fraction(0)
    for part in clock.split(":"):
        total = 60 * total + Fraction(part)
    return total


@dataclass(frozen=True, slots=True)
class Limited:
    """How a stage is kept within its limits."""

    limits: Limits
    share: float
    """Share of the stage's result that is taken, 0..1."""
    context: Fraction
    """Seconds that the stage must see around a stretch."""

    def run(self, process: Process, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield what `process` makes of the frames inside, and all others as they came.

        Frames that lie too far outside to matter are not given to `process` at all, so that a
        limited stage costs no more than its part of the film.
        """
        inside = self.limits.within(job.survey, job.shot)
        seen = _joined(inside, 2 * self.context)
        for part, run in groupby(frames, lambda frame: _place(frame.origin, seen)):
            if part is None:
                yield from run
            else:
                yield from self._blended(process, run, job, inside)

    def _blended(
        self, process: Process, frames: Iterable[Frame], job: Job, inside: tuple[Stretch, ...]
    ) -> Iterator[Frame]:
        waiting: deque[Frame] = deque()

        def passing() -> Iterator[Frame]:
            for frame in frames:
                waiting.append(frame)
                yield frame

        for after in process(passing(), job):
            before = waiting.popleft()
            outside = _place(before.origin, inside) is None
            yield before if outside else _mixed(before, after, self.share)


def _joined(stretches: tuple[Stretch, ...], reach: Fraction) -> tuple[Stretch, ...]:
    """Return the stretches made longer by `reach` at both ends, those that then meet as one."""
    joined: list[Stretch] = []
    for start, end in stretches:
        first, last = start - reach, end + reach
        if joined and first <= joined[-1][1]:
            first, before = joined.pop()
            last = max(before, last)
        joined.append((first, last))
    return tuple(joined)


def _place(time: Fraction, stretches: tuple[Stretch, ...]) -> int | None:
    return next((n for n, (start, end) in enumerate(stretches) if start <= time < end), None)


def _mixed(before: Frame, after: Frame, share: float) -> Frame:
    if share == 1 or after.pixels is before.pixels:
        return after
    if share == 0:
        return before
    channels = max(before.channels, after.channels)
    one, other = _spread(before.pixels, channels), _spread(after.pixels, channels)
    return after.with_pixels(np.asarray(one + np.float32(share) * (other - one), np.float32))


def _spread(pixels: Pixels, channels: int) -> Pixels:
    return pixels if pixels.shape[2] == channels else np.repeat(pixels, channels, axis=2)
