"""Show a film beside what it was made from, at the same moments."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from refilm.frames import FilmInfo, Frame, Pixels, Placement
from refilm.job import Job
from refilm.stages.base import Stage

SWEEP_SECONDS = 4
"""Time in which the wipe's line goes to the other side and back."""
LABEL_SHARE = 1 / 18
"""Height of a label's letters over the height of the picture."""
SHADE, INK = 0.4, 0.95
"""How dark the ground of a label becomes, as a share of the picture, and the luma of its letters."""
SMALLEST_LABEL = 8
"""Pixels below which letters cannot be read and are left out."""

Layout = Literal["side-by-side", "wipe", "split"]


class Compare(Stage):
    """Show the film before and after, in one picture."""

    layout: Layout = Field(
        "side-by-side",
        description="Two pictures side by side, a line that wipes to and fro, or half and half",
    )
    labels: bool = Field(True, description="Write on the pictures which is which")
    before_label: str = Field("before", description="Words on the earlier picture")
    after_label: str = Field("after", description="Words on the later picture")
    against: str = Field("", description="Path of the film to compare with; empty for the source")

    def output(self, info: FilmInfo) -> FilmInfo:
        """Return a film twice as wide for side by side, else of the same size."""
        if self.layout != "side-by-side":
            return info
        return replace(info, width=2 * info.width, placement=Placement())

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Join each frame with what the other film shows at its time."""
        with closing(self._pairs(frames, job)) as pairs:
            for after, before in pairs:
                earlier, later = _alike(self._placed(before.pixels, job), after.pixels)
                yield after.with_pixels(self._joined(earlier, later, after.time))

    def _pairs(self, frames: Iterable[Frame], job: Job) -> Generator[tuple[Frame, Frame]]:
        """Yield every frame with the last of the other film's that began by its time."""
        others = job.original(self.against)
        shown = next(others, None)
        upcoming = next(others, None)
        for frame in frames:
            now = frame.time if self.against else frame.origin
            while upcoming is not None and upcoming.time <= now:
                shown, upcoming = upcoming, next(others, None)
            yield frame, shown or frame

    def _placed(self, before: Pixels, job: Job) -> Pixels:
        """Return the earlier picture as large as the later: laid over it, or fitted inside it."""
        if self.layout != "side-by-side" and not self.against:
            return _laid_over(before, job.info)
        shape = job.survey.info.sample_aspect / job.info.sample_aspect
        return _fitted_inside(before, job.info.width, job.info.height, float(shape))

    def _joined(self, before: Pixels, after: Pixels, time: Fraction) -> Pixels:
        if self.labels:
            before = labelled(before, self.before_label, "left")
            after = labelled(after, self.after_label, self._after_side())
        if self.layout == "side-by-side":
            return np.concatenate([before, after], axis=1)
        return _divided(before, after, self._line(time))

    def _after_side(self) -> Literal["left", "right"]:
        return "left" if self.layout == "side-by-side" else "right"

    def _line(self, time: Fraction) -> float:
        """Return where the line between the two stands, 0 (left edge) to 1 (right edge)."""
        if self.layout == "split":
            return 0.5
        phase = float(time % SWEEP_SECONDS) / SWEEP_SECONDS
        return 0.5 - 0.5 * float(np.cos(2 * np.pi * phase))


def _alike(first: Pixels, second: Pixels) -> tuple[Pixels, Pixels]:
    """Return both with as many channels as the one that has more."""
    channels = max(first.shape[2], second.shape[2])
    return _with_channels(first, channels), _with_channels(second, channels)


def _with_channels(pixels: Pixels, channels: int) -> Pixels:
    return pixels if pixels.shape[2] == channels else np.repeat(pixels, channels, axis=2)


def _laid_over(before: Pixels, info: FilmInfo) -> Pixels:
    """Return what the source shows at each place of the present picture; black outside it."""
    placement = info.placement
    # Placement speaks of pixel corners, OpenCV of pixel centres: hence the halves.
    across, down = 1 / placement.scale_x, 1 / placement.scale_y
    from_now = np.array(
        [
            [across, 0, placement.left + across / 2 - 0.5],
            [0, down, placement.top + down / 2 - 0.5],
        ]
    )
    moved = cv2.warpAffine(
        before,
        from_now,
        (info.width, info.height),
        flags=(cv2.INTER_CUBIC if across < 1 else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
    )
    return np.asarray(moved, np.float32).reshape(info.height, info.width, before.shape[2])


def _fitted_inside(pixels: Pixels, width: int, height: int, shape: float) -> Pixels:
    """Return the picture in the middle of a black one; `shape` widens its pixels."""
    high, wide, channels = pixels.shape
    factor = min(width / (wide * shape), height / high)
    inner_width = min(max(round(wide * shape * factor), 1), width)
    inner_height = min(max(round(high * factor), 1), height)
    kernel = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    inner = cv2.resize(pixels, (inner_width, inner_height), interpolation=kernel)
    canvas = np.zeros((height, width, channels), np.float32)
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    canvas[top : top + inner_height, left : left + inner_width] = np.asarray(inner, np.float32).reshape(
        inner_height, inner_width, channels
    )
    return canvas


def _divided(before: Pixels, after: Pixels, line: float) -> Pixels:
    """Return `before` left of the line and `after` right of it, the line itself in white."""
    width = after.shape[1]
    column = round(line * width)
    picture = after.copy()
    picture[:, :column] = before[:, :column]
    thickness = max(width // 400, 1)
    if 0 < column < width:
        picture[:, max(column - thickness, 0) : column + thickness] = 1.0
    return picture


def labelled(pixels: Pixels, text: str, side: Literal["left", "right"]) -> Pixels:
    """Return the picture with words in a lower corner; unchanged where they could not be read."""
    letters = round(pixels.shape[0] * LABEL_SHARE)
    if letters < SMALLEST_LABEL or not text:
        return pixels
    ink = _ink(text, letters)
    high, wide = ink.shape
    margin = letters // 2
    if wide + 2 * margin > pixels.shape[1] // 2:
        return pixels
    picture = pixels.copy()
    left = margin if side == "left" else pixels.shape[1] - margin - wide
    corner = picture[-margin - high : -margin, left : left + wide]
    corner *= SHADE
    corner += ink[:, :, None] * (INK - corner)
    return picture


def _ink(text: str, letters: int) -> NDArray[np.float32]:
    """Return the words as a picture from 0 (ground) to 1 (ink), with a little ground around."""
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(letters // 10, 1)
    scale = letters / 30
    (wide, high), below = cv2.getTextSize(text, font, scale, thickness)
    pad = letters // 3
    ground = np.zeros((high + below + 2 * pad, wide + 2 * pad), np.uint8)
    cv2.putText(ground, text, (pad, pad + high), font, scale, 255, thickness, cv2.LINE_AA)
    return np.asarray(ground / 255, np.float32)
