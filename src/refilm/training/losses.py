"""What a colouriser is taught by: how far its colours are from the true ones, and how it errs."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from refilm.lab import CLOSE

_TINY = 1e-4
_SOFT = 15.0
"""Chroma at which a little more counts half as much as in grey."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of the loss counts."""

    difference: float = 0.1
    """Per CIEDE2000 of mean difference."""
    classes: float = 0.4
    """Per nat of cross entropy of the colour classes."""
    richness: float = 0.06
    """Per unit by which a picture has more or less colour than the truth: against grey mush."""
    edges: float = 0.03
    """Per CIELAB unit by which steps from pixel to pixel differ: against bleeding."""
    confidence: float = 0.1
    """Per nat of cross entropy of the confidence."""


def difference(found: Tensor, true: Tensor) -> Tensor:
    """Return CIEDE2000, (N, H, W), of colours a and b of equal lightness, (N, 2, H, W).

    The formula's rotation term, which only matters for small differences between blues, is left out,
    and so is lightness, because the network does not change it.
    """
    mean = (_chroma(found) + _chroma(true)) / 2
    power = (mean / 25) ** 7
    stretch = 1.5 - 0.5 * torch.sqrt(power / (power + 1) + 1e-12)
    found = torch.stack((found[:, 0] * stretch, found[:, 1]), 1)
    true = torch.stack((true[:, 0] * stretch, true[:, 1]), 1)
    first, second = _chroma(found), _chroma(true)
    mean, strong = (first + second) / 2, first - second
    tint = (found - true).square().sum(1) - strong.square()
    hue = torch.atan2((found + true)[:, 1], (found + true)[:, 0] + _TINY).detach()
    weighted = 1 + 0.015 * mean * _hue_weight(hue)
    return torch.sqrt((strong / (1 + 0.045 * mean)).square() + tint / weighted.square() + _TINY)


def _hue_weight(hue: Tensor) -> Tensor:
    return (
        1
        - 0.17 * torch.cos(hue - 0.5235988)
        + 0.24 * torch.cos(2 * hue)
        + 0.32 * torch.cos(3 * hue + 0.1047198)
        - 0.20 * torch.cos(4 * hue - 1.0995574)
    )


def _chroma(colours: Tensor) -> Tensor:
    return torch.sqrt(colours.square().sum(1) + _TINY)


def richness(colours: Tensor) -> Tensor:
    """Return how much colour there is in pictures, (N,), by their a and b, (N, 2, H, W).

    It is the mean of a function of chroma that rises ever more slowly. A measure that counts the spread
    of colours, such as Hasler and Suesstrunk's, can be met by glaring spots in a grey picture, and a
    network taught by it makes just these.
    """
    return (_SOFT * torch.log1p(_chroma(colours) / _SOFT)).mean((1, 2))


def steps(found: Tensor, true: Tensor) -> Tensor:
    """Return by how much steps to the right and down differ on average, a number."""
    wrong = found - true
    return wrong.diff(dim=2).abs().mean() + wrong.diff(dim=3).abs().mean()


def confidence(logit: Tensor, error: Tensor) -> Tensor:
    """Return the cross entropy of a confidence, (N, H, W) before the sigmoid, by its real errors."""
    return F.binary_cross_entropy_with_logits(logit, (error.detach() < CLOSE).float())
