"""Make whole pictures of interlaced film: draw the lines each field lacks, or pair fields anew.

bwdif: FFmpeg's motion-adaptive deinterlacer after W3FDIF of the BBC and yadif,
https://ffmpeg.org/ffmpeg-filters.html#bwdif. Telecine 2:3: of five frames made from four film
pictures, https://en.wikipedia.org/wiki/Three-two_pull_down.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import tee
from typing import Self

from pydantic import Field, model_validator

from refilm.findings import Survey
from refilm.frames import FilmInfo, Frame, Pixels
from refilm.job import Job
from refilm.stages._telecine import CYCLE, Parity, decimated, matched
from refilm.stages.base import Fitting, Stage

CONTEXT = 3
"""Frames either side that a picture made of fields depends on."""


class Deinterlace(Stage):
    """Make whole pictures of film stored as fields."""

    double: bool = Field(
        False, description="A picture of every field: twice the rate, as smooth as it was taken"
    )
    telecine: bool = Field(
        False, description="Undo 2:3 telecine: pair fields anew and drop one picture of five"
    )
    first: Parity = Field("top", description="The field that comes first; the survey fills it in")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.double and self.telecine:
            raise ValueError("double and telecine exclude each other: choose one")
        return self

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage as the film's fields ask for, None where its frames are whole."""
        found = survey.interlacing
        if found is None:
            told = survey.info.interlaced
            why = "the file says that it is interlaced" if told else "the file is not interlaced"
            return Fitting(self if told else None, why)
        if not found.interlaced:
            return Fitting(None, "both fields of its frames show the same moment")
        filled: dict[str, object] = {} if found.order is None else {"first": found.order}
        if found.telecine and not self.double:
            why = "four pictures were spread over every five frames (2:3 telecine)"
            return Fitting(self.model_copy(update=filled | {"telecine": True}), why)
        why = f"{found.combed:.0%} of the moving frames are combed"
        return Fitting(self.model_copy(update=filled), why)

    def output(self, info: FilmInfo) -> FilmInfo:
        """Return a film of whole pictures, at twice the rate or, from telecine, at four fifths."""
        whole = replace(info, interlaced=False)
        if self.telecine:
            rate = info.rate * (CYCLE - 1) / CYCLE
            return replace(whole, rate=rate, time_base=info.time_base / (CYCLE - 1))
        if self.double:
            return replace(whole, rate=2 * info.rate, time_base=info.time_base / 2)
        return whole

    def context(self, info: FilmInfo) -> Fraction:
        """Return the time of the fields that are looked at, and of a whole cycle of telecine."""
        return (CYCLE + CONTEXT if self.telecine else CONTEXT) / info.rate

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield whole pictures."""
        return self._paired(frames, job) if self.telecine else self._drawn(frames, job)

    def _paired(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield the film's pictures, put together of their fields; drawn where that leaves combs."""
        stored, again = tee(frames)
        drawn = self._drawn(again, job)
        return decimated(matched(stored, drawn, self.first), job, self.output(job.info))

    def _drawn(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield each frame, or each of its fields, with the lines that it lacks drawn."""
        waiting: deque[Frame] = deque()

        def passing() -> Iterator[Pixels]:
            for frame in frames:
                waiting.append(frame)
                yield frame.pixels

        later = self._later(job.info)
        for number, pixels in enumerate(job.filtered(passing(), self._graph)):
            if not self.double:
                yield waiting.popleft().with_pixels(pixels)
            elif number % 2 == 0:
                yield waiting[0].with_pixels(pixels)
            else:
                frame = waiting.popleft()
                yield replace(
                    frame.with_pixels(pixels), time=frame.time + later, origin=frame.origin + later
                )

    def _later(self, info: FilmInfo) -> Fraction:
        """Return the time from a frame's first field to its second."""
        base = self.output(info).time_base
        return max(round(1 / (2 * info.rate) / base), 1) * base

    @property
    def _graph(self) -> str:
        mode = "send_field" if self.double else "send_frame"
        return f"bwdif=mode={mode}:parity={'tff' if self.first == 'top' else 'bff'}:deint=all"
