"""The camera's path through a shot, as the survey followed it, and the weave about it."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from refilm.findings import Survey
from refilm.frames import Shot

Path = NDArray[np.float64]
"""(n, 3): where the content lies in each frame of a shot: x and y in pixels of the source, and the
turn in radians about the picture's centre; from the shot's first frame on."""

_REACH = 4.0
"""Standard deviations at which a Gaussian's weight is nothing."""


@lru_cache(maxsize=8)
def weave(survey: Survey, shot: Shot, seconds: float) -> Path:
    """Return by how much each frame of `shot` lies off the camera's path, (n, 3).

    The path is a line fitted around every frame with Gaussian weights of `seconds` standard
    deviation: a steady camera's or an even pan's own path, up to the ends of the shot.
    """
    frames = np.arange(shot.first, shot.stop)
    moved = survey.figures.motion[shot.first : shot.stop, :3].copy()
    moved[0] = 0
    path = np.cumsum(moved, axis=0)
    times, own = _times(survey, frames)
    smooth = _fitted_lines(times[own], path[own], seconds)
    off = path[own] - smooth
    return off[np.cumsum(own) - 1]


def _times(survey: Survey, frames: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return when each frame's picture was truly taken, in seconds, and which frames are no repeats."""
    own = ~survey.figures.repeat[frames]
    own[0] = True
    if survey.cadence is not None:
        return survey.cadence.times[frames], own
    seconds = survey.timeline.ticks[frames] * float(survey.timeline.time_base)
    return np.asarray(seconds, np.float64), own


def _fitted_lines(times: NDArray[np.float64], path: Path, seconds: float) -> Path:
    smooth = np.empty_like(path)
    starts = np.searchsorted(times, times - _REACH * seconds)
    stops = np.searchsorted(times, times + _REACH * seconds, side="right")
    for place, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        since = times[start:stop] - times[place]
        weight = np.exp(-0.5 * (since / seconds) ** 2)
        smooth[place] = _line(since, path[start:stop], weight)
    return smooth


def _line(since: NDArray[np.float64], values: Path, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the value at 0 of the line that fits `values` best with these weights."""
    share = weight / weight.sum()
    middle, mean = share @ since, share @ values
    spread = share @ (since - middle) ** 2
    if spread <= 0:
        return mean
    slope = (share * (since - middle)) @ values / spread
    return mean - slope * middle
