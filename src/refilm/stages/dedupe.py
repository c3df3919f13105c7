"""Drop frames that only repeat the one before, and space what is left evenly."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from math import gcd

from pydantic import Field

from refilm.findings import Cadence, Survey
from refilm.frames import FilmInfo, Frame
from refilm.job import Job
from refilm.stages.base import Fitting, Stage

_FINEST = Fraction(1, 90000)
"""Seconds to which times are kept where pictures do not follow one exact rate."""


class Dedupe(Stage):
    """Drop frames that only repeat the one before, and space what is left evenly."""

    even: bool = Field(
        True, description="Space the pictures evenly where their repeats follow a pattern"
    )
    rate: Fraction | None = Field(
        None, gt=0, description="Pictures per second without the repeats; the survey fills it in"
    )
    regular: bool = Field(
        False, description="One pattern runs through the whole film; the survey fills it in"
    )

    def fitted(self, survey: Survey) -> Fitting:
        """Return the stage with the true rate filled in, None if no frame is a repeat."""
        cadence = survey.cadence
        if cadence is None:
            return Fitting(None, "no frame repeats the one before")
        share = survey.figures.repeat.mean()
        kind = "in a regular pattern" if cadence.regular else "now and then"
        why = (
            f"{share:.1%} of the frames repeat the one before, {kind}: "
            f"{float(cadence.rate):.3f} pictures per second are true"
        )
        found = {"rate": cadence.rate, "regular": cadence.regular}
        return Fitting(self.model_copy(update=found), why)

    def output(self, info: FilmInfo) -> FilmInfo:
        """Return the film's info at the true rate."""
        if self.rate is None:
            return info
        constant = self.even and self.regular
        return replace(info, rate=self.rate, variable_rate=not constant, time_base=self._grain(info))

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield the frames that are no repeats, at their true times; origins do not change."""
        cadence = job.survey.cadence
        if cadence is None or self.rate is None:
            yield from frames
            return
        timeline, repeat = job.survey.timeline, job.survey.figures.repeat
        moved = self._moves(cadence, job)
        for frame in frames:
            number = timeline.index(frame.origin)
            if not repeat[number]:
                yield replace(frame, time=frame.time + moved(number))

    def _grain(self, info: FilmInfo) -> Fraction:
        """Return a time base of which old times and new ones are whole multiples."""
        if not self.even or self.rate is None:
            return info.time_base
        if self.regular:
            return _common(1 / self.rate, info.start) if info.start else 1 / self.rate
        return info.time_base / max(round(info.time_base / _FINEST), 1)

    def _moves(self, cadence: Cadence, job: Job) -> Callable[[int], Fraction]:
        """Return by how many seconds each frame is shown later than it was."""
        timeline, first = job.survey.timeline, job.survey.timeline.time(0)
        step = self._grain(job.info)

        def moved(number: int) -> Fraction:
            if not self.even:
                return Fraction(0)
            steps = round(float(cadence.times[number]) / float(step))
            return first + steps * step - timeline.time(number)

        return moved


def _common(one: Fraction, other: Fraction) -> Fraction:
    """Return the largest fraction of which both are whole multiples."""
    shared = gcd(one.numerator * other.denominator, other.numerator * one.denominator)
    return Fraction(shared, one.denominator * other.denominator)
