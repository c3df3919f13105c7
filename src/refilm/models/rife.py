"""RIFE: draws the picture between two others by estimating how everything moves from it to both.

Huang et al., "Real-Time Intermediate Flow Estimation for Video Frame Interpolation", ECCV 2022,
https://arxiv.org/abs/2011.06294. This is the network of four levels whose weights are published with
https://github.com/HolyWu/vs-rife 2.0.0; attributes are named as the keys of that file are.
"""

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.job import Network
from refilm.models.card import Card
from refilm.models.runtime import TorchNetwork
from refilm.models.weights import Weights, fill

ELSEWHERE = ("block_tea.", "contextnet.", "unet.")
"""Keys of the file that this network does not have: the teacher that only training needs, and the
refinement that the published program leaves out in its fast mode, which is its default."""
COARSENESS = (8.0, 4.0, 2.0, 1.0)
"""How many times smaller than the picture each level sees it."""
FAR = 32.0
"""Pixels that the second level corrects the first by where the movement is too far for both."""


class FirstLook(nn.Sequential):
    """A convolution of two pictures and more, which takes grey pictures too."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, 3, 2, 1), nn.PReLU(outputs))

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        """Return features, (N, outputs, H/2, W/2), of what is seen, (N, inputs, H, W).

        The first channels are two pictures, both of three channels or both of one.
        """
        convolution = cast(nn.Conv2d, self[0])
        weight = convolution.weight
        if input.shape[1] < weight.shape[1]:
            # Three equal channels give what one gives whose weights are the sum of theirs.
            grey = (weight[:, channels].sum(1, keepdim=True) for channels in (slice(0, 3), slice(3, 6)))
            weight = torch.cat((*grey, weight[:, 6:]), 1)
        return self[1](F.conv2d(input, weight, convolution.bias, stride=2, padding=1))


class Level(nn.Module):
    """Estimates movement, or corrects it, at one size."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.conv0 = nn.Sequential(FirstLook(inputs, width // 2), _convolution(width // 2, width, 2))
        self.convblock = nn.Sequential(*(_convolution(width, width, 1) for _ in range(8)))
        self.lastconv = nn.ConvTranspose2d(width, 5, 4, 2, 1)

    def forward(self, seen: Tensor) -> Tensor:
        """Return movement as `Rife.movements` does, (N, 5, H/2, W/2), of what is seen, (N, C, H, W)."""
        features = self.conv0(seen)
        return self.lastconv(self.convblock(features) + features)


def _convolution(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1), nn.PReLU(outputs))


class Rife(nn.Module):
    """Draws the picture at any moment between two others."""

    def __init__(self) -> None:
        super().__init__()
        self.block0 = Level(7, 192)
        self.block1 = Level(12, 128)
        self.block2 = Level(12, 96)
        self.block3 = Level(12, 64)

    def forward(
        self, pictures: Tensor, timestep: float = 0.5, scale_list: Sequence[float] = COARSENESS
    ) -> tuple[list[Tensor], Tensor, list[Tensor]]:
        """Return what the published network does: movement and picture of each level, and the share.

        The first and third are of four levels, of which the last counts: (N, 4, H, W), where each pixel
        lies in the first picture and in the second, and (N, 3, H, W), the picture, within their range.
        The second is the first picture's share, (N, 1, H, W).

        Args:
            pictures: (N, 6, H, W) or (N, 2, H, W), two of three channels or of one, one after the
                other, nominally 0..1; H and W are multiples of 16, or of what `scale_list` asks.
            timestep: 0 is the moment of the first picture, 1 that of the second.
            scale_list: How many times smaller than the picture each level sees it.
        """
        first, second = pictures.chunk(2, 1)
        moved = Mover(first)
        levels = self.movements(first, second, timestep, scale_list)
        merged = [moved.between(first, second, movement) for movement in levels]
        return [movement[:, :4] for movement in levels], torch.sigmoid(levels[-1][:, 4:]), merged

    def movements(
        self, first: Tensor, second: Tensor, position: float, sizes: Sequence[float] = COARSENESS
    ) -> list[Tensor]:
        """Return what moves where by each level, (N, 5, H, W), for what `forward` takes.

        Channels 0 and 1 say where each pixel lies in the first picture, in pixels to the right and down
        from its own place; 2 and 3 in the second; 4 is the first's share, before the sigmoid.
        """
        estimate = Estimate(first, second, position)
        correction = self._found(estimate, sizes)
        if _is_far(correction):
            # The published program then looks at half the size, and so does this one; but there all
            # later pictures are looked at so too: they would depend on what came before them.
            sizes = [2 * size for size in sizes]
            correction = self._found(estimate, sizes)
        levels = [estimate.movement, estimate.movement + correction]
        for level, size in ((self.block2, sizes[2]), (self.block3, sizes[3])):
            estimate.movement = levels[-1]
            levels.append(levels[-1] + estimate.full_size(level(estimate.seen(size)), size))
        return levels

    def _found(self, estimate: "Estimate", sizes: Sequence[float]) -> Tensor:
        """Begin the movement by the first level, and return the second's correction."""
        estimate.movement = estimate.full_size(self.block0(estimate.seen_at_first(sizes[0])), sizes[0])
        return estimate.full_size(self.block1(estimate.seen(sizes[1])), sizes[1])


class Between(nn.Module):
    """RIFE as stages call it: two pictures and a position give the picture there."""

    def __init__(self, network: Rife) -> None:
        super().__init__()
        self.network = network

    def forward(self, first: Tensor, second: Tensor, position: float = 0.5) -> Tensor:
        """Return the picture at a position, 0..1, between two, of their shape, as `Rife` takes them."""
        movement = self.network.movements(first, second, position)[-1]
        return Mover(first).between(first, second, movement)


class Estimate:
    """The movement as it is known so far, and how levels see it."""

    movement: Tensor
    """As `Rife.movements` returns it."""

    def __init__(self, first: Tensor, second: Tensor, position: float) -> None:
        self._first, self._second, self._position = first, second, position
        self._moved = Mover(first)

    def seen_at_first(self, size: float) -> Tensor:
        """Return the two pictures and the moment, `size` times smaller."""
        first, second = _resized(self._first, 1 / size), _resized(self._second, 1 / size)
        return torch.cat((first, second, self._moment(first)), 1)

    def seen(self, size: float) -> Tensor:
        """Return the two pictures moved, the moment, share and movement, `size` times smaller."""
        first = _resized(self._moved(self._first, self.movement[:, :2]), 1 / size)
        second = _resized(self._moved(self._second, self.movement[:, 2:4]), 1 / size)
        movement = _resized(self.movement, 1 / size)
        flows = movement[:, :4] / size if size != 1 else movement[:, :4]
        return torch.cat((first, second, self._moment(first), movement[:, 4:], flows), 1)

    def full_size(self, found: Tensor, size: float) -> Tensor:
        """Return what a level found at twice the coarseness `size` in the pictures' size and pixels."""
        height, width = self._first.shape[2:]
        # Bilinear enlarging of few channels is three times quicker where each lies on its own.
        found = found.contiguous()
        found[:, :4] *= 2 * size
        return _resized(found, 2 * size)[:, :, :height, :width]

    def _moment(self, like: Tensor) -> Tensor:
        return torch.full_like(like[:, :1], self._position)


class Mover:
    """Moves pictures of one size along flows."""

    def __init__(self, like: Tensor) -> None:
        height, width = like.shape[2:]
        # grid_sample counts from -1 to 1 between the middles of the outermost pixels.
        columns = torch.linspace(-1, 1, width, dtype=like.dtype, device=like.device)
        rows = torch.linspace(-1, 1, height, dtype=like.dtype, device=like.device)
        self._places = torch.stack(torch.meshgrid(columns, rows, indexing="xy"))[None]
        steps = [2 / max(width - 1, 1), 2 / max(height - 1, 1)]
        self._pixel = torch.tensor(steps, dtype=like.dtype, device=like.device)[None, :, None, None]

    def __call__(self, picture: Tensor, flow: Tensor) -> Tensor:
        """Return the picture whose every pixel is what `picture` shows at that place plus `flow`."""
        places = torch.addcmul(self._places, flow, self._pixel).permute(0, 2, 3, 1)
        return F.grid_sample(
            picture, places, mode="bilinear", padding_mode="border", align_corners=True
        )

    def between(self, first: Tensor, second: Tensor, movement: Tensor) -> Tensor:
        """Return the mixture of two pictures moved as a level's movement, (N, 5, H, W), says."""
        earlier, later = self(first, movement[:, :2]), self(second, movement[:, 2:4])
        return torch.lerp(later, earlier, torch.sigmoid(movement[:, 4:]))


def _resized(pictures: Tensor, factor: float) -> Tensor:
    if factor == 1:
        return pictures
    return F.interpolate(pictures, scale_factor=factor, mode="bilinear", align_corners=False)


def _is_far(correction: Tensor) -> bool:
    to_first, to_second = correction[:, :2].abs().amax(), correction[:, 2:4].abs().amax()
    return bool(torch.minimum(to_first, to_second) > FAR)


def build(card: Card, weights: Weights) -> nn.Module:
    """Return RIFE with its weights."""
    del card
    with torch.device("meta"):
        network = Rife()
    fill(network, weights, prefix="module.", unused=ELSEWHERE)
    return network


def path(card: Card, module: nn.Module) -> Network:
    """Return what stages call: two pictures and a position, 0..1, give the picture there."""
    return TorchNetwork(Between(cast(Rife, module)), card.facts)
