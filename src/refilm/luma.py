"""What luma is: how much red, green and blue have a say in it."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import FilmInfo, Pixels

_WEIGHTS: Mapping[str, tuple[float, float]] = {
    "bt709": (0.2126, 0.0722),
    "fcc": (0.30, 0.11),
    "bt470bg": (0.299, 0.114),
    "smpte170m": (0.299, 0.114),
    "smpte240m": (0.212, 0.087),
    "bt2020nc": (0.2627, 0.0593),
    "bt2020c": (0.2627, 0.0593),
}
_HD_WIDTH, _HD_HEIGHT = 1280, 720


def luma(pixels: Pixels) -> NDArray[np.float32]:
    """Return a picture's luma by Rec. 601, (height, width), by which stages measure light."""
    grey = pixels[:, :, 0] if pixels.shape[2] == 1 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(grey, np.float32)


def luma_weights(matrix: str, width: int, height: int) -> tuple[float, float, float]:
    """Return what red, green and blue add to luma under a matrix.

    For a matrix that is unknown, or that luma alone cannot be told from (as "gbr"), the picture's
    size decides, as it does in players: Rec. 709 for high definition, else Rec. 601.
    """
    red, blue = _WEIGHTS.get(matrix, _WEIGHTS[usual_matrix(width, height)])
    return red, 1 - red - blue, blue


def usual_matrix(width: int, height: int) -> str:
    """Return the matrix that players take for a picture of that size which names none."""
    return "bt709" if width >= _HD_WIDTH or height >= _HD_HEIGHT else "smpte170m"


def knows(matrix: str) -> bool:
    """Return whether refilm can read colours that were coded with this matrix."""
    return matrix in _WEIGHTS


def weights_of(info: FilmInfo) -> tuple[float, float, float]:
    """Return what red, green and blue add to the luma of a film of that size and coding."""
    return luma_weights(info.coding.matrix, info.width, info.height)
