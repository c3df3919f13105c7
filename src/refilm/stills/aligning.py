"""Lays a picture that shows a frame of the film onto that frame: its framing may differ a little.

Evangelidis and Psarakis, "Parametric Image Alignment using Enhanced Correlation Coefficient
Maximization", PAMI 2008, https://doi.org/10.1109/TPAMI.2008.113 (OpenCV's implementation).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.chroma import Plane, Weights, colours_of, differences, joined, luma_under, sized
from refilm.frames import Pixels

_WIDTHS = (80, 320)
"""Pixels across of the pictures that are laid onto each other: roughly first, then finely."""
_LIGHT = 0.05
"""Sigma, in widths of the picture, of the light that is taken out before."""
_ROUNDS, _STILL = 60, 1e-4
"""Rounds at most, and the change of the correlation below which they end."""
_FAR = 0.15
"""Widths of the picture by which a corner may move: what goes further is no frame laid aright."""

Warp = NDArray[np.float32]
"""(2, 3): where each place of the frame lies in the picture, both from 0 to 1 across and down."""


def aligned(picture: Pixels, luma: Pixels, weights: Weights) -> Pixels:
    """Return the picture, RGB, in the size and framing of the frame; beyond its edge the frame's luma.

    Args:
        picture: RGB, (h, w, 3), of about what the frame shows.
        luma: What the frame shows, (H, W, 1).
        weights: What red, green and blue add to the film's luma.
    """
    height, width = luma.shape[:2]
    own = luma_under(picture, weights)
    warp = np.eye(2, 3, dtype=np.float32)
    for across in _WIDTHS:
        warp = _better(own, luma[:, :, 0], across, warp)
    large = sized(picture, height, width)
    moved, covered = _warped(large, _in_pixels(warp, width, height))
    plane = luma[:, :, 0]
    beyond = joined(plane, plane, differences(plane, colours_of(moved), weights), weights)
    return np.asarray(beyond + covered[:, :, None] * (moved - beyond), np.float32)


def _better(own: Plane, luma: Plane, across: int, warp: Warp) -> Warp:
    """Return a warp by which the two pictures agree better; the same where none is found."""
    height = max(round(across * luma.shape[0] / luma.shape[1]), 8)
    here, there = (_detail(sized(each, height, across)) for each in (luma, own))
    ends = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, _ROUNDS, _STILL)
    start = _in_pixels(warp, across, height)
    everywhere = np.full(here.shape, 255, np.uint8)
    try:
        _, found = cv2.findTransformECC(here, there, start, cv2.MOTION_AFFINE, ends, everywhere, 5)
    except cv2.error:
        return warp
    back = _in_parts(np.asarray(found, np.float32), across, height)
    return (
        back if np.abs(_corners(back) - _corners(np.eye(2, 3, dtype=np.float32))).max() < _FAR else warp
    )


def _detail(plane: Plane) -> Plane:
    light = cv2.GaussianBlur(plane, (0, 0), _LIGHT * plane.shape[1])
    return np.asarray(plane - np.asarray(light, np.float32), np.float32)


def _in_pixels(warp: Warp, width: int, height: int) -> Warp:
    """Return a warp of places 0..1 as one of the middles of pixels."""
    return np.asarray(_scale(width, height, -0.5) @ _whole(warp) @ _inverse(width, height), np.float32)[
        :2
    ]


def _in_parts(warp: Warp, width: int, height: int) -> Warp:
    return np.asarray(_inverse(width, height) @ _whole(warp) @ _scale(width, height, -0.5), np.float32)[
        :2
    ]


def _scale(width: int, height: int, shift: float) -> NDArray[np.float64]:
    return np.array([[width, 0, shift], [0, height, shift], [0, 0, 1.0]])


def _inverse(width: int, height: int) -> NDArray[np.float64]:
    return np.asarray(np.linalg.inv(_scale(width, height, -0.5)), np.float64)


def _whole(warp: Warp) -> NDArray[np.float64]:
    return np.vstack((warp, [[0, 0, 1]])).astype(np.float64)


def _corners(warp: Warp) -> NDArray[np.float64]:
    return _whole(warp)[:2] @ np.array([[0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1.0]])


def _warped(picture: Pixels, warp: Warp) -> tuple[Pixels, Plane]:
    """Return the picture moved, its edge carried on outwards, and where it is itself, (H, W)."""
    height, width = picture.shape[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(picture, warp, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    inside = np.ones((height, width), np.float32)
    covered = cv2.warpAffine(inside, warp, (width, height), flags=flags)
    return np.asarray(moved, np.float32), np.asarray(covered, np.float32)
