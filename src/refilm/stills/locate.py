"""Finds the frame of a film that a picture shows, by its light: the picture may be coloured."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.findings import Rectangle
from refilm.frames import Frame, Pixels
from refilm.luma import luma
from refilm.stills.likeness import Look, likeness, look_of

WIDTH = 160
"""Pixels across of the pictures in which frames are looked at."""
_LIKE = 0.7
"""Likeness from which a frame may be the one; frames of other shots and films stay below 0.55."""
_SAME = 0.6
"""Correlation of detail from which a frame is the one, or so near to it that colours fit."""
_ROOM = 5
"""Pixels of the small picture by which the framing may differ."""
_LIGHT = 8.0
"""Sigma, in pixels of the small picture, of the light that is taken out before detail is compared."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sight:
    """A picture as it is compared: as a whole, then by its detail."""

    look: Look
    detail: NDArray[np.float32]


def locate(
    pictures: Sequence[Pixels], frames: Iterable[Frame], clean: Rectangle, width: int
) -> list[int | None]:
    """Return for each picture the number of the frame that it shows; None where none is like it.

    Args:
        pictures: Luma, (H, W, 1), of any size and brightness; of the whole frame or of `clean`.
        frames: All frames of the film in order, each `WIDTH` pixels wide or less.
        clean: The part of the frame without border, in pixels of the source.
        width: Pixels across of the source.
    """
    wanted = [_sight(picture, None) for picture in pictures]
    best: list[tuple[float, int | None]] = [(_SAME, None)] * len(wanted)
    for number, frame in enumerate(frames):
        grey = luma(frame.pixels)[:, :, None]
        sights = [_sight(part, grey.shape[:2]) for part in _parts(grey, clean, width)]
        for place, picture in enumerate(wanted):
            worth = max(_agreement(picture, sight) for sight in sights)
            if worth > best[place][0]:
                best[place] = worth, number
    return [number for _, number in best]


def _parts(luma: Pixels, clean: Rectangle, width: int) -> list[Pixels]:
    """Return the frame, and its clean part where that is less."""
    scale = luma.shape[1] / width
    left, top = round(clean.left * scale), round(clean.top * scale)
    right, bottom = round((clean.left + clean.width) * scale), round((clean.top + clean.height) * scale)
    part = luma[top:bottom, left:right]
    return [luma] if part.shape == luma.shape or 0 in part.shape else [luma, part]


def _sight(luma: Pixels, size: tuple[int, int] | None) -> _Sight:
    height, width = size or luma.shape[:2]
    width, height = WIDTH, max(round(WIDTH * height / width), 4 * _ROOM)
    small = np.asarray(cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    light = np.asarray(cv2.GaussianBlur(small, (0, 0), _LIGHT), np.float32)
    return _Sight(look_of(luma), np.asarray(cv2.GaussianBlur(small - light, (0, 0), 1), np.float32))


def _agreement(picture: _Sight, frame: _Sight) -> float:
    """Return how surely the picture shows the frame: the correlation of detail, 0 for another."""
    if likeness(picture.look, frame.look) < _LIKE:
        return 0.0
    height, width = frame.detail.shape
    detail = cv2.resize(picture.detail, (width, height), interpolation=cv2.INTER_AREA)
    inner = np.asarray(detail, np.float32)[_ROOM:-_ROOM, _ROOM:-_ROOM]
    return float(np.max(cv2.matchTemplate(frame.detail, inner, cv2.TM_CCOEFF_NORMED)))
