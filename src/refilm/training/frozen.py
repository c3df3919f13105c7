"""What of the encoder is not trained, because on a processor it would cost more than it gives."""

from collections.abc import Iterable
from typing import Protocol, cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from refilm.models.efficientnet import Block, EfficientNet, SameConv

EARLY = 3
"""Blocks that stay as they are, with the first convolution: they see edges and textures."""


class FixedDepthwise(SameConv):
    """A depthwise convolution whose kernels stay, with a quick way back through it.

    The way back that torch takes on a processor is ten times slower for kernels of 5x5.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        """Return features as `SameConv` does."""
        before, after = self.border
        padded = F.pad(input, (before, after) * 2)
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else input.dtype
        return _Convolution.apply(padded.to(dtype), self.weight.to(dtype), self.bias, self.stride[0])


class _Known(Protocol):
    """What the way there leaves for the way back."""

    stride: int
    shape: torch.Size
    saved_tensors: tuple[Tensor, ...]

    def save_for_backward(self, *tensors: Tensor) -> None: ...


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: _Known, seen: Tensor, weight: Tensor, bias: Tensor, stride: int) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.stride, ctx.shape = stride, seen.shape
        return F.conv2d(seen, weight, bias.to(seen.dtype), stride, groups=seen.shape[1])

    @staticmethod
    def backward(ctx: _Known, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,), (weight,) = gradients, ctx.saved_tensors
        back = F.conv2d(
            _spread(gradient, ctx.stride),
            weight.flip(2, 3),
            padding=weight.shape[2] - 1,
            groups=weight.shape[0],
        )
        high, wide = (side - found for side, found in zip(ctx.shape[2:], back.shape[2:], strict=True))
        return F.pad(back, (0, wide, 0, high)), None, None, None


def _spread(gradient: Tensor, stride: int) -> Tensor:
    """Return a gradient with `stride` - 1 zeros between every two values."""
    if stride == 1:
        return gradient
    sides = (stride * (side - 1) + 1 for side in gradient.shape[2:])
    spread = gradient.new_zeros(*gradient.shape[:2], *sides)
    spread = spread.contiguous(memory_format=torch.channels_last)
    spread[:, :, ::stride, ::stride] = gradient
    return spread


def freeze(encoder: EfficientNet) -> None:
    """Keep the first blocks and all depthwise kernels of an encoder as they are."""
    encoder.stem.requires_grad_(requires_grad=False)
    for number, block in enumerate(cast(Iterable[Block], encoder.blocks)):
        block.depthwise = _fixed(block.depthwise)
        block.depthwise.requires_grad_(requires_grad=False)
        if number < EARLY:
            block.requires_grad_(requires_grad=False)


def _fixed(made: SameConv) -> FixedDepthwise:
    fixed = FixedDepthwise(
        made.in_channels, made.out_channels, made.kernel_size[0], made.stride[0], made.groups
    )
    fixed.load_state_dict(made.state_dict())
    return fixed
