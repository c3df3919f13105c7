"""The global-histogram network of ideepcolor: gives a grey picture the general colours of photos.

Zhang et al., "Real-Time User-Guided Image Colorization with Learned Deep Priors", SIGGRAPH 2017,
https://arxiv.org/abs/1705.02999, there the Global Hints Network. It was published for Caffe alone. Its
layers are those of `siggraph17` with one channel in, and a branch for what holds of the whole picture.
"""

from collections.abc import Iterator
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.chroma import LAB
from refilm.frames import Pixels
from refilm.job import Network
from refilm.lab import lightness, to_lab
from refilm.models.caffemodel import lined_up
from refilm.models.card import Card
from refilm.models.colouring import Colouring, sampled
from refilm.models.siggraph17 import MIDDLE, Layers
from refilm.models.weights import Weights, fill

COLOUR = 100.0
"""CIELAB units for 1.0 in what the last layer gives: unlike the 110 of `siggraph17`."""
PHOTO = 256
"""Pixels on a side of the square in which a photo is looked at."""
_POOLED = 4
"""Pixels on a side of the photo over which colours are averaged before they are counted."""
_GRID = 10
"""CIELAB units from one colour that is counted to the next."""
_FIRST_A = -90
_ENDS = (
    (50, 90), (20, 90), (0, 90), (-20, 90), (-30, 100), (-40, 100), (-50, 100), (-50, 100), (-60, 100),
    (-70, 100), (-80, 90), (-80, 90), (-90, 90), (-100, 90), (-100, 80), (-110, 80), (-110, 80),
    (-110, 70), (-110, 70), (-90, 0),
)  # fmt: skip
"""The least and the largest b that are counted, for each a from `_FIRST_A` on.

This is the published table pts_in_hull.npy, of 313 colours, in its order. It is no plain gamut: only
261 of these are the nearest to some colour of sRGB."""
ELSEWHERE = ("conv8_313", "class8")
"""Layers that the published program leaves out: they tell the chance of each of the 313 colours."""


def points() -> Tensor:
    """Return a and b, CIELAB, of the colours that are counted, (313, 2), b varying fastest."""
    rows = ((_FIRST_A + _GRID * number, *ends) for number, ends in enumerate(_ENDS))
    pairs = [(a, b) for a, first, last in rows for b in range(first, last + 1, _GRID)]
    return torch.tensor(pairs, dtype=torch.float32)


def histogram(colours: Tensor) -> Tensor:
    """Return which share of a picture is nearest to each of the `points`, (313,).

    Args:
        colours: a and b, CIELAB, (1, 2, H, W); H and W are multiples of 4.
    """
    few = F.avg_pool2d(colours, _POOLED)[0].flatten(1).T
    known = points().to(few.device)
    nearest = torch.cdist(few, known).argmin(1)
    return torch.bincount(nearest, minlength=len(known)).to(few.dtype) / len(few)


class IdeepcolorGlobal(Layers):
    """Colours grey pictures, led by a histogram of colours and a mean saturation, or by neither."""

    def __init__(self) -> None:
        super().__init__(1)
        self.s_conv1 = nn.Conv2d(2, 512, 1)
        for number, inputs in enumerate((314, 512, 512, 512), 1):
            self.add_module(f"glob_conv{number}", nn.Conv2d(inputs, 512, 1))
            self.add_module(f"glob_norm{number}", nn.BatchNorm2d(512))

    def forward(
        self, lightness: Tensor, histogram: Tensor | None = None, saturation: Tensor | None = None
    ) -> Tensor:
        """Return a and b, (N, 2, H, W), CIELAB.

        Args:
            lightness: (N, 1, H, W), CIELAB L less 50; H and W are multiples of 8.
            histogram: (N, 314, 1, 1), shares as of `histogram` and a 1; None, or all 0, for none.
            saturation: (N, 2, 1, 1), the mean saturation of HSV, 0..1, and a 1; None, or 0, for none.
        """
        histogram = lightness.new_zeros(1, 314, 1, 1) if histogram is None else histogram
        saturation = lightness.new_zeros(1, 2, 1, 1) if saturation is None else saturation
        colours, _ = self.coloured(lightness, self._hint(histogram, saturation))
        return COLOUR * colours

    def _hint(self, histogram: Tensor, saturation: Tensor) -> Tensor:
        # The convolution of no saturation is not nothing: it has a bias, as in the published program.
        found = self.get_submodule("glob_conv1")(histogram) + self.s_conv1(saturation)
        for number in range(1, 5):
            if number > 1:
                found = self.get_submodule(f"glob_conv{number}")(found)
            found = self.get_submodule(f"glob_norm{number}")(F.relu(found))
        return found


def _convolutions() -> Iterator[tuple[str, str]]:
    """Yield the names of convolutions in the file, and here."""
    for level, count in enumerate((2, 2, 3, 3, 3, 3, 3), 1):
        for number in range(count):
            first = "bw_" if level == 1 and number == 0 else ""
            yield f"{first}conv{level}_{number + 1}", f"model{level}.{2 * number}"
    yield from (("conv8_1", "model8up.0"), ("conv3_3_short", "model3short8.0"))
    yield from (("conv8_2", "model8.1"), ("conv8_3", "model8.3"))
    yield from (("conv9_1", "model9up.0"), ("conv2_2_short", "model2short9.0"), ("conv9_2", "model9.1"))
    yield from (("conv10_1", "model10up.0"), ("conv1_2_short", "model1short10.0"))
    yield from (("conv10_2", "model10.1"), ("conv10_ab", "model_out.0"), ("s_conv1", "s_conv1"))
    yield from ((f"glob_conv{number}", f"glob_conv{number}") for number in range(1, 5))


def _norms(weights: Weights) -> Iterator[tuple[str, str]]:
    """Yield the names of norms in the file, and here."""
    known = {
        f"conv{level}_{count}norm": f"model{level}.{2 * count}"
        for level, count in enumerate((2, 2, 3, 3, 3, 3, 3), 1)
    } | {"conv8_3norm": "model8.5", "conv9_2norm": "model9.3"}
    yield from known.items()
    # Nobody has written down what those of the branch are called: they are the others, in order. Only
    # norms have three tensors.
    others = [key.removesuffix(".2") for key in weights if key.endswith(".2")]
    others = [name for name in others if name not in known]
    yield from ((name, f"glob_norm{number}") for number, name in enumerate(others, 1))


def _renamed(weights: Weights) -> dict[str, Tensor]:
    """Return the tensors under the names of this file."""
    left = {key: tensor for key, tensor in weights.items() if not key.startswith(ELSEWHERE)}
    state: dict[str, Tensor] = {}
    for layer, name in _norms(left):
        state |= {f"{name}.{part}": tensor for part, tensor in _norm(left, layer).items()}
    for layer, name in _convolutions():
        parts = {f"{name}.weight": f"{layer}.0", f"{name}.bias": f"{layer}.1"}
        state |= {ours: left.pop(key) for ours, key in parts.items() if key in left}
    # Layers that only take every second pixel, or multiply by 100, are convolutions and scales for
    # Caffe: their weights are all the same and were not learnt. Whatever else is left is too much.
    return state | {key: tensor for key, tensor in left.items() if tensor.unique().numel() > 1}


def _norm(left: Weights, layer: str) -> dict[str, Tensor]:
    """Take a norm's tensors by what torch calls them: Caffe's are two sums, and of how many."""
    if not all(f"{layer}.{number}" in left for number in range(3)):
        return {}
    mean, variance, count = (left.pop(f"{layer}.{number}").float() for number in range(3))
    scale = 1 / count.sum() if count.sum() else count.sum()
    mean, variance = mean.flatten() * scale, variance.flatten() * scale
    return {
        "running_mean": mean,
        "running_var": variance,
        "weight": torch.ones_like(mean),
        "bias": torch.zeros_like(mean),
        "num_batches_tracked": torch.tensor(0),
    }


def build(card: Card, weights: Weights) -> nn.Module:
    """Return the network with the weights of Caffe's file, by layers."""
    del card
    with torch.device("meta"):
        network = IdeepcolorGlobal()
    shapes = {key: tensor.shape for key, tensor in network.state_dict().items()}
    state = _renamed(weights)
    fill(network, {key: lined_up(each, shapes.get(key, each.shape)) for key, each in state.items()})
    return network


class Led(nn.Module):
    """The network as stages call it: with references it follows their histogram and saturation."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, lightness: Tensor, prepared: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """Return a and b as `IdeepcolorGlobal` does."""
        return self.network(lightness, *(prepared or ()))

    def prepared(self, *references: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean histogram and saturation of references, as `IdeepcolorGlobal` takes them.

        Args:
            references: (1, 3, H, W) each: a and b, CIELAB, and the saturation of HSV; H and W are
                multiples of 8.
        """
        shares = torch.stack([histogram(each[:, :2]) for each in references]).mean(0)
        saturation = torch.stack([each[:, 2].mean() for each in references]).mean()
        one = shares.new_ones(1)
        counted, saturated = torch.cat((shares, one)), torch.cat((saturation[None], one))
        return counted[None, :, None, None], saturated[None, :, None, None]


def look(photo: Pixels) -> Pixels:
    """Return a, b, CIELAB, and the saturation of HSV, (256, 256, 3), of a photo, RGB of any size."""
    small = np.dstack([sampled(photo[:, :, number], PHOTO) for number in range(3)])
    most, least = small.max(2), small.min(2)
    saturation = (most - least) / np.maximum(most, np.float32(1e-6))
    return np.dstack((to_lab(small)[:, :, 1:], saturation)).astype(np.float32)


class _Path(Colouring):
    """Looks at a square, whatever the picture's shape, as the published program does."""

    def given(self, *references: Pixels) -> Self:
        """Return this network led by photos, RGB of any size: by the mean of what is in them."""
        return super().given(*(look(photo) for photo in references))

    def _found(self, pictures: tuple[Pixels, ...], side: int, numbers: dict[str, float]) -> Pixels:
        (luma,) = pictures
        light = lightness(sampled(luma[:, :, 0], side)) - np.float32(MIDDLE)
        return self._network(light[:, :, None], **numbers) / np.float32(LAB)


def path(card: Card, module: nn.Module) -> Network:
    """Return what stages call, by the colouring convention, with photos; it tells no confidence."""
    return _Path(card, Led(module))
