"""Open a film, whatever it is stored as, and read its frames: all in order once, or any stretch."""

import hashlib
from array import array
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np

from refilm.errors import InputError, RefilmError, UsageError
from refilm.film import pictures
from refilm.film.condition import Condition
from refilm.film.developing import Developer
from refilm.film.mending import mended
from refilm.film.pixels import Decoded
from refilm.film.probe import RATE_WHERE_UNKNOWN, probe
from refilm.film.tape import Damage, Tape, opened
from refilm.frames import FilmInfo, Frame, Timeline

_LONGEST_GAP = Fraction(60)
"""Seconds without a frame that are believed; a longer gap is a broken clock."""
_SHORT_BY = Fraction(1, 4)
"""Seconds that a film may end before its header says without that being told."""
_BLOCK = 1 << 20


class _Reel(Protocol):
    """Anything that plays pictures in order."""

    def play(self, damage: Damage) -> Generator[Decoded]: ...

    def play_from(self, timeline: Timeline, first: int, stop: int) -> Generator[Decoded]: ...


@dataclass(frozen=True, slots=True)
class _Clock:
    """What the film's stamps mean."""

    stamp_base: Fraction
    """Seconds per unit of a stamp."""
    stated_end: Fraction | None = None
    """Time at which the film ends by its header; None where it does not say."""
    counts: bool = True
    """False where the stamps are of no use."""


@dataclass(slots=True, eq=False)
class Film:
    """A film that can be read again and again; its files are open only while being read."""

    name: str
    path: Path | None
    """The container, whose sound and other streams can be copied; None for picture files."""
    info: FilmInfo
    files: tuple[Path, ...]
    """All files that the film consists of, in order."""
    _reel: _Reel
    _clock: _Clock
    _known_problems: tuple[str, ...] = ()
    _watched: tuple[Timeline, tuple[str, ...]] | None = field(default=None, init=False)

    def digest(self) -> str:
        """Return the SHA-256 of the film in hex: of the file, or of pictures' names and bytes."""
        total = hashlib.sha256()
        for path in self.files:
            if self.path is None:
                total.update(path.name.encode() + b"\0")
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    total.update(block)
        return total.hexdigest()

    def watch(self, width: int | None = None) -> Iterator[Frame]:
        """Yield the whole film in order, made at most `width` pixels wide where given.

        When it has ended, `timeline` and `problems` are known. Raises InputError where nothing can
        be decoded.
        """
        condition = Condition()
        for problem in self._known_problems:
            condition.other(problem)
        record = _Record(self.info, self._clock, condition)
        develop = Developer(self.info, self.path is None, condition.other)
        with closing(self._reel.play(record.damage)) as played:
            for picture, tick in record.timed(played):
                yield develop(picture, tick * self.info.time_base, self.info.channels, width)
        self._watched = (record.timeline(), record.problems())

    @property
    def timeline(self) -> Timeline:
        """When each frame is shown; raises RefilmError before the film was watched to its end."""
        return self._known()[0]

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the film's files, in sentences; raises RefilmError as `timeline`."""
        return self._known()[1]

    def _known(self) -> tuple[Timeline, tuple[str, ...]]:
        if self._watched is None:
            raise RefilmError("the film has not been watched to its end yet: watch it first")
        return self._watched

    def read(self, timeline: Timeline, first: int, stop: int, channels: int = 3) -> Iterator[Frame]:
        """Yield frames first..stop-1 at full size, with times from `timeline`.

        With `channels` 1 they are luma only; a grey film gives 1 channel whatever is asked for.
        Raises InputError where the film no longer is what the timeline was made from.
        """
        develop = Developer(self.info, self.path is None)
        wanted = min(channels, self.info.channels)
        stop = min(stop, len(timeline))
        with closing(self._reel.play_from(timeline, first, stop)) as played:
            for place, picture in enumerate(played, first):
                yield develop(picture, timeline.time(place), wanted)


class _Record:
    """What is learnt while a film is watched."""

    def __init__(self, info: FilmInfo, clock: _Clock, condition: Condition) -> None:
        self._info = info
        self._clock = clock
        self._condition = condition
        self._stamps = array("q")
        self._ticks = array("q")
        self._last_duration = Fraction(0)

    def timed(self, played: Iterator[Decoded]) -> Iterator[tuple[Decoded, int]]:
        """Yield each picture with its tick, looking only a few pictures ahead."""
        info = self._info
        waiting: deque[Decoded] = deque()
        step = 1 / info.rate / info.time_base
        fine = round(self._clock.stamp_base / info.time_base)
        stamps = map(self._counted, _put_aside(played, waiting))
        for time in mended(stamps, step, int(_LONGEST_GAP / info.time_base), fine):
            picture = waiting.popleft()
            self._stamps.append(picture.stamp)
            self._ticks.append(time.tick)
            self._condition.stamped(time, time.tick * info.time_base)
            self._last_duration = (picture.picture.duration or 0) * self._clock.stamp_base
            yield picture, time.tick

    def _counted(self, picture: Decoded) -> int:
        return picture.stamp if self._clock.counts else int(Timeline.MISSING)

    def damage(self, stamp: int | None, what: str) -> None:
        """Note that a picture is lost or incomplete."""
        ticks = self._ticks
        latest = ticks[-1] * self._info.time_base if ticks else self._info.start
        self._condition.damaged(latest if stamp is None else stamp * self._clock.stamp_base, what)

    def timeline(self) -> Timeline:
        """Return the times of all frames; raises InputError where there are none."""
        if not self._ticks:
            raise InputError("no picture of the film can be decoded: the file is damaged")
        ticks, stamps = (np.array(each, np.int64) for each in (self._ticks, self._stamps))
        return Timeline(self._info.time_base, ticks, stamps, self._end())

    def _end(self) -> Fraction:
        info = self._info
        varies = info.variable_rate and 0 < self._last_duration < _LONGEST_GAP
        return self._ticks[-1] * info.time_base + (self._last_duration if varies else 1 / info.rate)

    def problems(self) -> tuple[str, ...]:
        """Return all problems as sentences."""
        end, stated = self._end(), self._clock.stated_end
        whole = self._clock.counts and "gap" not in self._condition.flaws
        if stated is not None and whole and stated - end > max(_SHORT_BY, 3 / self._info.rate):
            self._condition.other(
                f"the film breaks off at {float(end):.1f} s: its header says {float(stated):.1f} s"
            )
        return self._condition.sentences(len(self._ticks))


def _put_aside(played: Iterator[Decoded], waiting: deque[Decoded]) -> Iterator[Decoded]:
    """Yield the pictures and keep each until its time is known."""
    for picture in played:
        waiting.append(picture)
        yield picture


def ignore(sentence: str) -> None:
    """Do nothing with a sentence worth saying aloud."""
    del sentence


def open_film(
    source: str | Path, *, rate: Fraction | None = None, say: Callable[[str], None] = ignore
) -> Film:
    """Open a film file, a folder of pictures, a pattern as "scan/%05d.png", or one picture.

    `rate` is for pictures, which have no frame rate of their own. `say` takes sentences worth
    saying aloud. Raises InputError for what cannot be read and UsageError for a rate not above 0.
    """
    if rate is not None and rate <= 0:
        raise UsageError(f"a frame rate of {rate} is not possible: give a number above 0")
    path = Path(source)
    try:
        return _opened(path, rate, say)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error


def _opened(path: Path, rate: Fraction | None, say: Callable[[str], None]) -> Film:
    if path.is_dir():
        return _album(path.resolve().name, pictures.pictures_in(path), rate, say)
    if not path.exists():
        if not pictures.is_pattern(path.name):
            raise InputError(f"there is no file or folder {path}: check the name")
        return _album(path.resolve().parent.name, pictures.pictures_like(path), rate, say)
    if not path.is_file():
        raise InputError(f"{path} is neither a file nor a folder: give a film")
    if not path.stat().st_size:
        raise InputError(f"{path} is empty (0 bytes): give a complete file")
    if pictures.is_picture(path):
        return _album(path.stem, (path,), rate, say)
    return _tape(path, rate, say)


def _tape(path: Path, rate: Fraction | None, say: Callable[[str], None]) -> Film:
    with opened(path) as (container, stream):
        probed = probe(container, stream, path, rate, say)
    clock = _Clock(probed.stamp_base, probed.stated_end, probed.stamps_count)
    return Film(path.stem, path, probed.info, (path,), Tape(path), clock)


def _album(
    name: str, files: tuple[Path, ...], rate: Fraction | None, say: Callable[[str], None]
) -> Film:
    if rate is None and len(files) > 1:
        say(
            f"pictures have no frame rate: taken as {RATE_WHERE_UNKNOWN} frames per second; "
            "give --rate to change"
        )
    taken = Fraction(rate or RATE_WHERE_UNKNOWN)
    info, codec = pictures.probe_pictures(files, taken, say)
    album = pictures.Album(files, codec, (info.width, info.height))
    gaps = tuple(pictures.gaps_in(files))
    return Film(name, None, info, files, album, _Clock(info.time_base), _known_problems=gaps)
