"""DeOldify: colours a grey picture, one on its own.

Antic, DeOldify, https://github.com/jantic/DeOldify. There is no paper: a U-Net (Ronneberger et al.,
https://arxiv.org/abs/1505.04597) on a ResNet, with self-attention (Zhang et al.,
https://arxiv.org/abs/1805.08318). The deep network has the artistic weights, the wide one those named
stable and video. The norms by which the weights were kept in bounds in training are undone at load.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from PIL.Image import Resampling
from torch import Tensor, nn

from refilm.chroma import LAB, Plane
from refilm.errors import WeightsError
from refilm.frames import Pixels
from refilm.job import Network
from refilm.lab import Lab, to_lab
from refilm.luma import luma as luma_of
from refilm.models.attention import attend
from refilm.models.card import Card
from refilm.models.colouring import Colouring, filtered
from refilm.models.resnet import Basic, Bottleneck, Resnet
from refilm.models.weights import Weights, fill

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the pictures that the encoder was trained on: red, green and blue."""
RANGE = 3.0
"""Results go from minus this to this, in deviations."""


@dataclass(frozen=True)
class Plan:
    """What tells the two networks apart."""

    block: type[Basic | Bottleneck]
    blocks: tuple[int, ...]
    risen: tuple[int, ...]
    """Channels of what is enlarged at each rise, before its pixels are spread."""
    outputs: tuple[int, ...]
    """Channels after each rise."""
    convolutions: tuple[str, ...]
    """Names of a rise's convolutions."""


WIDE = Plan(Bottleneck, (3, 4, 23, 3), (2048, 2048, 2048, 1024), (512, 512, 512, 256), ("conv",))
DEEP = Plan(Basic, (3, 4, 6, 3), (1024, 1536, 1536, 1344), (768, 768, 672, 300), ("conv1", "conv2"))
_ATTENTIVE = 1
"""The rise that looks at the whole picture."""


class Attention(nn.Module):
    """Adds to each place what is found in places like it, anywhere in the picture."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key = (nn.Conv1d(width, width // 8, 1, bias=False) for _ in range(2))
        self.value = nn.Conv1d(width, width, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, given: Tensor) -> Tensor:
        """Return features, (N, C, H, W), of features of that shape."""
        flat = given.flatten(2)
        # The published code takes the softmax over its queries, not its keys: so they change roles.
        asked, offered, values = self.key(flat), self.query(flat), self.value(flat)
        found = [
            attend(*(each.T for each in one)).T for one in zip(asked, offered, values, strict=True)
        ]
        return given + self.gamma * torch.stack(found).view_as(given)


def _layer(inputs: int, outputs: int, *after: nn.Module) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.ReLU(), nn.BatchNorm2d(outputs), *after)


class Spread(nn.Module):
    """Doubles the size: a 1x1 convolution whose channels become pixels, smoothed."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, given: Tensor) -> Tensor:
        """Return features, (N, outputs / 4, 2H, 2W), of (N, inputs, H, W)."""
        return _spread(self.conv(given))


def _spread(found: Tensor) -> Tensor:
    """Return features twice as wide and high, a quarter as many, each smoothed with its neighbours."""
    large = F.pixel_shuffle(F.relu(found), 2)
    return F.avg_pool2d(F.pad(large, (1, 0, 1, 0), mode="replicate"), 2, stride=1)


class Rise(nn.Module):
    """Doubles the size and joins what the encoder found there."""

    def __init__(self, below: int, beside: int, number: int, plan: Plan) -> None:
        super().__init__()
        self.shuf = Spread(below, plan.risen[number])
        self.bn = nn.BatchNorm2d(beside)
        self.names = plan.convolutions
        inputs, outputs = plan.risen[number] // 4 + beside, plan.outputs[number]
        for name in self.names:
            last = number == _ATTENTIVE and name == self.names[-1]
            after = [Attention(outputs)] if last else []
            self.add_module(name, _layer(inputs, outputs, *after))
            inputs = outputs

    def forward(self, below: Tensor, beside: Tensor) -> Tensor:
        """Return features of the size of `beside`."""
        large = self.shuf(below)
        if large.shape[2:] != beside.shape[2:]:
            large = F.interpolate(large, beside.shape[2:], mode="nearest")
        found = F.relu(torch.cat((large, self.bn(beside)), 1))
        for name in self.names:
            found = self.get_submodule(name)(found)
        return found


class Refine(nn.Module):
    """Two convolutions with a way around them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))

    def forward(self, given: Tensor) -> Tensor:
        """Return features of the shape of those given."""
        return given + F.relu(self.second(F.relu(self.first(given))))


class Deoldify(nn.Module):
    """Colours a grey picture."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.encoder = Resnet(plan.block, plan.blocks)
        *beside, deepest = self.encoder.channels
        self.norm = nn.BatchNorm2d(deepest)
        self.middle = nn.Sequential(_layer(deepest, 2 * deepest), _layer(2 * deepest, deepest))
        self.rises = nn.ModuleList(
            Rise(below, skip, number, plan)
            for number, (below, skip) in enumerate(
                zip((deepest, *plan.outputs), beside[::-1], strict=False)
            )
        )
        last = plan.outputs[-1]
        self.enlarge = nn.Conv2d(last, 4 * last, 1)
        self.refine = Refine(last + 3)
        self.colours = nn.Conv2d(last + 3, 3, 1)

    def forward(self, picture: Tensor) -> Tensor:
        """Return the picture in colour, (N, 3, H, W), -3..3, in deviations from the mean.

        Args:
            picture: (N, 3, H, W), RGB of equal channels, less `MEAN` over `DEVIATION`; H and W are
                multiples of 16.
        """
        *beside, deepest = self.encoder(picture)
        found = self.middle(F.relu(self.norm(deepest)))
        for rise, skip in zip(self.rises, beside[::-1], strict=True):
            found = rise(found, skip)
        joined = self.refine(torch.cat((_spread(self.enlarge(found)), picture), 1))
        return torch.sigmoid(self.colours(joined)) * (2 * RANGE) - RANGE


_NAMES = (
    (r"layers\.0\.0\.", "encoder.conv1."),
    (r"layers\.0\.1\.", "encoder.bn1."),
    *((rf"layers\.0\.{child}\.", f"encoder.layer{child - 3}.") for child in range(4, 8)),
    (r"layers\.1\.", "norm."),
    (r"layers\.3\.", "middle."),
    *((rf"layers\.{layer}\.", f"rises.{layer - 4}.") for layer in range(4, 8)),
    (r"layers\.8\.conv\.0\.", "enlarge."),
    (r"layers\.10\.layers\.0\.0\.", "refine.first."),
    (r"layers\.10\.layers\.1\.0\.", "refine.second."),
    (r"layers\.11\.0\.", "colours."),
)
"""What the keys of the published files begin with, and the names that they have here."""


def _renamed(weights: Weights) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors under the names of this file."""
    for key, tensor in weights.items():
        pattern, name = next(((p, n) for p, n in _NAMES if re.match(p, key)), ("^", "unknown."))
        yield re.sub(pattern, name, key, count=1), tensor


def unbound(weights: Weights) -> dict[str, Tensor]:
    """Return weights without the norms that held them in training: plain `weight` for each layer.

    Spectral norm (Miyato et al., https://arxiv.org/abs/1802.05957): `weight_orig` over its largest
    singular value, told by `weight_u` and `weight_v`. Weight norm (Salimans and Kingma,
    https://arxiv.org/abs/1602.07868): `weight_v` of the lengths `weight_g`.

    Raises:
        WeightsError: A part of such a norm is missing.
    """
    state = dict(weights)
    try:
        for name in [key.removesuffix("weight_orig") for key in weights if key.endswith("weight_orig")]:
            matrix, left, right = (state.pop(f"{name}weight_{part}") for part in ("orig", "u", "v"))
            state[f"{name}weight"] = matrix / (left @ (matrix.flatten(1) @ right))
        for name in [key.removesuffix("weight_g") for key in weights if key.endswith("weight_g")]:
            length, direction = state.pop(f"{name}weight_g"), state.pop(f"{name}weight_v")
            norm = direction.flatten(1).norm(dim=1).view_as(length)
            state[f"{name}weight"] = direction * (length / norm)
    except KeyError as error:
        raise WeightsError(f"These weights are not those of DeOldify: {error} is missing.") from error
    return state


def build(card: Card, weights: Weights) -> nn.Module:
    """Return the network with its weights, bare or as a trainer saved them."""
    del card
    state = dict(_renamed(unbound(weights.get("model", weights))))
    plan = DEEP if "rises.0.conv1.0.weight" in state else WIDE
    with torch.device("meta"):
        network = Deoldify(plan)
    fill(network, state)
    return network


class Painted(nn.Module):
    """DeOldify as its program runs it: luma gives a picture in colour."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, luma: Tensor) -> Tensor:
        """Return RGB, (N, 3, H, W), 0..1, of luma, (N, 1, H, W), 0..1, of sides as `Deoldify` takes."""
        mean, deviation = (luma.new_tensor(each)[:, None, None] for each in (MEAN, DEVIATION))
        return (self.network((luma - mean) / deviation) * deviation + mean).clamp(0, 1)


def merged(luma: Plane, picture: Pixels) -> Lab:
    """Return CIELAB, (H, W, 3), of a picture's colour differences on other luma, as the program joins.

    It takes Y of the film and U and V (Rec. 601) of what the network drew; both are given in one size.
    """
    apart = picture - luma_of(picture)[:, :, None]
    return to_lab(np.asarray(luma[:, :, None] + apart, np.float32))


class _Path(Colouring):
    """Looks at a square, whatever the picture's shape, as the published program does."""

    def _found(self, pictures: tuple[Pixels, ...], side: int, numbers: dict[str, float]) -> Pixels:
        (luma,) = pictures
        square = filtered(luma[:, :, 0], side, Resampling.BILINEAR)
        drawn = self._network(square[:, :, None], **numbers)
        return merged(square, drawn)[:, :, 1:] / np.float32(LAB)


def path(card: Card, module: nn.Module) -> Network:
    """Return what stages call, by the colouring convention; it tells no confidence."""
    return _Path(card, Painted(module))
