"""Flicker: the lamp and the shutter make each frame lighter or darker, and parts of it too."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.age.ageing import Ageing
from refilm.age.chance import smooth, white
from refilm.frames import Pixels

_ROWS, _COLUMNS = 4, 5
_SLOW = 0.35
"""Share of the variance that drifts; the rest jumps from frame to frame."""
_DRIFT_FRAMES = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Light:
    """How much lighter or darker a frame was made."""

    gain: float
    """What the whole picture was multiplied by."""
    knots: NDArray[np.float32]
    """(rows, columns): log gain from place to place, at points spread evenly over the picture."""

    def field(self, height: int, width: int) -> Pixels:
        """Return what each place was multiplied by besides `gain`, (height, width, 1)."""
        spread = _spread(_ROWS, height) @ self.knots @ _spread(_COLUMNS, width).T
        field = np.asarray(np.exp(spread - spread.mean()), np.float32)
        return field[:, :, None]

    def on(self, pixels: Pixels) -> Pixels:
        """Return the picture in this light."""
        if not self.knots.any() and self.gain == 1:
            return pixels
        factor = np.float32(self.gain) * self.field(*pixels.shape[:2])
        return np.asarray(pixels * factor, np.float32)


def flicker(number: int, ageing: Ageing) -> Light:
    """Return the light that film frame `number` is seen in."""
    knots = np.zeros((_ROWS, _COLUMNS), np.float32)
    if ageing.flicker_local:
        places = np.ndindex(_ROWS, _COLUMNS)
        values = [_wavering(ageing.seed, f"flicker {place}", number) for place in places]
        knots += np.reshape(values, knots.shape) * ageing.flicker_local / _evenness()
    gain = np.exp(ageing.flicker * _wavering(ageing.seed, "flicker", number)) if ageing.flicker else 1
    return Light(float(gain), knots)


def _wavering(seed: int, kind: str, number: int) -> float:
    jump = (1 - _SLOW) ** 0.5 * white(seed, f"{kind} jump", number)
    return jump + _SLOW**0.5 * smooth(seed, kind, number, _DRIFT_FRAMES)


@cache
def _spread(knots: int, size: int) -> NDArray[np.float32]:
    """Return the (size, knots) weights of cubic interpolation from knots to pixels."""
    # The outer knots lie on the outer pixels, so nothing is made up beyond them.
    places = np.linspace(0, knots - 1, size, dtype=np.float32)
    unit = np.eye(knots, dtype=np.float32)
    drawn = cv2.remap(
        unit,
        places[None].repeat(knots, 0),
        _rows(knots, size),
        cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.ascontiguousarray(np.asarray(drawn, np.float32).T)


def _rows(knots: int, size: int) -> NDArray[np.float32]:
    return np.arange(knots, dtype=np.float32)[:, None].repeat(size, 1)


@cache
def _evenness() -> float:
    """Return the standard deviation of a field, less its mean, of knots of deviation 1."""
    down, across = _spread(_ROWS, 100), _spread(_COLUMNS, 100)
    whole = np.mean(np.sum(down**2, 1)) * np.mean(np.sum(across**2, 1))
    common = np.sum(down.mean(0) ** 2) * np.sum(across.mean(0) ** 2)
    return float(np.sqrt(whole - common))
