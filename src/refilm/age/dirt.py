"""Dirt and dust: specks of real sizes, each on one frame only."""

import numpy as np
from numpy.typing import NDArray

from refilm.age.ageing import Ageing
from refilm.age.chance import generator, smooth
from refilm.age.layer import Layer
from refilm.age.outlines import outlines

_SPREAD = 0.45
"""Sigma of the log of how much larger or smaller than its outline a speck is."""
_CLUSTER = 0.7
"""Sigma of the log of how dirty one frame is against the next: dirt comes in bursts."""
_DRIFT_FRAMES = 4.0


def draw_dirt(layer: Layer, number: int, ageing: Ageing) -> None:
    """Draw the dirt of film frame `number`."""
    if not ageing.dirt:
        return
    shapes = outlines(ageing.outlines).specks
    random = generator(ageing.seed, "dirt", number)
    for _ in range(random.poisson(_expected(layer, number, ageing))):
        shape = shapes[random.integers(len(shapes))]
        size = ageing.dirt_size * random.lognormal(0, _SPREAD) * layer.width
        place = random.uniform((0, 0), (layer.width, layer.height))
        dark = bool(random.random() < ageing.dirt_dark)
        layer.fill(shape * size @ _turn(random) + place, dark, random.uniform(0.55, 1))


def _expected(layer: Layer, number: int, ageing: Ageing) -> float:
    """Return how many specks a frame as dirty as this one has on average."""
    growth = ageing.dirt_size**2 * np.exp(2 * _SPREAD**2)
    speck = outlines(ageing.outlines).speck_area() * growth * layer.width**2
    busy = np.exp(_CLUSTER * smooth(ageing.seed, "dirt", number, _DRIFT_FRAMES) - _CLUSTER**2 / 2)
    return float(ageing.dirt / 100 * layer.width * layer.height / speck * busy)


def _turn(random: np.random.Generator) -> NDArray[np.float64]:
    angle = random.uniform(0, 2 * np.pi)
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
