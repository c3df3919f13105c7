"""Make the picture crisper, without halos and without making its grain stronger.

Unsharp masking; Schavemaker et al., "Image sharpening by morphological filtering", Pattern
Recognition 33, 2000, https://doi.org/10.1016/S0031-3203(99)00160-0 (limits by the local range).
"""

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from refilm.frames import Frame, Pixels
from refilm.job import Job
from refilm.stages.base import Stage

Plane = NDArray[np.float32]
"""(height, width) of float32."""

OVERSHOOT = 0.15
"""Share of the local contrast by which an edge may pass what is around it: less looks soft, more
gives bright seams."""
_NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / np.float32(6)
"""Answers to noise with the noise's own standard deviation and to edges and slopes hardly at all;
Immerkaer, "Fast Noise Variance Estimation", CVIU 1996."""


class Sharpen(Stage):
    """Make the picture crisper."""

    amount: float = Field(0.6, ge=0, le=3, description="How much of the fine detail is added again")
    radius: float = Field(
        1.2, ge=0.3, le=10, description="Softness to be undone: sigma of the blur, in pixels"
    )
    noise: float = Field(
        2.0,
        ge=0,
        le=10,
        description="How many times the picture's noise detail must be to be sharpened",
    )

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Sharpen each frame's luma on its own; colour differences do not change."""
        del job
        for frame in frames:
            yield frame.with_pixels(self._sharp(frame.pixels)) if self.amount else frame

    def _sharp(self, pixels: Pixels) -> Pixels:
        grey = _luma(pixels)
        sharp = np.asarray(grey + np.float32(self.amount) * self._detail(grey), np.float32)
        added = self._limited(grey, sharp) - grey
        return np.asarray(pixels + added[:, :, None], np.float32)

    def _detail(self, grey: Plane) -> Plane:
        """Return the fine detail, without what is no stronger than noise."""
        detail = grey - np.asarray(cv2.GaussianBlur(grey, (0, 0), self.radius), np.float32)
        floor = np.float32((self.noise * noise_of(grey)) ** 2)
        square = np.asarray(cv2.blur(detail * detail, (3, 3)), np.float32)
        return np.asarray(detail * square / (square + floor + np.float32(1e-12)), np.float32)

    def _limited(self, grey: Plane, sharp: Plane) -> Plane:
        """Return the sharpened picture kept near the darkest and lightest of what is around."""
        side = 2 * max(round(self.radius), 1) + 1
        square = np.ones((side, side), np.uint8)
        highest = np.asarray(cv2.dilate(grey, square), np.float32)
        lowest = np.asarray(cv2.erode(grey, square), np.float32)
        room = (highest - lowest) * np.float32(OVERSHOOT)
        return np.asarray(np.clip(sharp, lowest - room, highest + room), np.float32)


def _luma(pixels: Pixels) -> Plane:
    grey = pixels[:, :, 0] if pixels.shape[2] == 1 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(grey, np.float32)


def noise_of(grey: Plane) -> float:
    """Return the standard deviation of a picture's noise, told by its finest detail."""
    finest = np.asarray(cv2.filter2D(grey, cv2.CV_32F, _NOISE_KERNEL), np.float32)
    return float(1.4826 * np.median(np.abs(finest)))
