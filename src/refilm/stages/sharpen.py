"""Make the picture crisper, without halos and without making its grain stronger.

Unsharp masking; Schavemaker et al., "Image sharpening by morphological filtering", Pattern
Recognition 33, 2000, https://doi.org/10.1016/S0031-3203(99)00160-0 (limits by the local range).
"""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from refilm.findings import Survey
from refilm.frames import Frame, Pixels
from refilm.job import Job
from refilm.luma import luma
from refilm.stages.base import Fitting, Stage

Plane = NDArray[np.float32]
"""(height, width) of float32."""

OVERSHOOT = 0.15
"""Share of the local contrast by which an edge may pass what is around it: less looks soft, more
gives bright seams."""
SHARP = 0.7
"""Softness, in source pixels, below which a film's edges are as sharp as its pixels can show."""
GRAINY = 0.03
"""Grain, luma, above which sharpening would bring out more grain than detail."""
RADII = (0.6, 4.0)
"""Least and most softness that is undone where the survey's is taken: more is out of focus."""
_UNKNOWN = 1.2
"""Softness, in pixels, of a usual scan, where the survey found no edges to tell."""
_NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / np.float32(6)
"""Answers to noise with the noise's own standard deviation and to edges and slopes hardly at all;
Immerkaer, "Fast Noise Variance Estimation", CVIU 1996."""


class Sharpen(Stage):
    """Make the picture crisper."""

    amount: float = Field(0.6, ge=0, le=3, description="How much of the fine detail is added again")
    radius: float | None = Field(
        None,
        ge=0.3,
        le=10,
        description="Softness to be undone: sigma of the blur, in pixels; by default each shot's own",
    )
    noise: float = Field(
        2.0,
        ge=0,
        le=10,
        description="How many times the picture's noise detail must be to be sharpened",
    )

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage, None where the film is sharp or its grain is strong."""
        soft, grain = (_usual(each) for each in (survey.figures.softness, survey.figures.noise))
        if soft is None:
            return Fitting(self, "how soft the film is, is not known")
        told = f"its edges are blurred by {soft:.1f} pixels"
        if soft < SHARP:
            return Fitting(None, f"the film is sharp: {told}")
        if grain is not None and grain > GRAINY:
            return Fitting(None, f"its strong grain would come out more than its detail, though {told}")
        return Fitting(self, f"the film is soft: {told}")

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Sharpen each frame's luma on its own; colour differences do not change."""
        radius = self.radius or _softness(job)
        for frame in frames:
            yield frame.with_pixels(self._sharp(frame.pixels, radius)) if self.amount else frame

    def _sharp(self, pixels: Pixels, radius: float) -> Pixels:
        grey = luma(pixels)
        sharp = np.asarray(grey + np.float32(self.amount) * self._detail(grey, radius), np.float32)
        added = _limited(grey, sharp, radius) - grey
        return np.asarray(pixels + added[:, :, None], np.float32)

    def _detail(self, grey: Plane, radius: float) -> Plane:
        """Return the fine detail, without what is no stronger than noise."""
        detail = grey - np.asarray(cv2.GaussianBlur(grey, (0, 0), radius), np.float32)
        floor = np.float32((self.noise * noise_of(grey)) ** 2)
        square = np.asarray(cv2.blur(detail * detail, (3, 3)), np.float32)
        return np.asarray(detail * square / (square + floor + np.float32(1e-12)), np.float32)


def _usual(figures: NDArray[np.float64]) -> float | None:
    """Return the median of what was measured, None where nothing was."""
    seen = figures[np.isfinite(figures)]
    return float(np.median(seen)) if len(seen) else None


def _softness(job: Job) -> float:
    """Return the softness of the job's shot in pixels of the picture as it reaches the stage."""
    soft = _usual(job.survey.figures.softness[job.shot.first : job.shot.stop])
    return float(np.clip(_UNKNOWN if soft is None else soft * job.info.placement.scale_x, *RADII))


def _limited(grey: Plane, sharp: Plane, radius: float) -> Plane:
    """Return the sharpened picture kept near the darkest and lightest of what is around."""
    side = 2 * max(round(radius), 1) + 1
    square = np.ones((side, side), np.uint8)
    highest = np.asarray(cv2.dilate(grey, square), np.float32)
    lowest = np.asarray(cv2.erode(grey, square), np.float32)
    room = (highest - lowest) * np.float32(OVERSHOOT)
    return np.asarray(np.clip(sharp, lowest - room, highest + room), np.float32)


def noise_of(grey: Plane) -> float:
    """Return the standard deviation of a picture's noise, told by its finest detail."""
    finest = np.asarray(cv2.filter2D(grey, cv2.CV_32F, _NOISE_KERNEL), np.float32)
    return float(1.4826 * np.median(np.abs(finest)))
