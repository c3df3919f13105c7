"""Scratches: long ones that wander over many frames, and the fine rain of a worn print."""

import numpy as np
from numpy.typing import NDArray

from refilm.age.ageing import Ageing
from refilm.age.chance import generator, smooth
from refilm.age.lasting import Visit, visits
from refilm.age.layer import Layer

_WIDTH = 0.2
"""Mean width of a scratch, % of the picture's width."""
_DRIFT = 1.2
"""How far a scratch wanders: standard deviation, % of the picture's width."""
_DRIFT_FRAMES = 12.0
_FADE_FRAMES = 2
"""Frames in which a scratch comes up and dies away."""


def draw_scratches(layer: Layer, number: int, rate: float, ageing: Ageing) -> None:
    """Draw the scratches and the rain of film frame `number`; `rate` is film frames per second."""
    frames = ageing.scratch_seconds * rate
    for visit in visits(ageing.seed, "scratch", number, ageing.scratches, frames):
        _draw_scratch(layer, number, visit, ageing)
    random = generator(ageing.seed, "rain", number)
    for _ in range(random.poisson(ageing.rain)):
        _draw_drop(layer, random, ageing)


def _draw_scratch(layer: Layer, number: int, visit: Visit, ageing: Ageing) -> None:
    random = visit.random
    percent = layer.width / 100
    drift = smooth(ageing.seed, f"scratch drift {visit.key}", number, _DRIFT_FRAMES)
    home = random.uniform(0, layer.width) + _DRIFT * percent * drift
    width = _WIDTH * percent * random.lognormal(0, 0.4)
    dark = bool(random.random() < ageing.scratch_dark)
    presence = min(1.0, (visit.age + 1) / _FADE_FRAMES, visit.left / _FADE_FRAMES)
    strength = presence * random.uniform(0.4, 1)
    rows = np.linspace(0, 1, layer.height)
    wander = 0.3 * percent * np.sin(2 * np.pi * (rows * random.uniform(0.2, 1) + random.random()))
    frame = generator(ageing.seed, f"scratch cover {visit.key}", number)
    cover = strength * _broken(layer.height, random.uniform(0, 1.4), frame)
    layer.stroke(0, home + wander, width, dark, cover)


def _broken(height: int, depth: float, frame: np.random.Generator) -> NDArray[np.float64]:
    """Return the cover 0..1 at each row of a scratch that skips and thins in places."""
    knots = depth + frame.normal(0, 0.5, 9)
    return np.clip(np.interp(np.linspace(0, 8, height), np.arange(9), knots), 0, 1)


def _draw_drop(layer: Layer, random: np.random.Generator, ageing: Ageing) -> None:
    length = max(round(layer.height * random.lognormal(-2.3, 0.8)), 3)
    rows = np.linspace(-1, 1, length)
    x = random.uniform(0, layer.width) + rows * length * random.normal(0, 0.006)
    width = random.uniform(0.1, 0.25) * layer.width / 100
    dark = bool(random.random() < ageing.scratch_dark)
    cover = random.uniform(0.15, 0.7) * np.clip(2 - 2 * np.abs(rows), 0, 1)
    layer.stroke(round(random.uniform(-length, layer.height)), x, width, dark, cover)
