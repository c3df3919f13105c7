"""Colours by lightness: what they are on average in dark and light parts, and how they are moved."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from refilm.chroma import Plane
from refilm.frames import Pixels

LIGHTNESS = np.asarray([10.0, 30.0, 50.0, 70.0, 90.0], np.float32)
"""CIELAB L at the middles of the bands, between which shifts change evenly."""
_APART = 20.0
"""CIELAB L from one band to the next."""
_FEW = 0.02
"""Share of a picture in a band at which it counts half: of fewer pixels nobody can tell."""

Shift = NDArray[np.float64]
"""(5, 2): by how much a and b, CIELAB, move in each band."""


class Bands(NamedTuple):
    """The colours of one picture, or of several, by lightness."""

    colours: NDArray[np.float64]
    """(5, 2): mean a and b in each band; 0 where nothing is so light."""
    shares: NDArray[np.float64]
    """(5,): each band's share of the picture."""


def bands_of(light: NDArray[np.float32], colours: NDArray[np.float32]) -> Bands:
    """Return the bands of colours, (..., 2), of that CIELAB lightness, (...)."""
    light, colours = light.reshape(-1), colours.reshape(-1, 2)
    reach = np.maximum(1 - np.abs(light[:, None] - LIGHTNESS) / _APART, 0).astype(np.float64)
    reach[:, 0][light < LIGHTNESS[0]] = 1
    reach[:, -1][light > LIGHTNESS[-1]] = 1
    total = reach.sum(0)
    return Bands((reach.T @ colours) / np.maximum(total, 1e-6)[:, None], total / max(len(light), 1))


def together(bands: Sequence[Bands]) -> Bands:
    """Return the bands of several pictures, each with the same say, however large it is."""
    shares = np.mean([each.shares for each in bands], 0)
    total = sum((each.colours * each.shares[:, None] for each in bands), np.zeros((len(LIGHTNESS), 2)))
    return Bands(total / (len(bands) * shares[:, None] + 1e-6), shares)


def way(own: Bands, wanted: Bands, share: float, most: float) -> Shift:
    """Return the shift that goes a part of the way from one picture's colours to others'.

    Args:
        own: Where it begins.
        wanted: Where it leads; bands of which it shows little move little.
        share: Part of the way, 0..1.
        most: CIELAB units that any band moves at most.
    """
    trust = np.asarray(wanted.shares / (wanted.shares + _FEW))
    shift = share * trust[:, None] * (wanted.colours - own.colours)
    length = np.maximum(np.hypot(shift[:, 0], shift[:, 1]), 1e-6)
    return shift * np.minimum(1, most / length)[:, None]


def shifted(colours: Pixels, light: Plane, shift: Shift) -> Pixels:
    """Return a and b, (H, W, 2), of that CIELAB lightness, (H, W), moved by a shift."""
    moved = [np.interp(light, LIGHTNESS, shift[:, side]) for side in range(2)]
    return np.asarray(colours + np.dstack(moved), np.float32)
