"""Makes the luma of modern photographs look as film does, so that a network knows film when it sees it.

Amounts are drawn at random for each picture; a part of all pictures is left as it is.
"""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from refilm.lab import from_linear, to_linear

Luma = NDArray[np.float32]
"""(H, W), gamma-coded, 0..1."""

_NEUTRAL = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""How much of each linear primary is in CIE luminance."""
_UNTOUCHED = 0.25
"""Share of the pictures that are only made grey."""


def aged_luma(pixels: NDArray[np.float32], chance: Generator) -> Luma:
    """Return what a film might show of a picture: its luma, (H, W), of sRGB pixels, (H, W, 3)."""
    if chance.random() < _UNTOUCHED:
        return _seen(pixels, _NEUTRAL)
    luma = _seen(pixels, _sensitivity(chance))
    for change, happens in _CHANGES.items():
        if chance.random() < happens:
            luma = change(luma, chance)
    return np.clip(luma, 0, 1).astype(np.float32)


def plain_luma(pixels: NDArray[np.float32]) -> Luma:
    """Return the grey of the same CIELAB lightness, (H, W), of sRGB pixels, (H, W, 3)."""
    return _seen(pixels, _NEUTRAL)


def _seen(pixels: NDArray[np.float32], weights: NDArray[np.float32]) -> Luma:
    return from_linear(np.clip(to_linear(pixels) @ weights, 0, 1))


def _sensitivity(chance: Generator) -> NDArray[np.float32]:
    """Return what part of red, green and blue light an emulsion takes: half of them panchromatic."""
    kind = chance.random()
    if kind < 0.5:
        return _NEUTRAL
    # Orthochromatic film is nearly blind to red; panchromatic film differs from stock to stock.
    typical = (0.5, 4.0, 4.0) if kind < 0.65 else (5.0, 9.0, 4.0)
    return chance.dirichlet(typical).astype(np.float32)


def _exposed(luma: Luma, chance: Generator) -> Luma:
    """Change gamma, and fade: lift the blacks and lower the whites."""
    low, high = chance.uniform(0, 0.15), chance.uniform(0.8, 1.05)
    curve = np.power(np.maximum(luma, 1e-4), np.float32(np.exp(chance.normal(0, 0.25))))
    return np.float32(low) + np.float32(high - low) * curve


def _blurred(luma: Luma, chance: Generator) -> Luma:
    sigma = chance.uniform(0.3, 1.5)
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), sigma), np.float32)


def _uneven(luma: Luma, chance: Generator) -> Luma:
    """Light one side or the corners less."""
    gains = chance.uniform(0.75, 1.15, (3, 3)).astype(np.float32)
    height, width = luma.shape
    light = cv2.resize(gains, (width, height), interpolation=cv2.INTER_CUBIC)
    return luma * np.asarray(light, np.float32)


def _dirty(luma: Luma, chance: Generator) -> Luma:
    """Lay specks and hairs on it, dark or bright."""
    soiled = luma.copy()
    height, width = luma.shape
    for _ in range(chance.integers(1, 8)):
        x, y = int(chance.integers(width)), int(chance.integers(height))
        shade = float(chance.choice((0.03, 0.97)))
        size = chance.integers(1, 4, 2)
        if chance.random() < 0.15:
            cv2.line(soiled, (x, 0), (x + int(chance.integers(-3, 4)), height), shade, 1, cv2.LINE_AA)
        else:
            cv2.ellipse(soiled, (x, y), (int(size[0]), int(size[1])), 0, 0, 360, shade, -1, cv2.LINE_AA)
    return soiled


def _grained(luma: Luma, chance: Generator) -> Luma:
    """Add grain, strongest in the middle tones."""
    grain = chance.standard_normal(luma.shape, np.float32)
    sigma = chance.uniform(0.3, 1.0)
    soft = np.asarray(cv2.GaussianBlur(grain, (0, 0), sigma), np.float32)
    soft *= np.float32(chance.uniform(0.01, 0.08)) / max(float(soft.std()), 1e-6)
    strength = np.float32(0.5) + np.float32(2) * luma * (1 - luma)
    return np.asarray(luma + soft * strength, np.float32)


_CHANGES = {_exposed: 0.7, _blurred: 0.5, _uneven: 0.25, _dirty: 0.25, _grained: 0.6}
"""What happens to film, in this order, and how often."""
