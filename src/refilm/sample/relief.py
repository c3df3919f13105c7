"""The ground that a face near the camera is modelled on: places, soft spots, and colours laid over."""

from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refilm.sample.textures import noise

Map = NDArray[np.floating[Any]]
"""(h, w) numbers, or (h, w, 3) colours, for each place of the relief."""

WIDTH, HEIGHT = 380, 470
"""Pixels of a head's texture, hat and all."""
EYES_AT = 250
"""Row of the texture that the eyes are on."""
_UNSEEN = 1 / 400
"""Cover below which a colour changes no 8-bit number."""
HALF, TALL = 104, 138
"""Pixels of half a face's width, and from the eyes' height to the chin."""


@cache
def grain(number: int, coarsest: float) -> Map:
    """Return fine noise, (h, w), of mean 0 and deviation 1; each number has its own."""
    return noise(HEIGHT, WIDTH, np.random.default_rng(number), coarsest, 2)


class Places:
    """Coordinates on the face: across and down, 1 being half a width and eyes to chin."""

    def __init__(self, turn: float) -> None:
        columns = (np.arange(WIDTH, dtype=np.float32) - WIDTH / 2) / HALF
        rows = (np.arange(HEIGHT, dtype=np.float32) - EYES_AT) / TALL
        self.flat, self.down = np.meshgrid(columns, rows)
        above = np.sqrt(np.clip(1 - (self.down / 1.12) ** 2, 1e-4, 1))
        below = (1 - 0.34 * np.clip(self.down, 0, 1.2) ** 2.4) * np.sqrt(
            np.clip(1 - self.down**7, 1e-4, 1)
        )
        self.half = np.where(self.down < 0, 0.95 * above, 0.95 * below).astype(np.float32)
        self.outside = np.abs(self.flat) - self.half
        self.outside = np.maximum(self.outside, np.maximum(self.down - 1, -1.12 - self.down))
        angle = np.arcsin(np.clip(self.flat / self.half, -1, 1))
        self.across = (self.half * np.sin(angle - turn)).astype(np.float32)
        self.turn = turn

    def spot(self, x: float, y: float, wide: float, tall: float) -> Map:
        """Return a soft spot at x, y of the face, 1 in its middle."""
        return np.exp(-(((self.across - x) / wide) ** 2) - ((self.down - y) / tall) ** 2)

    def pair(self, x: float, y: float, wide: float, tall: float) -> Map:
        """Return the spot on both sides of the face."""
        return self.spot(x, y, wide, tall) + self.spot(-x, y, wide, tall)


@lru_cache(maxsize=32)
def places(turn: float) -> Places:
    """Return the coordinates on a face that is turned by so many radians."""
    return Places(turn)


def tint(albedo: Map, cover: Map, colour: Map) -> None:
    """Mix a colour into (h, w, 3) in place, as far as `cover` (h, w) says."""
    place = _touched(cover)
    part = albedo[place]
    part += np.clip(cover[place], 0, 1)[:, :, None] * (_there(colour, place) - part)


def lay(picture: Map, cover: Map, above: Map, colour: Map) -> None:
    """Lay something over a cut-out picture and its cover, in place."""
    place = _touched(above)
    tint(picture, above, colour)
    cover[place] += above[place] * (1 - cover[place])


def _touched(cover: Map) -> tuple[slice, slice]:
    """Return the rows and columns outside which a cover is nothing to be seen: most are small."""
    seen = cover > _UNSEEN
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return slice(0), slice(0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _there(colour: Map, place: tuple[slice, slice]) -> Map:
    return colour[place] if colour.ndim == 3 else colour


def ellipse(place: Places, x: float, y: float, wide: float, tall: float) -> Map:
    """Return an ellipse about x, y with a smooth edge, (h, w): 1 inside."""
    away = np.sqrt(((place.flat - x) / wide) ** 2 + ((place.down - y) / tall) ** 2)
    return np.clip((1 - away) * min(wide, tall) * HALF + 0.5, 0, 1).astype(np.float32)
