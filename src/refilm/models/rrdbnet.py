"""RRDBNet: enlarges a picture and draws the detail that it thinks was there.

Wang et al., "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks", ECCV Workshops 2018,
https://arxiv.org/abs/1809.00219; Wang et al., "Real-ESRGAN", ICCV Workshops 2021,
https://arxiv.org/abs/2107.10833. How many blocks, channels and doublings there are is read from the
weights; files of the first generation name the same layers by their place and are read, too.
"""

import re
from collections.abc import Iterator

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.errors import WeightsError
from refilm.models.card import Card
from refilm.models.weights import Weights, fill

RESIDUE = 0.2
"""Share of what a block finds that is added to what it was given."""
_SLOPE = 0.2
_OLD_LAYER = re.compile(r"model\.(\d+)\.(weight|bias)")
_OLD_BLOCK = re.compile(r"model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d)\.0\.(weight|bias)")
_OLD_BODY = re.compile(r"model\.1\.sub\.\d+\.(weight|bias)")


class Dense(nn.Module):
    """Five convolutions, each of which sees what all before it found."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        for number in range(1, 5):
            inputs = width + (number - 1) * growth
            self.add_module(f"conv{number}", nn.Conv2d(inputs, growth, 3, padding=1))
        self.conv5 = nn.Conv2d(width + 4 * growth, width, 3, padding=1)

    def forward(self, given: Tensor) -> Tensor:
        """Return features, (N, width, H, W), of features of that shape."""
        known = given
        for layer in list(self.children())[:-1]:
            known = torch.cat((known, F.leaky_relu(layer(known), _SLOPE)), 1)
        return given + RESIDUE * self.conv5(known)


class Block(nn.Module):
    """Three dense blocks in a row, with a way around them."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        self.rdb1, self.rdb2, self.rdb3 = (Dense(width, growth) for _ in range(3))

    def forward(self, given: Tensor) -> Tensor:
        """Return features, (N, width, H, W), of features of that shape."""
        return given + RESIDUE * self.rdb3(self.rdb2(self.rdb1(given)))


class Rrdbnet(nn.Module):
    """Enlarges a picture 2 ** `doublings` / `folding` times."""

    def __init__(
        self,
        *,
        blocks: int = 23,
        width: int = 64,
        growth: int = 32,
        doublings: int = 2,
        folding: int = 1,
    ) -> None:
        """Make the network; `folding` is how many pixels on a side it takes as channels of one."""
        super().__init__()
        self.folding = folding
        self.conv_first = _same(3 * folding**2, width)
        self.body = nn.Sequential(*(Block(width, growth) for _ in range(blocks)))
        self.conv_body = _same(width, width)
        self.ups = [f"conv_up{number}" for number in range(1, doublings + 1)]
        for name in self.ups:
            self.add_module(name, _same(width, width))
        self.conv_hr = _same(width, width)
        self.conv_last = _same(width, 3)

    def forward(self, picture: Tensor) -> Tensor:
        """Return the picture enlarged, (N, 3, scale * H, scale * W), RGB and not clipped.

        Args:
            picture: (N, 3, H, W), RGB, 0..1 gamma-coded; H and W are multiples of `folding`.
        """
        seen = self.conv_first(F.pixel_unshuffle(picture, self.folding))
        found = seen + self.conv_body(self.body(seen))
        for name in self.ups:
            found = F.interpolate(found, scale_factor=2, mode="nearest")
            found = F.leaky_relu(self.get_submodule(name)(found), _SLOPE)
        return self.conv_last(F.leaky_relu(self.conv_hr(found), _SLOPE))


def _same(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


def _sized(weights: Weights) -> Rrdbnet:
    """Return an empty network of the size that weights of the newer names are for."""
    try:
        first, growth = weights["conv_first.weight"], weights["body.0.rdb1.conv1.weight"]
    except KeyError as error:
        raise WeightsError(f"These weights are not those of an RRDBNet: {error} is missing.") from error
    blocks = {key.split(".")[1] for key in weights if key.startswith("body.")}
    ups = {key.split(".")[0] for key in weights if key.startswith("conv_up")}
    with torch.device("meta"):
        return Rrdbnet(
            blocks=len(blocks),
            width=first.shape[0],
            growth=growth.shape[0],
            doublings=len(ups),
            folding=round((first.shape[1] / 3) ** 0.5),
        )


def _renamed(weights: Weights) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of a first-generation file under the newer names."""
    places = sorted({int(found[1]) for key in weights if (found := _OLD_LAYER.fullmatch(key))})
    ups = {place: f"conv_up{number}" for number, place in enumerate(places[1:-2], 1)}
    ends = {places[0]: "conv_first", places[-2]: "conv_hr", places[-1]: "conv_last"}
    names = ends | ups
    for key, tensor in weights.items():
        if found := _OLD_LAYER.fullmatch(key):
            yield f"{names[int(found[1])]}.{found[2]}", tensor
        elif found := _OLD_BLOCK.fullmatch(key):
            yield f"body.{found[1]}.rdb{found[2]}.conv{found[3]}.{found[4]}", tensor
        elif found := _OLD_BODY.fullmatch(key):
            yield f"conv_body.{found[1]}", tensor
        else:
            yield key, tensor


def build(card: Card, weights: Weights) -> nn.Module:
    """Return the network with its weights, of either generation, bare or as a trainer saved them."""
    del card
    inner = weights.get("params_ema", weights.get("params", weights))
    state = dict(_renamed(inner)) if "model.0.weight" in inner else inner
    network = _sized(state)
    fill(network, state)
    return network
