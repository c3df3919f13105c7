"""The gate: its black border with round corners, and the hairs that hang in it."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.age.ageing import Ageing
from refilm.age.chance import smooth
from refilm.age.lasting import Visit, visits
from refilm.age.layer import Layer
from refilm.age.outlines import outlines
from refilm.age.weave import Shift
from refilm.frames import Pixels

_ROUND = 1.6
"""Radius of the corners, in widths of the border."""
_SOFT = 0.12
"""Sigma of the border's edge, % of the picture's width: the gate is a little out of focus."""
_WIGGLE = 0.06
"""How far a hair turns to and fro: standard deviation, radians."""
_WIGGLE_FRAMES = 1.5
_HAIR_SIZE = 1.3
"""Hairs in the gate against other dirt, which `dirt_size` gives."""


def framed(pixels: Pixels, shift: Shift, ageing: Ageing) -> tuple[Pixels, NDArray[np.bool_]]:
    """Return the picture within its border, and (height, width) where the picture is to be seen."""
    height, width = pixels.shape[:2]
    if not ageing.border:
        return pixels, np.ones((height, width), np.bool_)
    opening = _opening(height, width, ageing.border)
    moved = cv2.warpAffine(opening, shift.matrix(height, width), (width, height))
    light = np.asarray(moved, np.float32).reshape(height, width, 1)
    return pixels * light, light[:, :, 0] > 0.5


@cache
def _opening(height: int, width: int, border: float) -> Pixels:
    margin = border / 100 * width
    radius = _ROUND * margin
    across = np.abs(np.arange(width) - (width - 1) / 2) - (width / 2 - margin - radius)
    down = np.abs(np.arange(height) - (height - 1) / 2) - (height / 2 - margin - radius)
    outside = np.hypot(np.maximum(across, 0)[None], np.maximum(down, 0)[:, None]) - radius
    hard = np.clip(0.5 - outside, 0, 1).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(hard, (0, 0), max(_SOFT / 100 * width, 0.3)), np.float32)


def draw_hairs(layer: Layer, number: int, rate: float, ageing: Ageing) -> None:
    """Draw the hairs that hang in the gate at film frame `number`."""
    frames = ageing.hair_seconds * rate
    for visit in visits(ageing.seed, "hair", number, ageing.hairs, frames):
        _draw_hair(layer, number, visit, ageing)


def _draw_hair(layer: Layer, number: int, visit: Visit, ageing: Ageing) -> None:
    random = visit.random
    shapes = outlines(ageing.outlines).hairs
    shape = shapes[random.integers(len(shapes))]
    size = _HAIR_SIZE * ageing.dirt_size * random.lognormal(0, 0.3) * layer.width
    wiggle = _WIGGLE * smooth(ageing.seed, f"hair turn {visit.key}", number, _WIGGLE_FRAMES)
    root, heading = _root(layer, ageing, random)
    hanging = shape - shape[0]
    own = np.arctan2(*hanging[len(hanging) // 2][::-1])
    angle = heading - own + wiggle
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = hanging @ np.array([[cosine, sine], [-sine, cosine]])
    layer.fill(turned * size + root, True, random.uniform(0.8, 1))


def _root(
    layer: Layer, ageing: Ageing, random: np.random.Generator
) -> tuple[NDArray[np.float64], float]:
    """Return where at the gate's edge a hair is caught, and towards where it points (radians)."""
    margin = ageing.border / 100 * layer.width
    along = random.uniform(0.05, 0.95)
    side = int(random.choice(4, p=(0.4, 0.3, 0.15, 0.15)))
    x = (along * layer.width, along * layer.width, margin, layer.width - margin)[side]
    y = (margin, layer.height - margin, along * layer.height, along * layer.height)[side]
    heading = (np.pi / 2, -np.pi / 2, 0, np.pi)[side] + random.normal(0, 0.6)
    return np.array((x, y)), heading
