"""Whether a shot has colours, one tint and which, or none."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import Pixels
from refilm.survey.look import Look

_WIDE = 64
"""Pixels wide that chroma is looked at: chroma noise and compression dirt average out."""
_VISIBLE = 0.03
"""Distance from grey, in parts of full scale, below which nobody sees a colour."""
_COLOURED = 0.004
"""Share of the picture that must be coloured before the shot counts as coloured."""
_LASTING = 75
"""Percentile over a shot's frames: a colour that fewer than a quarter of them show is dirt."""
_BANDS = 8
"""Bands of luma in each of which a tint may differ: sepia leaves black and white alone."""
_HUES = (
    (20, "red"),
    (70, "amber"),
    (160, "green"),
    (200, "blue-green"),
    (265, "blue"),
    (310, "violet"),
    (345, "rose"),
    (361, "red"),
)
"""Degrees up to which a hue is called by a name, as the makers of tinted film did."""
_LIGHT = 0.7
"""Share of the way from darkest to lightest from which on a place is light: dye shows there, toning
does not."""


@dataclass(frozen=True, slots=True)
class Tint:
    """What colour a shot has."""

    monochrome: bool
    tinted: bool
    name: str
    """In words: "black and white", "colour", "tinted amber" (light parts too), "toned blue"."""


class Tints:
    """Notes of every frame how much of it is coloured, and how much is off one even tint."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, ...]] = []
        """Per frame: share that is coloured, share off one tint, mean chroma (red, blue), that of the
        light parts."""

    def see(self, look: Look) -> None:
        """Measure one frame."""
        self.rows.append(_shares(look.pixels))

    def of(self, first: int, stop: int) -> Tint:
        """Return what colour the frames first..stop-1 have."""
        rows = np.array(self.rows[first:stop])
        coloured, uneven = np.percentile(rows[:, :2], _LASTING, axis=0)
        if coloured < _COLOURED:
            return Tint(True, False, "black and white")
        if uneven >= _COLOURED:
            return Tint(False, False, "colour")
        whole, light = np.median(rows[:, 2:], axis=0).reshape(2, 2)
        way = "tinted" if np.hypot(*light) >= 0.5 * np.hypot(*whole) else "toned"
        return Tint(False, True, f"{way} {_hue(*whole)}")


def _hue(red: float, blue: float) -> str:
    """Return the name of a hue, given red and blue less luma."""
    green = -(0.299 * red + 0.114 * blue) / 0.587
    degrees = np.degrees(np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue)) % 360
    return next(name for upto, name in _HUES if degrees < upto)


def _shares(pixels: Pixels) -> tuple[float, ...]:
    if pixels.shape[2] == 1:
        return (0.0,) * 6
    height, width = pixels.shape[:2]
    size = (min(width, _WIDE), max(1, round(height * min(1.0, _WIDE / width))))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.float32)
    luma = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)
    chroma = small[:, :, (0, 2)] - luma[:, :, None]
    light = luma >= luma.min() + _LIGHT * np.ptp(luma)
    means = np.concatenate((chroma.mean(axis=(0, 1)), chroma[light].mean(axis=0)))
    coloured = _visible(chroma)
    # Black-and-white film, by far the most, has nothing that one tint could leave unexplained.
    uneven = _visible(chroma - _even(luma, chroma)) if coloured else 0.0
    return coloured, uneven, *map(float, means)


def _visible(chroma: NDArray[np.float32]) -> float:
    return float(np.mean(np.hypot(chroma[:, :, 0], chroma[:, :, 1]) > _VISIBLE))


def _even(luma: NDArray[np.float32], chroma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the chroma that each pixel would have if the picture were grey, tinted by its luma.

    Between the bands' middles it goes evenly, as that of a strong dye does within each of them.
    """
    bands = np.clip((luma * _BANDS).astype(np.int64), 0, _BANDS - 1)
    insides = [bands == band for band in np.unique(bands)]
    middles = [float(np.median(luma[inside])) for inside in insides]
    tints = np.array([np.median(chroma[inside], axis=0) for inside in insides])
    return np.dstack([np.interp(luma, middles, tint).astype(np.float32) for tint in tints.T])
