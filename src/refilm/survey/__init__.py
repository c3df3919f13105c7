"""One look at the whole film, small and fast, that finds what every stage must know of the whole."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from typing import Protocol

import numpy as np

from refilm.errors import InputError
from refilm.findings import Figures, Survey
from refilm.frames import FilmInfo, Frame, Shot, Timeline
from refilm.streams import ahead
from refilm.survey import cadence
from refilm.survey.borders import Borders
from refilm.survey.light import Light
from refilm.survey.look import WIDTH, look_at
from refilm.survey.motion import Motion
from refilm.survey.shots import Shots
from refilm.survey.tint import Tints

__all__ = ["Watchable", "survey_film"]

_AHEAD = 8
"""Reduced frames that are decoded ahead while others are looked at."""


class Watchable(Protocol):
    """A film that can be watched from its beginning to its end."""

    @property
    def info(self) -> FilmInfo:
        """Size and rate as the container says."""
        ...

    @property
    def timeline(self) -> Timeline:
        """When each frame is shown, known once the film was watched to its end."""
        ...

    @property
    def problems(self) -> tuple[str, ...]:
        """What was wrong with the file, known once the film was watched to its end."""
        ...

    def watch(self, width: int | None = None) -> Iterator[Frame]:
        """Yield every frame in order, reduced to at most `width` pixels wide."""
        ...


class _Findings:
    """All that is measured while the film passes; some dozens of numbers per frame are kept."""

    def __init__(self, info: FilmInfo) -> None:
        self.info = info
        self.light, self.motion, self.tints = Light(), Motion(), Tints()
        self.shots, self.borders = Shots(info.rate), Borders()

    def see(self, frame: Frame, number: int) -> None:
        look = look_at(frame, number, self.info)
        for measure in (self.light, self.motion, self.tints, self.shots, self.borders):
            measure.see(look)


def ignore(number: int) -> None:
    """Take notice of nothing."""
    del number


def survey_film(film: Watchable, watched: Callable[[int], None] = ignore) -> Survey:
    """Watch the whole film once and return what was found.

    `watched` is called after each frame with how many were seen. Memory grows by some dozens of
    numbers per frame. Raises InputError if the film shows no frame.
    """
    findings = _Findings(film.info)
    with closing(ahead(film.watch(WIDTH), _AHEAD)) as frames:
        for number, frame in enumerate(frames):
            findings.see(frame, number)
            watched(number + 1)
    if not findings.light.rows:
        raise InputError("the film shows no frame that can be decoded; give one that plays")
    return _survey(film, findings)


def _survey(film: Watchable, findings: _Findings) -> Survey:
    info, timeline = film.info, film.timeline
    firsts = [0, *findings.shots.cuts]
    figures = _figures(findings, firsts)
    spread = cadence.cadence(figures.repeat, firsts, timeline, info.rate)
    shots = tuple(_shots(findings, timeline, firsts, figures))
    clean = findings.borders.clean(info)
    return Survey(info, timeline, shots, figures, clean, film.problems, spread)


def _figures(findings: _Findings, firsts: list[int]) -> Figures:
    level, black, white, difference = findings.light.columns()
    table = np.array(findings.motion.rows, np.float64)
    table[firsts] = 0
    repeat = cadence.repeats(difference, firsts)
    return Figures(table[:, :4].copy(), table[:, 4].copy(), level, black, white, difference, repeat)


def _shots(
    findings: _Findings, timeline: Timeline, firsts: list[int], figures: Figures
) -> Iterator[Shot]:
    stops = [*firsts[1:], len(timeline)]
    for number, (first, stop) in enumerate(zip(firsts, stops, strict=True)):
        tint = findings.tints.of(first, stop)
        start, end = timeline.time(first), timeline.time(stop)
        shot = Shot(number, first, stop, start, end, tint.monochrome, tint.tinted)
        yield replace(shot, rate=_rate(shot, figures))


def _rate(shot: Shot, figures: Figures) -> Fraction:
    """Return the pictures per second of a shot, exact where its repeats follow a pattern."""
    repeat = figures.repeat[shot.first : shot.stop]
    share = cadence.even_share(repeat) or Fraction(int((~repeat).sum()), len(repeat))
    frames = shot.stop - shot.first
    return share * frames / (shot.end - shot.start)
