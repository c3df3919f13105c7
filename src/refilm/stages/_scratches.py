"""Find thin upright scratches that stay for many frames, and take them out of the picture.

A scratch is told by its sections: in most bands of the picture's height its column is lighter, or
darker, than both of its sides, and it is still there in the frames around (after Kokaram, "Detection
and Removal of Line Scratches in Degraded Motion Picture Sequences", EUSIPCO 1996).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.findings import Scratch
from refilm.frames import FilmInfo, Pixels

Luma = NDArray[np.float32]
Columns = NDArray[np.int8]
"""(width,): 1 where a light line runs down the frame, -1 where a dark one does, else 0."""

BANDS = 16
"""Parts of the height that are looked at one by one."""
BANDS_WITH = 0.75
"""Share of the bands in which a line must show."""
BANDS_EXPECTED = 0.4
"""Share of the bands that is enough where the survey saw a scratch."""
WANDER = 0.02
"""Share of the width within which a scratch is expected about where the survey saw it mostly."""
FRAMES_WITH = 0.6
"""Share of the frames around in which a scratch must show."""
FEWEST_FRAMES = 3
"""Frames, this one included, below which nobody can say that a line lasts."""
DRIFT = 2
"""Columns by which a scratch may wander from frame to frame."""
FAINTEST = 0.012
"""Luma by which a line must differ from its sides."""
EDGE = 0.04
"""Share of the width at either side where the film's own edge stands."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """How wide things are at this picture's size, in pixels."""

    line: int
    """From the middle of a scratch to where it has ended."""
    side: int
    """Width of the strip beside it that it is compared with."""

    @classmethod
    def of(cls, width: int) -> "Gauge":
        """Return the gauge for pictures of that width; a scratch is at most 1/150 of it wide."""
        line = max(round(width / 240), 2)
        return cls(line, line + 1)


def expected(scratches: Sequence[Scratch], frame: int, info: FilmInfo) -> Columns:
    """Return the columns near which the survey saw scratches on that frame, as they lie now."""
    near = np.zeros(info.width, np.int8)
    place = info.placement
    for scratch in scratches:
        if scratch.first <= frame < scratch.stop:
            middle = (scratch.column - place.left) * place.scale_x
            reach = WANDER * info.width
            first, stop = max(round(middle - reach), 0), max(round(middle + reach) + 1, 0)
            near[first:stop] = 1 if scratch.light else -1
    return near


def lines(picture: Luma, near: Columns) -> Columns:
    """Return where thin upright lines run down a picture, (height, width), 0..1.

    Less is asked of lines where scratches are expected: they may skip and thin.
    """
    height, width = picture.shape
    bands = cv2.resize(picture, (width, min(BANDS, height)), interpolation=cv2.INTER_AREA)
    bands = np.asarray(bands, np.float32).reshape(-1, width)
    left, right = _sides(bands, Gauge.of(width))
    light, dark = bands - np.maximum(left, right), np.minimum(left, right) - bands
    found = np.zeros(width, np.int8)
    found[_runs_down(light, near == 1)] = 1
    found[_runs_down(dark, near == -1)] = -1
    edge = max(round(EDGE * width), 2)
    found[:edge] = found[width - edge :] = 0
    return found


def _sides(bands: Luma, gauge: Gauge) -> tuple[Luma, Luma]:
    """Return the mean of the strip to the left and to the right of each place."""
    means = np.asarray(cv2.blur(bands, (gauge.side, 1), anchor=(0, 0)), np.float32)
    return (
        np.roll(means, gauge.line + gauge.side - 1, axis=1),
        np.roll(means, -gauge.line, axis=1),
    )


def _runs_down(contrast: Luma, likely: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the columns of the strongest lines that show in most bands, in enough where likely."""
    near = np.asarray(cv2.dilate(contrast, np.ones((1, 3), np.uint8)), np.float32)
    share = (near > FAINTEST).mean(axis=0)
    mean = np.minimum(contrast, 4 * FAINTEST).mean(axis=0)
    peak = np.asarray(cv2.dilate(mean[None, :], np.ones((1, 7), np.uint8)), np.float32)[0]
    enough = np.where(likely, BANDS_EXPECTED, BANDS_WITH)
    return (share >= enough) & (mean >= peak) & (mean > np.where(likely, FAINTEST / 4, FAINTEST / 2))


def lasting(now: Columns, near: Sequence[Columns]) -> list[int]:
    """Return the columns of the lines of `now` that most of the frames around have, too."""
    if len(near) + 1 < FEWEST_FRAMES:
        return []
    columns = np.flatnonzero(now)
    seen = [_shown_in(other, columns, now[columns]) for other in near]
    share = np.mean(seen, axis=0) if len(columns) else np.zeros(0)
    return [int(column) for column in columns[share >= FRAMES_WITH]]


def _shown_in(other: Columns, columns: NDArray[np.intp], signs: Columns) -> NDArray[np.bool_]:
    shown = np.zeros(len(columns), np.bool_)
    for shift in range(-DRIFT, DRIFT + 1):
        shown |= other[np.clip(columns + shift, 0, len(other) - 1)] == signs
    return shown


def without_lines(pixels: Pixels, columns: Sequence[int]) -> Pixels:
    """Return the picture without the lines at these columns; what lies under them keeps its texture.

    Along a scratch only what it adds or takes away on the whole is made good; the fine structure
    that can be seen through it stays.
    """
    mended = pixels.copy()
    height, width, _ = pixels.shape
    gauge = Gauge.of(width)
    rows = max(height // 12, 3) | 1
    for column in columns:
        first, stop = column - gauge.line, column + gauge.line + 1
        left = pixels[:, max(first - gauge.side, 0) : first].mean(axis=1)
        right = pixels[:, stop : stop + gauge.side].mean(axis=1)
        across = np.linspace(0, 1, stop - first, dtype=np.float32)[None, :, None]
        wanted = left[:, None] * (1 - across) + right[:, None] * across
        strip = pixels[:, first:stop]
        added = cv2.blur(strip - wanted, (1, rows), borderType=cv2.BORDER_REPLICATE)
        mended[:, first:stop] = strip - _of_line(np.asarray(added, np.float32).reshape(strip.shape))
    return mended


def _of_line(added: Pixels) -> Pixels:
    """Return what the line in the middle of a strip adds: nothing where it skips, and of one sign."""
    middle = added.shape[1] // 2
    core = added[:, middle - 1 : middle + 2].mean(axis=2)
    sign = np.float32(np.sign(core.mean()))
    shows = np.clip(2 * (sign * core).max(axis=1) / np.float32(FAINTEST) - 1, 0, 1)
    return sign * np.maximum(sign * added, 0) * shows[:, None, None]
