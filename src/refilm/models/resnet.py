"""ResNet: what a picture shows, at five sizes; the encoder of several networks.

He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, https://arxiv.org/abs/1512.03385.
Attributes are named as the keys of the usual weight files are.
"""

from collections.abc import Sequence

import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class Basic(nn.Module):
    """Two 3x3 convolutions with a way around them."""

    EXPANSION = 1

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = around(inputs, width, stride)

    def forward(self, given: Tensor) -> Tensor:
        """Return features, (N, width, H / stride, W / stride)."""
        found = F.relu(self.bn1(self.conv1(given)))
        return F.relu(self.bn2(self.conv2(found)) + self.downsample(given))


class Bottleneck(nn.Module):
    """A 3x3 convolution between two of 1x1 that make it narrower, with a way around them."""

    EXPANSION = 4

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = self.EXPANSION * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = around(inputs, outputs, stride)

    def forward(self, given: Tensor) -> Tensor:
        """Return features, (N, 4 * width, H / stride, W / stride)."""
        found = F.relu(self.bn1(self.conv1(given)))
        found = F.relu(self.bn2(self.conv2(found)))
        return F.relu(self.bn3(self.conv3(found)) + self.downsample(given))


def around(inputs: int, outputs: int, stride: int) -> nn.Module:
    """Return the way around a block: nothing, or a 1x1 convolution where the shape changes."""
    if stride == 1 and inputs == outputs:
        return nn.Identity()
    convolution = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class Resnet(nn.Module):
    """The convolutions of a ResNet, without its classes."""

    def __init__(
        self, kind: type[Basic | Bottleneck], blocks: Sequence[int], channels: int = 3
    ) -> None:
        """Make the network; `blocks` says how many there are at 1/4, 1/8, 1/16 and 1/32 of the size."""
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.channels = [64]
        for level, count in enumerate(blocks):
            width, stride = 64 << level, 1 if level == 0 else 2
            inputs, outputs = self.channels[-1], width * kind.EXPANSION
            rest = [kind(outputs, width, 1) for _ in range(count - 1)]
            self.add_module(f"layer{level + 1}", nn.Sequential(kind(inputs, width, stride), *rest))
            self.channels.append(outputs)

    def forward(self, picture: Tensor) -> list[Tensor]:
        """Return features at 1/2, 1/4, 1/8 ... of the size of pictures, (N, channels, H, W)."""
        features = [F.relu(self.bn1(self.conv1(picture)))]
        seen = F.max_pool2d(features[0], 3, 2, 1)
        for level in range(1, len(self.channels)):
            seen = self.get_submodule(f"layer{level}")(seen)
            features.append(seen)
        return features
