"""SIGGRAPH17: colours a grey picture, and follows the colours that a person gives to points of it.

Zhang et al., "Real-Time User-Guided Image Colorization with Learned Deep Priors", SIGGRAPH 2017,
https://arxiv.org/abs/1705.02999. Its predecessor without hints is `eccv16`. Attributes are named as the
keys of the published files are.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.chroma import LAB
from refilm.frames import Pixels
from refilm.job import Network
from refilm.lab import lightness
from refilm.models.card import Card
from refilm.models.colouring import Colouring, sampled
from refilm.models.weights import Weights, fill

LIGHTNESS, COLOUR = 100.0, 110.0
"""Units of CIELAB for 1.0 inside the network."""
CLASSES = 529
"""Colours on a grid of 23 x 23, steps of 10 from -110 to 110, a varying fastest."""
MASK_CENTRES: Mapping[str, float] = {"siggraph17-retrained": 0.5}
"""What is taken from the mask for weights that were not converted from Caffe, by their card."""
MIDDLE = 50.0
"""Lightness, CIELAB, that is 0 for these networks."""
_TEMPERATURE = 0.2


def convolutions(widths: Sequence[int], dilation: int = 1, stride: int = 1) -> nn.Sequential:
    """Return 3x3 convolutions with ReLU from the first width over all others, and a norm at the end.

    The last convolution has the stride.
    """
    layers: list[nn.Module] = []
    strides = [1] * (len(widths) - 2) + [stride]
    for (inputs, outputs), step in zip(pairwise(widths), strides, strict=True):
        layers += [nn.Conv2d(inputs, outputs, 3, step, dilation, dilation), nn.ReLU()]
    return nn.Sequential(*layers, nn.BatchNorm2d(widths[-1]))


def _rising(*layers: nn.Module) -> nn.Sequential:
    """Return layers after a ReLU on the sum of what came from below and from beside."""
    return nn.Sequential(nn.ReLU(), *layers)


class Layers(nn.Module):
    """The layers that this network shares with `ideepcolor`."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.model1 = convolutions((inputs, 64, 64))
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
        self.model_out = nn.Sequential(nn.Conv2d(128, 2, 1), nn.Tanh())

    def coloured(self, given: Tensor, hint: Tensor | float = 0.0) -> tuple[Tensor, Tensor]:
        """Return a and b, (N, 2, H, W), -1..1, and features, (N, 256, H/4, W/4).

        Args:
            given: (N, inputs, H, W); H and W are multiples of 8.
            hint: Added to the features at 1/8 of the size, (N, 512, H/8, W/8) or one for all places.
        """
        full = self.model1(given)
        half = self.model2(full[:, :, ::2, ::2])
        quarter = self.model3(half[:, :, ::2, ::2])
        deep = self.model4(quarter[:, :, ::2, ::2]) + hint
        deep = self.model7(self.model6(self.model5(deep)))
        middle = self.model8(self.model8up(deep) + self.model3short8(quarter))
        above = self.model9(self.model9up(middle) + self.model2short9(half))
        top = self.model10(self.model10up(above) + self.model1short10(full))
        return self.model_out(top), middle


class Siggraph17(Layers):
    """Colours grey pictures, with or without hints."""

    def __init__(self) -> None:
        super().__init__(4)
        self.model_class = nn.Sequential(nn.Conv2d(256, CLASSES, 1))

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
        colours, middle = self.coloured(given)
        return COLOUR * colours, middle


def _batch(pictures: Tensor) -> Tensor:
    return pictures if pictures.dim() == 4 else pictures[None]


def build(card: Card, weights: Weights) -> nn.Module:
    """Return the network with its weights."""
    del card
    with torch.device("meta"):
        network = Siggraph17()
    fill(network, weights)
    return network


class Hinted(nn.Module):
    """SIGGRAPH17 as stages call it: all that it is given is one picture."""

    def __init__(self, network: nn.Module, mask_centre: float) -> None:
        super().__init__()
        self.network, self.mask_centre = network, mask_centre

    def forward(self, given: Tensor) -> Tensor:
        """Return a and b as `Siggraph17` does, of its lightness, hints and mask, (N, 4, H, W)."""
        return self.network(given[:, :1], given[:, 1:3], given[:, 3:], self.mask_centre)


def placed(hints: Pixels, mask: Pixels, side: int) -> Pixels:
    """Return a, b and 1 where hints lie in a square, else 0, (side, side, 3); where they meet, a mean.

    Args:
        hints: (h, w, 2), a and b.
        mask: (h, w, 1), 1 at a hint, else 0.
        side: Pixels on a side; the square shows the whole picture, whatever its shape.
    """
    rows, columns = np.nonzero(mask[:, :, 0] > 0)
    height, width = mask.shape[:2]
    # A pixel's middle tells where it goes.
    place = (2 * rows + 1) * side // (2 * height), (2 * columns + 1) * side // (2 * width)
    total = np.zeros((side, side, 3), np.float32)
    np.add.at(total, place, np.dstack((hints, np.ones_like(mask)))[rows, columns])
    return np.divide(total, np.maximum(total[:, :, 2:], 1), dtype=np.float32)


def _no_hints() -> tuple[Pixels, Pixels]:
    return np.zeros((1, 1, 2), np.float32), np.zeros((1, 1, 1), np.float32)


class _Path(Colouring):
    """Looks at a square, whatever the picture's shape, as ideepcolor's program does."""

    def _found(self, pictures: tuple[Pixels, ...], side: int, numbers: dict[str, float]) -> Pixels:
        luma, hints, mask = pictures if len(pictures) == 3 else (*pictures, *_no_hints())
        light = lightness(sampled(luma[:, :, 0], side)) - np.float32(MIDDLE)
        marks = placed(hints, mask, side)
        given = np.dstack((light, np.float32(LAB) * marks[:, :, :2], marks[:, :, 2:]))
        return self._network(given, **numbers) / np.float32(LAB)


def path(card: Card, module: nn.Module) -> Network:
    """Return what stages call, by the colouring convention, with hints; it tells no confidence.

    The chances of `Siggraph17.classes` are none of being right: they are made flatter, to offer a
    person colours to choose from.
    """
    return _Path(card, Hinted(module, MASK_CENTRES.get(card.name, 0.0)))
