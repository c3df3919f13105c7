"""The colours of a still lean to those that a photo of something alike has for parts as light.

What the two pictures show need not match place by place. For each band of lightness the mean colour
moves a part of the way to the photo's, and no further than a bound, so that a wrong photo does little.
"""

import numpy as np

from refilm.bands import bands_of, shifted, together, way
from refilm.chroma import Plane
from refilm.frames import Pixels
from refilm.lab import lightness, to_lab

_SHARE = 0.6
"""Part of the way that colours go."""
_MOST = 15.0
"""Units of CIELAB that they go at most."""


def leaning(colours: Pixels, luma: Plane, photos: list[Pixels]) -> Pixels:
    """Return a and b, (H, W, 2), moved towards those of photos.

    Args:
        colours: a and b of the still, CIELAB.
        luma: Of the still, (H, W), 0..1.
        photos: RGB, (h, w, 3), 0..1, of any size.
    """
    here = np.asarray(lightness(luma), np.float32)
    labs = (to_lab(photo) for photo in photos)
    theirs = together([bands_of(lab[:, :, 0], lab[:, :, 1:]) for lab in labs])
    return shifted(colours, here, way(bands_of(here, colours), theirs, _SHARE, _MOST))
