"""Carries a picture onto another one of the same scene: the camera's movement first, then all else.

Pictures may lie far apart in time, so that flow alone would lose its way: what most matches agree on
is undone before flow is asked.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.flow import dense_flow, disagreement, warp
from refilm.frames import Pixels

Plane = NDArray[np.float32]
"""(height, width)."""
Points = NDArray[np.float32]
"""(n, 2): x and y in pixels."""

_FEWEST = 12
"""Matches below which no common movement is looked for."""
_NEAR = 12.0
"""Pixels by which a match may be off the common movement: one and a half cells of matching."""
_SAME = (0.2, 0.45)
"""Share of matches that agree, from which on pictures may show one scene, and surely do."""
_UNLIKE = 0.04
"""Luma by which carried places may differ and still be taken for the same thing."""
_ASTRAY = 2.0
"""Pixels that going there and back may miss by where motion is trusted."""
_GENEROUS = 1.5
"""What trust is multiplied by and then cut off at 1: a little doubt is none."""
_PATCH = 5
"""Pixels on a side in which luma is compared: grain does not count."""
_STRETCH = 2.0
"""Contrast that one picture of a scene may have over another's."""


class Common(NamedTuple):
    """A movement that many matches agree on."""

    matrix: NDArray[np.float64]
    """(2, 3): from places in the one picture to those in the other."""
    trust: float
    """How sure it is that both pictures show one scene, 0..1; above 0."""


class Carried(NamedTuple):
    """A picture carried onto another."""

    picture: Pixels
    """(h, w, c)."""
    trust: Plane
    """How sure it is that each pixel shows the same thing, 0..1."""


def common(start: Points, end: Points) -> Common | None:
    """Return the turn, scale and shift from `start` to `end` that most matches agree on, if any do."""
    if len(start) < _FEWEST:
        return None
    matrix, agreeing = cv2.estimateAffinePartial2D(start, end, ransacReprojThreshold=_NEAR)
    # OpenCV gives None where no two points agree, which its published types leave out.
    if matrix is None:  # pyright: ignore[reportUnnecessaryComparison]
        return None
    low, high = _SAME
    trust = (float(np.mean(agreeing)) - low) / (high - low)
    return Common(np.asarray(matrix, np.float64), min(trust, 1.0)) if trust > 0 else None


def carried(luma: Plane, other: Pixels, movement: Common) -> Carried:
    """Return `other` carried onto the picture of which `luma` is known, of that picture's size.

    Args:
        luma: (h, w), 0..1.
        other: (H, W, 1 + n): luma first, then any figures that belong to things, as colours do.
        movement: From places in `luma` to those in `other`.
    """
    height, width = luma.shape
    columns, rows = np.meshgrid(*(np.arange(side, dtype=np.float32) for side in (width, height)))
    near, inside = _seen(other, movement.matrix, columns, rows)
    alike = _levelled(near[:, :, 0], luma, inside)
    ours, theirs = _eight(luma), _eight(alike)
    there, back = dense_flow(ours, theirs), dense_flow(theirs, ours)
    light = warp(alike[:, :, None], there)[:, :, 0]
    # Taken from the picture itself and not from `near`: each time a picture is moved it gets softer.
    moved, inside = _seen(other, movement.matrix, columns + there[:, :, 0], rows + there[:, :, 1])
    unlike = cv2.blur(light - luma, (_PATCH, _PATCH)) / np.float32(_UNLIKE)
    missed = disagreement(there, back) / np.float32(_ASTRAY)
    trust = np.minimum(_GENEROUS * np.exp(-np.square(unlike)) / (1 + np.square(missed)), 1) * inside
    return Carried(moved, np.asarray(movement.trust * trust, np.float32))


def _seen(
    other: Pixels, matrix: NDArray[np.float64], columns: Plane, rows: Plane
) -> tuple[Pixels, Plane]:
    """Return what the other picture shows at moved places, (h, w) each, and whether it does, 0..1."""
    (xx, xy, x), (yx, yy, y) = np.asarray(matrix, np.float32)
    across, down = xx * columns + xy * rows + x, yx * columns + yy * rows + y
    shown = cv2.remap(other, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    whole = np.ones(other.shape[:2], np.float32)
    inside = cv2.remap(whole, across, down, cv2.INTER_LINEAR)
    return np.asarray(shown, np.float32), np.asarray(inside, np.float32)


def _levelled(theirs: Plane, ours: Plane, inside: Plane) -> Plane:
    """Return their luma with the mean and contrast that ours has where both are."""
    both = inside > 0.5
    if not both.any():
        return theirs
    stretch = (ours[both].std() + 1e-3) / (theirs[both].std() + 1e-3)
    stretch = np.clip(stretch, 1 / _STRETCH, _STRETCH)
    return np.asarray((theirs - theirs[both].mean()) * stretch + ours[both].mean(), np.float32)


def _eight(luma: Plane) -> NDArray[np.uint8]:
    return np.asarray(np.clip(luma * 255 + 0.5, 0, 255), np.uint8)
