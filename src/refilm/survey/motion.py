"""How the picture moved from each frame to the next: corners followed, one similarity fitted.

Shi and Tomasi, "Good Features to Track", CVPR 1994; Lucas and Kanade, IJCAI 1981 (OpenCV's
implementations).
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.survey.look import WIDTH, Look

Points = NDArray[np.float32]
"""(n, 2): x and y in pixels."""

_CELLS = (8, 6)
"""Cells across and down; each gives its best corners, so that no one thing owns the estimate."""
_PER_CELL = 4
_WINDOW = (21, 21)
_RETURN = 0.3
"""Pixels by which a point followed there and back may miss."""
_AGREE = 1.0
"""Pixels by which a point may be off the common movement, of a picture 480 wide."""
_FEWEST = 12
"""Points below which a movement is not believed."""
_LEAST_TRUST = 0.25
_ROUNDS = 4
_LEARNING = 0.3
"""How much the newest frame counts in what a cell remembers."""
_AGREED = 0.4
"""Share of a cell's points that agreed of late, from which on the cell is asked."""


class Move(NamedTuple):
    """Movement of the picture's content between two looks, about the picture's centre."""

    x: float
    y: float
    turn: float
    growth: float
    """Natural logarithm of the scale."""
    trust: float


STILL = Move(0.0, 0.0, 0.0, 0.0, 0.0)


class Motion:
    """Follows the picture through the film.

    Where one half of the picture passes by the other (a lorry before a desert), either could be
    taken for the scene. Each cell of the picture remembers how well it agreed of late, and those
    that did not are asked only if too few others are left: the choice once made stands.
    """

    def __init__(self) -> None:
        self.rows: list[Move] = []
        self._agreement = np.ones(_CELLS[0] * _CELLS[1])
        self._before: NDArray[np.uint8] | None = None
        self._trusted: NDArray[np.uint8] | None = None

    def see(self, look: Look) -> None:
        """Measure the movement from the frame before to this one."""
        picture = _levelled(look)
        move = self._found(picture)
        self.rows.append(move._replace(x=move.x * look.scale_x, y=move.y * look.scale_y))
        self._trusted = picture if move.trust > 0 else self._before
        self._before = picture

    def _found(self, picture: NDArray[np.uint8]) -> Move:
        if self._before is None or self._before.shape != picture.shape:
            return STILL
        # After a frame that could not be followed (a flash, a torn one), the one before it still can.
        if self._trusted is not None and self._trusted is not self._before:
            across = self._movement(self._trusted, picture)
            if across.trust > 0:
                return across
        return self._movement(self._before, picture)

    def _movement(self, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Move:
        start, end = _followed(first, second)
        cells = _cells(start, first.shape)
        move, agreeing = _fitted(start, end, self._agreement[cells] > _AGREED, first.shape)
        if move.trust == 0:
            self._agreement[:] = 1
            return move
        points = np.bincount(cells, minlength=len(self._agreement))
        share = np.bincount(cells, agreeing, minlength=len(self._agreement)) / np.maximum(points, 1)
        self._agreement += np.where(points > 0, _LEARNING * (share - self._agreement), 0)
        return move


def _fitted(
    start: Points, end: Points, likely: NDArray[np.bool_], size: tuple[int, ...]
) -> tuple[Move, NDArray[np.bool_]]:
    """Return the movement that most of the likely points follow, and which of all points do."""
    nobody = np.zeros(len(start), np.bool_)
    asked = likely if np.count_nonzero(likely) >= 2 * _FEWEST else ~nobody
    if np.count_nonzero(asked) < _FEWEST:
        return STILL, nobody
    centre = np.array(((size[1] - 1) / 2, (size[0] - 1) / 2))
    here, there = start.astype(np.float64) - centre, end.astype(np.float64) - centre
    limit = _AGREE * max(1.0, size[1] / WIDTH)
    matrix = _similarity(here[asked], there[asked], limit)
    agreeing = _weights(here, there, matrix, limit) > 0
    trust = float(np.mean(agreeing))
    if trust < _LEAST_TRUST or np.count_nonzero(agreeing) < _FEWEST:
        return STILL, nobody
    turn = float(np.arctan2(matrix[1, 0], matrix[0, 0]))
    growth = float(np.log(np.hypot(matrix[0, 0], matrix[1, 0])))
    return Move(float(matrix[0, 2]), float(matrix[1, 2]), turn, growth, trust), agreeing


def _levelled(look: Look) -> NDArray[np.uint8]:
    """Return the luma as 8 bits, its mean and contrast brought to fixed values against flicker."""
    mean, spread = (float(value[0, 0]) for value in cv2.meanStdDev(look.inner()))
    gain = 50 / max(spread, 0.01)
    return np.clip((look.luma - mean) * gain + 128.5, 0, 255).astype(np.uint8)


def _corners(picture: NDArray[np.uint8]) -> Points:
    """Return the best corners of every cell of the picture."""
    strength = np.asarray(cv2.cornerMinEigenVal(picture, 5), np.float32)
    peak = strength == cv2.dilate(strength, np.ones((9, 9), np.uint8))
    rows, columns = np.nonzero(peak & (strength > 1e-4))
    order = np.argsort(-strength[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    points = np.stack((columns, rows), axis=1).astype(np.float32)
    cell = _cells(points, picture.shape)
    cells = range(_CELLS[0] * _CELLS[1])
    return points[np.concatenate([np.nonzero(cell == one)[0][:_PER_CELL] for one in cells])]


def _cells(points: Points, size: tuple[int, ...]) -> NDArray[np.int64]:
    """Return the number of the cell that each point lies in."""
    across, down = (points * (np.array(_CELLS) / (size[1], size[0]))).astype(np.int64).T
    return down * _CELLS[0] + across


def _followed(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> tuple[Points, Points]:
    """Return the corners of `first` and where they lie in `second`, where going back agrees."""
    start = _corners(first)
    if len(start) < _FEWEST:
        return start[:0], start[:0]
    there, found = _follow(first, second, start)
    back, found_back = _follow(second, first, there)
    good = found & found_back & (np.hypot(*(back - start).T) < _RETURN)
    return start[good], there[good]


def _follow(
    first: NDArray[np.uint8], second: NDArray[np.uint8], points: Points
) -> tuple[Points, NDArray[np.bool_]]:
    """Return where the points of `first` lie in `second`, and which of them were found."""
    place = np.zeros_like(points[:, None])
    there, found, _ = cv2.calcOpticalFlowPyrLK(first, second, points[:, None], place, winSize=_WINDOW)
    return np.asarray(there[:, 0], np.float32), np.asarray(found[:, 0] == 1, np.bool_)


def _similarity(
    start: NDArray[np.float64], end: NDArray[np.float64], limit: float
) -> NDArray[np.float64]:
    """Return the similarity (2, 3) that most points follow."""
    found, _ = cv2.estimateAffinePartial2D(start, end, method=cv2.RANSAC, ransacReprojThreshold=limit)
    # OpenCV gives None where no two points agree, which its published types leave out.
    matrix = np.eye(2, 3) if found is None else np.asarray(found, np.float64)  # pyright: ignore[reportUnnecessaryComparison]
    weight = _weights(start, end, matrix, limit)
    for _ in range(_ROUNDS):
        if np.count_nonzero(weight) < _FEWEST:
            break
        matrix = _least_squares(start, end, weight)
        weight = _weights(start, end, matrix, limit)
    return matrix


def _weights(
    start: NDArray[np.float64], end: NDArray[np.float64], matrix: NDArray[np.float64], limit: float
) -> NDArray[np.float64]:
    """Return Tukey's weights: points just inside the limit pull less, so none pops in and out."""
    miss = np.hypot(*(start @ matrix[:, :2].T + matrix[:, 2] - end).T)
    return np.asarray(np.maximum(1 - (miss / limit) ** 2, 0) ** 2, np.float64)


def _least_squares(
    start: NDArray[np.float64], end: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the similarity with the smallest weighted squared miss (complex linear regression)."""
    share = weight / weight.sum()
    here, there = start @ np.array((1, 1j)), end @ np.array((1, 1j))
    here_mean, there_mean = share @ here, share @ there
    spread = share @ np.abs(here - here_mean) ** 2
    factor = (share @ ((there - there_mean) * np.conj(here - here_mean))) / max(spread, 1e-9)
    shift = there_mean - factor * here_mean
    return np.array(
        ((factor.real, -factor.imag, shift.real), (factor.imag, factor.real, shift.imag)), np.float64
    )
