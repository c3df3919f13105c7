"""Flat pictures for things to be covered with, made of value noise and drawn lines."""

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray


class Texture:
    """A flat picture (h, w, 3 or 4; RGB and cover) that is shown at many sizes."""

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self.pixels = pixels

    def fitting(self, width: float, height: float) -> NDArray[np.uint8]:
        """Return the picture, made smaller where it is shown smaller, so that it does not glitter."""
        rows, columns = self.pixels.shape[:2]
        across = _halvings(columns / max(width, 1.0))
        down = _halvings(rows / max(height, 1.0))
        return self._smaller(across, down)

    def _smaller(self, across: int, down: int) -> NDArray[np.uint8]:
        known = self._sizes
        if (across, down) not in known:
            rows, columns = self.pixels.shape[:2]
            size = (max(columns >> across, 1), max(rows >> down, 1))
            smaller = cv2.resize(self.pixels, size, interpolation=cv2.INTER_AREA)
            known[across, down] = np.asarray(smaller, np.uint8)
        return known[across, down]

    @cached_property
    def _sizes(self) -> dict[tuple[int, int], NDArray[np.uint8]]:
        return {(0, 0): self.pixels}


def _halvings(ratio: float) -> int:
    return max(int(np.floor(np.log2(max(ratio, 1)) + 0.35)), 0)


def noise(
    height: int, width: int, random: np.random.Generator, coarsest: float = 64, finest: float = 2
) -> NDArray[np.float32]:
    """Return cloudy noise with grains of all sizes between two (in pixels), mean 0 and deviation 1.

    It is (height, width) and fits to itself at its edges, so it can be laid like tiles.
    """
    across = np.fft.rfftfreq(width)[None]
    down = np.fft.fftfreq(height)[:, None]
    frequency = np.hypot(across, down)
    kept = (frequency >= 1 / max(coarsest, 2)) & (frequency <= 1 / finest)
    strength = np.where(kept, np.maximum(frequency, 1e-6) ** -1.6, 0)
    waves = np.fft.rfft2(random.standard_normal((height, width)))
    total = np.fft.irfft2(waves * strength, (height, width)).astype(np.float32)
    return (total - total.mean()) / max(float(total.std()), 1e-6)


def rough(
    height: int,
    width: int,
    colour: tuple[float, float, float],
    amount: float,
    random: np.random.Generator,
    coarsest: float,
) -> NDArray[np.float32]:
    """Return a surface of one colour, (height, width, 3), uneven by `amount` of its lightness."""
    uneven = 1 + amount * noise(height, width, random, coarsest)
    return np.asarray(uneven[:, :, None] * np.array(colour), np.float32)


def letter(
    picture: NDArray[np.float32], text: str, base: int, size: float, colour: tuple[float, ...]
) -> None:
    """Write a text in the middle of a picture (h, w, 3), standing on row `base`, as wide as fits."""
    (wide, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_TRIPLEX, size, 2)
    fitted = size * min(1, 0.9 * picture.shape[1] / wide)
    start = round((picture.shape[1] - wide * fitted / size) / 2)
    drawn = np.zeros(picture.shape[:2], np.uint8)
    cv2.putText(drawn, text, (start, base), cv2.FONT_HERSHEY_TRIPLEX, fitted, 255, 2, cv2.LINE_AA)
    cover = drawn[:, :, None].astype(np.float32) / 255
    picture += cover * (np.array(colour, np.float32) - picture)
