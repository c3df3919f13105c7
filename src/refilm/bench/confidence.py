"""How often colours are right that a network is so and so sure of."""

import numpy as np
from numpy.typing import NDArray

_STEPS = (0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)
"""Where ranges of confidence begin and end."""


def right_by_confidence(sure: NDArray[np.float32], right: NDArray[np.bool_]) -> dict[str, float]:
    """Return the share of pixels that are right, for each range of confidence that there is.

    Args:
        sure: The confidence of each, 0..1, (n,).
        right: Whether its colour is right, (n,).
    """
    place = np.clip(np.digitize(sure, _STEPS) - 1, 0, len(_STEPS) - 2)
    return {
        f"{_STEPS[step]:.2f}-{_STEPS[step + 1]:.2f}": float(right[place == step].mean())
        for step in np.unique(place)
    }
