"""What the survey found: the value that stages look things up in.

Figures per frame are arrays with one row per frame of the film, in the order of `timeline`.
Places and movements are in pixels of the source picture.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from refilm.frames import FilmInfo, Shot, Timeline


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Part of a picture, in pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What was measured of each frame; arrays of length n frames."""

    motion: NDArray[np.float64]
    """(n, 4): shift x and y in pixels, turn in radians, natural log of the scale, of the picture's
    content from the frame before to this one, about the picture's centre; zeros at a shot's first."""
    trust: NDArray[np.float64]
    """(n,): share of tracked points that agree with `motion`, 0..1; 0 at a shot's first frame."""
    level: NDArray[np.float64]
    """(n,): mean luma of the picture's inner part, 0..1."""
    black: NDArray[np.float64]
    """(n,): luma that 1 % of the inner part is darker than."""
    white: NDArray[np.float64]
    """(n,): luma that 1 % of the inner part is lighter than."""
    difference: NDArray[np.float64]
    """(n,): mean absolute luma difference to the frame before; 0 for the film's first frame."""
    repeat: NDArray[np.bool_]
    """(n,): the frame shows the same picture as the frame before."""


@dataclass(frozen=True, slots=True, eq=False)
class Cadence:
    """How the film's pictures were spread over its frames by showing some of them twice."""

    rate: Fraction
    """Pictures per second without the repeats; their mean where no pattern runs through the film."""
    regular: bool
    """One pattern runs through the whole film, so its pictures follow each other at `rate` exactly."""
    times: NDArray[np.float64]
    """(n,): seconds from the film's first frame to when each frame's picture would begin if those of
    its shot were evenly spread; the frame's own time in shots without a regular pattern. A repeat
    has the time of the picture that it repeats."""


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """All that was found in one look at the whole film."""

    info: FilmInfo
    timeline: Timeline
    shots: tuple[Shot, ...]
    figures: Figures
    clean: Rectangle
    """The largest rectangle without border, gate or empty edge."""
    problems: tuple[str, ...] = ()
    """What was wrong with the file, one sentence each, with times."""
    cadence: Cadence | None = None
    """How pictures are repeated; None where none are."""

    def shot_at(self, time: Fraction) -> Shot:
        """Return the shot that is shown at `time` of the source."""
        frame = self.timeline.index(time)
        return next(shot for shot in reversed(self.shots) if shot.first <= frame)
