"""Frames of a coloured film that is made grey, and how near colours come to the true ones."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from refilm.bench.scenes import WIDTH
from refilm.film import Encoding, Film, open_film
from refilm.findings import Survey
from refilm.frames import FilmInfo, Frame, Pixels, Shot
from refilm.job import Job, Network, Still
from refilm.lab import CLOSE, difference, to_lab
from refilm.luma import weights_of
from refilm.sample import write_sample
from refilm.stages.base import Stage
from refilm.survey import survey_film


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """Some frames of one shot, in their true colours."""

    survey: Survey
    info: FilmInfo
    shot: Shot
    frames: tuple[Frame, ...]

    def grey(self) -> list[Frame]:
        """Return the frames as luma alone."""
        weights = np.asarray(weights_of(self.info), np.float32)
        return [each.with_pixels((each.pixels @ weights)[:, :, None]) for each in self.frames]

    def still(self, number: int) -> Still:
        """Return one of the frames as a still that a person gave."""
        frame = self.frames[number]
        return Still(frame.pixels, frame.origin, self.grey()[number].pixels, by_hand=True)


def takes(film: Film, shots: int, frames: int, *, spread: bool) -> Iterator[Take]:
    """Yield frames of the coloured shots: that many at most, spread over each, or its first ones."""
    survey = survey_film(film)
    coloured = [shot for shot in survey.shots if not shot.monochrome]
    for shot in coloured[:shots]:
        every = -(-(shot.stop - shot.first) // frames) if spread else 1
        read = film.read(survey.timeline, shot.first, shot.stop, 3)
        kept = tuple(_small(frame) for frame in islice(read, 0, every * frames, every))
        height, width, _ = kept[0].pixels.shape
        info = FilmInfo(width, height, film.info.rate / every, channels=1, coding=film.info.coding)
        grey = Shot(shot.number, shot.first, shot.stop, shot.start, shot.end, monochrome=True)
        yield Take(survey, info, grey, kept)


def _small(frame: Frame) -> Frame:
    height, width, _ = frame.pixels.shape
    if width <= WIDTH:
        return frame
    size = (WIDTH, round(height * WIDTH / width / 2) * 2)
    small = cv2.resize(np.clip(frame.pixels, 0, 1), size, interpolation=cv2.INTER_AREA)
    return frame.with_pixels(np.asarray(small, np.float32))


def run(
    stage: Stage,
    take: Take,
    frames: Sequence[Frame],
    network: Callable[[str], Network],
    stills: Sequence[Still],
) -> Iterator[Frame]:
    """Yield what a colouring stage makes of frames of a take."""
    job = Job(take.info, take.survey, take.shot, network, _no_film, _no_note, stills=lambda: stills)
    return stage.process(iter(frames), job)


def apart(frames: Sequence[Frame], truth: Sequence[Frame]) -> dict[str, float]:
    """Return the mean difference of colour, and the share of colours that are right."""
    pairs = zip(frames, truth, strict=True)
    found = [difference(_lab(frame.pixels), _lab(true.pixels)) for frame, true in pairs]
    return {
        "ciede2000": float(np.mean([each.mean() for each in found])),
        "right": float(np.mean([(each < CLOSE).mean() for each in found])),
    }


def _lab(pixels: Pixels) -> Pixels:
    return to_lab(pixels if pixels.shape[2] > 1 else np.repeat(pixels, 3, axis=2))


def drawn(folder: Path) -> Film:
    """Return the drawn sample, written without loss into a folder."""
    path = folder / "sample.mkv"
    write_sample(path, encoding=Encoding(codec="ffv1"), say=_silent)
    return open_film(path)


def _no_film(path: str) -> Iterator[Frame]:
    del path
    yield from ()


def _no_note(name: str, value: float) -> None:
    del name, value


def _silent(sentence: str) -> None:
    del sentence
