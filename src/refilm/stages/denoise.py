"""Take grain and noise away, mostly by the mean of what nearby frames show of the same place.

A network that a person brings can do it instead, frame by frame.

Boyce, "Noise reduction of image sequences using adaptive motion compensated frame averaging",
ICASSP 1992 (the mean along motion); Lee, "Digital Image Enhancement and Noise Filtering by Use of
Local Statistics", IEEE PAMI-2, 1980, https://doi.org/10.1109/TPAMI.1980.4766994 (what is left).
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from refilm.findings import Survey
from refilm.flow import dense_flow, luma8, warp
from refilm.frames import FilmInfo, Frame, Pixels
from refilm.job import Job
from refilm.luma import luma
from refilm.stages.base import Fitting, Stage
from refilm.streams import Neighbourhood, neighbourhoods

Plane = NDArray[np.float32]
"""(height, width) of float32."""

REACH = 2
"""Frames either side that are laid over a frame; more bring less than they blur."""
PATCH = 7
"""Pixels on a side of the squares in which two pictures are compared."""
LIGHT_LIMIT = 0.05
"""Largest difference of light, luma, that is taken from a neighbour before it is compared."""
LUMAS = 8
"""Steps of luma for which noise is measured apart: grain is strongest in the middle greys."""
BLOCK = 15
"""Pixels on a side of the squares in which noise is measured."""
_EACH = 4
"""Pixels from one such square to the next."""
CALM_SHARE = 25
"""Percentile of the squares' restlessness that is believed: more is movement, or badly laid detail."""
LEAST_NOISE = 0.5 / 255
"""Noise that every picture has, by rounding."""
LEAST_SEEN = 1.5 / 255
"""Noise of a film, luma, below which no eye sees it."""
_NEARLY_ALL = 90
"""Percentile of the frames' noise that tells: one grainy shot is enough, one torn frame is not."""
CALM = 2.0
"""Sigma, in pixels, by which pictures are blurred before motion is searched: grain moves nowhere."""
SIGMAS = (1.0, 2.0, 4.0)
"""Sigmas of the blurs between which bands of detail lie: grain is fine, but not only."""
WINDOW = 6
"""Side of the squares whose energy tells noise from detail, in sigmas of the band."""
CHROMA = 2.0
"""How many times more noise is taken from colour than from luma: eyes see little detail in it."""


_CLASSIC = "classic"


class Denoise(Stage):
    """Take grain and noise away."""

    task: ClassVar[str] = "denoising"

    method: str = Field(
        _CLASSIC,
        description="classic: the mean of what nearby frames show, needs no weights; or the path of a "
        "network's file (.pth, .safetensors, .onnx), which sees each frame alone",
    )
    strength: float = Field(
        0.5, ge=0, le=1, description="From 0, nothing, to 1, what may be noise and may be detail too"
    )
    keep_grain: float = Field(
        0.2,
        ge=0,
        le=1,
        description="classic: share of the grain that is left, so that film looks like film",
    )

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage, None where the survey saw so little noise that no eye sees it.

        A network is taken as it is asked for: what else it mends, the survey cannot tell.
        """
        if self.networks():
            return Fitting(self, f"the plan asks for the network {self.method}")
        noise = survey.figures.noise
        seen = noise[np.isfinite(noise)]
        if not len(seen):
            return Fitting(self, "every film has grain")
        most = float(np.percentile(seen, _NEARLY_ALL))
        told = f"grain and noise are up to {100 * most:.1f} % of white"
        if most < LEAST_SEEN:
            return Fitting(None, f"the picture looks clean to the eye: {told}")
        return Fitting(
            self, f"{told}; {self.keep_grain:.0%} of them stay, so that film looks like film"
        )

    def context(self, info: FilmInfo) -> Fraction:
        """Return the time of the frames that are laid over one."""
        return Fraction(0) if self.networks() else REACH / info.rate

    def networks(self) -> tuple[str, ...]:
        """Return the network, where the method is one."""
        return () if self.method == _CLASSIC else (self.method,)

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield each frame with what its neighbours agree on, or with what a network makes of it."""
        return self._drawn(frames, job) if self.networks() else self._agreed(frames, job)

    def _drawn(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        network, share = job.network(self.method), np.float32(self.strength)
        for frame in frames:
            now = frame.pixels
            yield frame.with_pixels(_mixed(now, network(now), share)) if share else frame

    def _agreed(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        pictures = np.cumsum(~job.survey.figures.repeat, dtype=np.int64)
        calm = Calm()
        noises: list[float] = []
        for around in neighbourhoods(frames, REACH):
            calm.forget(around)
            others = _others(around, pictures, job)
            moved = [moved_onto(around.frame, other, calm) for other in others]
            quiet, noise = self._quiet(around.frame.pixels, moved)
            noises.append(noise)
            yield around.frame.with_pixels(quiet) if self.strength else around.frame
        job.note("denoise: noise", float(np.mean(noises)) if noises else 0.0)

    def _quiet(self, now: Pixels, moved: Sequence[Pixels]) -> tuple[Pixels, float]:
        """Return the picture with less noise, and the noise that it had (standard deviation, luma)."""
        here = luma(now)
        apart = [here - luma(other) for other in moved[:2]] or [_finest(here)]
        noise, shares = noise_of(here, apart)
        mean, left = laid_over(now, moved, noise, self.strength)
        smooth = smoothed(mean, noise * noise * left, shares, self.strength)
        kept = np.float32(self.keep_grain)
        return np.asarray(smooth + kept * (now - smooth), np.float32), float(noise.mean())


def _mixed(now: Pixels, quiet: Pixels, share: np.float32) -> Pixels:
    return np.asarray(now + share * (quiet - now), np.float32)


def _others(around: Neighbourhood, pictures: NDArray[np.int64], job: Job) -> list[Frame]:
    """Return the frames around that show other pictures: a repeat carries the same grain."""
    timeline = job.survey.timeline
    known = {int(pictures[timeline.index(around.frame.origin)])}
    others: list[Frame] = []
    for frame in (*around.before, *around.after):
        number = int(pictures[timeline.index(frame.origin)])
        if number not in known:
            known.add(number)
            others.append(frame)
    return others


class Calm:
    """The luma of frames, blurred for the search of motion, made once for each."""

    def __init__(self) -> None:
        self._known: dict[Fraction, NDArray[np.uint8]] = {}

    def forget(self, around: Neighbourhood) -> None:
        """Drop what belongs to frames that have passed."""
        oldest = around.before[-1].time if around.before else around.frame.time
        self._known = {time: kept for time, kept in self._known.items() if time >= oldest}

    def __getitem__(self, frame: Frame) -> NDArray[np.uint8]:
        if frame.time not in self._known:
            blurred = cv2.GaussianBlur(luma8(frame.pixels), (0, 0), CALM)
            self._known[frame.time] = np.asarray(blurred, np.uint8)
        return self._known[frame.time]


def moved_onto(frame: Frame, other: Frame, calm: Calm) -> Pixels:
    """Return another frame's picture moved onto a frame's, and brought to its light."""
    now = frame.pixels
    moved = warp(other.pixels, dense_flow(calm[frame], calm[other]), cv2.INTER_CUBIC)
    size = max(now.shape[0] // 8, 15) | 1
    apart = np.clip(now - moved, -LIGHT_LIMIT, LIGHT_LIMIT)
    moved += np.asarray(cv2.blur(apart, (size, size)), np.float32).reshape(now.shape)
    return moved


def noise_of(here: Plane, apart: Sequence[Plane]) -> tuple[Plane, list[float]]:
    """Return the noise's standard deviation at each pixel, by its luma, and each band's share of it.

    Told by what differs between the frames where they agree best, so that neither fine detail nor
    movement is taken for noise; by the picture's own finest detail where there is no other frame.
    """
    energy = np.minimum.reduce([_energy(each) for each in apart])
    overall = _calmest(energy)
    steps = np.clip(here[::_EACH, ::_EACH] * LUMAS, 0, LUMAS - 1).astype(np.int32)
    found = [energy[steps == number] for number in range(LUMAS)]
    curve = [_calmest(each) if len(each) * 4 * LUMAS > energy.size else overall for each in found]
    middles = (np.arange(LUMAS, dtype=np.float32) + 0.5) / LUMAS
    noise = np.asarray(np.interp(here, middles, curve), np.float32)
    return noise, [_calmest(_energy(band)) / overall for band in _bands(apart[0])]


def _energy(apart: Plane) -> Plane:
    """Return the mean square around some of the pixels."""
    return np.asarray(cv2.blur(apart * apart, (BLOCK, BLOCK)), np.float32)[::_EACH, ::_EACH]


def _calmest(energy: Plane) -> float:
    """Return the standard deviation of one of two pictures that differ, where they differ least."""
    return max(float(np.sqrt(np.percentile(energy, CALM_SHARE) / 2)), LEAST_NOISE)


def _finest(here: Plane) -> Plane:
    """Return a picture's finest detail, scaled so that its noise is that between two frames."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) * np.float32(2**0.5 / 6)
    return np.asarray(cv2.filter2D(here, cv2.CV_32F, kernel), np.float32)


def laid_over(
    now: Pixels, moved: Sequence[Pixels], noise: Plane, strength: float
) -> tuple[Pixels, Plane]:
    """Return the mean of a picture and others, and the share of the noise's variance that is left.

    Another picture counts where it differs by no more than noise: elsewhere it shows something else.
    """
    total, weights = now.copy(), np.ones(now.shape[:2], np.float32)
    squares = weights.copy()
    expected = 2 * noise * noise
    for other in moved:
        square = _mean_square(now - other)
        differs = np.asarray(cv2.blur(square, (PATCH, PATCH)), np.float32) / expected
        weight = np.exp(-np.maximum(differs - 1, 0) / np.float32(2 * strength + 1e-3))
        weight *= np.float32(min(2 * strength, 1))
        total += _spread(weight, now.shape[2]) * other
        weights += weight
        squares += weight * weight
    mean = np.asarray(total / _spread(weights, now.shape[2]), np.float32)
    return mean, np.asarray(squares / (weights * weights), np.float32)


def _mean_square(apart: Pixels) -> Plane:
    """Return the mean over the channels of the squares."""
    channels = apart.shape[2]
    equal = np.full((1, channels), 1 / channels, np.float32)
    return np.asarray(cv2.transform(apart * apart, equal), np.float32).reshape(apart.shape[:2])


def _spread(plane: Plane, channels: int) -> Pixels:
    """Return a plane as a picture: products of whole pictures are far faster than of unlike shapes."""
    return plane[:, :, None] if channels == 1 else np.asarray(cv2.merge([plane] * channels), np.float32)


def smoothed(pixels: Pixels, variance: Plane, shares: Sequence[float], strength: float) -> Pixels:
    """Return the picture smoothed where its detail is no more than the noise of that variance.

    `shares` are those of the noise's standard deviation that each band of detail has. Of colour red
    and blue less luma are smoothed, from which green follows by the weights of luma, Rec. 601.
    """
    taken = np.float32(2 * strength) * variance
    if pixels.shape[2] == 1:
        return _without_noise(pixels[:, :, 0], taken, shares)[:, :, None]
    grey = luma(pixels)
    quiet = _without_noise(grey, taken, shares)
    loud = np.float32(CHROMA * CHROMA) * taken
    red, blue = (_without_noise(pixels[:, :, n] - grey, loud, shares) for n in (0, 2))
    green = (red * np.float32(0.299) + blue * np.float32(0.114)) * np.float32(-1 / 0.587)
    return np.asarray(cv2.merge([quiet + red, quiet + green, quiet + blue]), np.float32)


def _bands(plane: Plane) -> Iterator[Plane]:
    """Yield a plane's detail, the finest first; `plane` less all of them is its coarse rest."""
    finer = plane
    for sigma in SIGMAS:
        coarser = np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), np.float32)
        yield finer - coarser
        finer = coarser


def _without_noise(plane: Plane, variance: Plane, shares: Sequence[float]) -> Plane:
    """Return the plane less that part of each band of detail which noise explains."""
    noise = np.zeros_like(plane)
    for band, share, sigma in zip(_bands(plane), shares, SIGMAS, strict=True):
        size = 2 * round(WINDOW * sigma / 2) + 1
        energy = np.asarray(cv2.blur(band * band, (size, size)), np.float32)
        explained = np.float32(share * share) * variance / np.maximum(energy, np.float32(1e-12))
        noise += band * np.minimum(explained, 1)
    return plane - noise
