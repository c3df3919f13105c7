"""How bright each frame is, in luma and in each colour, and how much it differs from the one before."""

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.survey.look import INNER, Look

_STEP = 3
"""Every third pixel each way is enough to find the darkest and lightest hundredth."""

_COARSE = 4
"""The same for each colour."""


class Light:
    """Notes level, black, white and difference of every frame that it sees."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, float, float, float]] = []
        self.points: list[NDArray[np.float32]] = []
        """Per frame: black and white of each channel, (2, channels)."""
        self._before: NDArray[np.float32] | None = None

    def see(self, look: Look) -> None:
        """Measure one frame."""
        inner = look.inner()
        black, white = np.percentile(inner[::_STEP, ::_STEP], (1, 99))
        self.rows.append(
            (float(cv2.mean(inner)[0]), float(black), float(white), self._difference(look))
        )
        self.points.append(_points(look))
        self._before = look.luma

    def _difference(self, look: Look) -> float:
        if self._before is None or self._before.shape != look.luma.shape:
            return 0.0
        return float(cv2.norm(look.luma, self._before, cv2.NORM_L1)) / look.luma.size

    def columns(self) -> tuple[NDArray[np.float64], ...]:
        """Return level, black, white and difference, one number per frame each."""
        table = np.array(self.rows, np.float64).reshape(-1, 4)
        return tuple(np.ascontiguousarray(table[:, column]) for column in range(4))


def _points(look: Look) -> NDArray[np.float32]:
    """Return black and white of each channel of the picture's inner part, (2, channels)."""
    height, width = look.luma.shape
    top, left = int(height * INNER), int(width * INNER)
    inner = look.pixels[top : height - top : _COARSE, left : width - left : _COARSE]
    return np.percentile(inner, (1, 99), axis=(0, 1)).astype(np.float32)
