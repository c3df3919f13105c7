"""Gate weave: the picture sways, turns and breathes a little from frame to frame."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.age.ageing import Ageing
from refilm.age.chance import smooth, white
from refilm.frames import Pixels

_UPRIGHT = 0.7
"""Share of the shift's variance that is vertical: the claw pulls the film that way."""
_SLOW = 0.5
"""Share of the variance that drifts; the rest jumps from frame to frame."""
_DRIFT_FRAMES = 5.0


@dataclass(frozen=True, slots=True)
class Shift:
    """Where the clean picture lies in the aged one: turned and scaled about its centre, then moved."""

    x: float = 0.0
    y: float = 0.0
    """Pixels to the right and down."""
    turn: float = 0.0
    """Radians, from the right towards down."""
    log_scale: float = 0.0
    """Natural logarithm of the scale."""

    def matrix(self, height: int, width: int) -> NDArray[np.float64]:
        """Return the 2x3 matrix from a point of the clean picture to where it is in the aged one."""
        across, along = (width - 1) / 2, (height - 1) / 2
        scale = np.exp(self.log_scale)
        cosine, sine = scale * np.cos(self.turn), scale * np.sin(self.turn)
        right = across + self.x - cosine * across + sine * along
        down = along + self.y - sine * across - cosine * along
        return np.array([[cosine, -sine, right], [sine, cosine, down]])

    def placed(self, pixels: Pixels) -> Pixels:
        """Return a clean picture as it lies in the aged one; its edge pixels fill what is bared."""
        height, width, channels = pixels.shape
        matrix = self.matrix(height, width)
        if np.array_equal(matrix, np.eye(3)[:2]):
            return pixels
        moved = cv2.warpAffine(
            pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(moved, np.float32).reshape(height, width, channels)


def weave(number: int, width: int, ageing: Ageing) -> Shift:
    """Return how film frame `number` lies, in a picture `width` pixels wide."""
    reach = ageing.weave / 100 * width
    return Shift(
        x=reach * (1 - _UPRIGHT) ** 0.5 * _sway(ageing.seed, "weave x", number),
        y=reach * _UPRIGHT**0.5 * _sway(ageing.seed, "weave y", number),
        turn=float(np.radians(ageing.weave_turn)) * _sway(ageing.seed, "weave turn", number),
        log_scale=ageing.breathing / 100 * _sway(ageing.seed, "breathing", number),
    )


def _sway(seed: int, kind: str, number: int) -> float:
    jump = (1 - _SLOW) ** 0.5 * white(seed, f"{kind} jump", number)
    return jump + _SLOW**0.5 * smooth(seed, kind, number, _DRIFT_FRAMES)
