"""What the film itself does to a picture: its colours, softness, grain and fading."""

from functools import cache

import cv2
import numpy as np

from refilm.age.ageing import Ageing, Stock
from refilm.age.chance import generator
from refilm.frames import Pixels

_SEES: dict[Stock, tuple[float, float, float]] = {
    "panchromatic": (0.299, 0.587, 0.114),
    "orthochromatic": (0.06, 0.46, 0.48),
}
"""How strongly a stock sees red, green and blue; panchromatic is Rec. 601 luma."""
_LEAST_GRAIN = 0.25
"""Grain in black and in white, as a share of that in mid grey."""


def exposed(pixels: Pixels, stock: Stock) -> Pixels:
    """Return the picture as `stock` records it: one channel unless it sees colour."""
    if stock == "colour" or pixels.shape[2] == 1:
        return pixels
    weights = np.array([_SEES[stock]], np.float32)
    return np.asarray(cv2.transform(pixels, weights), np.float32).reshape(*pixels.shape[:2], 1)


def softened(pixels: Pixels, ageing: Ageing) -> Pixels:
    """Return the picture as soft as lens and copies made it."""
    sigma = ageing.blur / 100 * pixels.shape[1]
    if sigma < 0.1:
        return pixels
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.float32).reshape(pixels.shape)


def grained(pixels: Pixels, number: int, ageing: Ageing) -> Pixels:
    """Return the picture with the grain of film frame `number`, strongest in the middle greys."""
    if not ageing.grain:
        return pixels
    noise = generator(ageing.seed, "grain", number).standard_normal(pixels.shape, np.float32)
    sigma = ageing.grain_size / 100 * pixels.shape[1]
    noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), max(sigma, 0.01)), np.float32).reshape(
        pixels.shape
    )
    middle = np.clip(4 * pixels * (1 - pixels), 0, 1)
    strength = np.float32(ageing.grain / _left_of_noise(sigma)) * (
        _LEAST_GRAIN + (1 - _LEAST_GRAIN) * middle
    )
    return np.asarray(pixels + strength * noise, np.float32)


@cache
def _left_of_noise(sigma: float) -> float:
    """Return the standard deviation of unit white noise after a blur of that sigma."""
    # As many taps as OpenCV itself chooses for float pictures.
    taps = round(8 * sigma + 1) | 1
    return float(np.sum(np.square(cv2.getGaussianKernel(taps, max(sigma, 0.01)))))


def faded(pixels: Pixels, ageing: Ageing) -> Pixels:
    """Return the picture with part of its contrast gone."""
    if not ageing.fade:
        return pixels
    return pixels * np.float32(1 - ageing.fade) + np.float32(ageing.fade * ageing.fade_to)
