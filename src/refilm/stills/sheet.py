"""One picture of all stills, grey and in colour, with their shots and times."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from refilm.photos import read_photo, write_png
from refilm.stills.made import StillFile

_WIDTH, _SMALLEST = 240, 60
"""Pixels across of each picture, and how small they become where there are many."""
_COLUMNS = 4
"""Stills beside each other."""
_MOST = 40_000_000
"""Pixels of the sheet at most."""
_GAP, _CAPTION = 8, 18
"""Pixels between stills, and below each for its words."""
_PAPER, _INK = 24, 220
"""Greys of the sheet and of its words, 0..255."""


def write_sheet(path: Path, stills: Sequence[StillFile], captions: Sequence[str]) -> None:
    """Write a sheet of stills, each as the film shows it and beside it in colour."""
    height_over_width = _shape(stills[0])
    width = _width(len(stills), height_over_width)
    height = max(round(width * height_over_width), 1)
    rows = -(-len(stills) // _COLUMNS)
    across, down = 2 * width + _GAP, height + _CAPTION + _GAP
    sheet = np.full((rows * down + _GAP, _COLUMNS * across + _GAP), _PAPER, np.uint8)
    image = Image.fromarray(np.repeat(sheet[:, :, None], 3, axis=2))
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(12)
    for place, (still, caption) in enumerate(zip(stills, captions, strict=True)):
        left = _GAP + place % _COLUMNS * across
        top = _GAP + place // _COLUMNS * down
        for number, picture in enumerate(_pictures(still, width, height)):
            image.paste(Image.fromarray(picture), (left + number * width, top))
        pen.text((left, top + height + 2), caption, fill=(_INK, _INK, _INK), font=font)
    write_png(path, np.asarray(image, np.float32) / np.float32(255))


def _shape(still: StillFile) -> float:
    pixels = read_photo(still.frame or still.colour)
    return pixels.shape[0] / pixels.shape[1]


def _width(count: int, height_over_width: float) -> int:
    """Return how wide each picture may be so that the sheet does not grow without bound."""
    fitting = (_MOST / (2 * count * height_over_width)) ** 0.5
    return int(max(min(_WIDTH, fitting), _SMALLEST))


def _pictures(still: StillFile, width: int, height: int) -> Iterator[NDArray[np.uint8]]:
    for path in filter(None, (still.frame, still.colour)):
        pixels = np.asarray(read_photo(path, 4 * width * height) * 255 + 0.5, np.uint8)
        yield np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX))
