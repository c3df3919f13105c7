"""One frame as the survey sees it: small, on one scale, and prepared once for all that look at it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import FilmInfo, Frame, Pixels

WIDTH = 480
"""Pixels that the survey's pictures are wide at most: detail enough to place weave to a tenth of a
pixel, small enough to look at 60 frames a second on two cores."""
INNER = 0.1
"""Share of each side that is left out where borders must not count."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One frame, reduced."""

    number: int
    """Place in the film, from 0."""
    luma: NDArray[np.float32]
    """(height, width), nominally 0..1."""
    pixels: Pixels
    """The reduced picture with the channels that the film has."""
    scale_x: float
    """Pixels of the source to one of `luma`."""
    scale_y: float

    def inner(self) -> NDArray[np.float32]:
        """Return the luma without the outer tenth of every side, a view."""
        height, width = self.luma.shape
        top, left = int(height * INNER), int(width * INNER)
        return self.luma[top : height - top, left : width - left]


def look_at(frame: Frame, number: int, info: FilmInfo) -> Look:
    """Return what the survey sees of `frame`, the film's frame `number`."""
    pixels = frame.pixels
    height, width = pixels.shape[:2]
    if pixels.shape[2] == 1:
        luma = pixels[:, :, 0]
    else:
        luma = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)
    return Look(number, luma, pixels, info.width / width, info.height / height)
