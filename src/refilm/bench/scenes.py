"""Clean film to measure on: some shots of a film in grey, and each of them made old."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np

from refilm.age import Aged, Ageing, age
from refilm.film import Film
from refilm.findings import Survey
from refilm.frames import Coding, FilmInfo, Frame, Pixels, Timeline
from refilm.survey import survey_film

WIDTH = 480
"""Pixels that scenes are wide at most: as the films that the stages were made on."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Some dozens of clean frames of one shot."""

    name: str
    pictures: tuple[Pixels, ...]
    """Grey, one channel, of one size."""
    rate: Fraction

    @property
    def info(self) -> FilmInfo:
        """What is known of a film that shows these frames and nothing else."""
        height, width, _ = self.pictures[0].shape
        return FilmInfo(
            width,
            height,
            self.rate,
            duration=len(self.pictures) / self.rate,
            time_base=1 / self.rate,
            channels=1,
            coding=Coding(pixel_format="gray"),
        )

    def frames(self) -> list[Frame]:
        """Return the scene's frames, the first at time 0."""
        times = [number / self.rate for number in range(len(self.pictures))]
        return [Frame(pixels, time, time) for pixels, time in zip(self.pictures, times, strict=True)]

    def aged(self, ageing: Ageing) -> tuple[Aged, ...]:
        """Return the scene made old."""
        return tuple(age(self.frames(), self.info, ageing))

    def old(self, ageing: Ageing) -> "Old":
        """Return the scene made old, and what a survey finds on it."""
        truth = self.aged(ageing)
        return Old(self.info, truth, survey_film(_Reel(self.info, truth)))

    def begun(self, frames: int) -> "Scene":
        """Return the scene's first frames."""
        return replace(self, pictures=self.pictures[:frames])

    def held(self) -> "Scene":
        """Return a scene in which nothing moves: the first picture all the time."""
        return replace(
            self, name=f"{self.name}, held still", pictures=(self.pictures[0],) * len(self.pictures)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Old:
    """A scene made old."""

    info: FilmInfo
    truth: tuple[Aged, ...]
    survey: Survey

    @property
    def pictures(self) -> list[Pixels]:
        """The aged pictures."""
        return [each.frame.pixels for each in self.truth]

    @property
    def clean(self) -> list[Pixels]:
        """The pictures as the camera saw them."""
        return [each.clean.pixels for each in self.truth]


def scenes(film: Film, most: int, frames: int) -> Iterator[Scene]:
    """Yield the first `frames` frames of the film's first `most` shots, grey, one scene at a time."""
    survey = survey_film(film)
    for shot in survey.shots[:most]:
        stop = min(shot.stop, shot.first + frames)
        read = film.read(survey.timeline, shot.first, stop, 1)
        pictures = tuple(_grey(frame.pixels) for frame in read)
        yield Scene(f"shot {shot.number + 1}", pictures, film.info.rate)


def _grey(pixels: Pixels) -> Pixels:
    height, width, _ = pixels.shape
    if width <= WIDTH:
        return pixels
    size = (WIDTH, round(height * WIDTH / width / 2) * 2)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)[:, :, None]


class _Reel:
    """Frames in memory, to be looked at as a film is."""

    problems = ()

    def __init__(self, info: FilmInfo, shown: Sequence[Aged]) -> None:
        self.info = info
        self._shown = shown
        ticks = np.arange(len(shown), dtype=np.int64)
        self.timeline = Timeline(info.time_base, ticks, ticks, info.duration)

    def watch(self, width: int | None = None) -> Iterator[Frame]:
        """Yield every frame; scenes are never wider than a survey looks at."""
        assert width is None or self.info.width <= width
        for each in self._shown:
            yield each.frame

    def read(self, timeline: Timeline, first: int, stop: int, channels: int = 3) -> Iterator[Frame]:
        """Yield frames first..stop-1."""
        del timeline, channels
        for each in self._shown[first:stop]:
            yield each.frame
