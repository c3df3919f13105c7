"""Runs a colouriser on a picture's luma, as `judging` asks for it."""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from refilm.models.colour import SCALE, STEP, Colouriser
from refilm.models.runtime import to_pixels, to_tensor
from refilm.training.judging import INSIDE, Painter


def painter(network: Colouriser, inside: int = INSIDE) -> Painter:
    """Return a painter that lets the network see pictures with a short side of `inside` pixels."""

    def paint(luma: NDArray[np.float32]) -> NDArray[np.float32]:
        return seen(network, luma, inside)[..., :2] * SCALE

    return paint


def seen(
    network: Callable[[Tensor], Tensor], luma: NDArray[np.float32], inside: int
) -> NDArray[np.float32]:
    """Return what a colouriser, or its `found`, makes of luma, (H, W): (H, W, 3) as that says."""
    height, width = luma.shape
    share = inside / min(height, width)
    size = _stepped(width * share), _stepped(height * share)
    way = cv2.INTER_AREA if share < 1 else cv2.INTER_LINEAR
    fitted = np.asarray(cv2.resize(luma, size, interpolation=way), np.float32)
    with torch.inference_mode():
        made = to_pixels(network(to_tensor(fitted[:, :, None])))
    return np.asarray(cv2.resize(made, (width, height)), np.float32)


def _stepped(side: float) -> int:
    return max(round(side / STEP), 1) * STEP
