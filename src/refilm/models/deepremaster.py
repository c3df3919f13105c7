"""DeepRemaster: takes damage from old film, and carries the colours of stills to all of its frames.

Iizuka and Simo-Serra, "DeepRemaster: Temporal Source-Reference Attention Networks for Comprehensive
Video Enhancement", SIGGRAPH Asia 2019, https://arxiv.org/abs/2009.08692. Two networks in one file,
`Restore` and `Colour`. Attributes are named as the keys of the published file are.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.errors import WeightsError
from refilm.models.attention import attend
from refilm.models.card import Card
from refilm.models.weights import Weights, fill

MEAN_LUMA, MEAN_REFERENCE = 0.4462414, 0.48
"""Of the films and of the references that the networks were trained on."""


class Convolution(nn.Module):
    """A convolution over time and place, a norm and ELU, of twice the size where it enlarges."""

    def __init__(
        self, inputs: int, outputs: int, *, frames: int = 3, stride: int = 1, padding: int = 1,
        enlarges: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.enlarges = enlarges
        border = (padding * (frames // 2), padding, padding)
        self.conv3d = nn.Conv3d(inputs, outputs, (frames, 3, 3), (1, stride, stride), border)
        self.bn = nn.BatchNorm3d(outputs)

    def forward(self, seen: Tensor) -> Tensor:
        """Return features, (N, outputs, T, h, w), of (N, inputs, T, H, W)."""
        return F.elu(self.bn(self.conv3d(enlarged(seen) if self.enlarges else seen)))


def enlarged(seen: Tensor) -> Tensor:
    """Return features of frames twice as wide and high."""
    return F.interpolate(seen, scale_factor=(1, 2, 2), mode="trilinear", align_corners=False)


class Restore(nn.Module):
    """Takes noise, dirt and fading from luma."""

    def __init__(self) -> None:
        super().__init__()
        first = Convolution(1, 64, stride=2, padding=0)
        down = [Convolution(64, 128), Convolution(128, 128), Convolution(128, 256, stride=2)]
        middle = [Convolution(256, 256) for _ in range(4)]
        up = [Convolution(256, 128, enlarges=True), Convolution(128, 64), Convolution(64, 64)]
        last = [Convolution(64, 16, enlarges=True), nn.Conv3d(16, 1, 3, padding=1)]
        self.layers = nn.Sequential(nn.ReplicationPad3d(1), first, *down, *middle, *up, *last)

    def forward(self, frames: Tensor) -> Tensor:
        """Return the frames restored, (N, 1, T, H, W), 0..1.

        Args:
            frames: (N, 1, T, H, W), luma, 0..1 gamma-coded; H and W are multiples of 4.
        """
        return torch.clamp(frames + torch.tanh(self.layers(frames - MEAN_LUMA)), 0, 1)


class Attention(nn.Module):
    """Adds to each place of a source what is found in places like it, anywhere in a reference."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query_conv, self.key_conv = (nn.Conv3d(width, width // 8, 1) for _ in range(2))
        self.value_conv = nn.Conv3d(width, width, 1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, source: Tensor, reference: Tensor) -> Tensor:
        """Return features, (N, C, T, H, W), of a source of that shape and a reference of any size."""
        return self.with_memory(source, self.memory(reference))

    def memory(self, reference: Tensor) -> "Memory":
        """Return what of a reference does not depend on the source."""
        return Memory(self.key_conv(reference).flatten(2), self.value_conv(reference).flatten(2))

    def with_memory(self, source: Tensor, memory: "Memory") -> Tensor:
        """Return what `forward` does."""
        queries = self.query_conv(source).flatten(2)
        found = [
            attend(query.T, key.T, value.T).T
            for query, key, value in zip(queries, *memory, strict=True)
        ]
        return source + self.gamma * torch.stack(found).view_as(source)


class Memory(NamedTuple):
    """Keys and values of a reference, (N, C / 8, places) and (N, C, places)."""

    keys: Tensor
    values: Tensor


class Rise(nn.Module):
    """Doubles the size and joins what was found there on the way down."""

    def __init__(self, below: int, beside: int, outputs: int) -> None:
        super().__init__()
        self.conv3d = Convolution(below + beside, outputs)

    def forward(self, below: Tensor, beside: Tensor) -> Tensor:
        """Return features of the size of `beside`."""
        return self.conv3d(torch.cat((enlarged(below), beside), 1))


def _down(channels: int, padded: bool) -> nn.Sequential:
    """Return convolutions of single frames that make them eight times smaller, as 512 channels."""
    sizes = [(channels, 64, 2), (64, 128, 1), (128, 128, 1), (128, 256, 2), (256, 256, 1)]
    sizes += [(256, 256, 1), (256, 512, 2), (512, 512, 1), (512, 512, 1)]
    layers: list[nn.Module] = [nn.ReplicationPad3d((1, 1, 1, 1, 0, 0))] if padded else []
    for number, (inputs, outputs, stride) in enumerate(sizes):
        padding = 0 if padded and number == 0 else 1
        layers.append(Convolution(inputs, outputs, frames=1, stride=stride, padding=padding))
    return nn.Sequential(*layers)


def _flat(count: int, stride: int = 1) -> nn.Sequential:
    strides = (stride, *(1 for _ in range(count - 1)))
    return nn.Sequential(*(Convolution(512, 512, frames=1, stride=each) for each in strides))


class Colour(nn.Module):
    """Colours frames as references are coloured, or by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.down1, self.flat, self.down2 = _down(1, padded=True), _flat(2), _flat(2, stride=2)
        self.stattn1, self.stattn2, self.selfattn1, self.selfattn2 = (Attention(512) for _ in range(4))
        self.conv1 = Convolution(512, 512, frames=1)
        self.up1, self.conv2 = Rise(512, 512, 512), Convolution(512, 256)
        self.up2 = nn.Sequential(Convolution(256, 128, enlarges=True), Convolution(128, 64))
        self.up3 = nn.Sequential(Convolution(64, 32, enlarges=True), Convolution(32, 16))
        self.up4 = nn.Sequential(Convolution(16, 8, enlarges=True), nn.Conv3d(8, 2, 3, padding=1))
        self.reffeatnet1, self.reffeatnet2 = _down(3, padded=False), _flat(3, stride=2)

    def forward(self, frames: Tensor, references: Tensor | None = None) -> Tensor:
        """Return a and b of frames, (N, 2, T, H, W), 0..1: CIELAB plus 128 over 255.

        Args:
            frames: (N, 1, T, H, W), restored luma, 0..1; H and W are multiples of 16.
            references: (N, R, 3, h, w), RGB 0..1, of any size; None for colours of its own.
        """
        return self.coloured(frames, None if references is None else self.prepared(references))

    def prepared(self, references: Tensor) -> tuple[Memory, Memory]:
        """Return what `coloured` needs of references: it does not depend on the frames."""
        near = self.reffeatnet1(references.transpose(1, 2) - MEAN_REFERENCE)
        return self.stattn1.memory(near), self.stattn2.memory(self.reffeatnet2(near))

    def coloured(self, frames: Tensor, prepared: tuple[Memory, Memory] | None) -> Tensor:
        """Return what `forward` does, with references that were prepared once."""
        near = self.down1(frames - MEAN_LUMA)
        if prepared is not None:
            near = self.stattn1.with_memory(near, prepared[0])
        far = self.down2(near)
        if prepared is not None:
            far = self.stattn2.with_memory(far, prepared[1])
        far = self.conv1(far)
        found = self.up1(self.selfattn1(far, far), self.flat(near))
        found = self.conv2(self.selfattn2(found, found))
        return torch.sigmoid(self.up4(self.up3(self.up2(found))))


_PARTS = {"deepremaster-restore": ("modelR", Restore), "deepremaster-colour": ("modelC", Colour)}


def build(card: Card, weights: Weights) -> nn.Module:
    """Return the network that the card names with its weights."""
    part, kind = _PARTS[card.name]
    if part not in weights:
        raise WeightsError(f"The file holds no {part}: it is not that of DeepRemaster.")
    with torch.device("meta"):
        network = kind()
    fill(network, weights[part])
    return network
