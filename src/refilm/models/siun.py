"""SIUN: sharpens a picture that was blurred by movement, from a coarse picture to ever finer ones.

Ye et al., "Scale-Iterative Upscaling Network for Image Deblurring", IEEE Access 2020,
https://doi.org/10.1109/ACCESS.2020.2967823. One generator serves at every size. The published file is
Keras': its layers are numbered in the order in which they are made here, too.
"""

from collections.abc import Iterator
from typing import Self, cast

import cv2
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.errors import WeightsError
from refilm.frames import Pixels
from refilm.job import Network
from refilm.models.card import Card, Facts
from refilm.models.runtime import TorchNetwork
from refilm.models.weights import Weights, fill

WIDTHS = (32, 64, 128)
"""Channels at the picture's own size, at half and at a quarter of it."""
GROWTH, DENSE = 32, 6
"""Channels that a dense layer adds, and how many such layers a block has."""
STEP = 4
"""What the sides of the small picture are multiples of: the network halves it twice."""
ITERATIONS = 4
"""How many times the picture is halved before it is sharpened, unless asked."""
_SOFTNESS, _REACH = 2 / 3, 3
"""Sigma of the blur before a picture is halved, a third of the factor, and where its kernel ends."""


class Residual(nn.Module):
    """Two convolutions with a way around them, and nothing after."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))

    def forward(self, given: Tensor) -> Tensor:
        """Return features of the shape of those given."""
        return self.second(F.relu_(self.first(given))).add_(given)


def residuals(width: int) -> nn.Sequential:
    """Return three such blocks in a row."""
    return nn.Sequential(*(Residual(width) for _ in range(3)))


class Down(nn.Module):
    """A 5x5 convolution, at half the size if wished, and three blocks."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv2d(inputs, outputs, 5, stride)
        self.blocks = residuals(outputs)

    def forward(self, given: Tensor) -> Tensor:
        """Return features, (N, outputs, H / stride, W / stride)."""
        # TensorFlow pads an even picture by one on the near side and two on the far side.
        near, far = (2, 2) if self.stride == 1 else (1, 2)
        return self.blocks(F.relu_(self.conv(F.pad(given, (near, far, near, far)))))


class Up(nn.Module):
    """Three blocks, and a convolution to twice the size."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.blocks = residuals(inputs)
        self.conv = nn.ConvTranspose2d(inputs, outputs, 5, 2)

    def forward(self, given: Tensor) -> Tensor:
        """Return features, (N, outputs, 2H, 2W)."""
        return F.relu(self.conv(self.blocks(given))[:, :, 1:-2, 1:-2])


class Unet(nn.Module):
    """Looks at the picture at three sizes; what it finds at each is added on the way up."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        full, half, quarter = WIDTHS
        self.downs = nn.ModuleList((Down(inputs, full, 1), Down(full, half, 2), Down(half, quarter, 2)))
        self.ups = nn.ModuleList((Up(quarter, half), Up(half, full)))

    def forward(self, given: Tensor) -> Tensor:
        """Return features, (N, 32, H, W); H and W are multiples of 4."""
        full = self.downs[0](given)
        return self.ups[1](self._half(full)).add_(full)

    def _half(self, full: Tensor) -> Tensor:
        # On its own, so that nothing of it is in memory any more when the full size is drawn.
        half = self.downs[1](full)
        return self.ups[0](self.downs[2](half)).add_(half)


class Dense(nn.Module):
    """Convolutions each of which sees what all before it found, with a way around them."""

    def __init__(self) -> None:
        super().__init__()
        width = WIDTHS[0]
        self.layers = nn.ModuleList(
            nn.Conv2d(width + number * GROWTH, GROWTH, 3, padding=1, bias=False)
            for number in range(DENSE)
        )
        self.join = nn.Conv2d(width + DENSE * GROWTH, width, 1, bias=False)

    def forward(self, given: Tensor) -> Tensor:
        """Return features of the shape of those given."""
        known = given
        for layer in self.layers:
            known = torch.cat((known, F.relu(layer(known))), 1)
        return given + self.join(known)


class Siun(nn.Module):
    """Makes a picture sharp, given what was made of it at half the size."""

    def __init__(self) -> None:
        super().__init__()
        width = WIDTHS[0]
        self.look = nn.Conv2d(6, width, 3, padding=1)
        self.coarse = Unet(width)
        self.dense = nn.ModuleList(Dense() for _ in range(3))
        self.join = nn.Conv2d(3 * width, width, 1)
        self.smooth = nn.Conv2d(width, width, 3, padding=1)
        self.enlarge = nn.Conv2d(width, 4 * width, 3, padding=1)
        self.draft = nn.Conv2d(width, 3, 3, padding=1)
        self.fine = Unet(6)
        self.blocks = residuals(width)
        self.draw = nn.Conv2d(width, 3, 5, padding=2)

    def forward(self, small: Tensor, large: Tensor) -> Tensor:
        """Return the large picture made sharp, (N, 2h, 2w, 3), 0..1.

        Args:
            small: (N, h, w, 6), RGB 0..1: the blurred picture at half the size, and what was made of
                it there; the same twice at the coarsest size. h and w are multiples of 4.
            large: (N, 2h, 2w, 3), RGB 0..1: the blurred picture.
        """
        return self.sharpened(small.permute(0, 3, 1, 2), large.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)

    def sharpened(self, small: Tensor, large: Tensor) -> Tensor:
        """Return what `forward` does, with channels before rows: (N, 6, h, w) and (N, 3, 2h, 2w)."""
        draft = self._drafted(small)
        return _picture(self.draw(self.blocks(self.fine(torch.cat((large, draft), 1)))))

    def _drafted(self, small: Tensor) -> Tensor:
        """Return a first sharp picture, (N, 3, 2h, 2w), of what is known at half the size."""
        seen = self.look(small)
        known = [self.coarse(seen)]
        for block in self.dense:
            known.append(block(known[-1]))
        found = seen + self.smooth(self.join(torch.cat(known[1:], 1)))
        return _picture(self.draft(_spread(self.enlarge(found))))


def _spread(features: Tensor) -> Tensor:
    """Make pixels of channels in TensorFlow's order, which counts channels within a pixel last."""
    number, channels, height, width = features.shape
    grouped = features.view(number, 4, channels // 4, height, width).transpose(1, 2)
    return F.pixel_shuffle(grouped.reshape(number, channels, height, width), 2)


def _picture(values: Tensor) -> Tensor:
    return torch.tanh(values) / 2 + 0.5


def _named(network: nn.Module) -> Iterator[tuple[str, str]]:
    """Yield the name of each convolution here, and in the file."""
    for kind, title in ((nn.Conv2d, "conv2d"), (nn.ConvTranspose2d, "conv2d_transpose")):
        layers = (name for name, module in network.named_modules() if isinstance(module, kind))
        for number, name in enumerate(layers, 1):
            yield name, f"{title}_{number}"


def _translated(network: nn.Module, weights: Weights) -> dict[str, Tensor]:
    """Return Keras' kernels, whose first sides are height and width, as torch keeps them."""
    state: dict[str, Tensor] = {}
    given, biased = dict(weights), network.state_dict().keys()
    try:
        for name, theirs in _named(network):
            kernel = torch.as_tensor(given.pop(f"{theirs}/{theirs}/kernel:0"))
            state[f"{name}.weight"] = kernel.permute(3, 2, 0, 1).contiguous()
            if f"{name}.bias" in biased:
                state[f"{name}.bias"] = torch.as_tensor(given.pop(f"{theirs}/{theirs}/bias:0"))
    except KeyError as error:
        raise WeightsError(f"These weights are not those of SIUN: {error} is missing.") from error
    return state | given


def build(card: Card, weights: Weights) -> nn.Module:
    """Return the network with its weights, by the names that Keras gives them."""
    del card
    with torch.device("meta"):
        network = Siun()
    fill(network, _translated(network, weights))
    return network


class Level(nn.Module):
    """Siun as `TorchNetwork` calls it: six pictures of one size give one of twice the size."""

    def __init__(self, network: Siun) -> None:
        super().__init__()
        self.network = network

    def forward(self, small: Tensor, before: Tensor, *quarters: Tensor) -> Tensor:
        """Return the large picture made sharp, (N, 3, 2h, 2w), of pictures (N, 3, h, w), RGB 0..1.

        Args:
            small: The blurred picture at half the size.
            before: What was made of it there.
            quarters: The large blurred picture, taken apart by `quarters`.
        """
        large = F.pixel_shuffle(torch.stack(quarters, 2).flatten(1, 2), 2)
        return self.network.sharpened(torch.cat((small, before), 1), large)


def quarters(picture: Pixels) -> list[Pixels]:
    """Return every second pixel of every second row of a picture, for the four places to begin at."""
    return [picture[row::2, column::2] for row in (0, 1) for column in (0, 1)]


class CoarseToFine:
    """SIUN as stages call it: one picture of any size, and how many times to halve it.

    As published, the picture is padded on all sides alike, halved again and again, and made sharp from
    the smallest size up. Each size is cut into tiles of its own where it is too large for memory, so
    that what is far away has the say in a tile that it has in the whole.
    """

    def __init__(self, network: Siun, facts: Facts) -> None:
        self._step = facts.multiple_of
        # The card counts in pixels of the picture, and a level in those of the small one.
        margin = None if facts.margin is None else facts.margin // 2
        level = Facts(scale=2, multiple_of=STEP, margin=margin, memory=4 * facts.memory)
        self._network = TorchNetwork(Level(network), level)

    def __call__(self, *pictures: Pixels, **numbers: float) -> Pixels:
        """Return the picture made sharp, in its size and channels, one (grey) or three (RGB), 0..1.

        `iterations` says how many times it is halved, 1 to 6, 4 unless given; raises ValueError else.
        """
        (picture,) = pictures
        if picture.shape[2] == 1:
            sharp = self._sharpened(np.repeat(picture, 3, axis=2), **numbers)
            return sharp.mean(axis=2, keepdims=True, dtype=np.float32)
        return self._sharpened(picture, **numbers)

    def given(self, *references: Pixels) -> Self:
        """Refuse references."""
        del references
        raise ValueError("SIUN takes no references")

    def _sharpened(self, picture: Pixels, iterations: float = ITERATIONS) -> Pixels:
        height, width = picture.shape[:2]
        above, left = (-side % self._step // 2 for side in (height, width))
        sizes = pyramid(_padded(picture, self._step), self._times(iterations))
        sharp = sizes[-1]
        for large, small in zip(sizes[-2::-1], sizes[:0:-1], strict=True):
            sharp = self._network(small, sharp, *quarters(large))
        return sharp[above : above + height, left : left + width]

    def _times(self, iterations: float) -> int:
        most = (self._step // STEP).bit_length() - 1
        if not 1 <= iterations <= most:
            raise ValueError(f"SIUN halves a picture 1 to {most} times, not {iterations:g}")
        return int(iterations)


def _padded(picture: Pixels, step: int) -> Pixels:
    """Return a picture mirrored beyond its edges, on all sides alike, to multiples of a step."""
    (above, below), (left, right) = (_halves(-side % step) for side in picture.shape[:2])
    padded = cv2.copyMakeBorder(picture, above, below, left, right, cv2.BORDER_REFLECT_101)
    return np.asarray(padded, np.float32)


def _halves(length: int) -> tuple[int, int]:
    return length // 2, length - length // 2


def pyramid(picture: Pixels, times: int) -> list[Pixels]:
    """Return a picture of three channels and even sides, and after it what halving so many times gives.

    As scikit-image's `pyramid_gaussian` does: blurred by a Gaussian, then means of 2 x 2 pixels.
    """
    sizes = [picture]
    kernel = cv2.getGaussianKernel(2 * _REACH + 1, _SOFTNESS, cv2.CV_32F)
    for _ in range(times):
        soft = cv2.sepFilter2D(sizes[-1], cv2.CV_32F, kernel, kernel, borderType=cv2.BORDER_REFLECT)
        half = soft.shape[1] // 2, soft.shape[0] // 2
        sizes.append(np.asarray(cv2.resize(soft, half, interpolation=cv2.INTER_AREA), np.float32))
    return sizes


def path(card: Card, module: nn.Module) -> Network:
    """Return what stages call: a picture, of one channel or three, and `iterations`."""
    return CoarseToFine(cast(Siun, module), card.facts)
