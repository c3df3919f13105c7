"""Cut off the border, gate and empty edges of the scan."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from refilm.errors import UsageError
from refilm.findings import Rectangle, Survey
from refilm.frames import FilmInfo, Frame
from refilm.job import Job
from refilm.stages.base import Fitting, Stage


def _ratio(value: Any) -> Any:  # noqa: ANN401 - whatever a person wrote
    """Return "4:3" as "4/3", which is how fractions are written elsewhere; leave the rest alone."""
    return value.replace(":", "/") if isinstance(value, str) else value


class Crop(Stage):
    """Cut off the border, gate and empty edges of the scan."""

    left: int = Field(0, ge=0, description="Pixels to cut off on the left")
    top: int = Field(0, ge=0, description="Pixels to cut off at the top")
    width: int | None = Field(None, ge=1, description="Pixels to keep across; all by default")
    height: int | None = Field(None, ge=1, description="Pixels to keep down; all by default")
    aspect: Annotated[Fraction, BeforeValidator(_ratio)] | None = Field(
        None, gt=0, description="Width over height of the result as it is shown, for example 4:3"
    )
    counted: Literal["here", "source"] = Field(
        "here", description="Whose pixels the numbers are: the picture's as it is here, or the source's"
    )

    def fitted(self, survey: Survey) -> Fitting:
        """Return the crop to the survey's clean rectangle, unless numbers were given."""
        if self._asked():
            return Fitting(self, "asked for by the plan")
        clean = survey.clean
        cut = _cut(clean, survey.info)
        if not cut:
            why = "the picture fills the frame: no border was found"
            return Fitting(self, f"{why}; cut to {self.aspect}") if self.aspect else Fitting(None, why)
        found = {"left": clean.left, "top": clean.top, "width": clean.width, "height": clean.height}
        return Fitting(self.model_copy(update=found | {"counted": "source"}), f"a border of {cut}")

    def output(self, info: FilmInfo) -> FilmInfo:
        """Return the film's info with the size that is kept; UsageError if there is not so much."""
        kept = self._kept(info)
        placement = info.placement.cropped(kept.left, kept.top)
        return replace(info, width=kept.width, height=kept.height, placement=placement)

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield the kept part of every frame; times do not change."""
        kept = self._kept(job.info)
        rows = slice(kept.top, kept.top + kept.height)
        columns = slice(kept.left, kept.left + kept.width)
        everything = (kept.width, kept.height) == (job.info.width, job.info.height)
        for frame in frames:
            yield (
                frame
                if everything
                else frame.with_pixels(np.ascontiguousarray(frame.pixels[rows, columns]))
            )

    def _asked(self) -> bool:
        return bool(self.left or self.top or self.width or self.height)

    def _kept(self, info: FilmInfo) -> Rectangle:
        asked = self._from_source(info) if self.counted == "source" else self._from_here(info)
        over_right, over_below = asked.left + asked.width, asked.top + asked.height
        if over_right > info.width or over_below > info.height or min(asked.width, asked.height) < 1:
            raise UsageError(
                f"crop asks for {asked.width}x{asked.height} pixels from {asked.left}, {asked.top}, "
                f"but the picture has {info.width}x{info.height}; ask for a part of that"
            )
        return asked if self.aspect is None else _shaped(asked, self.aspect / info.sample_aspect)

    def _from_here(self, info: FilmInfo) -> Rectangle:
        width = info.width - self.left if self.width is None else self.width
        height = info.height - self.top if self.height is None else self.height
        return Rectangle(self.left, self.top, width, height)

    def _from_source(self, info: FilmInfo) -> Rectangle:
        """Return the rectangle in pixels of the picture as it is here, as far as it is still there."""
        place = info.placement
        left = max(ceil((self.left - place.left) * place.scale_x), 0)
        top = max(ceil((self.top - place.top) * place.scale_y), 0)
        right, bottom = info.width, info.height
        if self.width is not None:
            right = min(floor((self.left + self.width - place.left) * place.scale_x), right)
        if self.height is not None:
            bottom = min(floor((self.top + self.height - place.top) * place.scale_y), bottom)
        return Rectangle(left, top, right - left, bottom - top)


def _cut(clean: Rectangle, info: FilmInfo) -> str:
    """Return in words what lies outside the clean rectangle; "" for nothing."""
    sides = {
        "left": clean.left,
        "right": info.width - clean.left - clean.width,
        "at the top": clean.top,
        "at the bottom": info.height - clean.top - clean.height,
    }
    return ", ".join(f"{pixels} pixels {side}" for side, pixels in sides.items() if pixels > 0)


def _shaped(whole: Rectangle, aspect: Fraction) -> Rectangle:
    """Return the largest part in the middle of `whole` that has this width over height, in pixels."""
    width = min(whole.width, max(_like(whole.height * aspect, whole.width), 1))
    height = min(whole.height, max(_like(whole.width / aspect, whole.height), 1))
    left = whole.left + (whole.width - width) // 2
    return Rectangle(left, whole.top + (whole.height - height) // 2, width, height)


def _like(size: Fraction, model: int) -> int:
    """Return the nearest whole size, even where `model` is."""
    return 2 * round(size / 2) if model % 2 == 0 else round(size)
