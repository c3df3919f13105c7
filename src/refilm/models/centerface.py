"""CenterFace: where faces are in a picture, by the points in which they have their middle.

Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019,
https://arxiv.org/abs/1911.03599: the convolutions of MobileNetV2 (Sandler et al., CVPR 2018,
https://arxiv.org/abs/1801.04381), joined from 1/32 up to 1/4 of the size. The published file is ONNX,
with the batch normalisation of most layers folded in, and names these by numbers.
"""

from collections.abc import Iterator

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from refilm.frames import Pixels
from refilm.job import Network
from refilm.models.card import Card
from refilm.models.runtime import TorchNetwork
from refilm.models.weights import Weights, fill

SIDE = 480
"""Pixels on the shorter side of the picture that the network sees."""
LEAST = 0.3
"""Chance from which a point counts as a face: published programs take 0.35 to 0.5."""
_STEP = 32
_STEM = 32
_GROUPS = (
    (1, 1, 1, 16),
    (2, 2, 6, 24),
    (3, 2, 6, 32),
    (4, 2, 6, 64),
    (3, 1, 6, 96),
    (3, 2, 6, 160),
    (1, 1, 6, 320),
)
"""Blocks, stride of the first, expansion, channels: table 2 of MobileNetV2."""
_TAKEN = (2, 5, 12, 16)
"""Blocks whose results are the features at 1/4, 1/8, 1/16 and 1/32 of the size."""
_CHANNELS = (24, 32, 96, 320)
_RISES = len(_CHANNELS) - 1
_NORM = ("weight", "bias", "running_mean", "running_var")
_WIDTH = 24
"""Channels in which these are joined."""
_PITCH = 4
"""Pixels from point to point."""
_OVERLAP = 0.3
"""Shared part of two faces' area from which they are one."""
_FIRST, _LAST = 542, 762
"""The numbers of the first and the last folded layer's weights in the file; biases have two more."""


class Block(nn.Module):
    """An inverted residual: widen, look around in each channel alone, narrow."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = nn.Conv2d(inputs, wide, 1) if expansion > 1 else None
        self.depthwise = nn.Conv2d(wide, wide, 3, stride, 1, groups=wide)
        self.project = nn.Conv2d(wide, outputs, 1)
        self._adds = stride == 1 and inputs == outputs

    def forward(self, seen: Tensor) -> Tensor:
        """Return features, (N, outputs, H / stride, W / stride), of (N, inputs, H, W)."""
        wide = seen if self.expand is None else F.relu(self.expand(seen))
        narrow = self.project(F.relu(self.depthwise(wide)))
        return seen + narrow if self._adds else narrow


class Rise(nn.Module):
    """Doubles the size and adds what was seen there."""

    def __init__(self, beside: int) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(_WIDTH, _WIDTH, 2, 2, bias=False)
        self.bn = nn.BatchNorm2d(_WIDTH, eps=1e-3)
        self.beside = nn.Conv2d(beside, _WIDTH, 1)

    def forward(self, below: Tensor, beside: Tensor) -> Tensor:
        """Return features, (N, 24, 2H, 2W), of (N, 24, H, W) and (N, beside, 2H, 2W)."""
        return F.relu(self.bn(self.conv(below))) + F.relu(self.beside(beside))


class CenterFace(nn.Module):
    """Finds faces."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, _STEM, 3, 2, 1)
        self.blocks = nn.ModuleList(_blocks())
        self.bottom = nn.Conv2d(_CHANNELS[-1], _WIDTH, 1)
        self.rises = nn.ModuleList(Rise(beside) for beside in _CHANNELS[-2::-1])
        self.join = nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1)
        self.pos_conv = nn.Conv2d(_WIDTH, 1, 1)
        self.reg_conv = nn.Conv2d(_WIDTH, 2, 1)
        self.off_conv = nn.Conv2d(_WIDTH, 2, 1)
        self.lm_conv = nn.Conv2d(_WIDTH, 10, 1)

    def forward(self, picture: Tensor) -> Tensor:
        """Return what is at every point, (N, 15, H / 4, W / 4), of pictures, (N, 3, H, W), RGB, 0..1.

        The channels are the chance of a face, logarithms of its height and width in points, how far
        down and right of the point its middle is, and down and right of five marks in the face, from
        its corner, as shares of its size. H and W are multiples of 32.
        """
        seen = F.relu(self.stem(255 * picture))
        features: list[Tensor] = []
        for number, block in enumerate(self.blocks):
            seen = block(seen)
            if number in _TAKEN:
                features.append(seen)
        made = F.relu(self.bottom(features.pop()))
        for rise in self.rises:
            made = rise(made, features.pop())
        made = F.relu(self.join(made))
        rest = (self.reg_conv, self.off_conv, self.lm_conv)
        return torch.cat((torch.sigmoid(self.pos_conv(made)), *(layer(made) for layer in rest)), 1)


def _blocks() -> Iterator[Block]:
    inputs = _STEM
    for count, stride, expansion, outputs in _GROUPS:
        for number in range(count):
            yield Block(inputs, outputs, stride if number == 0 else 1, expansion)
            inputs = outputs


def build(card: Card, weights: Weights) -> nn.Module:
    """Return CenterFace with its weights; raises WeightsError where they are not its own."""
    del card
    with torch.device("meta"):
        network = CenterFace()
    ours = _ours()
    # The file leaves out what only training counts.
    counts = {f"rises.{place}.bn.num_batches_tracked": torch.tensor(0) for place in range(_RISES)}
    fill(network, {ours.get(key, key): tensor for key, tensor in weights.items()} | counts)
    return network


def _ours() -> dict[str, str]:
    """Return our keys for those of the file."""
    layers = [f"{number}" for number in range(_FIRST, _LAST + 1, 4)]
    keys = {
        theirs: f"{ours}.{kind}"
        for layer, ours in zip(layers, _folded(), strict=True)
        for theirs, kind in ((layer, "weight"), (f"{int(layer) + 2}", "bias"))
    }
    for place in range(_RISES):
        for kind in ("conv.weight", *(f"bn.{name}" for name in _NORM)):
            keys[f"neck.deconv_layers.{_RISES - 1 - place}.{kind}"] = f"rises.{place}.{kind}"
    heads = (f"{name}_conv.{kind}" for name in ("pos", "reg", "off", "lm") for kind in _NORM[:2])
    return keys | {f"head.{name}": name for name in heads}


def _folded() -> Iterator[str]:
    """Yield our names of the layers whose normalisation is folded in, in the order of the file."""
    yield "stem"
    for number in range(sum(group[0] for group in _GROUPS)):
        # The first block does not widen.
        yield from (
            f"blocks.{number}.{name}" for name in ("expand", "depthwise", "project")[number == 0 :]
        )
    yield "bottom"
    yield from (f"rises.{place}.beside" for place in range(_RISES))
    yield "join"


class Faces:
    """CenterFace as stills call it: a picture gives the faces in it."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, *pictures: Pixels, **numbers: float) -> Pixels:
        """Return (faces, 5, 1) of one picture, RGB or grey, nominally 0..1, the surest face first.

        Of each that is the chance that it is a face, and its left, top, width and height in pixels of
        the picture. Many faces below a twentieth of the picture's height are missed.
        """
        (picture,) = pictures
        fitted = _fitted(picture)
        found = _boxes(self._network(fitted, **numbers))
        across, down = (picture.shape[axis] / fitted.shape[axis] for axis in (1, 0))
        found[:, 1:] *= np.array((across, down, across, down), np.float32)
        return found[:, :, None]

    def given(self, *references: Pixels) -> Network:
        """Raise ValueError: it takes no references."""
        raise ValueError(f"CenterFace takes no references, and not {len(references)}")


def _fitted(picture: Pixels) -> Pixels:
    """Return the picture as large as the network sees it."""
    scale = SIDE / min(picture.shape[:2])
    width, height = (max(round(side * scale / _STEP), 1) * _STEP for side in picture.shape[1::-1])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(picture, (width, height), interpolation=way)
    return np.asarray(resized, np.float32).reshape(height, width, -1)


def _boxes(seen: Pixels) -> NDArray[np.float32]:
    """Return faces by what is at every point, (faces, 5): chance, left, top, width, height."""
    rows, columns = np.nonzero(seen[:, :, 0] >= LEAST)
    chance, high, wide, down, right = seen[rows, columns, :5].T
    height, width = (_PITCH * np.exp(size) for size in (high, wide))
    # Points are in the middle of their four pixels.
    left = (columns + right + 0.5) * _PITCH - width / 2
    top = (rows + down + 0.5) * _PITCH - height / 2
    boxes = np.stack((left, top, width, height), 1)
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), chance.tolist(), LEAST, _OVERLAP)
    return np.concatenate((chance[:, None], boxes), 1)[list(kept)].astype(np.float32)


def path(card: Card, module: nn.Module) -> Network:
    """Return what stills call: a picture gives the faces in it."""
    return Faces(TorchNetwork(module, card.facts))
