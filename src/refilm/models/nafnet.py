"""NAFNet: sharpens a picture that was blurred by movement, with no nonlinearity but a product.

Chen et al., "Simple Baselines for Image Restoration", ECCV 2022, https://arxiv.org/abs/2204.04676.
Width and numbers of blocks are read from the weights; attributes are named as their keys are. Over
pictures larger than those of its training the published program takes the means of its attention from
windows around each pixel, and so does `path`: Chu et al., "Improving Image Restoration by Revisiting
Global Information Aggregation", ECCV 2022, https://arxiv.org/abs/2112.04491.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.errors import WeightsError
from refilm.job import Network
from refilm.models.card import Card, Facts
from refilm.models.rrdbnet import averaged
from refilm.models.runtime import TorchNetwork
from refilm.models.tiles import spans
from refilm.models.weights import Weights, fill

WINDOW = 384
"""Pixels on a side of the windows that means are taken from: one and a half times those of training."""
_EPSILON = 1e-6
"""What is added to a variance before its root."""
_ROWS, _FEW = 64, 8
"""Rows, and channels, that are worked on at a time."""
_MARGIN = 512
"""Pixels around a tile that have a say in it: half a window, and what its own windows pass on."""
_MEMORY, _MORE = 400, 8
"""Bytes of working memory for each pixel, and for each channel of its first features: measured."""


class Sizes(NamedTuple):
    """How wide and deep a network is."""

    width: int
    """Channels at the picture's own size; each halving doubles them."""
    encoders: Sequence[int]
    """Blocks before each halving."""
    middle: int
    """Blocks at the smallest size."""
    decoders: Sequence[int]
    """Blocks after each doubling."""


class Norm(nn.Module):
    """Sets the mean of each pixel's channels to 0 and their variance to 1, then scales and shifts."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the shape of those given, (N, C, H, W)."""
        last = features.permute(0, 2, 3, 1)
        even = F.layer_norm(last, self.weight.shape, self.weight, self.bias, _EPSILON)
        return even.permute(0, 3, 1, 2)


def gated(features: Tensor) -> Tensor:
    """Return the product of the first half of the channels and the second, (N, C / 2, H, W)."""
    first, second = features.chunk(2, 1)
    return first * second


class Attention(nn.Sequential):
    """Weighs channels by what all of them are on average."""

    def __init__(self, width: int) -> None:
        # The file counts the mean as the first layer.
        super().__init__(nn.Identity(), nn.Conv2d(width, width, 1))

    def forward(self, input: Tensor, window: int | None = None) -> Tensor:  # noqa: A002
        """Return what channels are multiplied by, (N, C, h, w), one for each window.

        Args:
            input: Features, (N, C, H, W).
            window: Pixels on a side of the windows that means are taken from; they do not pass the
                edges, so h = H - window + 1. None for one window that is the whole.
        """
        if window is None:
            return self[1](input.mean((2, 3), keepdim=True))
        number, channels, *sides = input.shape
        means = input.new_empty(number, channels, *(max(side - window, 0) + 1 for side in sides))
        means = means.contiguous(memory_format=torch.channels_last)
        # Running sums are as large as what is summed: a few channels, then a few rows, at a time.
        for given, made in zip(input.split(_FEW, 1), means.split(_FEW, 1), strict=True):
            made.copy_(_means(_means(given, window, 2), window, 3))
        for rows in means.split(_ROWS, 2):
            rows.copy_(self[1](rows))
        return means


def _means(features: Tensor, window: int, side: int) -> Tensor:
    """Return the mean of each window along a side: one of the whole where it is no longer than that."""
    length = features.shape[side]
    if window >= length:
        return features.mean(side, keepdim=True)
    sums = features.cumsum(side)
    later, earlier = (sums.narrow(side, first, length - window) for first in (window, 0))
    first = sums.narrow(side, window - 1, 1)
    return torch.cat((first, later - earlier), side).div_(window)


def _windows(length: int, count: int, device: torch.device) -> Tensor:
    """Return which of so many windows each place along a side has: the one that is most around it."""
    before = (length - count) // 2
    return (torch.arange(length, device=device) - before).clamp_(0, count - 1)


class Block(nn.Module):
    """A look around each pixel, then one at its channels, each with a way around it.

    Works on some rows at a time, so that only a third of what it makes is in memory at once.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = Norm(width), Norm(width)
        self.conv1 = nn.Conv2d(width, 2 * width, 1)
        self.conv2 = nn.Conv2d(2 * width, 2 * width, 3, padding=1, groups=2 * width)
        self.sca = Attention(width)
        self.conv3 = nn.Conv2d(width, width, 1)
        self.conv4 = nn.Conv2d(width, 2 * width, 1)
        self.conv5 = nn.Conv2d(width, width, 1)
        self.beta = nn.Parameter(torch.zeros(1, width, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, width, 1, 1))

    def forward(self, features: Tensor, window: int | None = None) -> Tensor:
        """Return features of the shape of those given, (N, C, H, W); `window` as `Attention` has it."""
        seen = torch.empty_like(features)
        for strip in spans(features.shape[2], _ROWS, 1, 1):
            around = gated(self.conv2(self.conv1(self.norm1(features[:, :, strip.seen()]))))
            seen[:, :, strip.place(1)] = around[:, :, strip.kept(1)]
        factors = self.sca(seen, window)
        rows, columns = (
            _windows(features.shape[side], factors.shape[side], features.device) for side in (2, 3)
        )
        for strip in spans(features.shape[2], _ROWS, 0, 1):
            place = strip.place(1)
            weighed = seen[:, :, place] * factors[:, :, rows[place]][..., columns]
            seen[:, :, place] = self._each(features[:, :, place], weighed)
        return seen

    def _each(self, features: Tensor, seen: Tensor) -> Tensor:
        features = torch.addcmul(features, self.conv3(seen), self.beta)
        return torch.addcmul(features, self.conv5(gated(self.conv4(self.norm2(features)))), self.gamma)


class Nafnet(nn.Module):
    """Looks at a picture at several sizes, and adds to it what makes it sharp."""

    def __init__(self, sizes: Sizes, channels: int = 3) -> None:
        super().__init__()
        width, levels = sizes.width, range(len(sizes.encoders))
        widths = [width << level for level in levels]
        self.intro = nn.Conv2d(channels, width, 3, padding=1)
        self.encoders = nn.ModuleList(map(_blocks, sizes.encoders, widths))
        self.downs = nn.ModuleList(nn.Conv2d(wide, 2 * wide, 2, 2) for wide in widths)
        self.middle_blks = _blocks(sizes.middle, width << len(levels))
        self.ups = nn.ModuleList(_up(2 * wide) for wide in reversed(widths))
        self.decoders = nn.ModuleList(map(_blocks, sizes.decoders, reversed(widths)))
        self.ending = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, picture: Tensor, window: int | None = None) -> Tensor:
        """Return the picture made sharp, (N, 3, H, W), nominally 0..1, in any range.

        Args:
            picture: (N, 3, H, W), RGB, nominally 0..1; of any size: it is padded with black on its
                right and lower side, and cut back.
            window: Pixels on a side of the windows that attention takes its means from; None for means
                of the whole picture, as in training.
        """
        height, width = picture.shape[2:]
        step = 2 ** len(self.downs)
        picture = F.pad(picture, (0, -width % step, 0, -height % step))
        return (picture + self.ending(self._seen(picture, window)))[:, :, :height, :width]

    def _seen(self, picture: Tensor, window: int | None) -> Tensor:
        features = self.intro(picture)
        before: list[Tensor] = []
        for blocks, down in zip(self.encoders, self.downs, strict=True):
            before.append(_through(blocks, features, _at(window, len(before))))
            features = down(before[-1])
        features = _through(self.middle_blks, features, _at(window, len(before)))
        for up, blocks in zip(self.ups, self.decoders, strict=True):
            features = _joined(before.pop(), up, features)
            features = _through(blocks, features, _at(window, len(before)))
        return features


def _blocks(count: int, width: int) -> nn.Sequential:
    return nn.Sequential(*(Block(width) for _ in range(count)))


def _up(inputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, 2 * inputs, 1, bias=False), nn.PixelShuffle(2))


def _at(window: int | None, level: int) -> int | None:
    return None if window is None else window >> level


def _joined(large: Tensor, up: nn.Module, small: Tensor) -> Tensor:
    """Add to large features what small ones are when enlarged, and return them."""
    for rows, given in zip(large.split(2 * _ROWS, 2), small.split(_ROWS, 2), strict=True):
        rows.add_(up(given))
    return large


def _through(blocks: nn.Module, features: Tensor, window: int | None) -> Tensor:
    for block in blocks.children():
        features = block(features, window)
    return features


class Local(nn.Module):
    """NAFNet as stages call it: means come from around each pixel, as in the published program."""

    def __init__(self, network: Nafnet) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> Tensor:
        """Return the picture made sharp, of its shape, (N, 3, H, W)."""
        return self.network(picture, WINDOW)


def _sized(weights: Weights) -> Sizes:
    """Return the sizes of the network that weights are for; raises WeightsError for others."""
    if "intro.weight" not in weights:
        raise WeightsError("These weights are not those of NAFNet: intro.weight is missing.")
    levels = len(list(_counted(weights, "downs.{}.weight")))
    return Sizes(
        width=weights["intro.weight"].shape[0],
        encoders=[_depth(weights, f"encoders.{level}") for level in range(levels)],
        middle=_depth(weights, "middle_blks"),
        decoders=[_depth(weights, f"decoders.{level}") for level in range(levels)],
    )


def _depth(weights: Weights, part: str) -> int:
    return len(list(_counted(weights, part + ".{}.conv1.weight")))


def _counted(weights: Weights, key: str) -> Iterator[int]:
    return takewhile(lambda number: key.format(number) in weights, range(len(weights)))


def build(card: Card, weights: Weights) -> nn.Module:
    """Return the network with its weights, as large as they are for."""
    del card
    state = averaged(weights)
    sizes = _sized(state)
    with torch.device("meta"):
        network = Nafnet(sizes, state["intro.weight"].shape[1])
    fill(network, state)
    return network


def facts(module: nn.Module) -> Facts:
    """Return what a caller must know of a network of this kind, by its size."""
    network = cast(Nafnet, module)
    return Facts(
        multiple_of=2 ** len(network.downs),
        padding="zero",
        margin=_MARGIN,
        memory=_MEMORY + _MORE * network.intro.out_channels,
    )


def path(card: Card, module: nn.Module) -> Network:
    """Return what stages call: a picture, of any size."""
    return TorchNetwork(Local(cast(Nafnet, module)), card.facts)
