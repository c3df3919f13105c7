"""What a picture shows at its places, large ones and small ones: for `matching` to compare.

An encoder that knows a thousand classes of objects (`efficientnet`) tells most of it, and light and
place tell the rest.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from refilm.models.efficientnet import TAKEN

CELL, FINE = 8, 4
"""Pixels on a side of a place, at first and when refined."""
_SEEN = ((1, 0.5), (2, 1.0), (3, 1.0))
"""Which of the encoder's features say what a place shows, and how much each counts."""
BLOCKS = TAKEN[_SEEN[-1][0]] + 1
"""Blocks of the encoder that are run."""
_LIGHT = 3.0
"""How much mean and spread of luma count beside them."""
_PLACE = 0.3
"""How much it counts where in the picture a thing is, from edge to edge."""
_SEEN_FINELY = ((1, 0.5), (2, 0.5))
_DOTS, _AROUND = 1.5, 0.7
"""How much four luma dots of a small place count, and luma around it."""
_TEXTURED = 0.015
"""Spread of luma from which on a cell can say how the camera moved."""


class Look(NamedTuple):
    """What is seen of a picture."""

    luma: Tensor
    """(1, 1, H, W)."""
    cells: Tensor
    """(n, c): what each place of `CELL` pixels shows."""
    dots: Tensor
    """(m, d): what each place of `FINE` pixels shows."""
    textured: Tensor
    """(n,): cells that say how the camera moved."""

    def grid(self, side: int) -> tuple[int, int]:
        """Return how many places of so many pixels there are down and across."""
        return self.luma.shape[2] // side, self.luma.shape[3] // side


def seen(luma: Tensor, features: Sequence[Tensor]) -> Look:
    """Return what is seen of a picture, (1, 1, H, W), of which an encoder found these features."""
    textured = as_rows(_spread(luma))[:, 0] > _TEXTURED
    return Look(luma, as_rows(_cells(luma, features)), as_rows(_dots(luma, features)), textured)


def _cells(luma: Tensor, features: Sequence[Tensor]) -> Tensor:
    """Return what each cell shows, (1, c, H / 8, W / 8)."""
    size = luma.shape[2] // CELL, luma.shape[3] // CELL
    light = torch.cat((F.avg_pool2d(luma, CELL), _spread(luma)), 1)
    rows, columns = rows_and_columns(size, luma.device)
    place = torch.stack((rows / size[0], columns / size[1]))[None]
    return torch.cat((*_weighed(features, _SEEN, size), _LIGHT * light, _PLACE * place), 1)


def _dots(luma: Tensor, features: Sequence[Tensor]) -> Tensor:
    """Return what each small place shows, (1, d, H / 4, W / 4)."""
    size = luma.shape[2] // FINE, luma.shape[3] // FINE
    four = F.pixel_unshuffle(F.avg_pool2d(luma, FINE // 2), 2)
    mean = F.pad(F.avg_pool2d(luma, FINE), (1, 1, 1, 1), mode="replicate")
    around = F.unfold(mean, 3).reshape(1, 9, *size)
    return torch.cat((*_weighed(features, _SEEN_FINELY, size), _DOTS * four, _AROUND * around), 1)


def _weighed(
    features: Sequence[Tensor], which: Sequence[tuple[int, float]], size: tuple[int, int]
) -> Iterator[Tensor]:
    for number, weight in which:
        yield enlarged(weight * F.normalize(features[number], dim=1), size)


def _spread(luma: Tensor) -> Tensor:
    """Return the standard deviation of luma in and just around each cell, (1, 1, H / 8, W / 8)."""
    mean, squares = (F.avg_pool2d(each, 5, 1, 2, count_include_pad=False) for each in (luma, luma**2))
    return F.avg_pool2d((squares - mean**2).clamp(min=0).sqrt(), CELL)


def enlarged(places: Tensor, size: Sequence[int]) -> Tensor:
    """Return (1, c, *size) of (1, c, h, w)."""
    return F.interpolate(places, tuple(size), mode="bilinear", align_corners=False)


def rows_and_columns(size: tuple[int, int], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return row and column of every place, each (h, w)."""
    rows, columns = (torch.arange(side, device=device) for side in size)
    return rows[:, None].expand(size), columns[None].expand(size)


def as_rows(places: Tensor) -> Tensor:
    """Return (h * w, c) of (1, c, h, w)."""
    return places[0].flatten(1).T.contiguous()


def as_places(rows: Tensor, height: int, width: int) -> Tensor:
    """Return (1, c, h, w) of (h * w, c)."""
    return rows.T.reshape(1, -1, height, width)
