"""Steps that coding left on its 8x8 grid.

After Wang, Bovik and Evans, "Blind Measurement of Blocking Artifacts in Images", ICIP 2000, in the
picture itself instead of its spectrum.
"""

import numpy as np
from numpy.typing import NDArray

from refilm.survey.look import Look

Luma = NDArray[np.float32]

_GRID = 8
"""Pixels from one block to the next in nearly all codecs."""
_CAP = np.float32(0.1)
"""Luma above which a step is an edge of the scene."""


class Blocking:
    """Notes of every frame how much steeper the steps on the grid are; 0 where pictures are reduced."""

    def __init__(self) -> None:
        self.rows: list[float] = []

    def see(self, look: Look) -> None:
        """Measure one frame."""
        whole = look.scale_x == look.scale_y == 1
        self.rows.append(blocking(look.luma) if whole else 0.0)


def blocking(luma: Luma) -> float:
    """Return the mean step at the edges of blocks over that elsewhere, in luma; at least 0."""
    if min(luma.shape) < 4 * _GRID:
        return 0.0
    across = _excess(np.abs(luma[:, 1:] - luma[:, :-1]).clip(max=_CAP).mean(axis=0))
    down = _excess(np.abs(luma[1:] - luma[:-1]).clip(max=_CAP).mean(axis=1))
    return max(min(across, down), 0.0)


def _excess(steps: NDArray[np.float32]) -> float:
    """Return by how much the steps at one place of the grid stand out over those at the others."""
    beside = (steps[:-2] + steps[2:]) / 2
    over = (steps[1:-1] - beside)[: (len(steps) - 2) // _GRID * _GRID].reshape(-1, _GRID)
    middle = np.sort(np.median(over, axis=0))
    return float(middle[-1] - middle[-2])
