"""The sheet that damage is drawn on before it is laid over a picture."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import Pixels

DARK, BRIGHT = 0.03, 0.96
"""What is left where dirt stops the light, and where the emulsion is gone."""
_FINE = 2000
"""Pixels across up to which outlines are drawn finer than the picture, for soft edges."""
_SEEN = 0.2
"""Cover from which a pixel counts as damaged: less is lost in the grain."""


class Layer:
    """Dark and bright damage of one frame."""

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width = height, width
        self._fine = max(1, min(4, _FINE // width))
        self._fills: dict[bool, NDArray[np.uint8]] = {}
        self._strokes: dict[bool, Pixels] = {}

    def fill(self, points: NDArray[np.float64], dark: bool, opacity: float) -> None:
        """Fill a closed outline, points x, y in pixels of the picture; opacity 0..1."""
        if dark not in self._fills:
            self._fills[dark] = np.zeros((self.height * self._fine, self.width * self._fine), np.uint8)
        scaled = np.asarray(np.rint((points + 0.5) * self._fine - 0.5), np.int32)
        cv2.fillPoly(self._fills[dark], [scaled], round(255 * opacity))

    def stroke(
        self,
        top: int,
        x: NDArray[np.float64],
        width: float,
        dark: bool,
        cover: NDArray[np.float64],
    ) -> None:
        """Draw a nearly upright line: x in pixels and cover 0..1 at each row from `top` down."""
        if dark not in self._strokes:
            self._strokes[dark] = np.zeros((self.height, self.width, 1), np.float32)
        reach = int(width / 2 + 1.5)
        columns = np.rint(x).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
        profile = (
            np.clip((width + 1) / 2 - np.abs(columns - x[:, None]), 0, min(width, 1)) * cover[:, None]
        )
        rows = np.broadcast_to(np.arange(top, top + len(x))[:, None], columns.shape)
        inside = (columns >= 0) & (columns < self.width) & (rows >= 0) & (rows < self.height)
        at = (rows[inside], columns[inside], 0)
        self._strokes[dark][at] = np.maximum(self._strokes[dark][at], profile[inside])

    def covers(self) -> Iterator[tuple[float, Pixels]]:
        """Yield what shows through the damage (0..1) and how far it covers, (height, width, 1)."""
        for dark, cover in self._strokes.items():
            yield (DARK if dark else BRIGHT), cover
        for dark, sheet in self._fills.items():
            small = cv2.resize(sheet, (self.width, self.height), interpolation=cv2.INTER_AREA)
            cover = np.asarray(small, np.float32).reshape(self.height, self.width, 1)
            yield (DARK if dark else BRIGHT), cover * np.float32(1 / 255)


def laid_over(pixels: Pixels, layer: Layer) -> tuple[Pixels, NDArray[np.bool_]]:
    """Return the picture under the damage, and (height, width) which of its pixels are damaged."""
    left = np.ones((*pixels.shape[:2], 1), np.float32)
    for shown, cover in layer.covers():
        pixels = np.asarray(pixels + cover * (np.float32(shown) - pixels), np.float32)
        left *= 1 - cover
    return pixels, left[:, :, 0] < 1 - _SEEN
