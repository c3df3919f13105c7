"""How strong grain and noise are, told by what differs between frames where the scene is calm.

Olsen, "Estimation of Noise in Images: An Evaluation", CVGIP 1993 (the least restless blocks), on
the difference of frames laid over each other by whole pixels, which leaves the grain as it is.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.survey.look import Look
from refilm.survey.motion import Move

Luma = NDArray[np.float32]

_BLOCK = 16
"""Pixels on a side of the blocks: small enough to find calm ones, each of 256 pixels to measure on."""
_CALM = 25
"""Percentile of the blocks' restlessness that is believed: more is movement or texture."""
_CLIPPED = 0.05
"""Luma from black or white within which grain may be cut off."""


class Grain:
    """Notes the noise of every picture; NaN where there is none before it to compare with."""

    def __init__(self) -> None:
        self.rows: list[float] = []
        self._before: Luma | None = None

    def see(self, look: Look, move: Move, is_new: bool) -> None:
        """Measure one frame; one that repeats the picture before has that picture's noise."""
        if not is_new:
            self.rows.append(self.rows[-1])
            return
        self.rows.append(self._noise(look, move))
        self._before = look.luma

    @property
    def latest(self) -> float:
        """The newest noise that is known, 0 where none is."""
        noise = self.rows[-1]
        return 0.0 if np.isnan(noise) else noise

    def _noise(self, look: Look, move: Move) -> float:
        before = self._before
        if before is None or before.shape != look.luma.shape:
            return float("nan")
        x, y = round(move.x / look.scale_x), round(move.y / look.scale_y)
        return noise_between(*overlapping(before, look.luma, x, y))


def overlapping(before: Luma, now: Luma, x: int, y: int) -> tuple[Luma, Luma]:
    """Return the parts of both pictures that show the same when content moved by x and y pixels."""
    height, width = now.shape
    x, y = (int(np.clip(by, -size, size)) for by, size in ((x, width), (y, height)))
    here = now[max(y, 0) : height + min(y, 0), max(x, 0) : width + min(x, 0)]
    there = before[max(-y, 0) : height + min(-y, 0), max(-x, 0) : width + min(-x, 0)]
    return there, here


def noise_between(before: Luma, now: Luma) -> float:
    """Return the standard deviation of the noise of two aligned pictures, NaN if they are too small."""
    rows, columns = (size // _BLOCK for size in now.shape)
    if rows * columns < 4:
        return float("nan")
    used = (slice(rows * _BLOCK), slice(columns * _BLOCK))
    apart, size = now[used] - before[used], (columns, rows)
    mean, square, level = (
        np.asarray(cv2.resize(each, size, interpolation=cv2.INTER_AREA), np.float64)
        for each in (apart, apart * apart, now[used])
    )
    clear = np.abs(level - 0.5) < 0.5 - _CLIPPED
    spread = np.sqrt(np.maximum(square - mean * mean, 0) / 2)
    return float(np.percentile(spread[clear] if clear.any() else spread, _CALM))
