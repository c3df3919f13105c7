"""DeepRemaster: takes damage from old film, and carries the colours of stills to all of its frames.

Iizuka and Simo-Serra, "DeepRemaster: Temporal Source-Reference Attention Networks for Comprehensive
Video Enhancement", SIGGRAPH Asia 2019, https://arxiv.org/abs/2009.08692. Two networks in one file,
`Restore` and `Colour`. Attributes are named as the keys of the published file are.

Inside, frames lie as pictures do, (T, C, H, W), and convolutions over time are sums of convolutions of
single frames: they see no frames beyond a block's ends, and need memory for one frame at a time.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Self, cast

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from PIL import Image
from torch import Tensor, nn

from refilm.chroma import LAB
from refilm.errors import WeightsError
from refilm.frames import Pixels
from refilm.job import Network
from refilm.models.attention import attend
from refilm.models.card import Card, Facts
from refilm.models.runtime import TorchNetwork
from refilm.models.weights import Weights, fill

_LAST = torch.channels_last
MEAN_LUMA, MEAN_REFERENCE = 0.4462414, 0.48
"""Of the films and of the references that the networks were trained on."""
STEP = 16
"""Width and height of the frames that are coloured, and of references, are multiples of this."""
LINES, REFERENCE = 320, 256
"""Pixels on the shorter side of the frames that are coloured, and of the canvas of references."""


class Convolution(nn.Module):
    """A convolution over time and place, a norm and ELU, of twice the size where it enlarges.

    It holds what the file does; `Taps` does its work.
    """

    def __init__(
        self, inputs: int, outputs: int, *, frames: int = 3, stride: int = 1, padding: int = 1,
        enlarges: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.enlarges = enlarges
        border = (padding * (frames // 2), padding, padding)
        self.conv3d = nn.Conv3d(inputs, outputs, (frames, 3, 3), (1, stride, stride), border)
        self.bn = nn.BatchNorm3d(outputs)


class Taps(nn.Module):
    """Does what a convolution over time and place does, and its norm and ELU where it has them."""

    def __init__(
        self, convolution: nn.Conv3d, norm: nn.BatchNorm3d | None = None, *, enlarges: bool = False
    ) -> None:
        super().__init__()
        weight, bias = _with_norm(convolution, norm)
        # One after the other the frames' kernels are those of ordinary convolutions of pictures.
        self.kernels = nn.ParameterList(kernel.contiguous() for kernel in weight.unbind(2))
        self.bias = nn.Parameter(bias)
        self.requires_grad_(requires_grad=False)
        self.before, *self.padding = (int(side) for side in convolution.padding)
        self.stride = [int(side) for side in convolution.stride[1:]]
        self.enlarges, self.bends = enlarges, norm is not None

    def forward(self, seen: Tensor) -> Tensor:
        """Return features, (t, outputs, h, w), of (T, inputs, H, W)."""
        count = len(seen) + 2 * self.before - len(self.kernels) + 1
        found: Tensor | None = None
        for number, frame in enumerate(seen.split(1)):
            shown = enlarged(frame) if self.enlarges else frame
            for tap, kernel in enumerate(self.kernels):
                place = number + self.before - tap
                if 0 <= place < count:
                    part = F.conv2d(shown, kernel, None, self.stride, self.padding)
                    found = self._begun(count, part) if found is None else found
                    found[place] += part[0]
        if found is None:
            raise ValueError(f"{len(seen)} frames are too few for {len(self.kernels)} at a time")
        return F.elu_(found) if self.bends else found

    def _begun(self, count: int, part: Tensor) -> Tensor:
        """Return so many frames of features in which nothing but the bias is yet."""
        size = (count, *part.shape[1:])
        empty = torch.empty(size, dtype=part.dtype, device=part.device, memory_format=_LAST)
        return empty.copy_(self.bias[:, None, None].expand(size))


def _with_norm(convolution: nn.Conv3d, norm: nn.BatchNorm3d | None) -> tuple[Tensor, Tensor]:
    """Return the weight and bias that do what a convolution and the norm behind it do."""
    weight, bias = convolution.weight, cast(Tensor, convolution.bias)
    if norm is None:
        return weight, bias
    mean, variance = cast(Tensor, norm.running_mean), cast(Tensor, norm.running_var)
    slope = norm.weight / torch.sqrt(variance + norm.eps)
    return weight * slope[:, None, None, None, None], (bias - mean) * slope + norm.bias


def enlarged(seen: Tensor) -> Tensor:
    """Return features of frames twice as wide and high."""
    # The published trilinear enlarging leaves time as it is.
    return F.interpolate(seen, scale_factor=2, mode="bilinear", align_corners=False)


class Edges(nn.Module):
    """Repeats the outermost pixels, and the first and last frame where wished."""

    def __init__(self, *, frames: bool) -> None:
        super().__init__()
        self.frames = frames

    def forward(self, seen: Tensor) -> Tensor:
        """Return frames, (T or T + 2, C, H + 2, W + 2), of (T, C, H, W)."""
        around = F.pad(seen, (1, 1, 1, 1), mode="replicate")
        return torch.cat((around[:1], around, around[-1:])) if self.frames else around


class Restore(nn.Module):
    """Takes noise, dirt and fading from luma."""

    def __init__(self) -> None:
        super().__init__()
        first = Convolution(1, 64, stride=2, padding=0)
        down = [Convolution(64, 128), Convolution(128, 128), Convolution(128, 256, stride=2)]
        middle = [Convolution(256, 256) for _ in range(4)]
        up = [Convolution(256, 128, enlarges=True), Convolution(128, 64), Convolution(64, 64)]
        last = [Convolution(64, 16, enlarges=True), nn.Conv3d(16, 1, 3, padding=1)]
        self.layers = nn.Sequential(Edges(frames=True), first, *down, *middle, *up, *last)

    def forward(self, frames: Tensor) -> Tensor:
        """Return the frames restored, (N, 1, T, H, W), 0..1.

        Args:
            frames: (N, 1, T, H, W), luma, 0..1 gamma-coded; H and W are multiples of 4.
        """
        return torch.stack([self.restored(block.transpose(0, 1)) for block in frames]).transpose(1, 2)

    def restored(self, frames: Tensor) -> Tensor:
        """Return what `forward` does of one block of frames, (T, 1, H, W)."""
        return torch.clamp(frames + torch.tanh(self.layers(frames - MEAN_LUMA)), 0, 1)


class Attention(nn.Module):
    """Adds to each place of a source what is found in places like it, anywhere in a reference."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query_conv, self.key_conv = (nn.Conv3d(width, width // 8, 1) for _ in range(2))
        self.value_conv = nn.Conv3d(width, width, 1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, source: Tensor, memory: "Memory") -> Tensor:
        """Return features, (T, C, H, W), of a source of that shape."""
        number, channels, height, width = source.shape
        found = attend(self.query_conv(_places(source)), memory.keys, memory.values)
        return source + self.gamma * found.view(number, height, width, channels).permute(0, 3, 1, 2)

    def memory(self, reference: Tensor) -> "Memory":
        """Return what of a reference, (T, C, h, w) of any size, does not depend on the source."""
        places = _places(reference)
        return Memory(self.key_conv(places), self.value_conv(places))

    def within(self, source: Tensor) -> Tensor:
        """Return features of a source that is its own reference."""
        return self(source, self.memory(source))


class Memory(NamedTuple):
    """Keys and values of references, (places, C / 8) and (places, C)."""

    keys: Tensor
    values: Tensor

    @classmethod
    def of_all(cls, parts: "Sequence[Memory]") -> Self:
        """Return the places of several references as those of one."""
        return cls(*(torch.cat(each) for each in zip(*parts, strict=True)))


Memories = tuple[Memory, Memory]
"""What is kept of references for both sizes at which frames are compared with them."""


def _places(features: Tensor) -> Tensor:
    """Return (T * H * W, C) of (T, C, H, W)."""
    return features.permute(0, 2, 3, 1).flatten(0, 2)


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
    layers: list[nn.Module] = [Edges(frames=False)] if padded else []
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
        self.restore: Restore | None = None

    def forward(self, frames: Tensor, references: Tensor | None = None) -> Tensor:
        """Return a and b of frames, (N, 2, T, H, W), 0..1: CIELAB plus 128 over 255.

        Args:
            frames: (N, 1, T, H, W), restored luma, 0..1; H and W are multiples of 16.
            references: (N, R, 3, h, w), RGB 0..1, of any size; None for colours of its own.
        """
        sets = (
            [None] * len(frames) if references is None else [self.memories(each) for each in references]
        )
        blocks = zip(frames.transpose(1, 2), sets, strict=True)
        return torch.stack([self.coloured(*block) for block in blocks]).transpose(1, 2)

    def memories(self, references: Tensor) -> Memories:
        """Return what `coloured` needs of references, (R, 3, h, w), whatever the frames."""
        seen = [self._remembered(reference) for reference in references.split(1)]
        near, far = (Memory.of_all(each) for each in zip(*seen, strict=True))
        return near, far

    def _remembered(self, reference: Tensor) -> Memories:
        near = self.reffeatnet1(reference - MEAN_REFERENCE)
        return self.stattn1.memory(near), self.stattn2.memory(self.reffeatnet2(near))

    def coloured(self, frames: Tensor, memories: Memories | None) -> Tensor:
        """Return a and b, (T, 2, H, W), as `forward` does, of one block of frames, (T, 1, H, W)."""
        # On the way down frames do not see each other: one at a time they need least memory.
        near = torch.cat([self.down1(frame) for frame in (frames - MEAN_LUMA).split(1)])
        if memories is not None:
            near = self.stattn1(near, memories[0])
        far = self.down2(near)
        if memories is not None:
            far = self.stattn2(far, memories[1])
        found = self.up1(self.selfattn1.within(self.conv1(far)), self.flat(near))
        del near, far
        found = self.conv2(self.selfattn2.within(found))
        return torch.sigmoid(self.up4(self.up3(self.up2(found))))


class FramesRestored(nn.Module):
    """`Restore` as stages call it: lumas of frames in, one channel for each out."""

    def __init__(self, network: Restore) -> None:
        super().__init__()
        self.network = network

    def forward(self, *lumas: Tensor) -> Tensor:
        """Return luma, (1, T, H, W), of T pictures, (1, 1, H, W), of frames following each other."""
        return self.network.restored(torch.cat(lumas)).transpose(0, 1)


class FramesColoured(nn.Module):
    """Both networks in a row as stages call them: lumas of frames in, a and b of each out."""

    def __init__(self, restore: Restore, colour: Colour) -> None:
        super().__init__()
        self.restore, self.colour = restore, colour

    def prepared(self, *references: Tensor) -> Memories:
        """Return what is kept of references, (1, 3, h, w), RGB 0..1 in one size."""
        return self.colour.memories(torch.cat(references))

    def forward(self, *lumas: Tensor, prepared: Memories | None = None) -> Tensor:
        """Return a and b over `LAB`, (1, 2 T, H, W), of T pictures, (1, 1, H, W)."""
        found = self.colour.coloured(self.restore.restored(torch.cat(lumas)), prepared)
        shown = torch.clamp(found * 255 - 128, -100, 100) / LAB
        return shown.flatten(0, 1)[None]


class Remastering(TorchNetwork):
    """The published path from frames and references to colours, without rounding on the way.

    It takes the full-size lumas of frames following each other, (H, W, 1), and gives a and b over
    `LAB` of each, (h, w, 2 T), at the size of `inner_size`. References are RGB pictures of any size;
    without any the colours are its own.
    """

    def __init__(self, module: FramesColoured, facts: Facts) -> None:
        """Take both networks."""
        # Whatever comes to them has a size that fits already: frames by `inner_size`; and references
        # have no need of one.
        super().__init__(module, replace(facts, multiple_of=1))

    def __call__(self, *pictures: Pixels, **numbers: float) -> Pixels:
        """Return the colours; the number `lines` is what the shorter side has, `LINES` if left out."""
        height, width, _ = pictures[0].shape
        height, width = inner_size(height, width, numbers.pop("lines", LINES))
        return super().__call__(*(sampled(each, height, width) for each in pictures), **numbers)

    def given(self, *references: Pixels) -> Self:
        """Return this network with references at hand, each fitted into one canvas."""
        return super().given(*canvases(references))


def inner_size(height: int, width: int, lines: float = LINES) -> tuple[int, int]:
    """Return height and width at which frames are coloured: the shorter side has about `lines`."""
    scale = lines / min(height, width)
    sides = (max(round(side * scale / STEP), 1) * STEP for side in (height, width))
    return next(sides), next(sides)


def sampled(picture: Pixels, height: int, width: int) -> Pixels:
    """Return a picture at another size, along straight lines whether it grows or shrinks."""
    made = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(made, np.float32).reshape(height, width, -1)


def canvases(references: Sequence[Pixels]) -> list[Pixels]:
    """Return references, RGB of any size, in the middle of black pictures of one size.

    The size has the mean aspect of all, and `REFERENCE` pixels on its shorter side.
    """
    aspect = float(np.mean([each.shape[1] / each.shape[0] for each in references]))
    height = REFERENCE if aspect > 1 else int(REFERENCE / aspect)
    width = int(REFERENCE * aspect) if aspect > 1 else REFERENCE
    return [_on_canvas(each, height, width) for each in references]


def _on_canvas(picture: Pixels, height: int, width: int) -> Pixels:
    scale = max(height, width) / max(picture.shape[:2])
    down, across = (max(int(side * scale) // STEP, 1) * STEP for side in picture.shape[:2])
    top, left = (height - down) // 2, (width - across) // 2
    canvas = np.zeros((height, width, picture.shape[2]), np.float32)
    for channel in range(picture.shape[2]):
        plane = Image.fromarray(np.ascontiguousarray(picture[:, :, channel]), "F")
        small = plane.resize((across, down), Image.Resampling.BICUBIC)
        # Of a picture of quite another shape than most only the middle finds room.
        whole = Image.new("F", (width, height))
        whole.paste(small, (left, top))
        canvas[:, :, channel] = np.clip(np.asarray(whole), 0, 1)
    return canvas


_KINDS: dict[str, type[Restore] | type[Colour]] = {"modelR": Restore, "modelC": Colour}
"""The networks by what the published file calls its parts."""
_PARTS = {"deepremaster-restore": "modelR", "deepremaster-colour": "modelC"}


def build(card: Card, weights: Weights) -> nn.Module:
    """Return the network that the card names with its weights.

    `Colour` has `Restore` with it where the file holds both, as the published one does: on their path
    one works after the other. For `Restore` the other part is not needed.

    Raises:
        WeightsError: The file is not that of DeepRemaster.
    """
    other = sorted(weights.keys() - _KINDS.keys())
    if other:
        raise WeightsError(f"The file holds {other[0]}: it is not that of DeepRemaster.")
    network = _filled(_PARTS[card.name], weights)
    if isinstance(network, Colour) and weights.get("modelR"):
        network.restore = cast(Restore, _filled("modelR", weights))
    return network


def layout(card: Card) -> tuple[Weights, ...]:
    """Return what the card's files hold, with tensors that have shapes but no numbers."""
    del card
    with torch.device("meta"):
        return ({part: kind().state_dict() for part, kind in _KINDS.items()},)


def _filled(part: str, weights: Weights) -> nn.Module:
    if not isinstance(weights.get(part), dict):
        raise WeightsError(f"The file holds no {part}: it is not that of DeepRemaster.")
    with torch.device("meta"):
        network = _KINDS[part]()
    fill(network, weights[part])
    return _settled(network)


def _settled(network: nn.Module) -> nn.Module:
    """Return a filled network in which other modules do what those that hold the file's weights say."""
    for name, child in list(network.named_children()):
        network.add_module(name, _working(child))
    return network


def _working(module: nn.Module) -> nn.Module:
    if isinstance(module, Convolution):
        return Taps(module.conv3d, module.bn, enlarges=module.enlarges)
    if isinstance(module, nn.Conv3d):
        return _of_places(module) if set(module.kernel_size) == {1} else Taps(module)
    return _settled(module)


def _of_places(convolution: nn.Conv3d) -> nn.Linear:
    """Return what does to each place what a convolution does that sees no other."""
    with torch.device("meta"):
        linear = nn.Linear(convolution.in_channels, convolution.out_channels)
    linear.weight = nn.Parameter(convolution.weight.flatten(1), requires_grad=False)
    linear.bias = cast(nn.Parameter, convolution.bias)
    return linear


def path(card: Card, module: nn.Module) -> Network:
    """Return what stages call: `FramesRestored` in tiles, or `Remastering`.

    Raises:
        WeightsError: The file from which `Colour` was taken does not hold `Restore`.
    """
    if isinstance(module, Restore):
        return TorchNetwork(FramesRestored(module), card.facts)
    colour = cast(Colour, module)
    if colour.restore is None:
        raise WeightsError(
            "The file holds no modelR, which frames go through before they are coloured."
        )
    return Remastering(FramesColoured(colour.restore, colour), card.facts)
