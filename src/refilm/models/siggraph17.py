"""SIGGRAPH17: colours a grey picture, and follows the colours that a person gives to points of it.

Zhang et al., "Real-Time User-Guided Image Colorization with Learned Deep Priors", SIGGRAPH 2017,
https://arxiv.org/abs/1705.02999. Its predecessor without hints is `eccv16`. Attributes are named as the
keys of the published files are.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.models.card import Card
from refilm.models.weights import Weights, fill

LIGHTNESS, COLOUR = 100.0, 110.0
"""Units of CIELAB for 1.0 inside the network."""
CLASSES = 529
"""Colours on a grid of 23 x 23, steps of 10 from -110 to 110, a varying fastest."""
_TEMPERATURE = 0.2


def convolutions(widths: Sequence[int], dilation: int = 1) -> nn.Sequential:
    """Return 3x3 convolutions with ReLU from the first width over all others, and a norm at the end."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation), nn.ReLU()]
    return nn.Sequential(*layers, nn.BatchNorm2d(widths[-1]))


def _rising(*layers: nn.Module) -> nn.Sequential:
    """Return layers after a ReLU on the sum of what came from below and from beside."""
    return nn.Sequential(nn.ReLU(), *layers)


class Siggraph17(nn.Module):
    """Colours grey pictures, with or without hints."""

    def __init__(self) -> None:
        super().__init__()
        self.model1 = convolutions((4, 64, 64))
        self.model2 = convolutions((64, 128, 128))
        self.model3 = convolutions((128, 256, 256, 256))
        self.model4 = convolutions((256, 512, 512, 512))
        self.model5 = convolutions((512, 512, 512, 512), dilation=2)
        self.model6 = convolutions((512, 512, 512, 512), dilation=2)
        self.model7 = convolutions((512, 512, 512, 512))
        self.model8up = nn.Sequential(nn.ConvTranspose2d(512, 256, 4, 2, 1))
        self.model3short8 = nn.Sequential(nn.Conv2d(256, 256, 3, padding=1))
        self.model8 = _rising(*convolutions((256, 256, 256)))
        self.model9up = nn.Sequential(nn.ConvTranspose2d(256, 128, 4, 2, 1))
        self.model2short9 = nn.Sequential(nn.Conv2d(128, 128, 3, padding=1))
        self.model9 = _rising(*convolutions((128, 128)))
        self.model10up = nn.Sequential(nn.ConvTranspose2d(128, 128, 4, 2, 1))
        self.model1short10 = nn.Sequential(nn.Conv2d(64, 128, 3, padding=1))
        self.model10 = _rising(nn.Conv2d(128, 128, 3, padding=1), nn.LeakyReLU(0.2))
        self.model_class = nn.Sequential(nn.Conv2d(256, CLASSES, 1))
        self.model_out = nn.Sequential(nn.Conv2d(128, 2, 1), nn.Tanh())

    def forward(
        self,
        lightness: Tensor,
        hints: Tensor | None = None,
        mask: Tensor | None = None,
        mask_centre: float = 0.0,
    ) -> Tensor:
        """Return a and b, (N, 2, H, W), CIELAB.

        Args:
            lightness: (N, 1, H, W) or (1, H, W), CIELAB L less 50; H and W are multiples of 8.
            hints: (N, 2, H, W) or (2, H, W), a and b where a person gave them, 0 elsewhere.
            mask: (N, 1, H, W) or (1, H, W), 1 where there is a hint, else 0.
            mask_centre: 0 for the weights converted from Caffe, 0.5 for those trained anew.
        """
        lightness = _batch(lightness)
        none = torch.zeros_like(lightness)
        hints = none.repeat(1, 2, 1, 1) if hints is None else _batch(hints)
        mask = none if mask is None else _batch(mask)
        return self._coloured(lightness, hints, mask, mask_centre)[0]

    def classes(
        self, lightness: Tensor, hints: Tensor, mask: Tensor, mask_centre: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Return a and b as `forward` does, and the chance of each of the `CLASSES`, (N, 529, H, W)."""
        colours, middle = self._coloured(_batch(lightness), _batch(hints), _batch(mask), mask_centre)
        chances = torch.softmax(_TEMPERATURE * self.model_class(middle), 1)
        return colours, F.interpolate(chances, scale_factor=4, mode="nearest")

    def _coloured(
        self, lightness: Tensor, hints: Tensor, mask: Tensor, mask_centre: float
    ) -> tuple[Tensor, Tensor]:
        given = torch.cat((lightness / LIGHTNESS, hints / COLOUR, mask - mask_centre), 1)
        full = self.model1(given)
        half = self.model2(full[:, :, ::2, ::2])
        quarter = self.model3(half[:, :, ::2, ::2])
        deep = self.model4(quarter[:, :, ::2, ::2])
        deep = self.model7(self.model6(self.model5(deep)))
        middle = self.model8(self.model8up(deep) + self.model3short8(quarter))
        above = self.model9(self.model9up(middle) + self.model2short9(half))
        top = self.model10(self.model10up(above) + self.model1short10(full))
        return COLOUR * self.model_out(top), middle


def _batch(pictures: Tensor) -> Tensor:
    return pictures if pictures.dim() == 4 else pictures[None]


def build(card: Card, weights: Weights) -> nn.Module:
    """Return the network with its weights."""
    del card
    with torch.device("meta"):
        network = Siggraph17()
    fill(network, weights)
    return network
