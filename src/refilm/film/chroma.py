"""Colour planes enlarged to the size of the luma, and made small again, sample on sample.

Where chroma samples lie: ITU-T H.273, figure 1 (chroma_sample_loc_type).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

_ALONG = {"left": 0.0, "topleft": 0.0, "bottomleft": 0.0}
_DOWN = {"topleft": 0.0, "top": 0.0, "bottomleft": 1.0, "bottom": 1.0}
_MIDDLE = 0.5


def enlarged(plane: Plane, size: tuple[int, int], sharing: tuple[int, int], siting: str) -> Plane:
    """Return a chroma plane at the luma's `size` (width, height), linearly between its samples.

    `sharing` says how many pixels share a sample across and down; `siting` is FFmpeg's name of
    where among them it lies ("left", "center", "topleft", ...).
    """
    if sharing == (1, 1):
        return plane
    across, down = sharing
    along_first, down_first = _first(sharing, siting)
    where = np.array([[1 / across, 0, -along_first / across], [0, 1 / down, -down_first / down]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    grown = cv2.warpAffine(plane, where, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(grown, np.float32)


def _first(sharing: tuple[int, int], siting: str) -> tuple[float, float]:
    """Return which pixel, counted from 0, the first sample lies on, across and down."""
    along = _ALONG.get(siting, _MIDDLE) * (sharing[0] - 1)
    return along, _DOWN.get(siting, _MIDDLE) * (sharing[1] - 1)


def shared(plane: Plane, sharing: tuple[int, int], siting: str) -> Plane:
    """Return a full-size chroma plane averaged down to the samples that pixels share.

    A sample that lies between pixels is their mean; one that lies on a pixel is weighed by a
    triangle about it, which is the mean of as many shifted means as pixels share it.
    """
    if sharing == (1, 1):
        return plane
    across, down = sharing
    along_first, down_first = _first(sharing, siting)
    columns, rows = -(-plane.shape[1] // across), -(-plane.shape[0] // down)
    around = (down - 1, 2 * down, across - 1, 2 * across)
    wide = np.asarray(cv2.copyMakeBorder(plane, *around, cv2.BORDER_REPLICATE), np.float32)
    means: list[Plane] = []
    for top in _shifts(down, down_first):
        for left in _shifts(across, along_first):
            part = wide[top : top + rows * down, left : left + columns * across]
            mean = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
            means.append(np.asarray(mean, np.float32))
    return np.asarray(sum(means[1:], start=means[0]) / np.float32(len(means)), np.float32)


def _shifts(by: int, first: float) -> range:
    """Return where the means begin, counted from `by` - 1 pixels before the picture."""
    return range(int(first), int(first) + by) if first == int(first) else range(by - 1, by)
