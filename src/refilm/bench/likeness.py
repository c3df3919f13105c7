"""How well shots of one place are told from others: two parts of one photograph, each made old."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from refilm import models
from refilm.chroma import Plane
from refilm.fingerprint import versions
from refilm.frames import Pixels
from refilm.stills.groups import ALIKE, FOUND, MATCHING, Match, View, matched_by
from refilm.stills.likeness import likeness
from refilm.training.filmlike import aged_luma
from refilm.training.pictures import read, split

PICTURES = 60
"""Photographs, those whose names have the smallest SHA-256: training keeps these out."""
_LEAST = (0.9, 0.7, 0.5)
"""Of its width and height, how much a part of a photograph shows at least."""
_STRANGERS = 20
"""Other photographs that each is compared with."""
_SIZE = (160, 128)
"""Width and height of the parts, in pixels."""


class _Told(NamedTuple):
    """Which pairs are told to be of one place."""

    by_light: bool
    by_match: bool

    @property
    def together(self) -> bool:
        return self.by_light or self.by_match


def measure(folders: Iterable[Path], count: int = PICTURES) -> dict[str, Any]:
    """Return the shares of pairs that are told to show one place, by how much parts show at least.

    Args:
        folders: Of photographs.
        count: How many of them are taken; more than one.

    Raises:
        InputError: A picture cannot be read, or there are too few.
    """
    pictures = split(folders, count).validation
    match = matched_by(models.networks()(MATCHING))
    figures = {f"{least:g}": _figures(pictures, least, match) for least in _LEAST}
    return {"versions": versions(), "pictures": len(pictures), "figures": figures}


def _figures(pictures: Sequence[Path], least: float, match: Match) -> dict[str, dict[str, float]]:
    pairs = [_views(path, least) for path in pictures]
    same = [_told(first, second, match) for first, second in pairs]
    strangers = [
        _told(pairs[place][0], pairs[(place + step) % len(pairs)][1], match)
        for place in range(len(pairs))
        for step in range(1, min(_STRANGERS, len(pairs) - 1) + 1)
    ]
    return {"same place": _shares(same), "other place": _shares(strangers)}


def _views(path: Path, least: float) -> tuple[View, ...]:
    return tuple(View.of(luma[:, :, None]) for _, luma in parts(path, least, _SIZE))


def parts(path: Path, least: float, size: tuple[int, int]) -> Iterator[tuple[Pixels, Plane]]:
    """Yield two parts of a photograph, (H, W, 3), 0..1, and what another film shows of each, (H, W).

    Args:
        path: The photograph; its name decides which parts.
        least: How much of its width and height a part shows at least, 0..1.
        size: Width and height of the parts, in pixels.

    Raises:
        InputError: It cannot be read.
    """
    picture = read(path)
    chance = np.random.default_rng(int.from_bytes(path.name.encode()))
    for _ in range(2):
        part = _part(picture, least, size, chance)
        yield part, aged_luma(part, chance)


def _part(picture: NDArray[np.uint8], least: float, size: tuple[int, int], chance: Generator) -> Pixels:
    height, width = picture.shape[:2]
    share = chance.uniform(least, 1)
    high, wide = round(height * share), round(width * share)
    top, left = chance.integers(height - high + 1), chance.integers(width - wide + 1)
    part = picture[top : top + high, left : left + wide]
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


def _told(first: View, second: View, match: Match) -> _Told:
    return _Told(likeness(first.look, second.look) >= ALIKE, match(first, second) >= FOUND)


def _shares(told: Sequence[_Told]) -> dict[str, float]:
    ways: dict[str, Callable[[_Told], bool]] = {
        "by light": lambda each: each.by_light,
        "together": lambda each: each.together,
    }
    return {name: sum(map(way, told)) / len(told) for name, way in ways.items()}
