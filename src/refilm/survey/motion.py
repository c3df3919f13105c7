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
Numbers = NDArray[np.float64]

_CELLS = (8, 6)
"""Cells across and down; each gives its best corners, so that no one thing owns the estimate."""
_PER_CELL = 4
_MORE = 9
"""Corners that each cell gives where too few of its best agree, as under strong grain."""
_ENOUGH = 90
"""Points that must agree for their mean to be exact."""
_WINDOW = (21, 21)
_RETURN = 0.3
"""Pixels by which a point followed there and back may miss."""
_AGREE = 1.0
"""Pixels by which a point may be off the common movement, of a picture 480 wide."""
_FEWEST = 12
"""Points below which a movement is not believed."""
_LEAST_TRUST = 0.25
_NARROWING = (1.0, 0.5, 0.0, 0.0)
"""How much of the bend that a turning camera may cause is still allowed for, round by round."""
_BENT = 0.15
"""Share of the shift by which points at the edge of a wide picture are shifted more."""
_FOCAL = 2.0
"""Focal length, in widths of the picture, of the lenses that bend a picture in the usual measure."""
_POINT = 0.1
"""Pixels by which a point that was followed is off at least."""
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
        best, others = _corners(first)
        start, end = _followed(first, second, best)
        move, agreeing = self._agreed(start, end, first.shape)
        if np.count_nonzero(agreeing) < _ENOUGH:
            more = _followed(first, second, others)
            start, end = np.concatenate((start, more[0])), np.concatenate((end, more[1]))
            move, agreeing = self._agreed(start, end, first.shape)
        if move.trust > 0:
            self._remember(_cells(start, first.shape), agreeing)
        return move

    def _agreed(
        self, start: Points, end: Points, size: tuple[int, ...]
    ) -> tuple[Move, NDArray[np.bool_]]:
        """Return the movement that the likely points agree on, if they do not that of all of them."""
        likely = self._agreement[_cells(start, size)] > _AGREED
        move, agreeing = _fitted(start, end, likely, size)
        if move.trust > 0:
            return move, agreeing
        # What was followed so far has left the picture: another part of it is chosen at once.
        self._agreement[:] = 1
        return _fitted(start, end, np.ones(len(start), np.bool_), size)

    def _remember(self, cells: NDArray[np.int64], agreeing: NDArray[np.bool_]) -> None:
        points = np.bincount(cells, minlength=len(self._agreement))
        share = np.bincount(cells, agreeing, minlength=len(self._agreement)) / np.maximum(points, 1)
        self._agreement += np.where(points > 0, _LEARNING * (share - self._agreement), 0)


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
    found = _moved(here[asked], there[asked], limit)
    agreeing = _weights(here, there, found, limit) > 0
    trust = float(np.mean(agreeing))
    if trust < _LEAST_TRUST or np.count_nonzero(agreeing) < _FEWEST:
        return STILL, nobody
    x, y, growth, turn, *_ = found.tolist()
    shape = complex(1 + growth, turn)
    return Move(x, y, float(np.angle(shape)), float(np.log(np.abs(shape))), trust), agreeing


def _levelled(look: Look) -> NDArray[np.uint8]:
    """Return the luma as 8 bits, its mean and contrast brought to fixed values against flicker."""
    mean, spread = (float(value[0, 0]) for value in cv2.meanStdDev(look.inner()))
    gain = 50 / max(spread, 0.01)
    return np.clip((look.luma - mean) * gain + 128.5, 0, 255).astype(np.uint8)


def _corners(picture: NDArray[np.uint8]) -> tuple[Points, Points]:
    """Return the best corners of every cell of the picture, and the next best."""
    strength = np.asarray(cv2.cornerMinEigenVal(picture, 5), np.float32)
    peak = strength == cv2.dilate(strength, np.ones((9, 9), np.uint8))
    rows, columns = np.nonzero(peak & (strength > 1e-4))
    order = np.argsort(-strength[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    points = np.stack((columns, rows), axis=1).astype(np.float32)
    cell = _cells(points, picture.shape)
    own = [np.nonzero(cell == one)[0] for one in range(_CELLS[0] * _CELLS[1])]
    best, others = slice(_PER_CELL), slice(_PER_CELL, _MORE)
    return points[np.concatenate([each[best] for each in own])], points[
        np.concatenate([each[others] for each in own])
    ]


def _cells(points: Points, size: tuple[int, ...]) -> NDArray[np.int64]:
    """Return the number of the cell that each point lies in."""
    across, down = (points * (np.array(_CELLS) / (size[1], size[0]))).astype(np.int64).T
    return down * _CELLS[0] + across


def _followed(
    first: NDArray[np.uint8], second: NDArray[np.uint8], start: Points
) -> tuple[Points, Points]:
    """Return points of `first` and where they lie in `second`, where going back agrees."""
    if not len(start):
        return start, start
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


def _moved(start: Numbers, end: Numbers, limit: float) -> Numbers:
    """Return the movement (6,) that most points follow: shift x and y, growth, turn, bend x and y."""
    found, _ = cv2.estimateAffinePartial2D(start, end, method=cv2.RANSAC, ransacReprojThreshold=limit)
    # OpenCV gives None where no two points agree, which its published types leave out.
    matrix = np.eye(2, 3) if found is None else np.asarray(found, np.float64)  # pyright: ignore[reportUnnecessaryComparison]
    move = np.array((*matrix[:, 2], matrix[0, 0] - 1, matrix[1, 0], 0, 0))
    wide = _BENT * float(np.hypot(*move[:2]))
    for share in _NARROWING:
        weight = _weights(start, end, move, limit + share * wide)
        if np.count_nonzero(weight) < _FEWEST:
            break
        move = _least_squares(start, end, weight, _missed(start, end, move, weight))
    return move


def _weights(start: Numbers, end: Numbers, move: Numbers, limit: float) -> Numbers:
    """Return Tukey's weights: points just inside the limit pull less, so none pops in and out."""
    return np.asarray(np.maximum(1 - _misses(start, end, move) / limit**2, 0) ** 2, np.float64)


def _missed(start: Numbers, end: Numbers, move: Numbers, weight: Numbers) -> float:
    """Return the variance of the places of the points that count, across or down."""
    return float(weight @ _misses(start, end, move) / weight.sum()) / 2 + _POINT**2


def _misses(start: Numbers, end: Numbers, move: Numbers) -> Numbers:
    """Return by how much each point misses its place, squared."""
    miss = (_rows(start) @ move).reshape(2, -1) - (end - start).T
    return np.asarray(np.sum(miss**2, axis=0), np.float64)


def _least_squares(start: Numbers, end: Numbers, weight: Numbers, missed: float) -> Numbers:
    """Return the movement with the smallest weighted squared miss, bent no more than is likely."""
    rows, both = _rows(start), np.tile(weight, 2)
    mean = weight @ (end - start) / weight.sum()
    # A turning camera bends the picture as it shifts it; weave only shifts it.
    likely = np.maximum(np.abs(mean), 1e-3) / _FOCAL**2 / max(float(np.ptp(start[:, 0])), 1.0) ** 2
    kept = np.diag((0, 0, 0, 0, *missed / likely**2))
    there = rows.T @ (both * (end - start).T.ravel())
    solved = np.linalg.solve((rows.T * both) @ rows + kept + 1e-9 * np.eye(6), there)
    return np.asarray(solved, np.float64)


def _rows(start: Numbers) -> Numbers:
    """Return what each part of a movement does to each point, (2n, 6), all x before all y."""
    x, y = start.T
    one, none = np.ones_like(x), np.zeros_like(x)
    across = (one, none, x, -y, x * x, x * y)
    down = (none, one, y, x, x * y, y * y)
    return np.concatenate((np.stack(across, axis=1), np.stack(down, axis=1)))
