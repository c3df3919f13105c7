"""A pinhole camera: where a point of the scene is seen in the picture.

The scene is measured in metres: x to the right, y up, z into the picture.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
"""(n, 3) points of the scene, or (n, 2) of the picture."""

NEAR = 0.4
"""Metres in front of the camera from which things are seen."""


@dataclass(frozen=True)
class Camera:
    """Where the camera stands and looks, and the picture it makes."""

    place: tuple[float, float, float]
    turn: float = 0.0
    """Radians to the right."""
    tilt: float = 0.0
    """Radians upward."""
    focal: float = 1.1
    """Focal length in picture heights."""
    width: int = 480
    height: int = 368
    offset: tuple[float, float] = (0.0, 0.0)
    """Pixels by which the whole picture is moved: each exposure has its own, for smooth edges."""

    @cached_property
    def rotation(self) -> Points:
        """(3, 3): from the scene's directions to the camera's (right, down, ahead)."""
        sine, cosine = np.sin(self.turn), np.cos(self.turn)
        rise, level = np.sin(self.tilt), np.cos(self.tilt)
        right = (cosine, 0.0, -sine)
        ahead = (sine * level, rise, cosine * level)
        up = (-sine * rise, level, -cosine * rise)
        return np.array([right, [-part for part in up], ahead])

    @cached_property
    def lens(self) -> Points:
        """(3, 3): from the camera's directions to pixels times depth."""
        focal = self.focal * self.height
        x, y = (self.width - 1) / 2 + self.offset[0], (self.height - 1) / 2 + self.offset[1]
        return np.array([[focal, 0, x], [0, focal, y], [0, 0, 1]])

    @property
    def horizon(self) -> float:
        """Row of the picture that the horizon is seen on."""
        return float(self.lens[1, 2] + np.tan(self.tilt) * self.lens[1, 1])

    def seen(self, points: ArrayLike) -> Points:
        """Return points (n, 3) as the camera has them: right, down, ahead in metres."""
        return (np.asarray(points, np.float64) - self.place) @ self.rotation.T

    def pixels(self, seen: Points) -> Points:
        """Return where points from `seen` lie in the picture, (n, 2); all must be in front."""
        flat = seen @ self.lens.T
        return flat[:, :2] / flat[:, 2:]

    def depth(self, point: ArrayLike) -> float:
        """Return how many metres ahead of the camera a point lies."""
        return float(self.seen(np.asarray(point, np.float64)[None])[0, 2])

    def size(self, depth: float) -> float:
        """Return how many pixels one metre has at that depth."""
        return self.focal * self.height / max(depth, NEAR)

    def outline(self, points: ArrayLike) -> Points | None:
        """Return where a flat shape (n, 3) is seen, cut off at the camera; None where it is not."""
        seen = self.seen(points)
        if (seen[:, 2] < NEAR).all():
            return None
        return self.pixels(_cut(seen) if (seen[:, 2] < NEAR).any() else seen)

    def plane(self, corner: ArrayLike, along: ArrayLike, up: ArrayLike) -> Points:
        """Return the (3, 3) homography from a plane's own coordinates to pixels.

        (0, 0) is `corner`, (1, 0) is `corner + along` and (0, 1) is `corner + up`.
        """
        start = self.rotation @ (np.asarray(corner, np.float64) - self.place)
        sides = self.rotation @ np.array([along, up], np.float64).T
        return self.lens @ np.column_stack([sides, start])


def _cut(seen: Points) -> Points:
    """Return a closed outline without what lies behind the camera."""
    kept: list[Points] = []
    for here, there in zip(seen, np.roll(seen, -1, axis=0), strict=True):
        if here[2] >= NEAR:
            kept.append(here)
        if (here[2] >= NEAR) != (there[2] >= NEAR):
            share = (NEAR - here[2]) / (there[2] - here[2])
            kept.append(here + share * (there - here))
    return np.array(kept)
