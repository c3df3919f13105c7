"""The camera's path through a shot, as the survey followed it, and the weave about it.

Lines fitted around each frame with weights, after Cleveland, "Robust locally weighted regression",
1979, https://doi.org/10.1080/01621459.1979.10481038; the longest stretch that the data does not
contradict, after Goldenshluger and Nemirovski, 1997.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from refilm.findings import Survey
from refilm.frames import Shot

Path = NDArray[np.float64]
"""(n, 3): where the content lies in each frame of a shot: x and y in pixels of the source, and the
turn in radians about the picture's centre; from the shot's first frame on."""
Numbers = NDArray[np.float64]

_REACH = 4.0
"""Standard deviations at which a Gaussian's weight is nothing."""
_LONGER = (8.0, 4.0, 2.0)
"""Times the asked-for smoothing that are tried on shots whose camera neither stands nor pans evenly."""
_BELIEF = 3.5
"""Standard errors within which a steadier path must stay of the close one everywhere in the shot."""
_DRIFT = 2 * np.array((0.02, 0.02, 1e-4))
"""How far the survey's small errors, summed over a shot, may lead, as `Path`, by the square root of
its frames: twice what was measured on still pictures with planted weave."""
_TORN = 3.0
"""Standard deviations of the weave at which a frame's weight in the path is halved."""
_SMALLEST = np.array((0.05, 0.05, 2e-4))
"""Weave, as `Path`, below which only the survey's own error is seen."""


@lru_cache(maxsize=8)
def weave(survey: Survey, shot: Shot, seconds: float) -> Path:
    """Return by how much each frame of `shot` lies off the camera's path, (n, 3).

    The camera is taken to have stood still, or panned evenly, if that explains the shot; else its
    path is a line fitted around every frame with Gaussian weights of `seconds` standard deviation,
    or of more where the shot allows it.
    """
    frames = np.arange(shot.first, shot.stop)
    path = path_of(survey, shot)
    times, own = _times(survey, frames)
    off = path[own] - _camera(times[own], path[own], seconds)
    return off[np.cumsum(own) - 1]


def path_of(survey: Survey, shot: Shot) -> Path:
    """Return where the content lies in each frame of the shot, as the survey followed it."""
    return np.cumsum(survey.figures.motion[shot.first : shot.stop, :3], axis=0)


def stability(path: Path) -> float:
    """Return how steady a path is, 0 to 1: the share of its movement's energy that is slow.

    Slow are the second to sixth frequencies of the shot, as in Liu et al., "Bundled Camera Paths for
    Video Stabilization", SIGGRAPH 2013, https://doi.org/10.1145/2461912.2461995.
    """
    energy = np.abs(np.fft.rfft(path[:, :2] - path[:, :2].mean(axis=0), axis=0)[1:]) ** 2
    whole = energy.sum(axis=0)
    shares = energy[:5].sum(axis=0) / np.maximum(whole, 1e-12)
    # What hardly moves at all is steady, whatever little is left of it.
    return float(np.where(whole < len(path) * _SMALLEST[:2] ** 2, 1.0, shares).min())


def _times(survey: Survey, frames: NDArray[np.int64]) -> tuple[Numbers, NDArray[np.bool_]]:
    """Return when each frame's picture was truly taken, in seconds, and which frames are no repeats."""
    own = ~survey.figures.repeat[frames]
    own[0] = True
    if survey.cadence is not None:
        return survey.cadence.times[frames], own
    seconds = survey.timeline.ticks[frames] * float(survey.timeline.time_base)
    return np.asarray(seconds, np.float64), own


def _camera(times: Numbers, path: Path, seconds: float) -> Path:
    """Return the steadiest path of a camera that stays close to the path of the picture.

    Each of the three figures has its own: a camera that pans may well not tilt.
    """
    trusted = _untorn(times, path, seconds)
    close, doubt = _lines(times, path, seconds, trusted)
    allowed = _BELIEF * doubt[:, None] * _spread(path - close) + _DRIFT * np.sqrt(len(path))
    camera, open_still = close.copy(), np.ones(path.shape[1], np.bool_)
    for steady in _steadier(times, path, seconds, trusted):
        fits = open_still & np.all(np.abs(steady - close) <= allowed, axis=0)
        camera[:, fits] = steady[:, fits]
        open_still &= ~fits
        if not open_still.any():
            break
    return camera


def _steadier(times: Numbers, path: Path, seconds: float, trusted: Numbers) -> Iterator[Path]:
    """Yield the path of a camera that stands, of one that pans evenly, and ever less steady ones."""
    yield np.broadcast_to(np.average(path, axis=0, weights=trusted), path.shape)
    yield _line(times, path, trusted)
    for longer in _LONGER:
        yield _lines(times, path, seconds * longer, trusted)[0]


def _line(times: Numbers, path: Path, trusted: Numbers) -> Path:
    """Return the one line that fits the whole path best."""
    share = trusted / trusted.sum()
    since = times - share @ times
    slope = (share * since) @ path / max(float(share @ since**2), 1e-12)
    return share @ path + since[:, None] * slope


def _untorn(times: Numbers, path: Path, seconds: float) -> Numbers:
    """Return each frame's weight, small for frames that lie far off, as torn or misplaced ones do."""
    close, _ = _lines(times, path, seconds, np.ones(len(times)))
    off = path - close
    return 1 / (1 + np.max(np.abs(off) / (_TORN * _spread(off)), axis=1) ** 2)


def _spread(off: Path) -> Numbers:
    """Return the standard deviation of the weave, whatever a few torn frames do, (3,)."""
    return np.maximum(1.4826 * np.median(np.abs(off), axis=0), _SMALLEST)


def _lines(times: Numbers, path: Path, seconds: float, trusted: Numbers) -> tuple[Path, Numbers]:
    """Return at every frame the line fitted around it, and its standard error for weave of 1."""
    fitted, doubt = np.empty_like(path), np.empty(len(path))
    starts = np.searchsorted(times, times - _REACH * seconds)
    stops = np.searchsorted(times, times + _REACH * seconds, side="right")
    for place, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        since = times[start:stop] - times[place]
        parts = _parts(since, trusted[start:stop] * np.exp(-0.5 * (since / seconds) ** 2))
        fitted[place] = parts @ path[start:stop]
        doubt[place] = np.sqrt(parts @ parts)
    return fitted, doubt


def _parts(since: Numbers, weight: Numbers) -> Numbers:
    """Return how much each value counts in the value at 0 of the line that fits them best."""
    share = weight / weight.sum()
    middle = share @ since
    spread = share @ (since - middle) ** 2
    if spread <= 0:
        return share
    return share * (1 - middle * (since - middle) / spread)
