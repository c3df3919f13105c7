"""Contact sheets: grey, painted and true pictures side by side, for people to judge."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from refilm.errors import OutputError
from refilm.frames import Pixels
from refilm.training.judging import Painter, grey, painted

_TILE = (192, 144)
"""Width and height of a picture on the sheet."""
_ABREAST = 3
"""Triples in a row."""


def write_sheet(path: Path, pictures: Sequence[Pixels], painter: Painter) -> None:
    """Write a picture file with grey, painted and true pictures, three such triples in a row.

    Raises:
        OutputError: It cannot be written.
    """
    triples = [np.hstack([_tile(picture) for picture in _triple(true, painter)]) for true in pictures]
    missing = -len(triples) % _ABREAST
    triples += [np.zeros_like(triples[0])] * missing
    rows = [np.hstack(triples[first : first + _ABREAST]) for first in range(0, len(triples), _ABREAST)]
    sheet = np.rint(np.vstack(rows)[..., ::-1] * 255).astype(np.uint8)
    if not cv2.imwrite(str(path), sheet):
        raise OutputError(f"{path} cannot be written.")


def _triple(true: Pixels, painter: Painter) -> tuple[Pixels, Pixels, Pixels]:
    return painted(true, grey), painted(true, painter), true


def _tile(picture: Pixels) -> Pixels:
    """Return a picture at the tile's size, its middle cut out where the shape differs."""
    width, height = _TILE
    share = max(width / picture.shape[1], height / picture.shape[0])
    size = max(round(picture.shape[1] * share), width), max(round(picture.shape[0] * share), height)
    large = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return large[top : top + height, left : left + width]
