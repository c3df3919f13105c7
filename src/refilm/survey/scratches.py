"""Thin upright scratches that stay for many frames, and where they run.

After Kokaram, "Detection and Removal of Line Scratches in Degraded Motion Picture Sequences", EUSIPCO
1996, followed over time: a scratch stays where it is while the scene weaves.
"""

from dataclasses import dataclass, field
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.findings import Scratch
from refilm.survey.look import Look

Luma = NDArray[np.float32]

_BANDS = 24
"""Parts of the height that are looked at one by one."""
_BANDS_WITH = 0.75
"""Share of the bands in which a line must show."""
_FAINTEST = 0.012
"""Luma by which a line must differ from its sides."""
_LINE, _SIDE = 2, 3
"""Pixels from the middle of a line to its end, and of the strip beside it that it is compared with."""
_EDGE = 0.04
"""Share of the width at either side where the film's own edge stands."""
_WANDER = 2.0
"""Pixels by which a scratch may wander from one picture to the next."""
_PATIENCE = 6
"""Pictures for which a scratch may be hidden."""
_SHOWN = 0.6
"""Share of its pictures in which a scratch must show."""
_LASTING = Fraction(1, 2)
"""Seconds that a scratch must last."""
_FEWEST = 8
"""Pictures that it must show in."""
_MOVED = 0.4
"""Root mean square of the scene's steps sideways, in pixels, from which on they tell."""
_WITH_SCENE = 0.5
"""Share of the scene's steps that a thing of the scene makes too."""
_UPRIGHT = 0.9
"""Share of the bands that a line must show in where nothing moves and a pole stands as still."""


@dataclass(slots=True)
class _Track:
    """One line, followed."""

    column: float
    light: bool
    first: int
    last: int
    pictures: int = 1
    """Pictures since it was first seen."""
    missed: int = 0
    columns: list[float] = field(default_factory=list[float])
    scene: list[float] = field(default_factory=list[float])
    """How far the scene had moved sideways when the line was seen, in pixels."""
    height: float = 0
    """Sum of the shares of bands."""


class Scratches:
    """Follows upright lines through the film."""

    def __init__(self, rate: Fraction) -> None:
        self._rate = rate
        self._open: list[_Track] = []
        self._closed: list[_Track] = []
        self._scene = 0.0
        self._scale = 1.0

    def see(self, look: Look, sideways: float, is_new: bool) -> None:
        """Take in a frame whose scene moved `sideways` source pixels; repeats tell nothing."""
        if not is_new:
            return
        self._scale = look.scale_x
        self._scene += sideways / look.scale_x
        for track in self._open:
            track.pictures += 1
            track.missed += 1
        for column, light, height in _lines(look.luma):
            self._follow(column, light, height, look.number)
        self._let_go()

    def _follow(self, column: float, light: bool, height: float, number: int) -> None:
        near = [t for t in self._open if t.light == light and abs(t.column - column) <= _WANDER]
        if near:
            track = min(near, key=lambda t: abs(t.column - column))
        else:
            track = _Track(column, light, number, number)
            self._open.append(track)
        track.column, track.last, track.missed = column, number, 0
        track.columns.append(column)
        track.scene.append(self._scene)
        track.height += height

    def _let_go(self) -> None:
        gone = [track for track in self._open if track.missed > _PATIENCE]
        self._closed += [track for track in gone if self._is_scratch(track)]
        self._open = [track for track in self._open if track.missed <= _PATIENCE]

    def found(self) -> tuple[Scratch, ...]:
        """Return all scratches, in the order in which they begin."""
        lasting = self._closed + [track for track in self._open if self._is_scratch(track)]
        return tuple(
            Scratch(
                round((float(np.median(t.columns)) + 0.5) * self._scale, 1),
                t.light,
                t.first,
                t.last + 1,
            )
            for t in sorted(lasting, key=lambda t: (t.first, t.column))
        )

    def _is_scratch(self, track: _Track) -> bool:
        seen = len(track.columns)
        shown = seen / (track.pictures - track.missed)
        if seen < _FEWEST or track.last - track.first < _LASTING * self._rate or shown < _SHOWN:
            return False
        steps, scene = np.diff(track.columns), np.diff(track.scene)
        power = float(np.mean(scene**2))
        if power < _MOVED**2:
            return track.height / seen >= _UPRIGHT
        return float(np.mean(steps * scene)) < _WITH_SCENE * power


def _lines(luma: Luma) -> list[tuple[float, bool, float]]:
    """Return column, whether light, and share of bands of each upright line."""
    height, width = luma.shape
    if width < 16 * _LINE:
        return []
    size = (width, min(_BANDS, height))
    bands = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.float32)
    means = np.asarray(cv2.blur(bands, (_SIDE, 1)), np.float32)
    left, right = np.roll(means, _LINE + 1, axis=1), np.roll(means, -_LINE - 1, axis=1)
    thin = np.asarray(cv2.blur(bands, (2, 1)), np.float32)
    light, dark = thin - np.maximum(left, right), np.minimum(left, right) - thin
    return [*_running_down(light, True), *_running_down(dark, False)]


def _running_down(contrast: Luma, light: bool) -> list[tuple[float, bool, float]]:
    near = np.asarray(cv2.dilate(contrast, np.ones((1, 3), np.uint8)), np.float32)
    share = (near > _FAINTEST).mean(axis=0)
    mean = np.clip(contrast, 0, 4 * _FAINTEST).mean(axis=0)
    peak = mean >= np.asarray(cv2.dilate(mean[None], np.ones((1, 7), np.uint8)), np.float32)[0]
    edge = max(round(_EDGE * len(mean)), 2)
    found = np.flatnonzero(peak & (share >= _BANDS_WITH) & (mean > _FAINTEST / 2))
    inside = found[(found >= edge) & (found < len(mean) - edge)]
    return [(_between(mean, int(c)), light, float(share[c])) for c in inside]


def _between(mean: NDArray[np.float32], column: int) -> float:
    """Return where the peak lies, between pixels."""
    near = mean[column - 1 : column + 2].astype(np.float64)
    return column + float(near[2] - near[0]) / max(float(near.sum()), 1e-9)
