"""Where the content of one picture lies in another, and the stabiliser of the 2020 chain.

Shi and Tomasi, "Good Features to Track", CVPR 1994; Lucas and Kanade, "An Iterative Image
Registration Technique", IJCAI 1981.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.flow import luma8
from refilm.frames import Pixels

Matrix = NDArray[np.float64]
"""(2, 3): from a point of one picture to the same point of the scene in another."""
Path = NDArray[np.float64]

WINDOW = 30
"""Frames that the stabiliser of the 2020 chain averages over."""
_FEWEST = 8
"""Points that must have been followed for a place to be believed."""
_EXACT = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 60, 0.001)
_RETURNS = 0.1
"""Pixels within which a point followed there and back must come back."""


def placed(reference: Pixels, picture: Pixels) -> Matrix | None:
    """Return where the points of `reference` lie in `picture`; None where nobody can tell.

    Exact to some hundredths of a pixel where both show the same scene at the same moment.
    """
    first, second = luma8(reference), luma8(picture)
    points = _corners(first, 400, 8)
    if not len(points):
        return None
    there = _followed(first, second, points)
    back = _followed(second, first, there)
    kept = np.abs(back - points).max(axis=(1, 2)) < _RETURNS
    return _similar(points[kept], there[kept], 0.5)


def _corners(picture: NDArray[np.uint8], most: int, apart: int) -> NDArray[np.float32]:
    found = cast(object, cv2.goodFeaturesToTrack(picture, most, 0.01, apart))
    # OpenCV gives None where a picture has no corner.
    return np.zeros((0, 1, 2), np.float32) if found is None else np.asarray(found, np.float32)


def _followed(
    first: NDArray[np.uint8], second: NDArray[np.uint8], points: NDArray[np.float32]
) -> NDArray[np.float32]:
    there = cv2.calcOpticalFlowPyrLK(
        first, second, points, points.copy(), winSize=(21, 21), maxLevel=5, criteria=_EXACT
    )[0]
    return np.asarray(there, np.float32)


def _similar(start: NDArray[np.float32], end: NDArray[np.float32], limit: float) -> Matrix | None:
    """Return the shift, turn and scale that most points agree on."""
    if len(start) < _FEWEST:
        return None
    estimate = cv2.estimateAffinePartial2D(
        start, end, ransacReprojThreshold=limit, maxIters=5000, confidence=0.999
    )
    found = cast(object, estimate[0])
    return None if found is None else np.asarray(found, np.float64)


def displacements(clean: Sequence[Pixels], pictures: Sequence[Pixels]) -> Path:
    """Return by how much the middle of each clean picture lies elsewhere in the other, (n, 2).

    Rows are not a number where nobody can tell.
    """
    rows = np.full((len(clean), 2), np.nan)
    for row, (reference, picture) in zip(rows, zip(clean, pictures, strict=True), strict=True):
        found = placed(reference, picture)
        if found is not None:
            height, width, _ = reference.shape
            middle = np.array(((width - 1) / 2, (height - 1) / 2))
            row[:] = found[:, :2] @ middle + found[:, 2] - middle
    return rows


def averaged_path(pictures: Sequence[Pixels]) -> list[Pixels]:
    """Return the pictures moved onto the mean of their path over the last `WINDOW` frames.

    As the vidstab library does by default (Python, 2018), which the 2020 chain used: shifts and turns
    between frames are summed, the average trails, its first values repeat the first full one, and
    what moves in from beyond the edge is black.
    """
    moves = np.array([_move(*pair) for pair in pairwise(pictures)])
    path = np.cumsum(moves, axis=0)
    window = min(WINDOW, len(path))
    sums = np.cumsum(np.pad(path, ((1, 0), (0, 0))), axis=0)
    means = (sums[window:] - sums[:-window]) / window
    steady = np.concatenate([np.repeat(means[:1], window - 1, axis=0), means])
    wanted = moves + steady - path
    return [pictures[0], *(_moved(*each) for each in zip(pictures[1:], wanted, strict=True))]


def _move(first: Pixels, second: Pixels) -> tuple[float, float, float]:
    earlier, later = luma8(first), luma8(second)
    points = _corners(earlier, 200, 30)
    if not len(points):
        return 0.0, 0.0, 0.0
    there, seen, _ = cv2.calcOpticalFlowPyrLK(earlier, later, points, points.copy())
    kept = np.asarray(seen).ravel() == 1
    found = _similar(points[kept], np.asarray(there, np.float32)[kept], 3)
    if found is None:
        return 0.0, 0.0, 0.0
    return float(found[0, 2]), float(found[1, 2]), float(np.arctan2(found[1, 0], found[0, 0]))


def _moved(pixels: Pixels, move: NDArray[np.float64]) -> Pixels:
    height, width, _ = pixels.shape
    cosine, sine = np.cos(move[2]), np.sin(move[2])
    matrix = np.array([[cosine, -sine, move[0]], [sine, cosine, move[1]]])
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height)), np.float32)[:, :, None]
