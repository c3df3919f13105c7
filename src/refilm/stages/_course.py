"""The steady course of a shot's light: what of its changes was wanted."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

LEAST = 0.004
"""Strays of less than this (natural log of light) cannot be seen."""
_NORMAL = 1.2533
"""Standard deviation of a normal distribution over its mean deviation."""
_UNLIKE = 4.0
"""Usual strays by which a moment may leave the course before it belongs to other circumstances:
a lamp that was switched, a cloud, the end of a fade."""
_MISSED = 3.0
"""Usual strays by which the line may miss the light of five frames: more is no flicker, but light
that was switched or faded faster than a line can follow."""
_ODD = 3.0
"""Usual strays by which one frame may leave those around it before it counts for half."""
_WIDENING = (0.25, 0.5, 1.0)
"""The line is fitted to ever longer times, as shares of the whole."""
_LEVEL = 0.001
"""Variance of the times, in squared shares of the whole, that halves a slope."""
_FAR = 3.0
"""Standard deviations of the weight in time, beyond which nothing counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A line through the light around each moment, in weights of the frames that it is fitted to.

    Frames count less that are far in time, or whose light lies off the line as it was fitted to
    shorter times: local regression with M-weights (Cleveland, "Robust Locally Weighted Regression",
    JASA 1979), so that fades and lights being switched stay.
    """

    times: Series
    """Seconds of each frame of the shot."""
    light: Series
    """Natural log of the shot's light."""
    guide: Series
    """The light without frames that differ from those around them."""
    trust: Series
    usual: float
    """The usual stray of a frame."""
    seconds: float

    @classmethod
    def of(cls, light: Series, times: Series, seconds: float) -> Self:
        """Return the course of a shot's light; changes slower than `seconds` are kept."""
        guide = _median_of_five(light)
        stray = np.abs(light - guide)
        # The mean, for in films that show frames twice more than half of the steps are none.
        usual = _NORMAL * float(np.mean(stray)) + LEAST
        return cls(times, light, guide, 1 / (1 + (stray / (_ODD * usual)) ** 2), usual, seconds)

    def weights(self, place: int) -> tuple[slice, Series]:
        """Return frames, and by which weights their light adds up to that wanted at `place`."""
        far = _FAR * self.seconds
        time = self.times[place]
        first, stop = np.searchsorted(self.times, [time - far, time + far + 1e-9])
        near = slice(int(first), int(stop))
        apart, guide = (self.times[near] - time) / self.seconds, self.guide[near]
        weight = self.trust[near]
        height, off = _line(apart, guide, weight * _near(apart, _WIDENING[0]))
        for share in _WIDENING[1:]:
            like = np.exp(-0.5 * (off / (_UNLIKE * self.usual)) ** 2)
            height, off = _line(apart, guide, weight * like * _near(apart, share))
        return near, self._held(place - near.start, near, height)

    def _held(self, here: int, near: slice, height: Series) -> Series:
        """Return the weights, drawn to the frame of the guide's light where the line misses it."""
        guide = self.guide[near][here]
        miss = abs(float(guide - height @ self.guide[near]))
        share = min(1.0, _MISSED * self.usual / max(miss, 1e-9))
        weights = share * height
        weights[int(np.argmin(np.abs(self.light[near] - guide)))] += 1 - share
        return weights


def _near(apart: Series, share: float) -> Series:
    return np.exp(-0.5 * (apart / share) ** 2)


def _median_of_five(values: Series) -> Series:
    # The ends are turned over, not mirrored, so that what rises or falls there goes on to.
    padded = np.pad(values, 2, mode="reflect", reflect_type="odd") if len(values) > 2 else values
    if len(padded) < 5:
        return values.copy()
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)


def _line(apart: Series, guide: Series, weight: Series) -> tuple[Series, Series]:
    """Return by which weights values add up to the height, at 0, of the line that fits them best.

    And by how much the guide is off that line.
    """
    share = weight / weight.sum()
    middle = share @ apart
    centred = share * (apart - middle)
    # Few frames say little of a slope: there the line is drawn towards the level.
    slope = centred / (centred @ apart + _LEVEL)
    height = share - middle * slope
    return height, guide - height @ guide - apart * (slope @ guide)
