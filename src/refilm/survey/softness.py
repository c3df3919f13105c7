"""How soft the picture is: how wide its sharpest edges are.

Zhuo and Sim, "Defocus map estimation from a single image", Pattern Recognition 2011: an edge loses the
less of its steepness by a known blur, the softer it is already.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.survey.look import Look

Luma = NDArray[np.float32]

_FINE, _COARSE = 1.0, 2.0
"""Sigmas of the two blurs that are compared; the finer one keeps grain from being taken for edges."""
_OWN = 1 / 3
"""Variance that the step from pixel to pixel adds to an edge: a difference over two pixels."""
_STEEP = 97
"""Percentile of the steepness from which on a place is an edge."""
_STEP = 20
"""Percentile of the edges' loss that is believed: lines, dust and grain lose more than edges do."""
_OVER_NOISE = 1.2
"""Steepness per pixel, in standard deviations of the noise, that an edge has at least: noise blurred
by `_FINE` has 0.2 of them, and 0.8 at its steepest."""
_FEWEST = 20
"""Edges below which nothing is said."""


class Softness:
    """Notes the width of the sharpest edges of every frame, in source pixels; NaN without edges."""

    def __init__(self) -> None:
        self.rows: list[float] = []

    def see(self, look: Look, noise: float) -> None:
        """Measure one frame, whose noise has that standard deviation."""
        self.rows.append(edge_width(look.inner(), noise) * look.scale_x)


def edge_width(luma: Luma, noise: float = 0.0) -> float:
    """Return the sigma, in pixels, of the blur that the sharpest edges have; NaN without edges.

    `noise` is its standard deviation: what noise alone makes is no edge.
    """
    fine = np.asarray(cv2.GaussianBlur(luma, (0, 0), _FINE), np.float32)
    further = float(np.sqrt(_COARSE**2 - _FINE**2))
    coarse = np.asarray(cv2.GaussianBlur(fine, (0, 0), further), np.float32)
    steep, less = _steepness(fine), _steepness(coarse)
    ridge = steep >= np.asarray(cv2.dilate(steep, np.ones((3, 3), np.uint8)))
    least = max(float(np.percentile(steep[::3, ::3], _STEEP)), _OVER_NOISE * noise, 1e-4)
    edges = ridge & (steep > least)
    if np.count_nonzero(edges) < _FEWEST:
        return float("nan")
    loss = float(np.percentile(steep[edges] / np.maximum(less[edges], 1e-6), _STEP)) ** 2
    variance = (_COARSE**2 - loss * _FINE**2) / max(loss - 1, 1e-3) - _OWN
    return float(np.sqrt(np.clip(variance, 0, 100)))


def _steepness(picture: Luma) -> Luma:
    across, down = (cv2.Sobel(picture, cv2.CV_32F, x, 1 - x, scale=1 / 8) for x in (1, 0))
    return np.asarray(cv2.magnitude(across, down), np.float32)
