"""How alike two pictures are by their light alone, whatever their size, brightness and colours."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import Pixels

_WIDTH, _HEIGHT = 32, 24
"""Pixels of the small picture by which two are compared."""
_SIDES = 8
"""Directions of edges that are told apart."""
_CELLS = 4
"""Parts across and down in which the directions of edges are counted."""
_FLAT = 0.01
"""Standard deviation of luma, 0..1, below which a picture shows nothing to compare."""


class Look(NamedTuple):
    """What is kept of a picture to find its like; vectors of length 1, or 0 where nothing is seen."""

    place: NDArray[np.float32]
    """(768,): the small picture, without its mean."""
    edges: NDArray[np.float32]
    """(128,): how strong edges of each direction are in each part, without their mean."""


def look_of(luma: Pixels) -> Look:
    """Return what is kept of a picture, (H, W, 1), 0..1."""
    reduced = cv2.resize(luma[:, :, 0], (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)
    small = np.asarray(cv2.GaussianBlur(reduced, (0, 0), 0.8), np.float32)
    flat = float(small.std()) < _FLAT
    empty = np.float32(0 if flat else 1)
    return Look(empty * _unit(small.ravel()), empty * _unit(_directions(small)))


def likeness(first: Look, second: Look) -> float:
    """Return how alike two pictures are: 1 for the same, about 0 for any two."""
    place = float(first.place @ second.place)
    edges = float(first.edges @ second.edges)
    return 0.5 * (place + edges)


def _directions(small: NDArray[np.float32]) -> NDArray[np.float32]:
    across, along = (cv2.Sobel(small, cv2.CV_32F, x, 1 - x) for x in (1, 0))
    strength = np.hypot(across, along)
    side = ((np.arctan2(along, across) % np.pi) / np.pi * _SIDES).astype(int) % _SIDES
    planes = np.where(side[None] == np.arange(_SIDES)[:, None, None], strength, 0)
    cells = planes.reshape(_SIDES, _CELLS, _HEIGHT // _CELLS, _CELLS, _WIDTH // _CELLS)
    return np.sqrt(cells.sum((2, 4))).astype(np.float32).ravel()


def _unit(values: NDArray[np.floating]) -> NDArray[np.float32]:
    centred = values - values.mean()
    return np.asarray(centred / max(float(np.linalg.norm(centred)), 1e-6), np.float32)
