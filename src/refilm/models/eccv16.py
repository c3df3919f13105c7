"""ECCV16: colours a grey picture by the chances that each place has each of 313 colours.

Zhang, Isola and Efros, "Colorful Image Colorization", ECCV 2016, https://arxiv.org/abs/1603.08511.
Attributes are named as the keys of the published file are. Its successor, which takes hints, is
`siggraph17`.
"""

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from PIL.Image import Resampling
from torch import Tensor, nn

from refilm.chroma import LAB
from refilm.frames import Pixels
from refilm.job import Network
from refilm.lab import lightness
from refilm.models.card import Card
from refilm.models.colouring import Colouring, filtered
from refilm.models.siggraph17 import COLOUR, LIGHTNESS, MIDDLE, convolutions
from refilm.models.weights import Weights, fill

CLASSES = 313
"""Colours that it tells apart."""


class Eccv16(nn.Module):
    """Colours grey pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.model1 = convolutions((1, 64, 64), stride=2)
        self.model2 = convolutions((64, 128, 128), stride=2)
        self.model3 = convolutions((128, 256, 256, 256), stride=2)
        self.model4 = convolutions((256, 512, 512, 512))
        self.model5 = convolutions((512, 512, 512, 512), dilation=2)
        self.model6 = convolutions((512, 512, 512, 512), dilation=2)
        self.model7 = convolutions((512, 512, 512, 512))
        self.model8 = nn.Sequential(
            nn.ConvTranspose2d(512, 256, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, CLASSES, 1),
        )
        self.model_out = nn.Conv2d(CLASSES, 2, 1, bias=False)

    def forward(self, lightness: Tensor) -> Tensor:
        """Return a and b, (N, 2, H, W), CIELAB.

        Args:
            lightness: (N, 1, H, W), CIELAB L, 0..100; H and W are multiples of 8.
        """
        seen = (lightness - MIDDLE) / LIGHTNESS
        for number in range(1, 9):
            seen = self.get_submodule(f"model{number}")(seen)
        colours = self.model_out(torch.softmax(seen, 1))
        return COLOUR * F.interpolate(colours, scale_factor=4, mode="bilinear", align_corners=False)


def build(card: Card, weights: Weights) -> nn.Module:
    """Return the network with its weights."""
    del card
    with torch.device("meta"):
        network = Eccv16()
    fill(network, weights)
    return network


class _Path(Colouring):
    """Looks at a square, whatever the picture's shape, as the published program does."""

    def _found(self, pictures: tuple[Pixels, ...], side: int, numbers: dict[str, float]) -> Pixels:
        (luma,) = pictures
        square = filtered(luma[:, :, 0], side, Resampling.BICUBIC)
        return self._network(lightness(square)[:, :, None], **numbers) / np.float32(LAB)


def path(card: Card, module: nn.Module) -> Network:
    """Return what stages call, by the colouring convention; it tells no confidence.

    The chances of its classes are none of being right: in training, rare colours counted more.
    """
    return _Path(card, module)
