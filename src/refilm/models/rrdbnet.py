"""RRDBNet: enlarges a picture and draws the detail that it thinks was there.

Wang et al., "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks", ECCV Workshops 2018,
https://arxiv.org/abs/1809.00219; Wang et al., "Real-ESRGAN", ICCV Workshops 2021,
https://arxiv.org/abs/2107.10833. How many blocks, channels and doublings there are is read from the
weights. Three generations of files name the same layers differently: by their place, as a trunk, and
as a body, which is how they are named here.
"""

import re
from collections.abc import Iterator
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.errors import WeightsError
from refilm.models.card import Card, Facts
from refilm.models.weights import Weights, fill

RESIDUE = 0.2
"""Share of what a block finds that is added to what it was given."""
MARGIN = 96
"""Places of features around a tile: it sees 350, of which those beyond tell less than 0.1 / 255."""
ROWS = 16
"""Rows of features that are enlarged at once: whole, they would need five times the memory."""
_BYTES = 4
_FEATURES, _RESULTS = 3, 2
"""How many pictures of a dense block's features, and of the result, lie in memory at once: measured."""
_REACH = 2
"""Rows of features that have a say in an enlarged row, rounded up."""
_SLOPE = 0.2
_OLD_LAYER = re.compile(r"model\.(\d+)\.(weight|bias)")
_OLD_BLOCK = re.compile(r"model\.1\.sub\.(\d+)\.RDB(\d)\.conv(\d)\.0\.(weight|bias)")
_OLD_BODY = re.compile(r"model\.1\.sub\.\d+\.(weight|bias)")
_TRUNK_BLOCK = re.compile(r"RRDB_trunk\.(\d+)\.RDB(\d)\.conv(\d)\.(weight|bias)")
_TRUNK = {"trunk_conv": "conv_body", "HRconv": "conv_hr", "upconv": "conv_up"}
"""Beginnings of names in the second generation of files, and what they are here."""


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
        height = found.shape[2]
        strips = [self._strip(found, top, min(top + ROWS, height)) for top in range(0, height, ROWS)]
        return torch.cat(strips, 2)

    def _strip(self, found: Tensor, top: int, stop: int) -> Tensor:
        """Return the enlarged picture of some rows of features, which a few rows around them shape."""
        first, times = max(top - _REACH, 0), 2 ** len(self.ups)
        enlarged = self._enlarged(found[:, :, first : stop + _REACH])
        return enlarged[:, :, (top - first) * times : (stop - first) * times]

    def _enlarged(self, found: Tensor) -> Tensor:
        for name in self.ups:
            found = F.interpolate(found, scale_factor=2, mode="nearest")
            found = F.leaky_relu_(self.get_submodule(name)(found), _SLOPE)
        return self.conv_last(F.leaky_relu_(self.conv_hr(found), _SLOPE))


def _same(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


def _sized(weights: Weights) -> Rrdbnet:
    """Return an empty network of the size that weights of the newest names are for."""
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
            folding=max(round((first.shape[1] / 3) ** 0.5), 1),
        )


def _by_place(weights: Weights) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of a first-generation file under the newest names."""
    places = sorted({int(found[1]) for key in weights if (found := _OLD_LAYER.fullmatch(key))})
    ups = {place: f"conv_up{number}" for number, place in enumerate(places[1:-2], 1)}
    ends = dict(zip([*places[:1], *places[-2:]], ("conv_first", "conv_hr", "conv_last"), strict=False))
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


def _by_trunk(weights: Weights) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of a second-generation file under the newest names."""
    for key, tensor in weights.items():
        begin = next((old for old in _TRUNK if key.startswith(old)), "")
        if found := _TRUNK_BLOCK.fullmatch(key):
            yield f"body.{found[1]}.rdb{found[2]}.conv{found[3]}.{found[4]}", tensor
        else:
            yield _TRUNK.get(begin, begin) + key.removeprefix(begin), tensor


def averaged(weights: Weights) -> Weights:
    """Return the tensors of a file as the trainers of ESRGAN save it: the running mean of them, if any.

    What lies beside the mean is the same network before it was averaged, and is not used.
    """
    return weights.get("params_ema", weights.get("params", weights))


def build(card: Card, weights: Weights) -> nn.Module:
    """Return the network with its weights, of any generation, bare or as a trainer saved them."""
    del card
    state = averaged(weights)
    if "model.0.weight" in state:
        state = dict(_by_place(state))
    elif "trunk_conv.weight" in state:
        state = dict(_by_trunk(state))
    network = _sized(state)
    fill(network, state)
    return network


def facts(module: nn.Module) -> Facts:
    """Return what a caller must know of a network of this kind, by its size.

    Raises:
        WeightsError: Its result would be smaller than the picture, which ours never are.
    """
    network = cast(Rrdbnet, module)
    times, folding = 2 ** len(network.ups), network.folding
    if times % folding:
        raise WeightsError(f"This RRDBNet makes pictures {times}/{folding} times as large.")
    scale = times // folding
    features = max(layer.in_channels for layer in network.modules() if isinstance(layer, nn.Conv2d))
    return Facts(
        scale=scale,
        multiple_of=folding,
        padding="mirror",
        margin=MARGIN * folding,
        memory=_BYTES * (_FEATURES * features // folding**2 + _RESULTS * 3 * scale**2),
    )
