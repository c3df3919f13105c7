"""Make the picture larger or smaller, by resampling or by a network and resampling.

Lanczos' kernel with a limit on its ringing; area averages where the picture gets smaller. Resampling
invents nothing; a network draws detail that may never have been there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import ClassVar, Self

import cv2
import numpy as np
from pydantic import Field, model_validator

from refilm import models
from refilm.findings import Survey
from refilm.frames import FilmInfo, Frame, Pixels
from refilm.job import Job
from refilm.stages.base import Fitting, Stage

OVERSHOOT = 0.25
"""Share of the local contrast by which Lanczos may pass its brightest and darkest neighbour.

0 gives stair steps on fine diagonals and 1 gives halos along roofs against the sky.
"""


_RESAMPLED = "lanczos"


class Upscale(Stage):
    """Enlarge the picture, by resampling or with a network.

    A network enlarges each frame once, by as much as it was made for, and its picture is resampled to
    the size that is asked for. Its detail is a guess. Black-and-white film stays so.
    """

    task: ClassVar[str] = "upscaling"

    times: float = Field(2.0, gt=0, le=8, description="How many times wider and higher")
    height: int | None = Field(
        None, ge=16, le=8640, description="Height of the result in pixels; overrules `times`"
    )
    method: str = Field(
        _RESAMPLED,
        description="lanczos: resampling, needs no weights; or a network for upscaling, by its name or "
        "by the path of its file (.pth, .safetensors, .onnx)",
    )
    denoise: float | None = Field(
        None,
        ge=0,
        le=1,
        description="How much noise the network takes away, where it can be told; empty: as it is made",
    )

    @model_validator(mode="after")
    def _told(self) -> Self:
        if self.denoise is not None and not self.networks():
            raise ValueError(f"denoise is for networks, and method={self.method} is none: leave it out")
        return self

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage with the reason that it was asked for; the film itself cannot need it."""
        size = f"{self.height} pixels high" if self.height else f"{self.times:g} times the size"
        return Fitting(self, f"the plan asks for a picture {size}{self._given(survey.info)}")

    def _given(self, info: FilmInfo) -> str:
        """Return in words what a network gives of the size, as far as a card tells."""
        if not self.networks() or not models.is_known(self.method):
            return ""
        scale = models.card(self.method).facts.scale
        drawn = f"; {self.method} gives {scale} times the size, and its detail is a guess"
        beyond = self._factor(info) > scale
        return f"{drawn}: what is asked beyond that is resampled" if beyond else drawn

    def networks(self) -> tuple[str, ...]:
        """Return the network, where the method is one."""
        return () if self.method == _RESAMPLED else (self.method,)

    def numbers(self) -> Mapping[str, float]:
        """Return how much noise the network takes away, where that is told."""
        return {} if self.denoise is None else {"denoise": self.denoise}

    def _factor(self, info: FilmInfo) -> float:
        return self.times if self.height is None else self.height / info.height

    def output(self, info: FilmInfo) -> FilmInfo:
        """Return a film of the wanted size, even on both sides, of the same shape."""
        factor = self._factor(info)
        width, height = _even(info.width * factor), _even(info.height * factor)
        placement = info.placement.scaled(width / info.width, height / info.height)
        return replace(info, width=width, height=height, placement=placement)

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Enlarge each frame on its own; times do not change."""
        wanted = self.output(job.info)
        for frame in frames:
            pixels = frame.pixels
            for name in self.networks():
                pixels = job.network(name)(pixels, **self.numbers())
            yield frame.with_pixels(resized(pixels, wanted.width, wanted.height))


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
