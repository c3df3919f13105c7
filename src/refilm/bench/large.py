"""How much memory each stage needs for pictures as large as a film scan in 4K."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np

from refilm.errors import WeightsError
from refilm.film import filtered
from refilm.frames import FilmInfo, Frame, Pixels, Timeline
from refilm.job import Job
from refilm.models import networks
from refilm.stages.base import catalogue
from refilm.stages.wording import make_stage
from refilm.survey import survey_film

WIDTH, HEIGHT = 3840, 2160
RATE = Fraction(24)
_COARSE = 32
"""Pixels across one patch of the scene."""
_GRAIN = 0.02
_STEP = 4
"""Pixels by which the scene moves from frame to frame."""
_NO_WEIGHTS = 4
"""Exit code of a stage whose network's weights are missing."""


def measure(frames: int = 1, names: Iterable[str] | None = None) -> dict[str, float | None]:
    """Return each stage's peak memory in megabytes for so many 3840x2160 frames in colour.

    Each runs in a process of its own; the peak is that of the process, libraries and all. None
    where a network's weights are missing. Raises subprocess.CalledProcessError where a stage fails.
    """
    return {name: _peak(name, frames) for name in (names or catalogue())}


def _peak(name: str, frames: int) -> float | None:
    command = [sys.executable, "-m", "refilm.bench.large", name, str(frames)]
    with subprocess.Popen(command) as process:
        # The kernel tells the peak of this one child, which getrusage would mix with others.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode == _NO_WEIGHTS:
        return None
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_maxrss / 1024


@dataclass(frozen=True)
class _Scene:
    """A film of a grainy scene that moves to the side, drawn frame by frame."""

    frames: int
    problems: tuple[str, ...] = ()

    @property
    def info(self) -> FilmInfo:
        return FilmInfo(WIDTH, HEIGHT, RATE, duration=self.frames / RATE, time_base=1 / RATE)

    @property
    def timeline(self) -> Timeline:
        ticks = np.arange(self.frames, dtype=np.int64)
        return Timeline(1 / RATE, ticks, ticks, self.frames / RATE)

    def watch(self, width: int | None = None) -> Iterator[Frame]:
        for frame in self.read(self.timeline, 0, self.frames):
            if width is None:
                yield frame
            else:
                size = (width, round(HEIGHT * width / WIDTH))
                small = cv2.resize(frame.pixels, size, interpolation=cv2.INTER_AREA)
                yield frame.with_pixels(np.asarray(small, np.float32))

    def read(self, timeline: Timeline, first: int, stop: int, channels: int = 3) -> Iterator[Frame]:
        for number in range(first, min(stop, self.frames)):
            pixels = np.ascontiguousarray(_picture(number)[:, :, :channels])
            yield Frame(pixels, timeline.time(number), timeline.time(number))


def _picture(number: int) -> Pixels:
    shape = (HEIGHT // _COARSE, WIDTH // _COARSE, 3)
    coarse = np.random.default_rng(1).random(shape, np.float32)
    scene = np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.float32)
    moved = np.roll(scene, _STEP * number, axis=1)
    grain = np.random.default_rng(number).standard_normal(moved.shape, np.float32)
    grainy = moved * np.float32(0.6) + np.float32(0.2) + np.float32(_GRAIN) * grain
    return np.asarray(grainy, np.float32)


def _run(name: str, frames: int) -> None:
    scene = _Scene(frames)
    survey = survey_film(scene)
    shot = replace(survey.shots[0], first=0, stop=frames)
    job = Job(scene.info, survey, shot, networks(), lambda _: scene.watch(), _no_note, filtered)
    for frame in make_stage(name, {}).restored(scene.watch(), job):
        del frame


def _no_note(name: str, value: float) -> None:
    del name, value


if __name__ == "__main__":
    try:
        _run(sys.argv[1], int(sys.argv[2]))
    except WeightsError:
        sys.exit(_NO_WEIGHTS)
