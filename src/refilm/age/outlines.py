"""Shapes of dirt, dust and hair: outlines of real damage where given, else drawn ones like them.

Sizes and kinds of the drawn ones follow 10,700 outlines of damage on seven empty 35 mm scans. The
statistics of such damage: Ivanova, "Machine learning for analogue media damage restoration",
University of Glasgow 2025, https://theses.gla.ac.uk/85461.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.age.chance import generator
from refilm.errors import InputError

_SCAN_WIDTH = 5000
"""Pixels across the scans that outlines are given in."""
_SPECKS = ("Dust", "Dirt", "Short hair")
_HAIRS = ("Long hair",)

Curve = NDArray[np.float32]
"""(n, 2): points x, y of a closed outline about its middle; 1 is the width of the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Outlines:
    """Shapes to draw damage from."""

    specks: tuple[Curve, ...]
    """Dust, dirt and short hairs, as often as they occur."""
    hairs: tuple[Curve, ...]
    """Hairs long enough to be seen hanging in the gate."""

    def speck_area(self) -> float:
        """Return the mean area of a speck; 1 is the square of the picture's width."""
        return float(np.mean([cv2.contourArea(speck) for speck in self.specks]))


@cache
def outlines(folder: Path | None) -> Outlines:
    """Return the outlines in `folder`, or drawn ones without; raises InputError where it has none."""
    if folder is None:
        return _drawn()
    return _read(folder)


def _read(folder: Path) -> Outlines:
    specks: list[Curve] = []
    hairs: list[Curve] = []
    for scan in sorted(folder.glob("scan_*.json")):
        for kind, points in _listed(scan):
            if len(points) > 2 and kind in _SPECKS + _HAIRS:
                (hairs if kind in _HAIRS else specks).append(_centred(np.array(points) / _SCAN_WIDTH))
    if not specks or not hairs:
        raise InputError(
            f"{folder} holds no outlines of damage; give a folder with scan_*.json files that list "
            f"{', '.join(_SPECKS + _HAIRS)}."
        )
    return Outlines(tuple(specks), tuple(hairs))


def _listed(scan: Path) -> list[tuple[str, list[list[float]]]]:
    try:
        return json.loads(scan.read_bytes())
    except ValueError as error:
        raise InputError(
            f"{scan} is not the JSON list of outlines that it should be: {error}."
        ) from error


def _centred(points: NDArray[np.float64]) -> Curve:
    middle = (points.min(0) + points.max(0)) / 2
    return np.ascontiguousarray(points - middle, np.float32)


def _drawn() -> Outlines:
    random = generator(0, "outlines", 0)
    specks = _many(_dust, 740, random) + _many(_dirt, 200, random) + _many(_short_hair, 110, random)
    return Outlines(specks, _many(_long_hair, 60, random))


def _many(
    draw: Callable[[np.random.Generator], NDArray[np.float64]], count: int, random: np.random.Generator
) -> tuple[Curve, ...]:
    return tuple(_centred(draw(random) / _SCAN_WIDTH) for _ in range(count))


def _dust(random: np.random.Generator) -> NDArray[np.float64]:
    return _flake(8.5 * random.lognormal(0, 0.2), 6, random)


def _dirt(random: np.random.Generator) -> NDArray[np.float64]:
    return _flake(13 * random.lognormal(0, 0.35), 9, random)


def _short_hair(random: np.random.Generator) -> NDArray[np.float64]:
    return _strand(48 * random.lognormal(0, 0.5), 5.5, 1.2, random)


def _long_hair(random: np.random.Generator) -> NDArray[np.float64]:
    return _strand(190 * random.lognormal(0, 0.35), 4.5, 3.0, random)


def _flake(extent: float, corners: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Return an uneven, often elongated flake, `extent` scan pixels across."""
    angles = np.sort(random.uniform(0, 2 * np.pi, corners))
    radii = extent / 2 * random.uniform(0.55, 1.25, corners)
    points = np.stack([radii * np.cos(angles), radii * np.sin(angles) * random.uniform(0.5, 1)], 1)
    return points @ _turning(random.uniform(0, np.pi))


def _strand(
    length: float, width: float, bend: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return a bent strand that thins towards its ends; `bend` is the turn of an end in radians."""
    steps = 18
    turns = random.normal(0, bend / steps**0.5, steps) + random.normal(0, bend) / steps
    headings = np.convolve(np.cumsum(turns), np.ones(4) / 4, "same") + random.uniform(0, 2 * np.pi)
    heading = np.stack([np.cos(headings), np.sin(headings)], 1)
    middle = np.cumsum(heading, 0) * length / steps
    half = width / 2 * np.sin(np.linspace(0.35, np.pi - 0.35, steps))[:, None]
    side = np.stack([-heading[:, 1], heading[:, 0]], 1) * half
    return np.concatenate([middle + side, (middle - side)[::-1]])


def _turning(angle: float) -> NDArray[np.float64]:
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
