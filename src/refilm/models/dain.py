"""DAIN: draws the picture at any moment between two others, what is near before what is far.

Bao et al., "Depth-Aware Video Frame Interpolation", CVPR 2019, https://arxiv.org/abs/1904.00830. It
finds movement (`pwcnet`) and distance (`megadepth`), lays the movement on the pixels of the moment
asked for, fetches both pictures along it, with what surrounds each pixel and by a kernel of its own,
and corrects their mixture. Attributes are named as the published file's keys are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.frames import Pixels
from refilm.job import Network
from refilm.models.card import Card, Facts
from refilm.models.megadepth import MegaDepth
from refilm.models.operators import depth_flow_projection, fill_holes, filter_interpolation
from refilm.models.pwcnet import UNIT, PwcNet
from refilm.models.runtime import TorchNetwork
from refilm.models.weights import Weights, fill

UNUSED = ("flownets.deconv2.",)
"""Keys of the file that the published network never uses: they would enlarge PWC-Net's movement once
more, but it is taken as it is at a quarter of the picture's size."""
KERNEL = 16
"""Weights of each pixel's kernel, four times four."""
SEEN = 3 + 3 * 64 + 1
"""Channels of what is known of each pixel of a picture: itself, its surroundings, its distance."""
MOVEMENT = Facts(multiple_of=64, margin=384, memory=650)
"""What its memory allows of how `PwcNet` is cut into tiles: pictures up to 1920x1080 are seen whole."""
DEPTH = Facts(multiple_of=16, margin=192, memory=1550)
"""As of `MegaDepth`: 192 pixels from a tile's edge its result is off by a thousandth."""
DRAWN = 3 * 3 + 2 * 2 + 2 * KERNEL
"""Channels of what was drawn: the mixture, each picture along its flow, both flows and kernels."""


class Kernels(nn.ModuleList):
    """What the kernels of all pixels are found from: a U-net that adds and does not join."""

    def __init__(self) -> None:
        """Make the layers in one row, by whose places in it the published file names them."""
        down, up = (32, 64, 128, 256, 512), (256, 128, 64, 32, 16)
        layers = _convolution(6, 16)
        inputs = 16
        for outputs in down:
            layers += [*_convolution(inputs, outputs), nn.MaxPool2d(2)]
            inputs = outputs
        layers += _convolution(inputs, inputs)
        for outputs in up:
            layers += [nn.Upsample(scale_factor=2, mode="bilinear"), *_convolution(inputs, outputs)]
            inputs = outputs
        super().__init__(layers)

    def forward(self, pictures: Tensor) -> Tensor:
        """Return features, (N, 16, H, W), of two pictures, (N, 6, H, W); H, W multiples of 32."""
        passed: list[Tensor] = []
        features = pictures
        for layer in self:
            if isinstance(layer, nn.MaxPool2d):
                passed.append(features)
            features = layer(features)
            if isinstance(layer, nn.Upsample):
                features += passed.pop()
        return features


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True)]


def _kernel() -> nn.Sequential:
    return nn.Sequential(*_convolution(16, 16), nn.Conv2d(16, KERNEL, 3, padding=1))


class Residual(nn.Module):
    """Two convolutions with a way around them."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)

    def forward(self, given: Tensor) -> Tensor:
        """Return features of the shape of those given."""
        found = self.conv2(F.relu(self.conv1(given), inplace=True))
        return F.relu(found.add_(given), inplace=True)


class Context(nn.Module):
    """Sees what surrounds each pixel."""

    def __init__(self) -> None:
        super().__init__()
        look = nn.Conv2d(3, 64, 7, padding=3, bias=False)
        self.block1 = nn.Sequential(look, nn.ReLU(inplace=True))
        self.block2 = Residual(64, dilation=4)
        self.block3 = Residual(64, dilation=8)

    def forward(self, picture: Tensor, depth: Tensor) -> Tensor:
        """Return all that is known of a picture's pixels, (N, SEEN, H, W).

        These are the picture, (N, 3, H, W), what was seen at each of three steps, and the depth,
        (N, 1, H, W).
        """
        first = self.block1(picture)
        second = self.block2(first)
        known = (picture, first, second, self.block3(second), depth)
        # Channels last, whatever the parts are: then no copy is needed to fetch pixels from it.
        return torch.cat([part.permute(0, 2, 3, 1) for part in known], 3).permute(0, 3, 1, 2)


class Rectify(nn.Module):
    """Corrects a picture by all that is known of it."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.block1 = nn.Sequential(nn.Conv2d(inputs, width, 7, padding=3), nn.ReLU(inplace=True))
        self.block2, self.block3, self.block4 = (Residual(width) for _ in range(3))
        self.block5 = nn.Sequential(nn.Conv2d(width, 3, 3, padding=1))

    def look(self, known: Tensor, first: int) -> Tensor:
        """Return the share, (N, width, H, W), that some inputs have in what the first layer sees.

        Given bit by bit, the hundreds of inputs need not all be there at once.

        Args:
            known: (N, C, H, W), the inputs from number `first` on.
            first: Number of the first of them.
        """
        wide = cast(nn.Conv2d, self.block1[0])
        weight = wide.weight[:, first : first + known.shape[1]]
        return F.conv2d(known, weight, wide.bias if first == 0 else None, padding=3)

    def forward(self, seen: Tensor) -> Tensor:
        """Return what to add to the picture, (N, 3, H, W), by the sum of all inputs' shares."""
        found = self.block1[1](seen)
        return self.block5(self.block4(self.block3(self.block2(found))))


class Dain(nn.Module):
    """Draws the picture at any moment between two others."""

    def __init__(self) -> None:
        super().__init__()
        self.initScaleNets_filter = Kernels()
        self.initScaleNets_filter1, self.initScaleNets_filter2 = _kernel(), _kernel()
        self.ctxNet = Context()
        self.rectifyNet = Rectify(DRAWN + 2 * SEEN, 128)
        self.flownets = PwcNet()
        self.depthNet = MegaDepth()

    def forward(
        self, pictures: Tensor, time: float = 0.5
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Return what the published network does: pictures, movement and kernels.

        First the mixture of both pictures and then the same corrected, each (N, 3, H, W), about 0..1:
        the last is the result. Then for each picture where each pixel lies in it, (N, 2, H, W), in
        pixels to the right and down from its own place, and its kernel, (N, 16, H, W), row by row.

        Args:
            pictures: (2, N, 3, H, W), RGB 0..1; H and W are multiples of 64.
            time: 0 is the moment of the first picture, 1 that of the second; the published program
                has one network for the middle and one for other moments, which agree there.
        """
        first, second = pictures
        depths = [self.depthNet(picture) for picture in pictures]
        return self.drawn(pictures, self.movements(first, second), depths, time)

    def movements(self, first: Tensor, second: Tensor) -> Sequence[Tensor]:
        """Return where each picture's pixels lie in the other, both (N, 2, H, W), in pixels."""
        flows = self.flownets(first, second)
        return [F.interpolate(UNIT * flow, scale_factor=4, mode="bilinear") for flow in flows]

    def drawn(
        self, pictures: Tensor, movements: Sequence[Tensor], depths: Sequence[Tensor], time: float
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Return what `forward` does, for movement and distance found before.

        Args:
            pictures: As of `forward`.
            movements: As `movements` returns them.
            depths: For each picture the logarithm of the distance, (N, 1, H, W).
            time: As of `forward`.
        """
        kernels = self._kernels(pictures)
        flows = _projected(movements, depths, time)
        drawn: list[Tensor] = []
        seen = torch.zeros((), device=pictures.device)
        for number, (flow, kernel) in enumerate(zip(flows, kernels, strict=True)):
            fetched = self._fetched(pictures[number], depths[number], flow, kernel)
            drawn.append(fetched[:, :3].clone())
            seen = seen + self.rectifyNet.look(fetched, DRAWN + number * SEEN)
            # It is the largest of all: there is no room for two.
            del fetched
        blend = (1 - time) * drawn[0] + time * drawn[1]
        seen = seen + self.rectifyNet.look(torch.cat((blend, *drawn, *flows, *kernels), 1), 0)
        return [blend, self.rectifyNet(seen) + blend], flows, kernels

    def _fetched(self, picture: Tensor, depth: Tensor, flow: Tensor, kernel: Tensor) -> Tensor:
        """Return what is known of a picture's pixels, (N, SEEN, H, W), fetched along a flow."""
        return filter_interpolation(self.ctxNet(picture, depth), flow, kernel)

    def _kernels(self, pictures: Tensor) -> list[Tensor]:
        common = self.initScaleNets_filter(torch.cat((pictures[0], pictures[1]), 1))
        return [self.initScaleNets_filter1(common), self.initScaleNets_filter2(common)]


def _projected(movements: Iterable[Tensor], depths: Iterable[Tensor], time: float) -> list[Tensor]:
    """Return where the pixels of the moment asked for lie in each picture, (N, 2, H, W) in pixels."""
    # By then the first picture's pixels have gone this share of their way, and the second's the rest.
    flows = (share * flow for share, flow in zip((time, 1 - time), movements, strict=True))
    # What is near covers what is far: the nearer, the more it weighs.
    weights = (1e-6 + 1 / torch.exp(depth) for depth in depths)
    return [fill_holes(*depth_flow_projection(*each)) for each in zip(flows, weights, strict=True)]


class Movement(nn.Module):
    """The part of DAIN that sees how everything moves."""

    def __init__(self, network: Dain) -> None:
        super().__init__()
        self.network = network

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return movements from the first picture and from the second, together (N, 4, H, W)."""
        return torch.cat(list(self.network.movements(first, second)), 1)


class Drawing(nn.Module):
    """The part of DAIN that draws, once movement and distance are known."""

    def __init__(self, network: Dain) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, first: Tensor, second: Tensor, movements: Tensor, depths: Tensor, position: float = 0.5
    ) -> Tensor:
        """Return the picture at a position, 0..1, between two, of their shape.

        Args:
            first: (N, 3, H, W).
            second: (N, 3, H, W).
            movements: (N, 4, H, W), as of `Movement`.
            depths: (N, 2, H, W), of the first and of the second.
            position: 0 is the moment of the first picture, 1 that of the second.
        """
        known = movements.chunk(2, 1), depths.chunk(2, 1)
        (_, drawn), _, _ = self.network.drawn(torch.stack((first, second)), *known, position)
        return drawn


class InBetween:
    """DAIN as stages call it: two pictures and a position give the picture there.

    Its three parts are each cut into tiles for themselves, as far as memory asks for it. So a tile is
    drawn with the movement of the whole picture, on which a seam would show first of all: what one
    pixel lands on changes at once where movement changes by little.
    """

    def __init__(self, network: Dain, facts: Facts, *, on: torch.device | None = None) -> None:
        """Take the network, and the facts by which it draws."""
        self._movement = TorchNetwork(Movement(network), MOVEMENT, on=on)
        self._depth = TorchNetwork(network.depthNet, DEPTH, on=on)
        # Movement is given to it as a picture of four channels, and both depths as one of two.
        self._drawing = TorchNetwork(Drawing(network), replace(facts, channels=(3, 4, 2)), on=on)

    def __call__(self, *pictures: Pixels, **numbers: float) -> Pixels:
        """Return the picture at `position`, 0..1, between two; grey where both are."""
        grey = all(picture.shape[2] == 1 for picture in pictures)
        seen = [np.repeat(each, 3, axis=2) if each.shape[2] == 1 else each for each in pictures]
        movements = self._movement(*seen)
        depths = np.concatenate([self._depth(each) for each in seen], axis=2)
        drawn = self._drawing(*seen, movements, depths, **numbers)
        return drawn.mean(axis=2, keepdims=True, dtype=np.float32) if grey else drawn

    def given(self, *references: Pixels) -> Network:
        """Raise ValueError: it takes no references."""
        raise ValueError(f"DAIN takes no references, and not {len(references)}")


def build(card: Card, weights: Weights) -> nn.Module:
    """Return DAIN with its weights."""
    del card
    with torch.device("meta"):
        network = Dain()
    fill(network, weights, unused=UNUSED)
    return network


def path(card: Card, module: nn.Module) -> Network:
    """Return what stages call: two pictures and a position, 0..1, give the picture there."""
    return InBetween(cast(Dain, module), card.facts)
