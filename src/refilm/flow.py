"""Where things go from one picture to the next: dense optical flow, and pictures moved along it.

Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016,
https://arxiv.org/abs/1603.03590 (OpenCV's implementation).
"""

from functools import cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import Pixels

Flow = NDArray[np.float32]
"""(height, width, 2): where each pixel goes, in pixels to the right and down."""

Speed = Literal["fast", "careful"]
_SMALLEST = 16
"""Pixels on a side below which the method has no patch to match, so nothing is said to move."""


def luma8(pixels: Pixels) -> NDArray[np.uint8]:
    """Return a picture's luma (Rec. 601 weights) as 8 bits, (height, width), for motion search."""
    grey = pixels[:, :, 0] if pixels.shape[2] == 1 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(np.clip(grey * 255 + 0.5, 0, 255), np.uint8)


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
