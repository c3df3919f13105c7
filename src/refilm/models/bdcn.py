"""BDCN: draws where a picture's edges are, from fine ones to the outlines of things.

He et al., "Bi-Directional Cascade Network for Perceptual Edge Detection", CVPR 2019,
https://arxiv.org/abs/1902.10903. FeatureFlow takes its finest edges. Attributes are named as the keys
of the published file are.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.job import Network
from refilm.models.card import Card
from refilm.models.runtime import TorchNetwork
from refilm.models.weights import Weights, fill

LAYERS = (2, 2, 3, 3, 3)
"""Convolutions at each of the five coarsenesses."""
_WIDTHS = (64, 128, 256, 512, 512)
_RATE = 4
"""Pixels from tap to tap of the first widened convolution; of the others two and three times that."""
_ENLARGERS = ("", "upsample_2", "upsample_4", "upsample_8", "upsample_8_5")
_CROPS = (0, 1, 2, 4, 0)
"""Pixels that an enlarged map has too many at the top and on the left."""
_MEAN = (122.67892, 116.66877, 104.00699)
"""Mean colour, RGB, 0..255, of the pictures that it learnt from."""


class Vgg(nn.Module):
    """The convolutions of VGG16; the last three see farther instead of a smaller picture."""

    def __init__(self) -> None:
        super().__init__()
        inputs = 3
        for level, (count, width) in enumerate(zip(LAYERS, _WIDTHS, strict=True), 1):
            apart = 2 if level == len(LAYERS) else 1
            for number in range(1, count + 1):
                convolution = nn.Conv2d(inputs, width, 3, padding=apart, dilation=apart)
                self.add_module(f"conv{level}_{number}", convolution)
                inputs = width

    def forward(self, pictures: Tensor, levels: int) -> list[list[Tensor]]:
        """Return what each convolution of the first levels found, of pictures, (N, 3, H, W)."""
        found: list[list[Tensor]] = []
        for level, count in enumerate(LAYERS[:levels], 1):
            seen = found[-1][-1] if found else pictures
            found.append([])
            if level > 1:
                seen = F.max_pool2d(seen, 2, 1 if level == len(LAYERS) else 2, ceil_mode=True)
            for number in range(1, count + 1):
                seen = F.relu(self.get_submodule(f"conv{level}_{number}")(seen))
                found[-1].append(seen)
        return found


class Wider(nn.Module):
    """A convolution, and beside it three that see farther and farther."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, 32, 3, padding=1)
        self.conv1, self.conv2, self.conv3 = (
            nn.Conv2d(32, 32, 3, padding=apart * _RATE, dilation=apart * _RATE) for apart in (1, 2, 3)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return features, (N, 32, H, W)."""
        near = F.relu(self.conv(features))
        total = near
        for convolution in (self.conv1, self.conv2, self.conv3):
            total = total + F.relu(convolution(near))
        return total


class Bdcn(nn.Module):
    """Finds edges at five coarsenesses."""

    def __init__(self) -> None:
        super().__init__()
        self.features = Vgg()
        for level, (count, width) in enumerate(zip(LAYERS, _WIDTHS, strict=True), 1):
            for number in range(1, count + 1):
                self.add_module(f"msblock{level}_{number}", Wider(width))
                self.add_module(f"conv{level}_{number}_down", nn.Conv2d(32, 21, 1))
            self.add_module(f"score_dsn{level}", nn.Conv2d(21, 1, 1))
            self.add_module(f"score_dsn{level}_1", nn.Conv2d(21, 1, 1))
        for name, times in zip(_ENLARGERS[1:], (2, 4, 8, 8), strict=True):
            self.add_module(name, nn.ConvTranspose2d(1, 1, 2 * times, times, bias=False))
        self.fuse = nn.Conv2d(10, 1, 1)

    def forward(self, pictures: Tensor, *, every: bool = False) -> list[Tensor]:
        """Return edges before the sigmoid, (N, 1, H, W) each: the published outputs from the first on.

        Args:
            pictures: (N, 3, H, W). Its makers give it BGR, 0..255, less the mean colour; FeatureFlow
                gives it RGB, -1..1.
            every: Whether to return all eleven outputs: five of what is found from fine to coarse,
                five from coarse to fine, and all of these fused. Else the first alone, which takes a
                small part of the time. All eleven need pictures of at least 9 pixels on a side.
        """
        found = self.features(pictures, len(LAYERS) if every else 1)
        marks = [self._marks(level, features) for level, features in enumerate(found, 1)]
        if not every:
            return [self.get_submodule("score_dsn1")(marks[0])]
        finer = list(accumulate(self._scores("score_dsn{}", marks, pictures)))
        coarser = list(accumulate(reversed(self._scores("score_dsn{}_1", marks, pictures))))
        sides = finer + coarser[::-1]
        return [*sides, self.fuse(torch.cat(sides, 1))]

    def _marks(self, level: int, found: Sequence[Tensor]) -> Tensor:
        """Return what of a level's features tells of edges, (N, 21, h, w)."""
        marks = [
            self.get_submodule(f"conv{level}_{number}_down")(
                self.get_submodule(f"msblock{level}_{number}")(features)
            )
            for number, features in enumerate(found, 1)
        ]
        return torch.stack(marks).sum(0)

    def _scores(self, name: str, marks: Sequence[Tensor], pictures: Tensor) -> list[Tensor]:
        """Return each level's edges by the layers of that name, in the pictures' size."""
        height, width = pictures.shape[2:]
        scores: list[Tensor] = []
        for level, (seen, enlarger, first) in enumerate(zip(marks, _ENLARGERS, _CROPS, strict=True), 1):
            score = self.get_submodule(name.format(level))(seen)
            score = self.get_submodule(enlarger)(score) if enlarger else score
            scores.append(score[:, :, first : first + height, first : first + width])
        return scores


class Edges(nn.Module):
    """BDCN as stages call it: a picture gives how surely each of its pixels lies on an edge."""

    def __init__(self, network: Bdcn) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> Tensor:
        """Return edges, 0..1, (N, 1, H, W), of pictures, RGB, 0..1, (N, 3, H, W)."""
        mean = torch.tensor(_MEAN, dtype=picture.dtype, device=picture.device)[:, None, None]
        return torch.sigmoid(self.network((255 * picture - mean).flip(1), every=True)[-1])


def build(card: Card, weights: Weights) -> nn.Module:
    """Return BDCN with its weights."""
    del card
    with torch.device("meta"):
        network = Bdcn()
    fill(network, weights)
    return network


def path(card: Card, module: nn.Module) -> Network:
    """Return what stages call: a picture gives its edges in one channel, 0..1."""
    return TorchNetwork(Edges(cast(Bdcn, module)), card.facts)
