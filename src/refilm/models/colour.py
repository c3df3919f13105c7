"""The project's own colouriser: gives a grey picture colours that such pictures usually have.

An encoder that knows a thousand classes of objects (`efficientnet`) sees the picture; a decoder joins
what it found at five sizes, with what the whole picture shows added at the bottom, as do Ronneberger et
al., "U-Net", 2015, https://arxiv.org/abs/1505.04597, and Iizuka et al., "Let there be Color!", 2016,
https://doi.org/10.1145/2897824.2925974. It is trained by `refilm train colour`.
"""

from typing import NamedTuple, cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.chroma import reduced
from refilm.frames import Pixels
from refilm.job import Network
from refilm.models.card import Card
from refilm.models.colouring import Colouring
from refilm.models.efficientnet import CHANNELS, EfficientNet
from refilm.models.weights import Weights, fill

SCALE = 100.0
"""CIELAB units of a and b for 1.0 in the network's result."""
STEP = 32
"""Width and height of what it takes are multiples of this."""
WIDTHS = (128, 192, 256, 256)
"""Channels of the decoder at 1/4, 1/8, 1/16 and 1/32 of the size."""
_MOST = 0.9
"""Chroma over `SCALE` of a colour that is surely right at most."""
_RED, _LESS = (0.985, 0.174), 0.65
"""Direction of a and b of a bluish red, and by how much less chroma that has: what resembles a stop
sign or a flower is seldom one."""
EDGE = 32
"""Channels at half size, where only edges are corrected."""


class Layer(nn.Module):
    """A 3x3 convolution and ReLU6; in training with batch normalisation between them.

    Without a bound a place that stirs one layer unusually stirs each further one more, until it
    overwhelms all others: a vivid green spot on a face.
    """

    def __init__(self, inputs: int, outputs: int, *, normalised: bool, kernel: int = 3) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
        self.norm = nn.BatchNorm2d(outputs) if normalised else nn.Identity()

    def forward(self, seen: Tensor) -> Tensor:
        """Return features, (N, outputs, H, W), of (N, inputs, H, W)."""
        return F.relu6(self.norm(self.conv(seen)))


class Bottom(nn.Module):
    """Adds to what lies where what the whole picture shows.

    In training each picture of a batch hears another share of that, from nothing to all, so that things
    get their colours by what they are and not only by what such pictures mostly show.
    """

    def __init__(self, inputs: int, width: int, *, normalised: bool) -> None:
        super().__init__()
        self.narrow = Layer(inputs, width, kernel=1, normalised=normalised)
        self.whole = nn.Sequential(nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width))
        self.join = Layer(width, width, normalised=normalised)

    def forward(self, seen: Tensor) -> Tensor:
        """Return features, (N, width, H, W), of (N, inputs, H, W)."""
        whole = self.whole(seen.mean((2, 3)))[:, :, None, None]
        if self.training:
            whole = whole * torch.linspace(0, 1, len(whole), device=whole.device)[:, None, None, None]
        return self.join(self.narrow(seen) + whole)


class Rise(nn.Module):
    """Doubles the size and joins what the encoder found there."""

    def __init__(self, below: int, beside: int, width: int, *, normalised: bool) -> None:
        super().__init__()
        self.join = Layer(below + beside, width, normalised=normalised)
        self.again = Layer(width, width, normalised=normalised)

    def forward(self, below: Tensor, beside: Tensor) -> Tensor:
        """Return features, (N, width, 2H, 2W), of (N, below, H, W) and (N, beside, 2H, 2W)."""
        enlarged = F.interpolate(below, scale_factor=2, mode="nearest")
        return self.again(self.join(torch.cat((enlarged, beside), 1)))


class Edge(nn.Module):
    """Corrects colours at half size by what the encoder's first layer saw there: where edges lie."""

    def __init__(self, below: int, beside: int, *, normalised: bool) -> None:
        super().__init__()
        self.narrow = Layer(below, EDGE, kernel=1, normalised=normalised)
        self.join = Layer(EDGE + beside + 3, EDGE, normalised=normalised)
        self.correction = nn.Conv2d(EDGE, 3, 3, padding=1)
        # Without training it corrects nothing.
        nn.init.zeros_(self.correction.weight)
        nn.init.zeros_(cast(Tensor, self.correction.bias))

    def forward(self, quarter: Tensor, features: Tensor, beside: Tensor) -> Tensor:
        """Return (N, 3, 2H, 2W) of (N, 3, H, W), (N, below, H, W) and (N, beside, 2H, 2W)."""
        enlarged = F.interpolate(quarter, scale_factor=2, mode="bilinear", align_corners=False)
        seen = F.interpolate(self.narrow(features), scale_factor=2, mode="nearest")
        return enlarged + self.correction(self.join(torch.cat((seen, beside, enlarged), 1)))


class Seen(NamedTuple):
    """What the network made of pictures at 1/4 of their size."""

    features: Tensor
    """(N, `WIDTHS[0]`, H/4, W/4)."""
    colours: Tensor
    """(N, 3, H/4, W/4): a / `SCALE`, b / `SCALE`, and the confidence before the sigmoid."""


class Colouriser(nn.Module):
    """Colours a grey picture."""

    def __init__(self, *, normalised: bool = False) -> None:
        """Make the network; `normalised` is as it is trained, else as it is shipped."""
        super().__init__()
        self.encoder = EfficientNet(channels=1)
        self.bottom = Bottom(CHANNELS[-1], WIDTHS[-1], normalised=normalised)
        self.rises = nn.ModuleList(
            Rise(below, beside, width, normalised=normalised)
            for below, beside, width in zip(
                WIDTHS[:0:-1], CHANNELS[-2:0:-1], WIDTHS[-2::-1], strict=True
            )
        )
        self.colours = nn.Conv2d(WIDTHS[0], 3, 3, padding=1)
        self.edge = Edge(WIDTHS[0], CHANNELS[0], normalised=normalised)
        self.gain: Tensor
        self.register_buffer("gain", torch.tensor([1.0, 0.0]))

    def forward(self, luma: Tensor) -> Tensor:
        """Return colours of pictures, (N, 3, H, W): a / `SCALE`, b / `SCALE`, confidence.

        a and b are CIELAB (D65); the confidence is the chance, 0..1, that the colour lies within 10
        CIEDE2000 of the true one.

        Args:
            luma: (N, 1, H, W), 0..1 gamma-coded; H and W are multiples of `STEP`.
        """
        found = self.found(luma)
        confidence = found[:, 2:]
        return torch.cat((strengthened(found[:, :2], confidence, self.gain), confidence), 1)

    def found(self, luma: Tensor) -> Tensor:
        """Return the same as `forward`, but with colours as they were learnt, before the gain."""
        features = self.encoder(luma)
        half = self.sharpened(self.seen(features), features)
        full = F.interpolate(half, scale_factor=2, mode="bilinear", align_corners=False)
        return torch.cat((full[:, :2], torch.sigmoid(full[:, 2:])), 1)

    def seen(self, features: list[Tensor]) -> Seen:
        """Return what the decoder makes of the encoder's features."""
        made = self.bottom(features[-1])
        for rise, beside in zip(self.rises, features[-2:0:-1], strict=True):
            made = rise(made, beside)
        return Seen(made, self.colours(made))

    def sharpened(self, seen: Seen, features: list[Tensor]) -> Tensor:
        """Return colours as in `Seen` but at half size, (N, 3, H/2, W/2)."""
        return self.edge(seen.colours, seen.features, features[0])


def strengthened(colours: Tensor, confidence: Tensor, gain: Tensor) -> Tensor:
    """Return colours, (N, 2, H, W), as strong as was chosen after training.

    The gain tells how strong unsure colours are, and how much stronger sure ones. Whatever it is, no
    chroma goes beyond what the confidence, (N, 1, H, W), allows, least of all that of reds: a glaring
    colour that is wrong costs more than a pale one.
    """
    strong = colours * (gain[0] + gain[1] * confidence)
    chroma = strong.norm(dim=1, keepdim=True)
    red = (strong[:, :1] * _RED[0] + strong[:, 1:] * _RED[1]) / (chroma + 1e-6)
    most = _MOST * confidence**1.5 * (1 - _LESS * red.clamp(min=0) ** 4)
    return strong / (1 + (chroma / most.clamp(min=1e-3)) ** 4) ** 0.25


def build(card: Card, weights: Weights) -> nn.Module:
    """Return the colouriser with its weights, which are stored in half precision."""
    del card
    with torch.device("meta"):
        network = Colouriser()
    fill(network, {key: tensor.float() for key, tensor in weights.items()})
    return network


class _Path(Colouring):
    """Looks at a picture whose shorter side is the inner size; smaller ones are not enlarged."""

    def _found(self, pictures: tuple[Pixels, ...], side: int, numbers: dict[str, float]) -> Pixels:
        (luma,) = pictures
        return self._network(reduced(luma, side), **numbers)


def path(card: Card, module: nn.Module) -> Network:
    """Return what stages call, by the colouring convention: a / `SCALE`, b / `SCALE`, confidence."""
    return _Path(card, module)
