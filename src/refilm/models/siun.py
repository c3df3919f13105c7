"""SIUN: sharpens a picture that was blurred by movement, from a coarse picture to ever finer ones.

Ye et al., "Scale-Iterative Upscaling Network for Image Deblurring", IEEE Access 2020,
https://doi.org/10.1109/ACCESS.2020.2967823. One generator serves at every size. The published file is
Keras': its layers are numbered in the order in which they are made here, too.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.errors import WeightsError
from refilm.models.card import Card
from refilm.models.weights import Weights, fill

WIDTHS = (32, 64, 128)
"""Channels at the picture's own size, at half and at a quarter of it."""
GROWTH, DENSE = 32, 6
"""Channels that a dense layer adds, and how many such layers a block has."""


class Residual(nn.Module):
    """Two convolutions with a way around them, and nothing after."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))

    def forward(self, given: Tensor) -> Tensor:
        """Return features of the shape of those given."""
        return given + self.second(F.relu(self.first(given)))


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
        return self.blocks(F.relu(self.conv(F.pad(given, (near, far, near, far)))))


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
        half = self.downs[1](full)
        up = self.ups[0](self.downs[2](half)) + half
        return self.ups[1](up) + full


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
        seen = self.look(small)
        known = [self.coarse(seen)]
        for block in self.dense:
            known.append(block(known[-1]))
        found = seen + self.smooth(self.join(torch.cat(known[1:], 1)))
        draft = _picture(self.draft(_spread(self.enlarge(found))))
        return _picture(self.draw(self.blocks(self.fine(torch.cat((large, draft), 1)))))


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
