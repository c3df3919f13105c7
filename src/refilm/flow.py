"""Where things go from one picture to the next: dense optical flow, and pictures moved along it.

Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016,
https://arxiv.org/abs/1603.03590 (OpenCV's implementation).
"""

from functools import cache
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import Pixels
from refilm.luma import luma

Flow = NDArray[np.float32]
"""(height, width, 2): where each pixel goes, in pixels to the right and down."""

Speed = Literal["fast", "careful"]
_SMALLEST = 16
"""Pixels on a side below which the method has no patch to match, so nothing is said to move."""
_TRIALS = 2
"""Corrections of the place that a pixel is carried from; more change nothing that is seen."""
_PATCH = 5
"""Pixels on a side of the patches in which two carried pictures are compared."""
_UNLIKE = 0.02
"""Difference of such patches at which half of the trust is gone: more than grain makes."""


def luma8(pixels: Pixels) -> NDArray[np.uint8]:
    """Return a picture's luma (Rec. 601 weights) as 8 bits, (height, width), for motion search."""
    return np.asarray(np.clip(luma(pixels) * 255 + 0.5, 0, 255), np.uint8)


def dense_flow(first: NDArray[np.uint8], second: NDArray[np.uint8], speed: Speed = "fast") -> Flow:
    """Return where each pixel of `first` lies in `second`; both from `luma8`, of equal size."""
    height, width = first.shape
    if min(height, width) < _SMALLEST:
        return np.zeros((height, width, 2), np.float32)
    found = np.zeros((height, width, 2), np.float32)
    return np.asarray(_search(speed).calc(first, second, found), np.float32)


@cache
def _search(speed: Speed) -> cv2.DISOpticalFlow:
    presets = {
        "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
        "careful": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
    }
    return cv2.DISOpticalFlow.create(presets[speed])


def warp(pixels: Pixels, flow: Flow, kernel: int = cv2.INTER_LINEAR) -> Pixels:
    """Return the picture whose every pixel is what `pixels` shows at that place plus `flow`."""
    height, width = flow.shape[:2]
    columns, rows = _grid(height, width)
    moved = cv2.remap(
        pixels, flow[:, :, 0] + columns, flow[:, :, 1] + rows, kernel, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.float32).reshape(height, width, pixels.shape[2])


@cache
def _grid(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    columns = np.arange(width, dtype=np.float32)[None, :]
    rows = np.arange(height, dtype=np.float32)[:, None]
    return columns, rows


def disagreement(forward: Flow, backward: Flow) -> NDArray[np.float32]:
    """Return by how many pixels going along `forward` and back along `backward` misses, (h, w).

    Large where a thing is hidden in one of the two pictures, or where the flow is wrong.
    """
    returned = forward + warp(backward, forward)
    return np.asarray(np.hypot(returned[:, :, 0], returned[:, :, 1]), np.float32)


class Movement(NamedTuple):
    """What moves where between two pictures of one size."""

    there: Flow
    """From the first picture to the second."""
    back: Flow
    """From the second picture to the first."""


def movement(first: Pixels, second: Pixels, speed: Speed = "careful") -> Movement:
    """Return what moves where between two pictures of one size."""
    earlier, later = luma8(first), luma8(second)
    return Movement(dense_flow(earlier, later, speed), dense_flow(later, earlier, speed))


def in_between(first: Pixels, second: Pixels, found: Movement, position: float) -> Pixels:
    """Return the picture at a position (0..1) between two, which are carried there and blended.

    Where one of them does not meet its like in the other (something is hidden there, or its flow is
    wrong), the other has more say. Where nothing moves, and in pictures too small for flow, they are
    cross-faded.
    """
    earlier, trust_earlier = _carried(first, second, found.there, position)
    later, trust_later = _carried(second, first, found.back, 1 - position)
    share = (1 - position) * trust_earlier
    share /= share + position * trust_later
    return np.asarray(later + (earlier - later) * share[:, :, None], np.float32)


def _carried(
    pixels: Pixels, other: Pixels, flow: Flow, way: float
) -> tuple[Pixels, NDArray[np.float32]]:
    """Return a picture carried a share of the way to the other one, and how far each pixel is trusted.

    The flow is known at the places it leaves from and needed at those it arrives at: a few trials
    find the place from which each pixel is reached.
    """
    taken = flow
    for _ in range(_TRIALS):
        taken = warp(flow, -way * taken)
    carried, met = warp(pixels, -way * taken), warp(other, (1 - way) * taken)
    unlike = cv2.blur(np.abs(carried - met).mean(axis=2), (_PATCH, _PATCH)) / _UNLIKE
    return carried, np.asarray(1 / (1 + unlike * unlike), np.float32)
