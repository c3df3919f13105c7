"""EfficientNet-Lite0: what a picture shows, at five sizes, learnt from a thousand classes of objects.

Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019,
https://arxiv.org/abs/1905.11946, in the Lite variant without squeeze-and-excitation and with ReLU6. The
weights are published with batch normalisation, which is folded into the convolutions when they are
loaded: the network then has nothing to keep but convolutions, and trains and runs quicker.
"""

from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.errors import WeightsError
from refilm.models.card import Card
from refilm.models.weights import Weights, fill

STEM = 32
"""Channels of the first convolution, at half size."""
GROUPS = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Blocks, kernel, stride of the first, expansion, channels: the paper's table 1."""
TAKEN = (0, 2, 4, 10, 15)
"""Blocks whose results are the features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the size."""
CHANNELS = (16, 24, 40, 112, 320)
"""Channels of these features."""
_EPSILON = 1e-3
"""Added to the variance by the published batch normalisation."""


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow does: of an odd border, more on the right and below."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        self.border = (kernel - stride) // 2, kernel - stride - (kernel - stride) // 2
        even = self.border[0] == self.border[1]
        super().__init__(
            inputs, outputs, kernel, stride, self.border[0] if even else 0, groups=groups, bias=True
        )

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        """Return features, (N, outputs, H / stride, W / stride), of (N, inputs, H, W)."""
        if self.border[0] != self.border[1]:
            input = F.pad(input, self.border * 2)  # noqa: A001
        return super().forward(input)


class Block(nn.Module):
    """An inverted residual: widen, look around in each channel alone, narrow."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = SameConv(inputs, wide, 1) if expansion > 1 else None
        self.depthwise = SameConv(wide, wide, kernel, stride, groups=wide)
        self.project = SameConv(wide, outputs, 1)
        self._adds = stride == 1 and inputs == outputs

    def forward(self, seen: Tensor) -> Tensor:
        """Return features, (N, outputs, H / stride, W / stride), of (N, inputs, H, W)."""
        wide = seen if self.expand is None else F.relu6(self.expand(seen))
        narrow = self.project(F.relu6(self.depthwise(wide)))
        return seen + narrow if self._adds else narrow


class EfficientNet(nn.Module):
    """The convolutional part of EfficientNet-Lite0."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.stem = SameConv(channels, STEM, 3, 2)
        self.blocks = nn.ModuleList(_blocks())

    def forward(self, picture: Tensor) -> list[Tensor]:
        """Return features at 1/2, 1/4, 1/8, 1/16 and 1/32 of the size, of `CHANNELS` channels.

        Args:
            picture: (N, channels, H, W), 0..1 gamma-coded; H and W are multiples of 32.
        """
        # The published network was trained on 8-bit values less 127, divided by 128.
        seen = F.relu6(self.stem(picture * (255 / 128) - 127 / 128))
        features: list[Tensor] = []
        for number, block in enumerate(self.blocks):
            seen = block(seen)
            if number in TAKEN:
                features.append(seen)
        return features


def _blocks() -> Iterator[Block]:
    inputs = STEM
    for count, kernel, stride, expansion, outputs in GROUPS:
        for number in range(count):
            yield Block(inputs, outputs, kernel, stride if number == 0 else 1, expansion)
            inputs = outputs


def build(card: Card, weights: Weights) -> nn.Module:
    """Return EfficientNet-Lite0 with its weights, without the layers that name classes.

    Raises:
        WeightsError: The weights are not those of this network.
    """
    del card
    with torch.device("meta"):
        network = EfficientNet()
    fill(network, folded(weights))
    return network


def folded(weights: Weights) -> Weights:
    """Return the published weights with each batch normalisation folded into its convolution.

    Raises:
        WeightsError: A tensor is missing.
    """
    try:
        return dict(_folded(weights))
    except KeyError as error:
        raise WeightsError(
            f"These weights are not those of EfficientNet-Lite0: {error} is missing."
        ) from error


def _folded(weights: Weights) -> Iterator[tuple[str, Tensor]]:
    for ours, convolution, norm in _pairs():
        gain = weights[f"{norm}.weight"] * (weights[f"{norm}.running_var"] + _EPSILON).rsqrt()
        yield f"{ours}.weight", weights[f"{convolution}.weight"] * gain[:, None, None, None]
        yield f"{ours}.bias", weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * gain


def _pairs() -> Iterator[tuple[str, str, str]]:
    """Yield what we call a convolution, what the file calls it, and its normalisation."""
    yield "stem", "_conv_stem", "_bn0"
    for number in range(sum(group[0] for group in GROUPS)):
        for norm, name in enumerate(("expand", "depthwise", "project")):
            # The first block does not widen.
            if (number, name) != (0, "expand"):
                theirs = f"_blocks.{number}."
                yield f"blocks.{number}.{name}", f"{theirs}_{name}_conv", f"{theirs}_bn{norm}"


def encoder_weights(weights: Weights) -> Weights:
    """Return the weights of an encoder of luma from its published file, or from a colouriser.

    Raises:
        WeightsError: They are neither.
    """
    prefix = "encoder."
    if any(key.startswith(prefix) for key in weights):
        own = {key: tensor.float() for key, tensor in weights.items() if key.startswith(prefix)}
        return {key.removeprefix(prefix): tensor for key, tensor in own.items()}
    return of_luma(folded(weights))


def of_luma(encoder: Mapping[str, Tensor]) -> Weights:
    """Return weights for luma of those for colours.

    Luma would be shown threefold to an encoder of colours: that is the sum of what it weighs them by.
    """
    return {**encoder, "stem.weight": encoder["stem.weight"].sum(1, keepdim=True)}
