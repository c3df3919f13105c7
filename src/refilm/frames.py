"""What flows through refilm: frames, and what is known of the film that they belong to.

All times are seconds as exact fractions. Pixels are gamma-coded as they were stored (never
linear light), float32, shaped (height, width, channels) with one channel (luma) or three (RGB),
nominally from 0 to 1; scans may overshoot a little, and only the writer clips.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
"""One picture: float32, (height, width, channels), channels 1 (luma) or 3 (RGB), nominally 0..1."""
Joint = Literal["cut", "dissolve", "fade"]
"""How one shot goes over into the next; a film's own beginning and end are cuts unless they fade."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a film and when it is shown."""

    pixels: Pixels
    time: Fraction
    """Seconds on the clock of the film as it now is."""
    origin: Fraction
    """Seconds on the clock of the source: what survey, shots and segments go by."""
    raw: object = None
    """The decoder's own picture while nothing has changed the pixels; only `refilm.film` reads it."""

    def with_pixels(self, pixels: Pixels) -> Self:
        """Return this frame with other pixels, at the same times."""
        return replace(self, pixels=pixels, raw=None)

    @property
    def channels(self) -> int:
        """Channels of the picture: 1 (luma) or 3 (RGB)."""
        return self.pixels.shape[2]

    def __repr__(self) -> str:
        height, width, channels = self.pixels.shape
        return f"Frame({width}x{height}x{channels}, time={float(self.time):.3f} s)"


@dataclass(frozen=True, slots=True)
class Coding:
    """How stored numbers mean colours; names are FFmpeg's, "unknown" where the film is silent."""

    pixel_format: str = "yuv420p"
    matrix: str = "unknown"
    full_range: bool = False
    primaries: str = "unknown"
    transfer: str = "unknown"
    chroma_location: str = "unknown"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a point of the source picture lies now: x_now = (x_source - left) * scale_x."""

    left: float = 0.0
    top: float = 0.0
    scale_x: float = 1.0
    scale_y: float = 1.0

    def cropped(self, left: float, top: float) -> Self:
        """Return the placement after `left` and `top` pixels of the present picture were cut off."""
        return replace(self, left=self.left + left / self.scale_x, top=self.top + top / self.scale_y)

    def scaled(self, x: float, y: float) -> Self:
        """Return the placement after the present picture was made x times wider and y times higher."""
        return replace(self, scale_x=self.scale_x * x, scale_y=self.scale_y * y)


@dataclass(frozen=True, slots=True)
class FilmInfo:
    """What is known of a film before a frame is read, and what a stage promises of its result."""

    width: int
    height: int
    """Pixels, upright: rotation that the container asks for is already done."""
    rate: Fraction
    """Frames per second; the mean where the rate varies."""
    start: Fraction = Fraction(0)
    """Time of the first frame."""
    duration: Fraction = Fraction(0)
    """Seconds from the first frame's time to the end of the last; 0 where nobody knows yet."""
    time_base: Fraction = Fraction(1, 90000)
    """Every frame time is a whole multiple of this."""
    sample_aspect: Fraction = Fraction(1)
    """Width of a pixel over its height."""
    channels: int = 3
    """Channels that the stored format has: 1 for grey formats, else 3."""
    bit_depth: int = 8
    variable_rate: bool = False
    interlaced: bool = False
    """What the container or codec says; the survey looks for itself."""
    coding: Coding = Coding()
    placement: Placement = Placement()


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """When each frame of a film is shown, mended where the film's own stamps are unfit.

    `ticks` (int64, rising) times `time_base` are the frames' times. `stamps` (int64) are the
    film's own presentation stamps, by which a decoder finds a frame again; `MISSING` where none.
    """

    time_base: Fraction
    ticks: NDArray[np.int64]
    stamps: NDArray[np.int64]
    end: Fraction
    """Time at which the last frame's showing ends."""

    MISSING = np.iinfo(np.int64).min

    def __len__(self) -> int:
        return len(self.ticks)

    def time(self, index: int) -> Fraction:
        """Return the time of frame `index`; of `len(self)` it is the film's end."""
        return self.end if index >= len(self.ticks) else int(self.ticks[index]) * self.time_base

    def index(self, time: Fraction) -> int:
        """Return the frame that is shown at `time`: the last one that began by then, at least 0."""
        tick = time / self.time_base
        found = int(np.searchsorted(self.ticks, int(tick // 1), side="right")) - 1
        return max(found, 0)

    def first_from(self, time: Fraction) -> int:
        """Return the first frame whose time is `time` or later; `len(self)` where there is none."""
        tick = -((-time / self.time_base) // 1)
        return int(np.searchsorted(self.ticks, int(tick), side="left"))


@dataclass(frozen=True, slots=True)
class Shot:
    """A run of frames of one continuous take: frames first..stop-1, times start..end."""

    number: int
    first: int
    stop: int
    start: Fraction
    end: Fraction
    monochrome: bool
    """True where the shot has no colour to keep: it is worked on as luma alone."""
    tinted: bool = False
    """True where the shot's only colour is one even tint, as of sepia or blue-toned film."""
    rate: Fraction = Fraction(0)
    """Pictures per second that the take holds, repeats left out; 0 where nobody looked."""
    start_kind: Joint = "cut"
    """How the shot begins; a dissolve's middle, or a fade's darkest frame, is its first frame."""
    end_kind: Joint = "cut"
    """How it ends."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one shot that is rendered into one file: frames first..stop-1, times start..end."""

    number: int
    shot: Shot
    first: int
    stop: int
    start: Fraction
    end: Fraction
