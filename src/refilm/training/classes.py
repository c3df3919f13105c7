"""Colours as classes: points of a grid over a and b, and how a colour is shared between them.

Zhang, Isola and Efros, "Colorful Image Colorization", ECCV 2016, https://arxiv.org/abs/1603.08511, also
for the weights by which rare colours count more.
"""

import itertools

import numpy as np
import torch
from torch import Tensor

from refilm.lab import to_lab

STEP = 12
"""CIELAB units from class to class."""
_REACH = 9
"""Classes either side of grey, along a and b."""
_SIDE = 2 * _REACH + 1


def in_gamut() -> Tensor:
    """Return the numbers of the grid's points that sRGB colours lie around, (classes,)."""
    levels = np.linspace(0, 1, 33, dtype=np.float32)
    cube = np.array(list(itertools.product(levels, repeat=3)), np.float32)[None]
    colours = torch.from_numpy(to_lab(cube)[0, :, 1:])
    numbers, _ = shares(colours.T[None, :, :, None])
    return torch.unique(numbers)


def shares(colours: Tensor) -> tuple[Tensor, Tensor]:
    """Return the four points around each colour and their shares, (N, 4, H, W) each.

    The mean of the four points by their shares is the colour itself; colours are (N, 2, H, W), CIELAB.
    """
    place = (colours / STEP + _REACH).clamp(0, _SIDE - 1.001)
    corner = place.floor()
    part = place - corner
    (row, column), (down, right) = corner.long().unbind(1), part.unbind(1)
    numbers = [(row + y) * _SIDE + column + x for y, x in ((0, 0), (0, 1), (1, 0), (1, 1))]
    weights = [(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right]
    return torch.stack(numbers, 1), torch.stack(weights, 1)


def lookup(points: Tensor) -> Tensor:
    """Return each grid point's place among `points`, -1 for none, (grid points,)."""
    places = torch.full((_SIDE * _SIDE,), -1)
    places[points] = torch.arange(len(points))
    return places
