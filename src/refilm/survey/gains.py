"""How the light of each part of the picture goes along time, told from what frames show in common.

The step of light from frame to frame is measured on the picture before, moved as the camera moved:
what comes into the picture or leaves it, in a pan, is no change of light. Places that changed by
more than the light did, because something moved there, count less (Tukey's weights). Each part of
the picture and each of its tones gets a share of the step: a two-way fit by turns
(backfitting; Hastie and Tibshirani, "Generalized Additive Models", 1986).
"""

from typing import NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.findings import LIGHT_FLOOR
from refilm.survey.dirt import moved
from refilm.survey.look import Look
from refilm.survey.motion import Move

CELLS = (10, 8)
"""Parts of the picture, across and down: flicker varies slowly over a picture."""
_SAMPLES = 10
"""Samples of each part, across and down."""
TONES = 5
"""Parts that the tones are sorted into, as many samples in each, from dark to light."""
_OUTSIDE, _UNSEEN = -99.0, -7.0
"""What a place that the frame before did not show is marked with, and below what a mix with that is."""
_BEYOND = 3.0
"""Usual strays from which on a sample does not count."""
_LEAST_STRAY = 0.008
_NEIGHBOURS = 10.0
"""Samples of its own that a part needs to be believed as much as the parts around it."""
_WHOLE = 2.0
"""The same against the whole picture."""
_ROUNDS = 3
_NEAR = (5, 5)
"""Samples around each, across and down, that light rises alike in."""
_FLAT = 0.02
"""Deviation among these that light may well have: it lifts dark places less, as LIGHT_FLOOR has it."""
_UNEVEN = 4.0
"""Usual variances of these from which on a sample counts for less than half."""
_LEARNING = 0.1
"""How much the newest frame counts in what is remembered of the light."""

Kind = TypeVar("Kind", bound=np.generic)
Luma = NDArray[np.float32]
Numbers = NDArray[np.float64]


class Step(NamedTuple):
    """By how much (natural log) light rose from one picture to the next."""

    parts: Numbers
    """(CELLS down, across)."""
    tones: Numbers
    """(TONES,): besides `parts`; its mean over the picture is 0."""


class Gains:
    """Notes the light of every part of each frame, against the first frame's, as steps add up."""

    def __init__(self) -> None:
        self.rows: list[NDArray[np.float32]] = []
        """Per frame: light of the parts row by row, light of the tones, luma of the tones."""
        self._before: Numbers | None = None
        self._light = self._usual = Step(np.zeros(CELLS[::-1]), np.zeros(TONES))

    def see(self, look: Look, move: Move) -> None:
        """Measure the step of light from the frame before to this one."""
        now = samples(look.luma)
        if self._before is not None:
            self._add(between(_carried(self._before, move, look), now))
        parts, tones = self._light
        shades = np.quantile(now[::2, ::2], (np.arange(TONES) + 0.5) / TONES)
        # The unevenness of this frame's light stays where it is while the picture moves on.
        uneven = _spread(parts - self._usual.parts, now.shape)
        self._before = now - uneven - np.interp(now, shades, tones - self._usual.tones)
        row = np.concatenate((parts.ravel(), tones, np.exp(shades) - LIGHT_FLOOR))
        self.rows.append(row.astype(np.float32))

    def _add(self, step: Step) -> None:
        usual = self._usual
        parts, tones = usual.parts + step.parts, usual.tones + step.tones
        self._light = Step(parts, tones)
        self._usual = Step(
            usual.parts + _LEARNING * (parts - usual.parts),
            usual.tones + _LEARNING * (tones - usual.tones),
        )

    def figures(self) -> dict[str, NDArray[np.float32]]:
        """Return what `Figures` keeps of each frame, by its names there."""
        table = np.stack(self.rows)
        light, tone_light, tones = np.split(table, np.cumsum((CELLS[0] * CELLS[1], TONES)), axis=1)
        light = light.reshape(-1, CELLS[1], CELLS[0])
        return {"light": light, "tone_light": tone_light, "tones": tones}


def samples(luma: Luma) -> Numbers:
    """Return the natural log of the luma, reduced to the samples that light is measured on."""
    size = (CELLS[0] * _SAMPLES, CELLS[1] * _SAMPLES)
    small = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.float64)
    return np.log(np.maximum(small, 0) + LIGHT_FLOOR)


def _carried(before: Numbers, move: Move, look: Look) -> Numbers:
    """Return the samples moved as the picture did; _OUTSIDE where there were none."""
    height, width = before.shape
    x = move.x / look.scale_x * width / look.luma.shape[1]
    y = move.y / look.scale_y * height / look.luma.shape[0]
    framed = np.pad(before, 1, constant_values=_OUTSIDE).astype(np.float32)
    return moved(framed, move._replace(x=x, y=y))[1:-1, 1:-1].astype(np.float64)


def between(before: Numbers, now: Numbers) -> Step:
    """Return the step of light between two lots of samples (natural log) of the same places."""
    seen = before > _UNSEEN
    if not seen.any():
        return Step(np.zeros(CELLS[::-1]), np.zeros(TONES))
    rise = now - before
    common = float(np.median(rise[seen]))
    rough = np.median(_by_cells(np.where(seen, rise, common)), axis=1).reshape(CELLS[::-1])
    stray = rise - _spread(rough, rise.shape)
    usual = 1.5 * float(np.median(np.abs(stray[seen]))) + _LEAST_STRAY
    weight = np.maximum(1 - (stray / (_BEYOND * usual)) ** 2, 0) ** 2 * _calm(stray, seen)
    return _shared(rise, weight, _tone(before + now, seen), common)


def _calm(stray: Numbers, seen: NDArray[np.bool_]) -> Numbers:
    """Return how far each sample is believed: light rises alike in neighbours, what moves does not."""
    share = np.maximum(_around(seen.astype(np.float64)), 1e-6)
    held = np.where(seen, stray, 0)
    mean, square = _around(held) / share, _around(held * held) / share
    uneven = np.maximum(square - mean * mean, 0)
    usual = float(np.median(uneven[seen])) + _FLAT**2
    return seen / (1 + (uneven / (_UNEVEN * usual)) ** 2)


def _around(values: Numbers) -> Numbers:
    return np.asarray(cv2.blur(values, _NEAR), np.float64)


def _by_cells(samples: NDArray[Kind]) -> NDArray[Kind]:
    """Return the samples as (cells, samples of one cell)."""
    cells = samples.reshape(CELLS[1], _SAMPLES, CELLS[0], _SAMPLES).swapaxes(1, 2)
    return cells.reshape(CELLS[0] * CELLS[1], -1)


def _spread(parts: Numbers, size: tuple[int, ...]) -> Numbers:
    drawn = cv2.resize(parts, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(drawn, np.float64)


def _tone(brightness: Numbers, seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return which tone each sample is of, 0 for the darkest.

    That of both pictures together: noise in one would draw it to one side.
    """
    edges = np.quantile(brightness[seen][::2], np.arange(1, TONES) / TONES)
    return np.digitize(brightness, edges)


def _shared(rise: Numbers, weight: Numbers, tone: NDArray[np.int64], common: float) -> Step:
    """Return what of the rise goes with places, and what with tones."""
    cells, count = CELLS[0] * CELLS[1], CELLS[0] * CELLS[1] * TONES
    key = (np.arange(cells)[:, None] * TONES + _by_cells(tone)).ravel()
    flat = _by_cells(weight).ravel()
    weights = np.bincount(key, flat, count).reshape(cells, TONES)
    sums = np.bincount(key, flat * (_by_cells(rise).ravel() - common), count).reshape(cells, TONES)
    tones = np.zeros(TONES)
    parts = np.zeros(cells)
    for _ in range(_ROUNDS):
        # Tones first: a few of them say what is common to many parts.
        missing = (sums - weights * parts[:, None]).sum(axis=0)
        tones = missing / (weights.sum(axis=0) + _NEIGHBOURS)
        parts = _supported((sums - weights * tones).sum(axis=1), weights.sum(axis=1))
    # What all tones have in common belongs to the parts.
    parts, tones = parts + tones.mean(), tones - tones.mean()
    return Step(_knots(parts.reshape(CELLS[::-1])) + common, tones)


def _knots(means: Numbers) -> Numbers:
    """Return the values at the middles of the cells through which a surface has these means."""
    knots = means
    for _ in range(_ROUNDS):
        drawn = _by_cells(_spread(knots, (CELLS[1] * _SAMPLES, CELLS[0] * _SAMPLES)))
        knots = knots + means - drawn.mean(axis=1).reshape(CELLS[::-1])
    return knots


def _supported(sums: Numbers, weights: Numbers) -> Numbers:
    """Return the mean of each cell; where a cell has few samples, that of the cells around it."""
    size = CELLS[::-1]
    around = _blurred(sums.reshape(size)) / (_blurred(weights.reshape(size)) + _WHOLE)
    return (sums + _NEIGHBOURS * around.ravel()) / (weights + _NEIGHBOURS)


def _blurred(parts: Numbers) -> Numbers:
    blurred = cv2.GaussianBlur(parts, (0, 0), 1.0, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float64)
