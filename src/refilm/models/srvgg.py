"""SRVGGNetCompact: enlarges a picture with one plain run of convolutions, quickly.

Wang et al., "Real-ESRGAN", ICCV Workshops 2021, https://arxiv.org/abs/2107.10833, its compact network.
Width, depth and scale are read from the weights. Two files of equal shape, one trained to keep noise
and one to take it away, can be blended.
"""

from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.func import functional_call

from refilm.errors import WeightsError
from refilm.models.card import Card, Facts
from refilm.models.rrdbnet import averaged
from refilm.models.weights import Weights, fill

_BYTES = 4
_FEATURES, _RESULTS = 3, 4
"""How many pictures of features, and of the result, lie in memory at once: measured, rounded up."""


class Srvgg(nn.Module):
    """Enlarges a picture `scale` times."""

    def __init__(self, *, width: int = 64, depth: int = 32, scale: int = 4) -> None:
        """Make the network; `depth` counts the convolutions between the first and the last."""
        super().__init__()
        self.scale = scale
        layers: list[nn.Module] = []
        for inputs in (3, *(width for _ in range(depth))):
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.PReLU(width)]
        self.body = nn.Sequential(*layers, nn.Conv2d(width, 3 * scale**2, 3, padding=1))

    def forward(self, picture: Tensor) -> Tensor:
        """Return the picture enlarged, (N, 3, scale * H, scale * W), RGB and not clipped.

        Args:
            picture: (N, 3, H, W), RGB, 0..1 gamma-coded.
        """
        found = F.pixel_shuffle(self.body(picture), self.scale)
        return found + F.interpolate(picture, scale_factor=self.scale, mode="nearest")


def _sized(weights: Weights) -> Srvgg:
    try:
        first = weights["body.0.weight"]
        numbers = sorted({int(key.split(".")[1]) for key in weights})
        last = weights[f"body.{numbers[-1]}.weight"]
    except (KeyError, ValueError, IndexError) as error:
        raise WeightsError(f"These weights are not those of an SRVGGNetCompact: {error}.") from error
    with torch.device("meta"):
        return Srvgg(
            width=first.shape[0],
            depth=numbers[-1] // 2 - 1,
            scale=round((last.shape[0] / 3) ** 0.5),
        )


class Pair(nn.Module):
    """Two networks of one shape, one that takes noise away and one that keeps it, and all between."""

    def __init__(self, quiet: Srvgg, noisy: Srvgg) -> None:
        super().__init__()
        self.quiet, self.noisy = quiet, noisy
        self._between: dict[tuple[float, torch.device], dict[str, Tensor]] = {}

    def forward(self, picture: Tensor, denoise: float = 1.0) -> Tensor:
        """Return the picture enlarged as `Srvgg` does; `denoise` goes from 0, noise stays, to 1."""
        place = denoise, picture.device
        if place not in self._between:
            ends = self.noisy.state_dict(), self.quiet.state_dict()
            mixed = {key: torch.lerp(ends[0][key], ends[1][key], denoise) for key in ends[0]}
            self._between = {place: mixed}
        return functional_call(self.quiet, self._between[place], (picture,))


def build(card: Card, weights: Weights, noisy: Weights | None = None) -> nn.Module:
    """Return the network with its weights; with two files the pair of which the second keeps noise."""
    del card
    network = _filled(weights)
    if noisy is None:
        return network
    other = _filled(noisy)
    if _shapes(network) != _shapes(other):
        raise WeightsError("The two files are of networks of two sizes, which cannot be blended.")
    return Pair(network, other)


def _shapes(network: Srvgg) -> list[torch.Size]:
    return [tensor.shape for tensor in network.state_dict().values()]


def _filled(weights: Weights) -> Srvgg:
    state = averaged(weights)
    network = _sized(state)
    fill(network, state)
    return network


def facts(module: nn.Module) -> Facts:
    """Return what a caller must know of a network of this kind, by its size."""
    network = module.quiet if isinstance(module, Pair) else cast(Srvgg, module)
    layers = [layer for layer in network.body if isinstance(layer, nn.Conv2d)]
    return Facts(
        scale=network.scale,
        # Each convolution sees one pixel further than the one before it.
        margin=len(layers),
        memory=_BYTES * (_FEATURES * layers[0].out_channels + _RESULTS * layers[-1].out_channels),
        numbers=("denoise",) if isinstance(module, Pair) else (),
    )
