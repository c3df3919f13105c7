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


def joined(luma: Plane, small: Plane, chroma: Pixels, weights: Weights) -> Pixels:
    """Return an RGB picture, (height, width, 3), of exactly that luma, with small colour differences.

    Args:
        luma: Of full size, gamma-coded; where it overshoots 0..1 the result is grey.
        small: The same luma in the size of `chroma`.
        chroma: Red less luma and blue less luma, (h, w, 2), of the whole picture in any size.
        weights: What red, green and blue add to luma.
    """
    height, width = luma.shape
    slope, base = _lines(small, chroma)
    lines = np.concatenate((slope, base), axis=2)
    full = np.asarray(cv2.resize(lines, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return _coloured(luma, full[:, :, :2] * luma[:, :, None] + full[:, :, 2:], weights)


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


def _coloured(luma: Plane, chroma: Pixels, weights: Weights) -> Pixels:
    """Return the picture; colours that no screen shows are made paler, never lighter or darker."""
    red, green, blue = (np.float32(weight) for weight in weights)
    apart = np.empty((*luma.shape, 3), np.float32)
    apart[:, :, 0], apart[:, :, 2] = chroma[:, :, 0], chroma[:, :, 1]
    apart[:, :, 1] = -(red * apart[:, :, 0] + blue * apart[:, :, 2]) / green
    up = np.maximum(apart.max(axis=2), np.float32(1e-6))
    down = np.maximum(-apart.min(axis=2), np.float32(1e-6))
    room = np.minimum(np.maximum(1 - luma, 0) / up, np.maximum(luma, 0) / down)
    return luma[:, :, None] + np.minimum(room, 1)[:, :, None] * apart
