"""One look at the whole film, small and fast, that finds what every stage must know of the whole."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from typing import Protocol

import numpy as np

from refilm.errors import InputError
from refilm.findings import Figures, Interlacing, Survey, Transition
from refilm.frames import FilmInfo, Frame, Joint, Shot, Timeline
from refilm.job import Network
from refilm.streams import ahead
from refilm.survey import cadence
from refilm.survey.closely import watch_closely
from refilm.survey.condition import condition, filled, flashes
from refilm.survey.gathering import Gathering
from refilm.survey.joins import fades
from refilm.survey.look import WIDTH, look_at
from refilm.survey.transfer import transfer

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

    def read(self, timeline: Timeline, first: int, stop: int, channels: int = 3) -> Iterator[Frame]:
        """Yield frames first..stop-1 at full size, of luma alone where `channels` is 1."""
        ...


def ignore(number: int) -> None:
    """Take notice of nothing."""
    del number


def survey_film(
    film: Watchable, watched: Callable[[int], None] = ignore, network: Network | None = None
) -> Survey:
    """Watch the whole film once and return what was found.

    `watched` is called after each frame with how many were seen. A network for shot cuts finds these
    where one is given (see `cuts`), else it is done as `shots` says. Memory grows by some dozens of
    numbers per frame. Raises InputError if the film shows no frame.
    """
    seen = Gathering(film.info, network)
    with closing(ahead(film.watch(WIDTH), _AHEAD)) as frames:
        for number, frame in enumerate(frames):
            seen.see(look_at(frame, number, film.info))
            watched(number + 1)
    if not seen.light.rows:
        raise InputError("the film shows no frame that can be decoded; give one that plays")
    return _survey(film, seen)


def _survey(film: Watchable, seen: Gathering) -> Survey:
    info, timeline = film.info, film.timeline
    firsts, transitions = _joins(seen)
    figures = _figures(seen, firsts)
    spread = cadence.cadence(figures.repeat, firsts, timeline, info.rate)
    shots = tuple(_shots(seen, timeline, firsts, figures, transitions))
    interlacing, clean = _interlacing(film, seen), seen.borders.clean(info)
    scratches = seen.scratches.found()
    monochromes = [shot.monochrome for shot in shots]
    return Survey(
        info=info,
        timeline=timeline,
        shots=shots,
        figures=figures,
        clean=clean,
        problems=film.problems,
        cadence=spread,
        conditions=tuple(
            condition(figures, shot.first, shot.stop, seen.tints.of(shot.first, shot.stop).name)
            for shot in shots
        ),
        scratches=scratches,
        hairs=seen.hairs.found(clean, scratches),
        transitions=transitions,
        flashes=flashes(figures.level, firsts),
        interlacing=interlacing,
        transfer=transfer(info, spread, interlacing, seen.blends.share(), monochromes),
    )


def _interlacing(film: Watchable, seen: Gathering) -> Interlacing | None:
    """Return what the fields tell, which reduced pictures have lost: there some stretches are read."""
    if film.info.height > seen.height:
        watch_closely(film.info, film.timeline, film.read, seen.fields)
    return seen.fields.found()


def _joins(seen: Gathering) -> tuple[list[int], tuple[Transition, ...]]:
    """Return the first frames of the shots, and the transitions between them."""
    level, _, white, _ = seen.light.columns()
    cuts = seen.shots.cuts
    dissolves = seen.dissolves.found(cuts)
    dark = fades(level, white, seen.rate)
    firsts = {0, *cuts, *((each.first + each.stop) // 2 for each in dissolves)}
    for fade in dark:
        rising = level[fade.first] < level[fade.stop - 1]
        if rising and not any(fade.first - 1 <= first <= fade.stop for first in firsts):
            firsts.add(fade.first)
    known = (*dissolves, *dark)
    firsts |= {n for n in seen.shots.passages if not any(t.first - 1 <= n <= t.stop for t in known)}
    return sorted(firsts), tuple(sorted(known, key=lambda each: each.first))


def _figures(seen: Gathering, firsts: list[int]) -> Figures:
    level, black, white, difference = seen.light.columns()
    table = np.array(seen.motion.rows, np.float64)
    table[firsts] = 0
    repeat = cadence.repeats(difference, firsts)
    grain, softness, dirt, blocking = (
        np.array(values, np.float64)
        for values in (seen.grain.rows, seen.softness.rows, seen.dirt.column(), seen.blocking.rows)
    )
    # Across a cut neither noise nor dirt can be told: the other frames of the shot say it.
    grain[firsts] = dirt[firsts] = dirt[np.array([*firsts[1:], len(dirt)]) - 1] = np.nan
    noise, softness, dirt = (filled(values, firsts) for values in (grain, softness, dirt))
    motion, trust = table[:, :4].copy(), table[:, 4].copy()
    return Figures(
        motion,
        trust,
        level,
        black,
        white,
        difference,
        repeat,
        noise=noise,
        softness=softness,
        blocking=blocking,
        dirt=dirt,
        points=np.stack(seen.light.points),
        **seen.gains.figures(),
    )


def _shots(
    seen: Gathering,
    timeline: Timeline,
    firsts: list[int],
    figures: Figures,
    transitions: tuple[Transition, ...],
) -> Iterator[Shot]:
    stops = [*firsts[1:], len(timeline)]
    for number, (first, stop) in enumerate(zip(firsts, stops, strict=True)):
        tint = seen.tints.of(first, stop)
        start, end = timeline.time(first), timeline.time(stop)
        shot = Shot(number, first, stop, start, end, tint.monochrome, tint.tinted)
        begins, ends = (_kind(transitions, at, figures, at == first) for at in (first, stop))
        yield replace(shot, rate=_rate(shot, figures), start_kind=begins, end_kind=ends)


def _kind(transitions: tuple[Transition, ...], at: int, figures: Figures, starts: bool) -> Joint:
    """Return how a shot begins or ends at a frame: a fade must come from or go to darkness there."""
    for each in transitions:
        rising = figures.level[each.first] < figures.level[each.stop - 1]
        fits = each.kind == "dissolve" or rising == starts
        if fits and each.first - 1 <= at <= each.stop + 1:
            return each.kind
    return "cut"


def _rate(shot: Shot, figures: Figures) -> Fraction:
    """Return the pictures per second of a shot, exact where its repeats follow a pattern."""
    repeat = figures.repeat[shot.first : shot.stop]
    share = cadence.even_share(repeat) or Fraction(int((~repeat).sum()), len(repeat))
    frames = shot.stop - shot.first
    return share * frames / (shot.end - shot.start)
