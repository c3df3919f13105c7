"""Colour apart from luma: CIELAB's a and b of small pictures, or differences from luma."""

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import Pixels
from refilm.lab import from_lab, lightness, to_lab

Plane = NDArray[np.float32]
"""(height, width)."""
Weights = tuple[float, float, float]
"""What red, green and blue add to luma."""


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
