"""MegaDepth's hourglass: guesses from one picture how far away everything in it is.

Li and Snavely, "MegaDepth: Learning Single-View Depth Prediction from Internet Photos", CVPR 2018,
https://arxiv.org/abs/1804.00607; the network is that of Chen et al., "Single-Image Depth Perception in
the Wild", NIPS 2016, https://arxiv.org/abs/1604.03901. It is a part of DAIN. Its blocks lie in each
other as the published file's keys say.
"""

from typing import cast

import torch
from torch import Tensor, nn

NARROW, WIDE = (3, 5, 7), (3, 7, 11)
"""Sides of the kernels that an inception block looks with, besides single pixels."""


class Normalisation(nn.BatchNorm2d):
    """Batch normalisation by what was measured in training, done in place: it takes no memory."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        """Return the features given, (N, C, H, W), normalised."""
        mean, variance = cast(Tensor, self.running_mean), cast(Tensor, self.running_var)
        scale = torch.rsqrt(variance + self.eps)
        if self.affine:
            scale = scale * self.weight
        input.sub_(mean[:, None, None]).mul_(scale[:, None, None])
        return input.add_(self.bias[:, None, None]) if self.affine else input


class Inception(nn.ModuleList):
    """Looks with kernels of four sizes side by side."""

    def __init__(self, inputs: int, outputs: int, hidden: int, sides: tuple[int, ...] = NARROW) -> None:
        """Take the channels that come in, and for each kernel those that go out and in between."""
        looks = (
            nn.Sequential(*_convolution(inputs, hidden, 1), *_convolution(hidden, outputs, side))
            for side in sides
        )
        super().__init__((nn.Sequential(*_convolution(inputs, outputs, 1)), *looks))

    def forward(self, given: Tensor) -> Tensor:
        """Return features, (N, 4 outputs, H, W), of features, (N, inputs, H, W)."""
        return torch.cat([look(given) for look in self], 1)


def _convolution(inputs: int, outputs: int, side: int) -> tuple[nn.Module, ...]:
    # The published normalisation has no scale and no shift of its own, except the very first.
    normalised = Normalisation(outputs, affine=False)
    return nn.Conv2d(inputs, outputs, side, padding=side // 2), normalised, nn.ReLU(inplace=True)


class Sum(nn.ModuleList):
    """Two ways through the network, whose results are added."""

    def forward(self, given: Tensor) -> Tensor:
        """Return features, (N, outputs, H, W), of features, (N, inputs, H, W)."""
        first, second = self
        return first(given) + second(given)


def _half_size(pool: nn.Module, *blocks: nn.Module) -> nn.Sequential:
    """Return blocks that work at half the size, which `pool` leads to.

    It is the greatest of four features at the two large sizes, and their mean at the two small ones.
    """
    return nn.Sequential(pool, *blocks, nn.Upsample(scale_factor=2))


def _sixteenth() -> nn.Sequential:
    same = (Inception(256, 64, 32) for _ in range(2))
    small = _half_size(nn.AvgPool2d(2), *(Inception(256, 64, 32) for _ in range(3)))
    return nn.Sequential(Sum((nn.Sequential(*same), small)))


def _eighth() -> nn.Sequential:
    same = nn.Sequential(Inception(256, 64, 32), Inception(256, 64, 64, WIDE))
    small = _half_size(
        nn.AvgPool2d(2),
        Inception(256, 64, 32),
        Inception(256, 64, 32),
        _sixteenth(),
        Inception(256, 64, 32),
        Inception(256, 64, 64, WIDE),
    )
    return nn.Sequential(Sum((same, small)))


def _quarter() -> nn.Sequential:
    same = nn.Sequential(Inception(128, 32, 32), Inception(128, 32, 64, WIDE))
    small = _half_size(
        nn.MaxPool2d(2),
        Inception(128, 32, 32),
        Inception(128, 64, 32),
        _eighth(),
        Inception(256, 64, 32),
        Inception(256, 32, 32),
    )
    return nn.Sequential(Sum((small, same)))


def _half() -> nn.Sequential:
    same = nn.Sequential(Inception(128, 16, 64, WIDE))
    small = _half_size(
        nn.MaxPool2d(2),
        Inception(128, 32, 32),
        Inception(128, 32, 32),
        _quarter(),
        Inception(128, 32, 64),
        Inception(128, 16, 32, WIDE),
    )
    return nn.Sequential(Sum((small, same)))


class MegaDepth(nn.Sequential):
    """Guesses how far away everything in a picture is."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 128, 7, padding=3),
            Normalisation(128),
            nn.ReLU(inplace=True),
            _half(),
            nn.Conv2d(64, 1, 3, padding=1),
        )

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        """Return the logarithm of the distance, up to a constant, (N, 1, H, W).

        Args:
            input: (N, 3, H, W), RGB 0..1; H and W are multiples of 16.
        """
        return super().forward(input)
