"""Which frames stand for a shot: sharp, clean, calm and evenly lit ones, spread over what it shows.

The survey's figures name a few candidates; only these are decoded, and the one that shows most is
taken: faces most of all, where a network looks for them.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.findings import LIGHT_FLOOR, Survey
from refilm.frames import Pixels, Shot
from refilm.stills.faces import Seen

Read = Callable[[int], Pixels]
"""Gives the luma of a frame of the film, (H, W, 1), by its number."""

_LONG = (Fraction(3), Fraction(8))
"""Seconds of a shot from which two and three stills stand for it."""
_FAR = (0.5, 1.2)
"""The same for the camera's path, in widths of the picture."""
_CANDIDATES = 5
"""Frames of each part of a shot that are decoded and compared."""
_APART = Fraction(1, 4)
"""Seconds between two candidates, so that they differ."""
_JOINT = 2
"""Frames at a cut that are left out where the shot is long enough: splices mark them."""
_UNIT = {"dirt": 0.004, "blur": 0.01, "softness": 0.5, "light": 0.08, "contrast": 0.15}
"""How much worse than the shot's usual frame counts as one step: share of the picture, widths of the
picture per frame, source pixels, natural log of luma, share of full contrast."""
_OUT = 100.0
"""Steps that a frame in a flash or a dissolve is worse by: taken only where there is no other."""
_FACES = 1.0
"""How much more a picture is worth whose faces are seen well."""
_FINE = 480
"""Pixels on the shorter side of the picture in which detail is compared: grain is gone there."""
_TILE = 16
"""Pixels on a side of the tiles that show something or nothing."""
_SEEN = 0.02
"""Standard deviation of luma, 0..1, in a tile that shows something."""


def first_middle_last(shot: Shot) -> tuple[int, ...]:
    """Return the first, the middle and the last frame of a shot, each once."""
    return tuple(sorted({shot.first, (shot.first + shot.stop - 1) // 2, shot.stop - 1}))


def choose(survey: Survey, shot: Shot, read: Read, faces: Seen | None = None) -> tuple[int, ...]:
    """Return the one to three frames that stand for a shot, in rising order."""
    return tuple(_worthiest(part, read, faces) for part in candidates(survey, shot))


def _worthiest(frames: Sequence[int], read: Read, faces: Seen | None) -> int:
    return max(frames, key=lambda frame: worth(read(frame), faces)) if len(frames) > 1 else frames[0]


def candidates(survey: Survey, shot: Shot) -> tuple[tuple[int, ...], ...]:
    """Return for each part of a shot the frames that the survey's figures speak for, best first."""
    bad = badness(survey, shot)
    edge = min(_JOINT, (shot.stop - shot.first - 1) // 4)
    inner = np.arange(edge, len(bad) - edge)
    way = _way(survey, shot)
    parts = _count(survey, shot)
    place = np.minimum((way * parts).astype(int), parts - 1)
    found = (inner[place[inner] == part] for part in range(parts))
    return tuple(_best(survey, shot, bad, part) for part in found if len(part))


def _best(
    survey: Survey, shot: Shot, bad: NDArray[np.float64], part: NDArray[np.int_]
) -> tuple[int, ...]:
    chosen: list[int] = []
    times = survey.timeline
    # Of frames that are alike good, one in the middle of the part stands best for it.
    middle = np.abs(part - part.mean()) / len(part)
    for place in part[np.argsort(bad[part] + middle, kind="stable")]:
        frame = shot.first + int(place)
        if all(abs(times.time(frame) - times.time(other)) >= _APART for other in chosen):
            chosen.append(frame)
        if len(chosen) == _CANDIDATES:
            break
    return tuple(chosen)


def _travel(survey: Survey, shot: Shot) -> NDArray[np.float64]:
    """Return how far the camera goes into each frame, in widths of the picture; trembling is no way."""
    motion = survey.figures.motion[shot.first : shot.stop]
    window = max(min(round(survey.info.rate), len(motion)), 1)
    steady = cv2.blur(motion, (1, window), borderType=cv2.BORDER_REFLECT)
    steady = np.asarray(steady, np.float64).reshape(motion.shape)
    return np.hypot(steady[:, 0], steady[:, 1]) / survey.info.width + np.abs(steady[:, 3])


def _count(survey: Survey, shot: Shot) -> int:
    """Return how many stills a shot needs: more for a long one, and where the camera travels."""
    path = float(_travel(survey, shot).sum())
    seconds = shot.end - shot.start
    by_time = 1 + sum(seconds >= limit for limit in _LONG)
    return max(by_time, 1 + sum(path >= limit for limit in _FAR))


def _steps(survey: Survey, shot: Shot) -> NDArray[np.float64]:
    """Return how far the picture goes into each frame of a shot, in widths of the picture."""
    motion = survey.figures.motion[shot.first : shot.stop]
    shift = np.hypot(motion[:, 0], motion[:, 1]) / survey.info.width
    return shift + np.abs(motion[:, 3])


def _way(survey: Survey, shot: Shot) -> NDArray[np.float64]:
    """Return how far through the shot each frame is, 0..1: half by time, half by the camera's path."""
    count = shot.stop - shot.first
    time = np.arange(count) / max(count, 1)
    travelled = np.cumsum(_travel(survey, shot))
    total = float(travelled[-1])
    return (time + travelled / total) / 2 if total > _FAR[0] else time


def badness(survey: Survey, shot: Shot) -> NDArray[np.float64]:
    """Return in how many steps each frame of a shot is worse than the shot's usual one."""
    figures = survey.figures
    rows = slice(shot.first, shot.stop)
    steps = _steps(survey, shot)
    blur = np.maximum(steps, np.append(steps[1:], 0))
    light = np.log(np.maximum(figures.level[rows], 0) + LIGHT_FLOOR)
    contrast = figures.white[rows] - figures.black[rows]
    total = blur / _UNIT["blur"] + np.abs(light - np.median(light)) / _UNIT["light"]
    total = total + np.maximum(np.median(contrast) - contrast, 0) / _UNIT["contrast"]
    if len(figures.dirt):
        total = total + figures.dirt[rows] / _UNIT["dirt"]
    if len(figures.softness):
        total = total + figures.softness[rows] / _UNIT["softness"]
    return total + _OUT * _unfit(survey, shot)


def _unfit(survey: Survey, shot: Shot) -> NDArray[np.bool_]:
    """Return which frames of a shot flash, or show two shots at once."""
    unfit = np.zeros(shot.stop - shot.first, np.bool_)
    spans = [(flash, flash + 1) for flash in survey.flashes]
    spans += [(each.first, each.stop) for each in survey.transitions]
    for first, stop in spans:
        unfit[max(first - shot.first, 0) : max(stop - shot.first, 0)] = True
    return unfit


def worth(luma: Pixels, faces: Seen | None = None) -> float:
    """Return how much a picture shows, above 0: how sharp its edges are, how full it is, and faces."""
    small = _fine(luma)
    across, along = (cv2.Sobel(small, cv2.CV_32F, x, 1 - x, scale=0.125) for x in (1, 0))
    edges = float(np.percentile(np.hypot(across, along), 98))
    people = faces(luma) if faces else 0.0
    return edges * (0.25 + _fullness(small)) * (1 + _FACES * people) + 1e-9


def _fine(luma: Pixels) -> NDArray[np.float32]:
    scale = min(_FINE / min(luma.shape[:2]), 1)
    size = [max(round(side * scale), 1) for side in luma.shape[1::-1]]
    reduced = cv2.resize(luma[:, :, 0], size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(reduced, (0, 0), 0.8), np.float32)


def _fullness(luma: NDArray[np.float32]) -> float:
    """Return the share of the picture in which there is anything to see."""
    height, width = (max(side // _TILE, 1) for side in luma.shape)
    mean, square = (
        cv2.resize(each, (width, height), interpolation=cv2.INTER_AREA) for each in (luma, luma * luma)
    )
    spread = np.sqrt(np.maximum(np.asarray(square) - np.asarray(mean) ** 2, 0))
    return float((spread > _SEEN).mean())
