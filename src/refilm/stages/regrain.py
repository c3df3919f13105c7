"""Give the picture film grain: strongest in the middle greys, new in every frame.

Its strength over luma follows the granularity of film as in SMPTE RDD 5-2006, "Film Grain
Technology"; its size goes with the picture's height, as that of film does.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from refilm.findings import Survey
from refilm.frames import Frame, Pixels
from refilm.job import Job
from refilm.stages.base import Fitting, Stage
from refilm.stages.denoise import LEAST_SEEN

LEAST = 0.3
"""Grain in black and in white, as a share of that in mid grey."""
FINEST = 0.3
"""Sigma, in pixels, below which grain is single pixels."""


class Regrain(Stage):
    """Give the picture film grain, such as cleaning took away or colouring lacks."""

    invents: ClassVar[str] = "film grain"

    amount: float = Field(
        0.015, ge=0, le=0.3, description="Standard deviation of the grain in mid grey, 0..1"
    )
    size: float = Field(
        0.15, ge=0, le=2, description="Sigma of one grain, in percent of the picture's height"
    )
    colour: float = Field(
        0.2, ge=0, le=1, description="From 0, grey grain, to 1, grain of its own in each colour"
    )
    match: bool = Field(False, description="As strong as the grain that the survey found in the film")
    seed: int = Field(1, ge=0, description="The same seed gives the same grain")

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage, with the film's own amount of grain where that is to be matched.

        None where the film has no visible grain to match.
        """
        if not self.match:
            return Fitting(self, f"the plan asks for grain of {100 * self.amount:.1f} % of white")
        noise = survey.figures.noise
        seen = noise[np.isfinite(noise)]
        if not len(seen):
            return Fitting(self, "the film's own grain is not known: the given amount is taken")
        found = round(min(float(np.median(seen)), 0.3), 4)
        why = f"the film's own grain is {100 * found:.1f} % of white"
        if found < LEAST_SEEN:
            return Fitting(None, f"there is no grain to match: {why}")
        return Fitting(self.model_copy(update={"amount": found, "match": False}), why)

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Add each frame's own grain, which goes by its time alone."""
        del job
        for frame in frames:
            yield frame.with_pixels(self._grained(frame)) if self.amount else frame

    def _grained(self, frame: Frame) -> Pixels:
        pixels = frame.pixels
        height, width, channels = pixels.shape
        random = np.random.default_rng(_seeds(self.seed, frame.time))
        sigma = self.size / 100 * height
        grain = _grains(random, height, width, sigma)
        if channels > 1 and self.colour:
            own = np.dstack([_grains(random, height, width, sigma) for _ in range(channels)])
            share = np.float32(self.colour)
            # Mixed so that the grain of each colour stays as strong as grey grain.
            grain = np.sqrt(1 - share * share) * grain + share * own
        middle = np.clip(4 * pixels * (1 - pixels), 0, 1)
        strength = np.float32(self.amount) * (LEAST + (1 - LEAST) * middle)
        return np.asarray(pixels + strength * grain, np.float32)


def _seeds(seed: int, time: Fraction) -> tuple[int, ...]:
    return seed, int(time < 0), abs(time.numerator), time.denominator


def _grains(random: np.random.Generator, height: int, width: int, sigma: float) -> NDArray[np.float32]:
    """Return grain of standard deviation 1, (height, width, 1)."""
    noise = random.standard_normal((height, width), np.float32)
    if sigma < FINEST:
        return noise[:, :, None]
    blurred = np.asarray(cv2.GaussianBlur(noise, (_taps(sigma), _taps(sigma)), sigma), np.float32)
    return (blurred * np.float32(1 / _left(sigma)))[:, :, None]


def _taps(sigma: float) -> int:
    return 2 * round(3 * sigma + 0.5) + 1


@cache
def _left(sigma: float) -> float:
    """Return the standard deviation of white noise of 1 after the blur."""
    return float(np.sum(np.square(cv2.getGaussianKernel(_taps(sigma), sigma))))
