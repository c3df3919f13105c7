"""What is done to an old scene: nothing, a stage of refilm, a plain method, a filter of FFmpeg."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from refilm.bench.scenes import Old
from refilm.film.baselines import filtered
from refilm.frames import Frame, Pixels
from refilm.job import Job
from refilm.models import networks
from refilm.stages.base import Stage, catalogue


class Treatment(NamedTuple):
    """A way to restore a scene, and what it is called in tables."""

    name: str
    work: Callable[[Old], list[Pixels]]


def _nothing(old: Old) -> list[Pixels]:
    return old.pictures


NONE = Treatment("nothing", _nothing)


def stage(name: str) -> Treatment:
    """Return what refilm does with one stage, fitted to each scene as it would be to a film."""

    def work(old: Old) -> list[Pixels]:
        return list(_staged(catalogue()[name].model_validate({}), old))

    return Treatment(f"refilm {name}", work)


def _staged(chosen: Stage, old: Old) -> Iterator[Pixels]:
    fitted = chosen.fitted(old.survey).stage
    if fitted is None:
        yield from old.pictures
        return
    for shot in old.survey.shots:
        frames = (each.frame for each in old.truth[shot.first : shot.stop])
        job = Job(old.info, old.survey, shot, networks(), _no_film, _no_note)
        for frame in fitted.process(frames, job):
            yield frame.pixels


def _no_film(path: str) -> Iterator[Frame]:
    del path
    yield from ()


def _no_note(name: str, value: float) -> None:
    del name, value


def ffmpeg(filters: str) -> Treatment:
    """Return what FFmpeg does with these filters."""

    def work(old: Old) -> list[Pixels]:
        return list(filtered(old.pictures, filters))

    return Treatment(f"FFmpeg {filters}", work)


def plain(name: str, method: Callable[[Sequence[Pixels]], list[Pixels]]) -> Treatment:
    """Return a plain method that looks at nothing but the pictures."""

    def work(old: Old) -> list[Pixels]:
        return method(old.pictures)

    return Treatment(name, work)


def divided_by_mean(pictures: Sequence[Pixels]) -> list[Pixels]:
    """Return the pictures, all made as bright as they are on average."""
    means = [max(float(picture.mean(dtype=np.float64)), 1e-6) for picture in pictures]
    wanted = float(np.mean(means))
    return [picture * np.float32(wanted / mean) for picture, mean in zip(pictures, means, strict=True)]


def median_of_three(pictures: Sequence[Pixels]) -> list[Pixels]:
    """Return of every pixel the median of the frame before, the frame itself and the frame after."""
    padded = (pictures[0], *pictures, pictures[-1])
    return [np.median(np.stack(padded[place : place + 3]), axis=0) for place in range(len(pictures))]


def blurred(pictures: Sequence[Pixels]) -> list[Pixels]:
    """Return the pictures, each blurred by a Gaussian of one pixel."""
    return [
        np.asarray(cv2.GaussianBlur(picture, (0, 0), 1), np.float32).reshape(picture.shape)
        for picture in pictures
    ]
