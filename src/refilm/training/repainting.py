"""Gives vivid red things of a picture another colour, since most of them are painted and might have it.

Many signs in photographs are stop signs, and a network that learnt from them made a board in old film
pink. One that has seen signs of all colours gives it a pale one.
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from refilm.lab import Lab

OFTEN = 0.75
"""Share of the pictures that are repainted."""
_RED = np.deg2rad(15.0)
"""Hue in the middle of those that are repainted; skin and brick are yellower or less vivid."""
_NEAR, _FAR = np.cos(np.deg2rad((25.0, 50.0)))
"""Cosines of the distances in hue up to which all is repainted, and from which nothing is."""
_DULL, _VIVID = 30.0, 45.0
"""Chroma up to which nothing is repainted, and from which all is."""
_SOFT = 0.75
"""Standard deviation, in pixels, by which the repainted part is softened."""


def repainted(colours: Lab, chance: Generator) -> Lab:
    """Return colours, (H, W, 3), whose vivid reds have another hue and at most the chroma they had.

    Lightness stays: what a grey picture shows does not tell one paint from the other.
    """
    if chance.random() >= OFTEN:
        return colours
    turn, strength = chance.uniform(-np.pi, np.pi), chance.uniform(0, 1)
    painted = (colours[..., 1] + 1j * colours[..., 2]) * (strength * np.exp(1j * turn))
    other = np.stack((colours[..., 0], painted.real, painted.imag), -1)
    share = vivid_red(colours)[..., None]
    return (colours + share * (other - colours)).astype(np.float32)


def vivid_red(colours: Lab) -> NDArray[np.float32]:
    """Return how much of each pixel's colour is a vivid red, 0..1, (H, W)."""
    chroma = np.hypot(colours[..., 1], colours[..., 2])
    along = colours[..., 1] * np.cos(_RED) + colours[..., 2] * np.sin(_RED)
    red = (along / np.maximum(chroma, 1) - _FAR) / (_NEAR - _FAR)
    vivid = (chroma - _DULL) / (_VIVID - _DULL)
    share = (np.clip(red, 0, 1) * np.clip(vivid, 0, 1)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(share, (0, 0), _SOFT), np.float32)
