"""Operators that published networks bring as code for one kind of graphics card, in plain PyTorch.

They run on whatever torch runs on, and none goes through pixels one by one.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

_BAND = 2_000_000
"""Numbers that the taps of a deformable convolution see at once: these stay near the processor."""


def correlation(first: Tensor, second: Tensor, reach: int = 4) -> Tensor:
    """Return how like a picture's features are to another's around their place, (N, D, H, W).

    D is (2 reach + 1)^2: the places around, row by row, from `reach` pixels up and to the left to
    `reach` down and to the right. Each is the mean over channels of the features' products; outside
    the picture features are 0. So is the cost volume of Sun et al., "PWC-Net", CVPR 2018,
    https://arxiv.org/abs/1709.02371.

    Args:
        first: (N, C, H, W).
        second: (N, C, H, W).
        reach: Pixels.
    """
    height, width = first.shape[2:]
    around = F.pad(second, (reach, reach, reach, reach))
    steps = range(2 * reach + 1)
    # One displacement at a time: the products of all at once would be the features 81 times over.
    alike = [
        (first * around[:, :, down : down + height, across : across + width]).mean(1)
        for down in steps
        for across in steps
    ]
    return torch.stack(alike, 1)


def filter_interpolation(features: Tensor, flow: Tensor, kernels: Tensor) -> Tensor:
    """Return what a flow leads to, each time weighed out of the pixels around there, (N, C, H, W).

    The place is the pixel's own plus `flow`. The pixels around it are `side` times `side`, with as
    many on either side of it; outside the picture the nearest at the edge stands for them. Their four
    quarters are mixed as by bilinear interpolation, and within a quarter the pixel's kernel weighs
    them. Where the place lies outside the picture, or half of its width or height away, the pixel's
    own features are taken as they are. So is the adaptive warping of Bao et al., "MEMC-Net", TPAMI
    2019, https://arxiv.org/abs/1810.08768.

    Args:
        features: (N, C, H, W).
        flow: (N, 2, H, W), pixels to the right and down.
        kernels: (N, side * side, H, W), row by row; `side` is even.
    """
    number, channels, height, width = features.shape
    side = math.isqrt(kernels.shape[1])
    target = _Target.of(flow)
    near = (flow[:, 0].abs() < width / 2) & (flow[:, 1].abs() < height / 2)
    taken = (target.inside & near)[..., None, None]
    columns, column_shares = _taps(target.across, width, side)
    rows, row_shares = _taps(target.down, height, side)
    own = torch.arange(height * width, dtype=torch.int32, device=flow.device)
    places = torch.where(
        taken, rows[..., None] * width + columns[..., None, :], own.view(1, height, width, 1, 1)
    )
    shares = kernels.permute(0, 2, 3, 1).reshape(number, height, width, side, side)
    shares = shares * row_shares[..., None] * column_shares[..., None, :]
    shares = torch.where(taken, shares, _only_first(shares))
    samples = torch.arange(number, dtype=torch.int32, device=flow.device) * (height * width)
    places += samples.view(-1, 1, 1, 1, 1)
    # An embedding bag is a weighed sum of rows of a table: here of the features of some pixels.
    found = F.embedding_bag(
        places.flatten(3).flatten(0, 2),
        features.permute(0, 2, 3, 1).reshape(-1, channels),
        mode="sum",
        per_sample_weights=shares.flatten(3).flatten(0, 2),
    )
    return found.view(number, height, width, channels).permute(0, 3, 1, 2)


def depth_flow_projection(flow: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return the flow turned round, (N, 2, H, W), and to which pixels any came, (N, 1, H, W).

    Each pixel's flow, the other way round, is laid on the four pixels around the place to which it
    leads; where several meet, they are averaged by `weight`. What leads out of the picture is left
    out, and where nothing came there is 0. So does Bao et al., "Depth-Aware Video Frame
    Interpolation", CVPR 2019, https://arxiv.org/abs/1904.00830.

    Args:
        flow: (N, 2, H, W), pixels to the right and down.
        weight: (N, 1, H, W), above 0; the nearer, the more.
    """
    number, _, height, width = flow.shape
    target = _Target.of(flow)
    laid = torch.where(target.inside[:, None], torch.cat((-flow * weight, weight), 1), 0)
    left, top = (torch.where(target.inside, side, 0).long() for side in (target.across, target.down))
    right, bottom = (left + 1).clamp(max=width - 1), (top + 1).clamp(max=height - 1)
    planes = torch.arange(3 * number, device=flow.device).view(number, 3, 1, 1) * (height * width)
    sums = torch.zeros_like(laid, memory_format=torch.contiguous_format)
    for row in (top, bottom):
        for column in (left, right):
            places = planes + (row * width + column)[:, None]
            _add(sums.view(-1), places.flatten(), laid.flatten())
    total = sums[:, 2:]
    reached = total > 0
    return torch.where(reached, sums[:, :2] / torch.where(reached, total, 1), 0), reached


def fill_holes(values: Tensor, known: Tensor) -> Tensor:
    """Return values, (N, C, H, W), with those not known made up from the known ones around.

    Each is the mean of the nearest known to its left, to its right, above and below, as many as there
    are; where there is none in its row and column, it stays. It goes with `depth_flow_projection`.

    Args:
        values: (N, C, H, W).
        known: (N, 1, H, W), boolean.
    """
    total, count = torch.zeros_like(values), torch.zeros_like(values[:, :1])
    for side in (2, 3):
        for places in (_last_known(known, side), _next_known(known, side)):
            there = places >= 0
            total += values.gather(side, places.clamp(min=0).expand_as(values)) * there
            count += there
    return torch.where(known | (count == 0), values, total / count.clamp(min=1))


def deformable_convolution(
    features: Tensor,
    offsets: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    masks: Tensor | None = None,
) -> Tensor:
    """Return a convolution whose every tap looks where an offset leads it, (N, O, H, W).

    The kernel's side S is odd, and features outside the picture are 0, as are those a part of a pixel
    outside in that part. The channels lie in G groups, each of which has offsets of its own. So is the
    layer of Dai et al., "Deformable Convolutional Networks", ICCV 2017,
    https://arxiv.org/abs/1703.06211; with masks that of Zhu et al., CVPR 2019,
    https://arxiv.org/abs/1811.11168.

    Args:
        features: (N, C, H, W).
        offsets: (N, G * S * S * 2, H, W), for each group and tap how many pixels further down it
            looks, and how many further to the right.
        weight: (O, C, S, S).
        bias: (O,).
        masks: (N, G * S * S, H, W), the share of what each group's taps see that is taken.
    """
    number, channels, height, width = features.shape
    groups = offsets.shape[1] // (2 * weight.shape[2] * weight.shape[3])
    planes = features.reshape(number * groups, channels // groups, height, width)
    result = features.new_empty(number, weight.shape[0], height, width)
    # What all taps see is many times as much as the picture, so it is worked on in bands of rows.
    step = max(_BAND // (weight[0].numel() * number * width), 1)
    for first in range(0, height, step):
        rows = slice(first, min(first + step, height))
        seen = _seen(planes, offsets[:, :, rows], first, weight.shape[2])
        if masks is not None:
            seen *= masks[:, :, rows].reshape(number * groups, 1, -1, rows.stop - first, width)
        summed = weight.flatten(1) @ seen.view(number, weight[0].numel(), -1)
        result[:, :, rows] = summed.view(number, -1, rows.stop - first, width)
    return result if bias is None else result.add_(bias[:, None, None])


def _seen(planes: Tensor, offsets: Tensor, first: int, side: int) -> Tensor:
    """Return what the taps see of planes, (M, C, H, W), for the rows from `first` on that offsets have.

    It is (M, C, side * side, rows, W), and offsets are (N, M / N * side * side * 2, rows, W).
    """
    rows, width = offsets.shape[2:]
    height = planes.shape[2]
    down, across = offsets.reshape(len(planes), side * side, 2, rows, width).unbind(2)
    taps = torch.arange(side * side, device=planes.device)[:, None, None]
    places = torch.arange(max(first + rows, width), device=planes.device)
    down = down + (places[first : first + rows, None] + taps // side - side // 2)
    across = across + (places[:width] + taps % side - side // 2)
    # grid_sample counts from -1 to 1 between the outer edges of the outermost pixels.
    grid = torch.stack(((2 * across + 1) / width - 1, (2 * down + 1) / height - 1), -1).flatten(1, 2)
    found = F.grid_sample(planes, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return found.view(*planes.shape[:2], side * side, rows, width)


class _Target(NamedTuple):
    """Where each pixel's flow leads to, each (N, H, W)."""

    across: Tensor
    down: Tensor
    inside: Tensor

    @classmethod
    def of(cls, flow: Tensor) -> "_Target":
        height, width = flow.shape[2:]
        across = flow[:, 0] + torch.arange(width, device=flow.device)
        down = flow[:, 1] + torch.arange(height, device=flow.device)[:, None]
        inside = (across >= 0) & (across <= width - 1) & (down >= 0) & (down <= height - 1)
        return cls(across, down, inside)


def _taps(target: Tensor, length: int, side: int) -> tuple[Tensor, Tensor]:
    """Return which pixels lie around a place along one side, and the share of their quarter."""
    first = target.floor()[..., None]
    steps = torch.arange(1 - side // 2, 1 + side // 2, device=target.device)
    share = target[..., None] - first
    places = (first + steps).clamp(0, length - 1).to(torch.int32)
    return places, torch.where(steps > 0, share, 1 - share)


def _only_first(shares: Tensor) -> Tensor:
    """Return shares of one for the first pixel and nothing for all others, (side, side)."""
    only = torch.zeros_like(shares[0, 0, 0])
    only[0, 0] = 1
    return only


def _add(sums: Tensor, places: Tensor, values: Tensor) -> None:
    """Add values to sums at places, all (number,), always in the same order."""
    if sums.is_cuda:
        # There index_add_ takes them in any order, so that the last bits differ each time;
        # on a processor it is the other one that does.
        sums.index_put_((places,), values, accumulate=True)
    else:
        sums.index_add_(0, places, values)


def _last_known(known: Tensor, side: int) -> Tensor:
    """Return where along a side the last known pixel up to each lies; -1 where there is none."""
    length = known.shape[side]
    shape = [length if each == side else 1 for each in range(4)]
    places = torch.where(known, torch.arange(length, device=known.device).view(shape), -1)
    step = 1
    # A running maximum in steps of 1, 2, 4 and so on: not every device has torch's own.
    while step < length:
        before, after = places.narrow(side, 0, length - step), places.narrow(side, step, length - step)
        places = torch.cat((places.narrow(side, 0, step), torch.maximum(before, after)), side)
        step *= 2
    return places


def _next_known(known: Tensor, side: int) -> Tensor:
    """Return where along a side the first known pixel from each on lies; -1 where there is none."""
    places = _last_known(known.flip(side), side).flip(side)
    return torch.where(places < 0, places, known.shape[side] - 1 - places)
