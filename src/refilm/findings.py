"""What the survey found: the value that stages look things up in.

Figures per frame are arrays with one row per frame of the film, in the order of `timeline`.
Places and movements are in pixels of the source picture.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from refilm.frames import FilmInfo, Shot, Timeline

LIGHT_FLOOR = 0.02
"""Added to luma before its logarithm in figures of light, so that noise in the blacks is none."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Part of a picture, in pixels."""

    left: int
    top: int
    width: int
    height: int


def _none() -> NDArray[np.float64]:
    """Return no figures: nobody looked."""
    return np.zeros(0)


def _no_light() -> NDArray[np.float32]:
    return np.zeros((0, 1, 1), np.float32)


def _no_tones() -> NDArray[np.float32]:
    return np.zeros((0, 1), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What was measured of each frame; arrays of length n frames.

    Those with a default are empty where nobody looked. The survey sees pictures reduced to at most
    480 pixels wide: grain is what is left of it there.
    """

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
    noise: NDArray[np.float64] = field(default_factory=_none)
    """(n,): standard deviation of grain and noise, luma 0..1, in the calm parts of the picture."""
    softness: NDArray[np.float64] = field(default_factory=_none)
    """(n,): how wide the sharpest edges are, as the sigma of a Gaussian blur, in source pixels."""
    blocking: NDArray[np.float64] = field(default_factory=_none)
    """(n,): steps on an 8x8 grid, that of coding, over those elsewhere, luma 0..1; 0 for none, and
    in films wider than 480 pixels, of which the survey's small pictures have lost the grid."""
    dirt: NDArray[np.float64] = field(default_factory=_none)
    """(n,): share of the picture that differs from both frames around it in dots and blotches."""
    points: NDArray[np.float32] = field(default_factory=_no_light)
    """(n, 2, channels): `black` and `white` of each colour."""
    light: NDArray[np.float32] = field(default_factory=_no_light)
    """(n, down, across): light on each part of the whole picture, at its middle, as the natural log of
    luma + LIGHT_FLOOR against the film's first frame; from what frames show in common, so that
    nothing that comes into the picture or leaves it counts. Drawn by cubic interpolation between."""
    tone_light: NDArray[np.float32] = field(default_factory=_no_tones)
    """(n, tones): the same of tones from dark to light, besides `light`."""
    tones: NDArray[np.float32] = field(default_factory=_no_tones)
    """(n, tones): luma of these tones, the middles of equal lots of samples."""


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


@dataclass(frozen=True, slots=True)
class Scratch:
    """A thin upright line that stays for many frames: first..stop-1."""

    column: float
    """Where its middle mostly is, in pixels from the left."""
    light: bool
    """Lighter than what is beside it; else darker."""
    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class Hair:
    """A thing that stands in the gate while the picture weaves behind it: frames first..stop-1."""

    place: Rectangle
    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class Transition:
    """Frames first..stop-1, in which one shot goes over into the next, or into darkness."""

    kind: Literal["dissolve", "fade"]
    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class Interlacing:
    """Whether the two fields of frames show different moments."""

    interlaced: bool
    """Frames must be taken apart into fields, or their fields paired anew, before all else."""
    order: Literal["top", "bottom"] | None
    """The field that comes first in time; None where nothing tells."""
    combed: float
    """Share of the moving frames that were looked at whose fields differ in time."""
    telecine: Literal["2:3"] | None = None
    """The pattern in which whole pictures were spread over fields; None for fields of their own."""
    looked_at: int = 0
    """Moving frames that were looked at."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """How the film came to its frame rate, and how fast it may really have been taken."""

    blended: float
    """Share of frames that are a mix of the pictures around them."""
    pattern: str
    """Pictures to frames, as "16 to 24", or "" where none was found."""
    speed: float | None
    """Likely pictures per second when played at life's pace; None where nothing can be said."""
    confidence: float
    """0 for a guess, 1 for certain."""
    why: str
    """The reason, one sentence."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A shot in a few numbers: medians over its frames."""

    colour: str
    """In words: "black and white", "colour", or a tint by name, as "tinted amber"."""
    flicker: float
    """Standard deviation of the light from frame to frame, as a share of the light."""
    contrast: float
    """From the darkest hundredth to the lightest, 0..1."""
    noise: float
    """As in `Figures`."""
    softness: float
    """As in `Figures`."""
    dirt: float
    """As in `Figures`."""


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
    conditions: tuple[Condition, ...] = ()
    """One per shot; empty where nobody looked, as with all that follows."""
    scratches: tuple[Scratch, ...] = ()
    hairs: tuple[Hair, ...] = ()
    transitions: tuple[Transition, ...] = ()
    flashes: tuple[int, ...] = ()
    """Frames that light up or go dark between others that do not."""
    interlacing: Interlacing | None = None
    transfer: Transfer | None = None

    def shot_at(self, time: Fraction) -> Shot:
        """Return the shot that is shown at `time` of the source."""
        frame = self.timeline.index(time)
        return next(shot for shot in reversed(self.shots) if shot.first <= frame)
