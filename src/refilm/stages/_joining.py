"""Joins colour that was made small to luma of full size, so that it stops where things end.

The colour difference is taken as a linear function of luma around each pixel, found on the small
picture and applied to the large one: He and Sun, "Fast Guided Filter", 2015,
https://arxiv.org/abs/1505.00996.
"""

import cv2
import numpy as np

from refilm.frames import Pixels
from refilm.stages._chroma import Plane, Weights

_RADIUS = 2
"""Pixels of the small picture around each in which colour follows luma."""
_EVEN = 0.015**2
"""Variance of luma below which a place counts as even, so that grain does not colour itself."""
_ROWS = 64
"""Rows that are joined at once: they fit into the processor's cache, which halves the time."""
_NOTHING = np.float32(1e-6)
"""Colour difference that nobody sees."""


def joined(luma: Plane, small: Plane, chroma: Pixels, weights: Weights) -> Pixels:
    """Return an RGB picture, (height, width, 3), of exactly that luma, with small colour differences.

    Args:
        luma: Of full size, gamma-coded; where it overshoots 0..1 the result is grey.
        small: The same luma in the size of `chroma`.
        chroma: Red less luma and blue less luma, (h, w, 2), of the whole picture in any size.
        weights: What red, green and blue add to luma.
    """
    slope, base = (_enlarged(each, luma.shape) for each in _lines(small, chroma))
    result = np.empty((*luma.shape, 3), np.float32)
    for first in range(0, len(luma), _ROWS):
        rows = slice(first, first + _ROWS)
        red, blue = (slope[n][rows] * luma[rows] + base[n][rows] for n in range(2))
        result[rows] = _coloured(luma[rows], red, blue, weights)
    return result


def _enlarged(pixels: Pixels, shape: tuple[int, ...]) -> list[Plane]:
    """Return each channel as a plane of that height and width."""
    size = (shape[1], shape[0])
    planes = (cv2.resize(each, size, interpolation=cv2.INTER_LINEAR) for each in cv2.split(pixels))
    return [np.asarray(plane, np.float32) for plane in planes]


def _lines(small: Plane, chroma: Pixels) -> tuple[Pixels, Pixels]:
    """Return slope and base of the line that gives each colour difference from luma, (h, w, 2)."""
    guide = np.asarray(small[:, :, None], np.float32)
    mean, means = _mean(guide), _mean(chroma)
    variance = _mean(np.square(guide)) - mean * mean
    together = _mean(np.multiply(guide, chroma, dtype=np.float32)) - mean * means
    slope = np.divide(together, np.maximum(variance, 0) + _EVEN, dtype=np.float32)
    return _mean(slope), _mean(np.subtract(means, slope * mean, dtype=np.float32))


def _mean(pixels: Pixels) -> Pixels:
    side = 2 * _RADIUS + 1
    return np.asarray(cv2.blur(pixels, (side, side)), np.float32).reshape(pixels.shape)


def _coloured(luma: Plane, red: Plane, blue: Plane, weights: Weights) -> Pixels:
    """Return the picture; colours that no screen shows are made paler, never lighter or darker."""
    green = -(np.float32(weights[0]) * red + np.float32(weights[2]) * blue) / np.float32(weights[1])
    up = np.maximum(np.maximum(red, blue), green) + _NOTHING
    down = _NOTHING - np.minimum(np.minimum(red, blue), green)
    room = np.minimum(np.maximum(1 - luma, 0) / up, np.maximum(luma, 0) / down)
    room = np.minimum(room, 1)
    picture = cv2.merge([luma + room * apart for apart in (red, green, blue)])
    return np.asarray(picture, np.float32).reshape(*luma.shape, 3)
