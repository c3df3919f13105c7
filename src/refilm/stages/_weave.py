"""The camera's path through a shot, as the survey followed it, and the weave about it."""

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from refilm.findings import Survey
from refilm.frames import Shot
from refilm.stages._camera import Seen, camera

Path = NDArray[np.float64]
"""(n, 3): where the content lies in each frame of a shot: x and y in pixels of the source, and the
turn in radians about the picture's centre; from the shot's first frame on."""
Numbers = NDArray[np.float64]

_REACH = 3.0
"""Standard deviations at which a Gaussian's weight is nothing."""
_LOOK = 480
"""Width in pixels of the picture in which cameras and weave are as strong as usual."""
_TORN = 5.0
"""Standard deviations from its neighbours' middle at which a frame is torn, or was misplaced."""
_BESIDE = 3
"""Frames either side whose middle a frame is compared with."""
_UNKNOWN = 1e6
"""Variance of the place of a frame that tells nothing of it."""
_SMALLEST = np.array((0.05, 0.05, 2e-4))
"""Weave, as `Path`, below which only the survey's own error is seen."""


@lru_cache(maxsize=8)
def weave(survey: Survey, shot: Shot, seconds: float) -> Path:
    """Return by how much each frame of `shot` lies off the camera's path, (n, 3).

    The camera stands, pans evenly or bends in each stretch of the shot, whichever explains it best;
    a bending path is evened out as by a Gaussian of `seconds` standard deviation, or more.
    """
    frames = np.arange(shot.first, shot.stop)
    path = path_of(survey, shot)
    times, own = _times(survey, frames)
    lost = survey.figures.trust[frames] == 0
    lost[0] = False
    told = own & ~lost
    off = path[told] - _camera(survey, times[told], path[told], frames[told], seconds)
    every = np.stack([np.interp(frames, frames[told], each) for each in off.T], axis=1)
    return every[np.maximum.accumulate(np.where(own, frames - shot.first, 0))]


def quick(off: Path, frames: float) -> Path:
    """Return what of the weave is quicker than a Gaussian of `frames` standard deviation, (n, 3)."""
    reach = min(int(np.ceil(_REACH * frames)), (len(off) - 1) // 2)
    window = np.exp(-0.5 * (np.arange(-reach, reach + 1) / frames) ** 2)
    # The middle of three, so that one torn frame does not pull its neighbours.
    middle = np.median(sliding_window_view(np.pad(off, ((1, 1), (0, 0)), "edge"), 3, axis=0), axis=-1)
    slow = [np.convolve(each, window, mode="same") for each in (*middle.T, np.ones(len(off)))]
    return off - np.stack(slow[:-1], axis=1) / slow[-1][:, None]


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


def _camera(
    survey: Survey, times: Numbers, path: Path, frames: NDArray[np.int64], seconds: float
) -> Path:
    """Return the camera's path; each figure has its own: a camera that pans may well not tilt."""
    if len(path) < 2:
        return path
    usual = max(float(np.median(np.diff(times))), 1e-6)
    steps = np.diff(times, prepend=times[0] - usual) / usual
    width = survey.info.width
    units = np.array((1.0, 1.0, width / 2)) * _LOOK / max(width, _LOOK)
    growth = np.cumsum(survey.figures.motion[:, 3])[frames]
    doubt = np.where(_torn(path), _UNKNOWN, 0.0)
    found = [camera(Seen(each, steps, doubt, growth), seconds / usual) for each in (path * units).T]
    return np.stack(found, axis=1) / units


def _torn(path: Path) -> NDArray[np.bool_]:
    """Return which frames lie far off their neighbours, as torn or misplaced ones do, (n,)."""
    reach = min(_BESIDE, len(path) - 1)
    wide = np.pad(path, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
    off = path - np.median(sliding_window_view(wide, 2 * reach + 1, axis=0), axis=-1)
    return np.any(np.abs(off) > _TORN * _spread(off), axis=1)


def _spread(off: Path) -> Numbers:
    """Return the standard deviation of the weave, whatever a few torn frames do, (3,)."""
    return np.maximum(1.4826 * np.median(np.abs(off), axis=0), _SMALLEST)
