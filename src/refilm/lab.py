"""Colours as people see them: sRGB to CIELAB and back, differences between colours, colourfulness.

CIELAB here is that of the sRGB standard's own white, D65, at the 2 degree observer. OpenCV's CIELAB of
float pictures is off by up to half a unit, because it looks values up in a coarse table; so it is not
used here.
"""

import numpy as np
from numpy.typing import NDArray

from refilm.frames import Pixels

Lab = NDArray[np.float32]
"""(..., 3): L 0..100, a and b about -110..110."""

CLOSE = 10.0
"""CIEDE2000 below which a colour counts as right, for all that tells how sure it is of colours."""
_FROM_SRGB = np.array(
    [
        [0.4123908, 0.3575843, 0.1804808],
        [0.2126390, 0.7151687, 0.0721923],
        [0.0193308, 0.1191948, 0.9505322],
    ]
)
"""Linear sRGB to CIE XYZ, IEC 61966-2-1 with the primaries' exact chromaticities."""
_WHITE = _FROM_SRGB.sum(1, keepdims=True)
_TO_XYZ = (_FROM_SRGB / _WHITE).T.astype(np.float32)
"""Linear sRGB to XYZ of a white of 1, 1, 1, as a matrix for rows of pixels."""
_TO_SRGB = np.linalg.inv((_FROM_SRGB / _WHITE).T).astype(np.float32)
_KNEE = 6 / 29
"""Where CIELAB's cube root goes over into a straight line."""


def to_linear(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return light in linear proportion, 0..1, of gamma-coded sRGB values, 0..1."""
    curve = ((np.maximum(values, 0.04045) + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.where(values <= 0.04045, values / np.float32(12.92), curve)


def from_linear(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return gamma-coded sRGB values, 0..1, of light in linear proportion, 0..1."""
    curve = np.float32(1.055) * np.maximum(light, 0.0031308) ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.where(light <= 0.0031308, light * np.float32(12.92), curve)


def to_lab(pixels: Pixels) -> Lab:
    """Return CIELAB, (H, W, 3), of gamma-coded sRGB pixels, (H, W, 3) nominally 0..1."""
    response = _response(to_linear(np.clip(pixels, 0, 1)) @ _TO_XYZ)
    x, y, z = response[..., 0], response[..., 1], response[..., 2]
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), -1)


def from_lab(lab: Lab) -> Pixels:
    """Return gamma-coded sRGB pixels, (H, W, 3) within 0..1, of CIELAB, (H, W, 3).

    What sRGB cannot show is clipped channel by channel.
    """
    y = (lab[..., 0] + 16) / 116
    response = np.stack((y + lab[..., 1] / 500, y, y - lab[..., 2] / 200), -1)
    light = np.where(response > _KNEE, response**3, 3 * _KNEE**2 * (response - 4 / 29))
    return from_linear(np.clip(light.astype(np.float32) @ _TO_SRGB, 0, 1))


def lightness(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return CIELAB's L, 0..100, of neutral grey whose gamma-coded value is `luma`, 0..1."""
    return 116 * _response(to_linear(np.clip(luma, 0, 1))) - 16


def luma_of(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the gamma-coded value, 0..1, of neutral grey whose CIELAB L, 0..100, is `lightness`."""
    response = (lightness + 16) / 116
    light = np.where(response > _KNEE, response**3, 3 * _KNEE**2 * (response - 4 / 29))
    return from_linear(np.clip(light, 0, 1).astype(np.float32))


def _response(light: NDArray[np.float32]) -> NDArray[np.float32]:
    line = light / np.float32(3 * _KNEE**2) + np.float32(4 / 29)
    return np.where(light > _KNEE**3, np.cbrt(light), line)


def colourfulness(pixels: Pixels) -> float:
    """Return how colourful a picture looks: 0 for grey, about 40 for an ordinary photograph.

    Hasler and Suesstrunk, "Measuring Colourfulness in Natural Images", SPIE 2003,
    https://doi.org/10.1117/12.477378; pixels are sRGB, (H, W, 3), 0..1, and count in 8-bit units.
    """
    red, green, blue = (255 * pixels[..., channel].astype(np.float64) for channel in range(3))
    across, along = red - green, (red + green) / 2 - blue
    return float(np.hypot(across.std(), along.std()) + 0.3 * np.hypot(across.mean(), along.mean()))


def difference(first: Lab, second: Lab) -> NDArray[np.float32]:
    """Return CIEDE2000 of every two pixels, (H, W), of two pictures in CIELAB, (H, W, 3).

    Sharma, Wu and Dalal, "The CIEDE2000 Color-Difference Formula: Implementation Notes, Supplementary
    Test Data, and Mathematical Observations", Color Research and Application 30, 2005,
    https://doi.org/10.1002/col.20070; the weights kL, kC and kH are 1.
    """
    (chroma, hue), (chroma2, hue2) = _adjusted(first, second)
    both = chroma * chroma2 > 0
    turn = (hue2 - hue + np.pi) % (2 * np.pi) - np.pi
    mean_hue = _mean_hue(hue, hue2, both)
    mean_chroma = (chroma + chroma2) / 2
    weight = (
        1
        - 0.17 * np.cos(mean_hue - np.pi / 6)
        + 0.24 * np.cos(2 * mean_hue)
        + 0.32 * np.cos(3 * mean_hue + np.pi / 30)
        - 0.20 * np.cos(4 * mean_hue - np.radians(63))
    )
    light = _light_difference(first[..., 0], second[..., 0])
    strong = (chroma2 - chroma) / (1 + 0.045 * mean_chroma)
    tint = 2 * np.sqrt(chroma * chroma2) * np.sin(turn / 2) / (1 + 0.015 * mean_chroma * weight)
    blue = np.exp(-(((mean_hue - np.radians(275)) / np.radians(25)) ** 2))
    rotation = -2 * _share(mean_chroma) * np.sin(np.pi / 3 * blue)
    squared = light**2 + strong**2 + tint**2 + rotation * strong * tint
    # Rounding may make nothing a little less than that.
    return np.sqrt(np.maximum(squared, 0)).astype(np.float32)


def _adjusted(first: Lab, second: Lab) -> list[tuple[NDArray[np.floating], NDArray[np.floating]]]:
    """Return chroma and hue (radians) of both, with a stretched where colours are weak."""
    mean = (np.hypot(first[..., 1], first[..., 2]) + np.hypot(second[..., 1], second[..., 2])) / 2
    stretch = 1.5 - 0.5 * _share(mean)
    pairs = ((stretch * lab[..., 1], lab[..., 2]) for lab in (first, second))
    return [(np.hypot(a, b), np.arctan2(b, a)) for a, b in pairs]


def _share(chroma: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return sqrt(C^7 / (C^7 + 25^7)), which goes from 0 to 1 around a chroma of 25."""
    power = (chroma / 25) ** 7
    return np.sqrt(power / (power + 1))


def _mean_hue(
    first: NDArray[np.floating], second: NDArray[np.floating], both: NDArray[np.bool_]
) -> NDArray[np.floating]:
    """Return the hue between two, 0..2 pi; their sum where one colour is grey and has none."""
    first, second = first % (2 * np.pi), second % (2 * np.pi)
    far = np.abs(first - second) > np.pi
    mean = (first + second) / 2
    return np.where(both, np.where(far, (mean + np.pi) % (2 * np.pi), mean), first + second)


def _light_difference(
    first: NDArray[np.floating], second: NDArray[np.floating]
) -> NDArray[np.floating]:
    middle = ((first + second) / 2 - 50) ** 2
    return (second - first) / (1 + 0.015 * middle / np.sqrt(20 + middle))
