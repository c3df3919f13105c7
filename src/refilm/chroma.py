"""Colour apart from luma: found small, as CIELAB's a and b, and joined to luma of full size.

Where it is joined, the colour difference is taken as a linear function of luma around each pixel,
found on the small picture and applied to the large one, so that colour stops where things end: He and
Sun, "Fast Guided Filter", 2015, https://arxiv.org/abs/1505.00996.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import Pixels
from refilm.lab import from_lab, lightness, to_lab

Plane = NDArray[np.float32]
"""(height, width)."""
LAB = 100.0
"""CIELAB units of a and b for 1.0 in what networks are given of colours, and give."""
Weights = tuple[float, float, float]
"""What red, green and blue add to luma."""
_RADIUS = 2
"""Pixels of the small picture around each in which colour follows luma."""
_EVEN = 0.015**2
"""Variance of luma below which a place counts as even, so that grain does not colour itself."""
_ROWS = 64
"""Rows that are joined at once: they fit into the processor's cache, which halves the time."""
_NOTHING = np.float32(1e-6)
"""Colour difference that nobody sees."""


def luma_under(pixels: Pixels, weights: Weights) -> Plane:
    """Return a picture's luma, (height, width): of one channel that channel itself, to the last bit."""
    if pixels.shape[2] == 1:
        return pixels[:, :, 0]
    return np.asarray(pixels @ np.asarray(weights, np.float32), np.float32)


def reduced(pixels: Pixels, lines: int) -> Pixels:
    """Return the picture with at most that many pixels on its shorter side, of the same shape."""
    height, width = pixels.shape[:2]
    scale = min(lines / min(height, width), 1)
    return sized(pixels, max(round(height * scale), 1), max(round(width * scale), 1))


def sized(pixels: Pixels, height: int, width: int) -> Pixels:
    """Return the picture at another size: area averages where it shrinks, else straight lines."""
    shrinks = height < pixels.shape[0] or width < pixels.shape[1]
    kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    made = np.asarray(cv2.resize(pixels, (width, height), interpolation=kernel), np.float32)
    return made.reshape(height, width, *pixels.shape[2:])


def colours_of(pixels: Pixels) -> Pixels:
    """Return a and b, (height, width, 2), of an RGB picture; zeros of a grey one."""
    if pixels.shape[2] == 1:
        return np.zeros((*pixels.shape[:2], 2), np.float32)
    return to_lab(pixels)[:, :, 1:]


def differences(luma: Plane, colours: Pixels, weights: Weights) -> Pixels:
    """Return red and blue less luma, (height, width, 2), of a and b on grey of that luma."""
    lab = np.dstack((lightness(luma), colours)).astype(np.float32)
    rgb = from_lab(lab)
    return rgb[:, :, ::2] - luma_under(rgb, weights)[:, :, None]


def reference_of(picture: Pixels, luma: Pixels | None, weights: Weights, lines: int) -> Pixels:
    """Return what a matching network is shown of a picture, (h, w, 3): luma, a / LAB, b / LAB.

    Args:
        picture: RGB, of any size.
        luma: What the film shows there, (h, w, 1), which is what other frames look like; None for a
            picture that is no frame of the film.
        weights: What red, green and blue add to luma.
        lines: Pixels on the shorter side of the result.
    """
    small = reduced(picture, lines)
    shown = luma_shown(small, luma, weights)
    return np.asarray(np.dstack((shown, colours_of(small) / np.float32(LAB))), np.float32)


def luma_shown(small: Pixels, luma: Pixels | None, weights: Weights) -> Plane:
    """Return the film's luma where it is known, else the picture's own, in the size of `small`."""
    if luma is None:
        return luma_under(small, weights)
    return sized(luma[:, :, 0], *small.shape[:2])


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
