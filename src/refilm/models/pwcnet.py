"""PWC-Net: finds how everything moves from one picture to another, from coarse to fine.

Sun et al., "PWC-Net: CNNs for Optical Flow Using Pyramid, Warping, and Cost Volume", CVPR 2018,
https://arxiv.org/abs/1709.02371. It is a part of DAIN; attributes are named as the published file's
keys are.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.models.operators import correlation

UNIT = 20.0
"""Pixels of the whole picture that the network counts movement in."""
FEATURES = (16, 32, 64, 96, 128, 196)
"""Channels of a picture's features at half its size, at a quarter, and so on: levels 1 to 6."""
PLACES = 81
"""Displacements whose likeness each level looks at."""
DENSE = (128, 128, 96, 64, 32)
"""Channels that the convolutions of a level add, each of which sees what all before it found."""
FINEST = 2
"""Level at which the movement is given back."""
CONTEXT = ((128, 1), (128, 2), (128, 4), (96, 8), (64, 16), (32, 1))
"""Channels and dilations of the convolutions that correct the movement in the end."""
WHOLE = 0.9999
"""Share of a place's four pixels that lies within the picture, below which nothing is known there."""


class PwcNet(nn.Module):
    """Finds how everything moves between two pictures, both ways."""

    def __init__(self) -> None:
        super().__init__()
        for level, (inputs, outputs) in enumerate(pairwise((3, *FEATURES)), 1):
            for number, name in enumerate(_pyramid(level)):
                first = number == 0
                given = inputs if first else outputs
                self.add_module(name, _convolution(given, outputs, stride=2 if first else 1))
        for level in range(len(FEATURES), FINEST - 1, -1):
            self._add_level(level)
        seen = _seen(FINEST)
        for number, (outputs, dilation) in enumerate(CONTEXT, 1):
            self.add_module(f"dc_conv{number}", _convolution(seen, outputs, dilation=dilation))
            seen = outputs
        self.dc_conv7 = _flow(seen)

    def _add_level(self, level: int) -> None:
        inputs = _inputs(level)
        for number, outputs in enumerate(DENSE):
            self.add_module(f"conv{level}_{number}", _convolution(inputs, outputs))
            inputs += outputs
        self.add_module(f"predict_flow{level}", _flow(inputs))
        if level > FINEST:
            self.add_module(f"deconv{level}", nn.ConvTranspose2d(2, 2, 4, 2, 1))
            self.add_module(f"upfeat{level}", nn.ConvTranspose2d(inputs, 2, 4, 2, 1))

    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Return where what the first shows lies in the second, and the other way round.

        Each is (N, 2, H/4, W/4), in `UNIT` pixels of the whole picture to the right and down.

        Args:
            first: (N, 3, H, W), RGB 0..1; H and W are multiples of 64.
            second: Like the first.
        """
        one, two = self._features(first), self._features(second)
        return self._movement(one, two), self._movement(two, one)

    def _features(self, picture: Tensor) -> list[Tensor]:
        """Return features by level; level 0 is the picture."""
        levels = [picture]
        for level in range(1, len(FEATURES) + 1):
            features = levels[-1]
            for name in _pyramid(level):
                features = self.get_submodule(name)(features)
            levels.append(features)
        return levels

    def _movement(self, one: list[Tensor], two: list[Tensor]) -> Tensor:
        coarsest = len(FEATURES)
        seen = self._dense(coarsest, _alike(one[coarsest], two[coarsest]))
        flow = self.get_submodule(f"predict_flow{coarsest}")(seen)
        for level in range(coarsest - 1, FINEST - 1, -1):
            flow = self.get_submodule(f"deconv{level + 1}")(flow)
            hint = self.get_submodule(f"upfeat{level + 1}")(seen)
            moved = _moved(two[level], flow * (UNIT / 2**level))
            seen = self._dense(level, torch.cat((_alike(one[level], moved), one[level], flow, hint), 1))
            flow = self.get_submodule(f"predict_flow{level}")(seen)
        for number in range(1, len(CONTEXT) + 1):
            seen = self.get_submodule(f"dc_conv{number}")(seen)
        return flow + self.dc_conv7(seen)

    def _dense(self, level: int, seen: Tensor) -> Tensor:
        for number in range(len(DENSE)):
            seen = torch.cat((self.get_submodule(f"conv{level}_{number}")(seen), seen), 1)
        return seen


def _pyramid(level: int) -> tuple[str, ...]:
    """Return the names of a level's three convolutions in their order, which the last level swaps."""
    return tuple(
        f"conv{level}{letter}" for letter in (("aa", "a", "b") if level == 6 else ("a", "aa", "b"))
    )


def _inputs(level: int) -> int:
    """Return how many channels a level looks at; those below the coarsest see flow and hints too."""
    return PLACES if level == len(FEATURES) else PLACES + FEATURES[level - 1] + 4


def _seen(level: int) -> int:
    return _inputs(level) + sum(DENSE)


def _convolution(inputs: int, outputs: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride, dilation, dilation)
    return nn.Sequential(convolution, nn.LeakyReLU(0.1, inplace=True))


def _flow(inputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, 2, 3, padding=1)


def _alike(first: Tensor, second: Tensor) -> Tensor:
    return F.leaky_relu(correlation(first, second), 0.1)


def _moved(features: Tensor, flow: Tensor) -> Tensor:
    """Return features fetched from where a flow leads to, and 0 where that is outside the picture."""
    height, width = features.shape[2:]
    columns = torch.arange(width, dtype=flow.dtype, device=flow.device)
    rows = torch.arange(height, dtype=flow.dtype, device=flow.device)[:, None]
    # grid_sample counts from -1 to 1 between the middles of the outermost pixels.
    across = 2 * (columns + flow[:, 0]) / max(width - 1, 1) - 1
    down = 2 * (rows + flow[:, 1]) / max(height - 1, 1) - 1
    places = torch.stack((across, down), 3)
    found = F.grid_sample(features, places, align_corners=True)
    known = F.grid_sample(torch.ones_like(features[:, :1]), places, align_corners=True)
    return found * (known >= WHOLE)
