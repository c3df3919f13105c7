"""The colours of a still lean to those that a photo of something alike has for parts as light.

What the two pictures show need not match place by place. For each band of lightness the mean colour
moves a part of the way to the photo's, and no further than a bound, so that a wrong photo does little.
"""

import numpy as np
from numpy.typing import NDArray

from refilm.chroma import Plane
from refilm.frames import Pixels
from refilm.lab import lightness, to_lab

_BANDS = np.asarray([10.0, 30.0, 50.0, 70.0, 90.0], np.float32)
"""Lightness, CIELAB, at the middles of the bands, between which shifts change evenly."""
_SHARE = 0.6
"""Part of the way that colours go."""
_MOST = 15.0
"""Units of CIELAB that they go at most."""
_FEW = 0.02
"""Share of the photos in a band at which it counts half: of fewer pixels nobody can tell."""


def leaning(colours: Pixels, luma: Plane, photos: list[Pixels]) -> Pixels:
    """Return a and b, (H, W, 2), moved towards those of photos.

    Args:
        colours: a and b of the still, CIELAB.
        luma: Of the still, (H, W), 0..1.
        photos: RGB, (h, w, 3), 0..1, of any size.
    """
    here = np.asarray(lightness(luma), np.float32)
    own, _ = _means(here, colours)
    labs = [to_lab(photo).reshape(-1, 3) for photo in photos]
    # Each photo has the same say, however large it is.
    theirs = [_means(lab[:, 0], lab[:, 1:]) for lab in labs]
    shares = np.mean([share for _, share in theirs], 0)
    total = sum(mean * share[:, None] for mean, share in theirs)
    wanted = total / (len(theirs) * shares[:, None] + 1e-6)
    way = _SHARE * (shares / (shares + _FEW))[:, None] * (wanted - own)
    length = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-6)
    way *= np.minimum(1, _MOST / length)[:, None]
    shift = [np.interp(here, _BANDS, way[:, side]) for side in range(2)]
    return np.asarray(colours + np.dstack(shift), np.float32)


def _means(
    light: NDArray[np.float32], colours: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean a and b in each band, (5, 2), and each band's share of the picture, (5,)."""
    light, colours = light.reshape(-1), colours.reshape(-1, 2)
    reach = np.maximum(1 - np.abs(light[:, None] - _BANDS) / 20, 0).astype(np.float64)
    reach[:, 0][light < _BANDS[0]] = 1
    reach[:, -1][light > _BANDS[-1]] = 1
    total = reach.sum(0)
    return (reach.T @ colours) / np.maximum(total, 1e-6)[:, None], total / max(len(light), 1)
