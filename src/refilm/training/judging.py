"""Judges colourisers on pictures whose colours are known."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import Pixels
from refilm.lab import colourfulness, difference, from_lab, to_lab
from refilm.training.filmlike import plain_luma
from refilm.training.pictures import read

SHORT = 144
"""Short side, in pixels, at which pictures are judged."""
INSIDE = 192
"""Short side, in pixels, at which networks see pictures where nothing else is said."""
GLARING = 30
"""CIELAB units of chroma above the true one that look like a mistake."""

Painter = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Takes luma, (H, W), 0..1 gamma-coded; returns CIELAB a and b, (H, W, 2)."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How near to the truth pictures are on average."""

    difference: float
    """Mean CIEDE2000 over all pixels and pictures."""
    colourfulness: float
    """Mean over pictures (Hasler and Suesstrunk)."""
    share: float
    """Colourfulness as a share of the truth's."""
    psnr: float
    """Mean over pictures of the peak signal-to-noise ratio of sRGB, dB."""
    psnr_ab: float
    """The same of a and b, whose range counts as 255, dB."""
    glaring: float
    """Share of pixels whose chroma is more than `GLARING` units above the true one.

    Glaring spots raise the colourfulness of a picture and cost little of its mean difference.
    """


def judged_size(picture: NDArray[np.uint8]) -> Pixels:
    """Return a picture, (H, W, 3), as it is judged: float32, its short side `SHORT` or less."""
    height, width = picture.shape[:2]
    share = min(SHORT / min(height, width), 1)
    size = round(width * share), round(height * share)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


def truths(paths: Iterable[Path]) -> list[Pixels]:
    """Return pictures as they are judged."""
    return [judged_size(read(path)) for path in paths]


def painted(true: Pixels, painter: Painter) -> Pixels:
    """Return a picture with the colours that a painter gives its luma; its lightness stays."""
    lab = to_lab(true)
    lab[..., 1:] = painter(plain_luma(true))
    return from_lab(lab)


def grey(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Paint nothing."""
    return np.zeros((*luma.shape, 2), np.float32)


def judge(pictures: Iterable[Pixels], painter: Painter) -> Figures:
    """Return how near a painter's colours are to those of pictures, sRGB (H, W, 3)."""
    rows = np.array([_judged(true, painted(true, painter)) for true in pictures])
    far, colours, true_colours, psnr, psnr_ab, glaring = rows.mean(0).tolist()
    return Figures(far, colours, colours / true_colours, psnr, psnr_ab, glaring)


def _judged(true: Pixels, found: Pixels) -> tuple[float, ...]:
    lab, found_lab = to_lab(true), to_lab(found)
    return (
        float(difference(found_lab, lab).mean()),
        colourfulness(found),
        colourfulness(true),
        _psnr(found, true, 1),
        _psnr(found_lab[..., 1:], lab[..., 1:], 255),
        float((_chroma(found_lab) - _chroma(lab) > GLARING).mean()),
    )


def _chroma(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.hypot(lab[..., 1], lab[..., 2])


def _psnr(found: NDArray[np.float32], true: NDArray[np.float32], peak: float) -> float:
    return float(10 * np.log10(peak**2 / max(float(np.square(found - true).mean()), 1e-9)))
