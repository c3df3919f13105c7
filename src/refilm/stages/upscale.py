"""Make the picture larger or smaller by resampling; nothing is invented.

Lanczos' kernel with a limit on its ringing; area averages where the picture gets smaller.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from refilm.findings import Survey
from refilm.frames import FilmInfo, Frame, Pixels
from refilm.job import Job
from refilm.stages.base import Fitting, Stage

OVERSHOOT = 0.25
"""Share of the local contrast by which Lanczos may pass its brightest and darkest neighbour.

0 gives stair steps on fine diagonals and 1 gives halos along roofs against the sky.
"""


class Upscale(Stage):
    """Enlarge the picture without a network."""

    times: float = Field(2.0, gt=0, le=8, description="How many times wider and higher")
    height: int | None = Field(
        None, ge=16, le=8640, description="Height of the result in pixels; overrules `times`"
    )
    method: Literal["lanczos"] = Field("lanczos", description="How the picture is resampled")

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage with the reason that it was asked for; the film itself cannot need it."""
        del survey
        size = f"{self.height} pixels high" if self.height else f"{self.times:g} times the size"
        return Fitting(self, f"the plan asks for a picture {size}")

    def output(self, info: FilmInfo) -> FilmInfo:
        """Return a film of the wanted size, even on both sides, of the same shape."""
        factor = self.times if self.height is None else self.height / info.height
        width, height = _even(info.width * factor), _even(info.height * factor)
        placement = info.placement.scaled(width / info.width, height / info.height)
        return replace(info, width=width, height=height, placement=placement)

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Resample each frame on its own; times do not change."""
        wanted = self.output(job.info)
        for frame in frames:
            yield frame.with_pixels(resized(frame.pixels, wanted.width, wanted.height))


def _even(length: float) -> int:
    return max(2 * round(length / 2), 2)


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """Return the picture at another size: area averages where it shrinks, else Lanczos."""
    if (height, width) == pixels.shape[:2]:
        return pixels
    if width <= pixels.shape[1] and height <= pixels.shape[0]:
        return _sampled(pixels, width, height, cv2.INTER_AREA)
    larger = _sampled(pixels, width, height, cv2.INTER_LANCZOS4)
    return _without_ringing(larger, pixels)


def _sampled(pixels: Pixels, width: int, height: int, kernel: int) -> Pixels:
    found = cv2.resize(pixels, (width, height), interpolation=kernel)
    return np.asarray(found, np.float32).reshape(height, width, pixels.shape[2])


def _without_ringing(larger: Pixels, pixels: Pixels) -> Pixels:
    height, width, _ = larger.shape
    square = np.ones((3, 3), np.uint8)
    highest = _sampled(
        np.asarray(cv2.dilate(pixels, square), np.float32).reshape(pixels.shape),
        width, height, cv2.INTER_LINEAR,
    )  # fmt: skip
    lowest = _sampled(
        np.asarray(cv2.erode(pixels, square), np.float32).reshape(pixels.shape),
        width, height, cv2.INTER_LINEAR,
    )  # fmt: skip
    room = (highest - lowest) * OVERSHOOT
    return np.clip(larger, lowest - room, highest + room)
