"""Films, surveys and jobs made by hand, as small as a test can use them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from refilm.film import filtered
from refilm.findings import Figures, Rectangle, Survey
from refilm.frames import FilmInfo, Frame, Pixels, Shot, Timeline
from refilm.job import Job, Network
from refilm.survey.gains import Gains
from refilm.survey.look import look_at
from refilm.survey.motion import STILL

RATE = Fraction(16)


def film(pictures: Iterable[Pixels], rate: Fraction = RATE, start: int = 0) -> list[Frame]:
    """Return frames that show these pictures, the first of them frame `start` of its film."""
    times = (Fraction(start + place) / rate for place, _ in enumerate(iter(int, 1)))
    return [Frame(picture, time, time) for picture, time in zip(pictures, times, strict=False)]


def figures_of(pictures: Iterable[Pixels]) -> Figures:
    """Return what a survey would have measured of these pictures' light; nothing moves."""
    lumas = [picture.mean(axis=2) for picture in pictures]
    count = len(lumas)
    return Figures(
        motion=np.zeros((count, 4)),
        trust=np.ones(count),
        level=np.array([luma.mean() for luma in lumas], np.float64),
        black=np.array([np.percentile(luma, 1) for luma in lumas], np.float64),
        white=np.array([np.percentile(luma, 99) for luma in lumas], np.float64),
        difference=np.zeros(count),
        repeat=np.zeros(count, np.bool_),
    )


def survey_of(pictures: list[Pixels], cuts: tuple[int, ...] = (), rate: Fraction = RATE) -> Survey:
    """Return the survey of a film of these pictures, cut before each frame of `cuts`."""
    height, width, channels = pictures[0].shape
    count = len(pictures)
    edges = (0, *cuts, count)
    shots = tuple(
        Shot(number, first, stop, first / rate, stop / rate, channels == 1)
        for number, (first, stop) in enumerate(pairwise(edges))
    )
    ticks = np.arange(count, dtype=np.int64)
    found = Survey(
        info=FilmInfo(
            width, height, rate, duration=count / rate, time_base=1 / rate, channels=channels
        ),
        timeline=Timeline(1 / rate, ticks, ticks, count / rate),
        shots=shots,
        figures=figures_of(pictures),
        clean=Rectangle(0, 0, width, height),
    )
    return replace(found, figures=replace(found.figures, **_light(pictures, found.info)))


def _light(pictures: list[Pixels], info: FilmInfo) -> dict[str, NDArray[np.float32]]:
    """Return what a survey finds of the light of these pictures, in which nothing moves."""
    gains = Gains()
    for number, frame in enumerate(film(pictures)):
        gains.see(look_at(frame, number, info), STILL)
    return gains.figures()


def job_of(
    survey: Survey,
    shot: int = 0,
    original: Callable[[str], Iterator[Frame]] = lambda path: iter(()),
    notes: list[tuple[str, float]] | None = None,
    network: Callable[[str], Network] | None = None,
) -> Job:
    """Return one stage's work on a shot of the surveyed film; notes go to `notes`."""

    def none_such(name: str) -> Network:
        raise AssertionError(f"the stage asked for the network {name}")

    kept = notes if notes is not None else []
    return Job(
        info=survey.info,
        survey=survey,
        shot=survey.shots[shot],
        network=network or none_such,
        original=original,
        note=lambda what, figure: kept.append((what, figure)),
        filtered=filtered,
    )


def texture(
    height: int = 64, width: int = 96, channels: int = 1, seed: int = 0, grain: float = 0.0
) -> Pixels:
    """Return a soft random scene, 0.2 to 0.8, with film grain of that standard deviation."""
    random = np.random.default_rng(seed)
    coarse = random.random((height // 8 + 2, width // 8 + 2, channels)).astype(np.float32)
    rows = np.linspace(0, coarse.shape[0] - 1.001, height)
    columns = np.linspace(0, coarse.shape[1] - 1.001, width)
    scene = _bilinear(coarse, rows, columns)
    noise = random.normal(0, grain, scene.shape) if grain else 0
    return np.asarray(0.2 + 0.6 * scene + noise, np.float32)


def _bilinear(coarse: Pixels, rows: NDArray[np.float64], columns: NDArray[np.float64]) -> Pixels:
    top, left = rows.astype(int), columns.astype(int)
    down, right = (rows - top)[:, None, None], (columns - left)[None, :, None]
    upper = coarse[top][:, left] * (1 - right) + coarse[top][:, left + 1] * right
    lower = coarse[top + 1][:, left] * (1 - right) + coarse[top + 1][:, left + 1] * right
    return np.asarray(upper * (1 - down) + lower * down, np.float32)
