"""FeatureFlow: draws the middle between two pictures, first its structure, then its texture.

Gui et al., "FeatureFlow: Robust Video Interpolation via Structure-to-Texture Generation", CVPR 2020,
https://github.com/CM-BF/FeatureFlow. The detail network follows Wang et al., "EDVR", CVPR Workshops
2019, https://arxiv.org/abs/1905.02716. Attributes are named as the keys of the published file are;
where the file has one layer under several names, it is one layer here, too.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.errors import WeightsError
from refilm.job import Network
from refilm.models import bdcn
from refilm.models import weights as files
from refilm.models.bdcn import Bdcn
from refilm.models.card import Card
from refilm.models.halving import Halving
from refilm.models.operators import deformable_convolution
from refilm.models.resnet import Bottleneck, Resnet
from refilm.models.runtime import TorchNetwork
from refilm.models.weights import Weights, fill

STRUCTURE, DETAIL = "state_dictGEN", "state_dictDE"
"""Under which names the file holds its two parts."""
STRUCTURE_ELSEWHERE = (
    "extract_features.net.conv1.",
    "extract_features.net.layer3.",
    "extract_features.net.layer4.",
    "extract_features.net.fc.",
    "dcn.offset_cnn2.",
)
"""Keys without a use in drawing: of ResNet what only photos without edges, coarser features and classes
need, and a layer for features of several sizes, of which this network has one."""
DETAIL_ELSEWHERE = ("extract_features.", "reconstruct.upconv1.", "reconstruct.upconv2.")
"""Keys without a use in drawing: features that only training compares, and layers that enlarge."""
_RENAMED = {"extract_features.conv1_4in.weight": "extract_features.net.conv1.weight"}
"""The file keeps ResNet's first layer for three channels, and the one for four beside ResNet."""
WIDTH, GROUPS = 512, 16
"""Channels of the structure's features, and how many groups of them move on their own."""
DETAIL_WIDTH, DETAIL_GROUPS = 64, 8
_SLOPE = 0.1


class Block(nn.Module):
    """Two convolutions, something after each, and a way around them."""

    def __init__(self, width: int, first: Sequence[nn.Module], second: Sequence[nn.Module]) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), *first,
            nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), *second,
        )  # fmt: skip

    def forward(self, given: Tensor) -> Tensor:
        """Return features of the shape of those given; their sides are at least 2."""
        return given + self.conv_block(given)


def _leaky_block(width: int) -> Block:
    return Block(width, [_leaky()], [_leaky()])


def _leaky() -> nn.LeakyReLU:
    return nn.LeakyReLU(_SLOPE, inplace=True)


def _same(inputs: int, outputs: int, side: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, side, stride, side // 2)


class Features(nn.Module):
    """What a picture with its edges shows, at an eighth of its size."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Resnet(Bottleneck, (3, 4), channels=4)

    def forward(self, picture: Tensor) -> Tensor:
        """Return features, (N, 512, H/8, W/8), of pictures with their edges, (N, 4, H, W)."""
        return self.net(picture)[-1]


class Plain(nn.Module):
    """A deformable convolution without masks and bias."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width, width, 3, 3))

    def forward(self, features: Tensor, offsets: Tensor) -> Tensor:
        """Return features, (N, width, H, W), moved by offsets as `deformable_convolution` has them."""
        return deformable_convolution(features, offsets, self.weight)


class Meeting(nn.Module):
    """Moves the features of two pictures to the middle between them, and mixes them there."""

    def __init__(self) -> None:
        super().__init__()
        # The published network gives these layers a leaky ReLU whose slope is 1 by a slip: it does
        # nothing, and holds a place in the file's numbering.
        nothing = nn.Identity()
        self.offset_cnn1 = nn.Sequential(_same(2 * WIDTH, WIDTH), nn.BatchNorm2d(WIDTH), nothing)
        norms = [nn.BatchNorm2d(WIDTH) for _ in range(2)]
        normed, plain = Block(WIDTH, [norms[0], _leaky()], norms[1:]), _leaky_block(WIDTH)
        last = _same(WIDTH, 4 * 9 * GROUPS)
        self.offset_cnn3 = nn.Sequential(*[normed] * 5, *[plain] * 3, last)
        self.emb = _same(WIDTH, WIDTH)
        blocks = [_leaky_block(WIDTH)] * 3
        self.mix_map = nn.Sequential(
            _same(2 * WIDTH, WIDTH), nothing, *blocks, _same(WIDTH, 2 * GROUPS)
        )
        self.dcn = Plain(WIDTH)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the features in the middle of two, each (N, 512, h, w)."""
        offsets = self.offset_cnn3(self.offset_cnn1(torch.cat((first, second), 1)))
        moved = [self.dcn(*pair) for pair in zip((first, second), offsets.chunk(2, 1), strict=True)]
        shares = torch.sigmoid(self.mix_map(torch.cat([self.emb(each) for each in moved], 1)))
        of_first, of_second = shares.chunk(2, 1)
        return _in_groups(moved[0], of_first) + _in_groups(moved[1], of_second)


def _in_groups(features: Tensor, shares: Tensor) -> Tensor:
    """Return features, (N, C, h, w), times the share of the group they belong to, (N, G, h, w)."""
    return features * shares.repeat_interleave(features.shape[1] // shares.shape[1], 1)


class Generator(nn.Module):
    """Draws a rough picture and its edges from features."""

    def __init__(self) -> None:
        super().__init__()
        blocks = [Block(WIDTH, [nn.ReLU(inplace=True)], [nn.ReLU(inplace=True)]) for _ in range(9)]
        enlarging: list[nn.Module] = []
        for width in (WIDTH, WIDTH // 2, WIDTH // 4):
            enlarging += [nn.ConvTranspose2d(width, width // 2, 3, 2, 1, 1), nn.ReLU(inplace=True)]
        drawing = (nn.ReflectionPad2d(3), nn.Conv2d(WIDTH // 8, 4, 7), nn.Tanh())
        self.model = nn.Sequential(*blocks, *enlarging, *drawing)

    def forward(self, features: Tensor) -> Tensor:
        """Return pictures and their edges, (N, 4, 8h, 8w), -1..1, of features, (N, 512, h, w)."""
        return self.model(features)


class StructureGen(nn.Module):
    """Draws a rough picture of the middle between two."""

    def __init__(self) -> None:
        super().__init__()
        self.extract_features = Features()
        self.dcn = Meeting()
        self.generator = Generator()

    def forward(self, pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the rough picture in the middle, (N, 3, H, W), and its edges, (N, 1, H, W), -1..1.

        The pair is two pictures with their edges, (N, 4, H, W), -1..1; H and W are multiples of 8, and
        at least 16.
        """
        first, second = (self.extract_features(each) for each in pair)
        drawn = self.generator(self.dcn(first, second))
        return drawn[:, :3], drawn[:, 3:]


class Clearing(nn.Module):
    """First features of a picture, for which it looks at three sizes."""

    def __init__(self, width: int = DETAIL_WIDTH) -> None:
        super().__init__()
        self.conv_first = _same(3, width)
        for name in ("L1_1", "L1_2", "L1_3", "L1_4", "L1_5", "L2_1", "L2_2", "L3_1"):
            self.add_module(f"RB_{name}", _leaky_block(width))
        self.deblur_L2_conv, self.deblur_L3_conv = (_same(width, width, stride=2) for _ in range(2))

    def forward(self, picture: Tensor) -> Tensor:
        """Return features, (N, 64, H, W), of pictures, (N, 3, H, W)."""
        full = _bent(self.conv_first(picture))
        half = _bent(self.deblur_L2_conv(full))
        quarter = _bent(self.deblur_L3_conv(half))
        half = self._blocks(half, "L2_1") + _twice(self._blocks(quarter, "L3_1"))
        full = self._blocks(full, "L1_1", "L1_2") + _twice(self._blocks(half, "L2_2"))
        return self._blocks(full, "L1_3", "L1_4", "L1_5")

    def _blocks(self, features: Tensor, *names: str) -> Tensor:
        for name in names:
            features = self.get_submodule(f"RB_{name}")(features)
        return features


def _bent(features: Tensor) -> Tensor:
    """Return features after a leaky ReLU, which is done in place."""
    return F.leaky_relu_(features, _SLOPE)


def _twice(features: Tensor) -> Tensor:
    return F.interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)


class Pyramid(nn.Module):
    """Features of a picture at three sizes."""

    def __init__(self, width: int = DETAIL_WIDTH) -> None:
        super().__init__()
        self.deblur = Clearing(width)
        self.fea_L1_conv = nn.Sequential(*[_leaky_block(width)] * 5)
        self.fea_L2_conv1, self.fea_L3_conv1 = (_same(width, width, stride=2) for _ in range(2))
        self.fea_L2_conv2, self.fea_L3_conv2 = (_same(width, width) for _ in range(2))

    def forward(self, picture: Tensor) -> list[Tensor]:
        """Return features, (N, 64, H, W), and at 1/2 and 1/4 of that size, of (N, 3, H, W)."""
        full = self.fea_L1_conv(self.deblur(picture))
        half = _bent(self.fea_L2_conv2(self.fea_L2_conv1(full)))
        return [full, half, _bent(self.fea_L3_conv2(self.fea_L3_conv1(half)))]


class Guided(nn.Module):
    """A deformable convolution whose offsets and masks are found from other features."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width, width, 3, 3))
        self.bias = nn.Parameter(torch.empty(width))
        self.conv_offset_mask = _same(width, groups * 3 * 9)

    def forward(self, features: Tensor, guide: Tensor) -> Tensor:
        """Return features, (N, C, H, W), moved as a guide of that shape says."""
        found = self.conv_offset_mask(guide)
        shares = found.shape[1] // 3
        masks = found[:, 2 * shares :].sigmoid_()
        return deformable_convolution(features, found[:, : 2 * shares], self.weight, self.bias, masks)


class Alignment(nn.Module):
    """Moves one picture's features to where another has its things, from the coarsest size on."""

    def __init__(self, width: int = DETAIL_WIDTH, groups: int = DETAIL_GROUPS) -> None:
        super().__init__()
        for level in (3, 2, 1):
            inputs = (2 * width, width) if level == 3 else (2 * width, 2 * width, width)
            for number, channels in enumerate(inputs, 1):
                self.add_module(f"L{level}_offset_conv{number}", _same(channels, width))
            self.add_module(f"L{level}_dcnpack", Guided(width, groups))
            if level < 3:
                self.add_module(f"L{level}_fea_conv", _same(2 * width, width))
        self.cas_offset_conv1, self.cas_offset_conv2 = _same(2 * width, width), _same(width, width)
        self.cas_dcnpack = Guided(width, groups)

    def forward(self, features: Sequence[Tensor], goal: Sequence[Tensor]) -> Tensor:
        """Return features, (N, 64, H, W), where `goal` has them; both are of three sizes."""
        guide = self._guide(3, 1, features[2], goal[2])
        guide = self._guide(3, 2, guide)
        moved = _bent(self.get_submodule("L3_dcnpack")(features[2], guide))
        for level in (2, 1):
            found = self._guide(level, 1, features[level - 1], goal[level - 1])
            guide = self._guide(level, 3, self._guide(level, 2, found, _twice(guide) * 2))
            own = self.get_submodule(f"L{level}_dcnpack")(features[level - 1], guide)
            moved = self.get_submodule(f"L{level}_fea_conv")(torch.cat((own, _twice(moved)), 1))
            # The published network does not bend the finest.
            moved = _bent(moved) if level > 1 else moved
        return self._once_more(moved, goal[0])

    def _guide(self, level: int, number: int, *seen: Tensor) -> Tensor:
        return _bent(self.get_submodule(f"L{level}_offset_conv{number}")(torch.cat(seen, 1)))

    def _once_more(self, moved: Tensor, goal: Tensor) -> Tensor:
        guide = _bent(self.cas_offset_conv1(torch.cat((moved, goal), 1)))
        guide = _bent(self.cas_offset_conv2(guide))
        return _bent(self.cas_dcnpack(moved, guide))


class Fusion(nn.Module):
    """Mixes the features of three pictures by how like those of the middle one they are."""

    def __init__(self, width: int = DETAIL_WIDTH) -> None:
        super().__init__()
        self.tAtt_1, self.tAtt_2 = _same(width, width), _same(width, width)
        self.fea_fusion, self.sAtt_1 = _same(3 * width, width, 1), _same(3 * width, width, 1)
        self.sAtt_2, self.sAtt_3 = _same(2 * width, width, 1), _same(width, width)
        self.sAtt_4, self.sAtt_5 = _same(width, width, 1), _same(width, width)
        self.sAtt_L1, self.sAtt_L2 = _same(width, width, 1), _same(2 * width, width)
        self.sAtt_L3 = _same(width, width)
        self.sAtt_add_1, self.sAtt_add_2 = _same(width, width, 1), _same(width, width, 1)

    def forward(self, aligned: Sequence[Tensor]) -> Tensor:
        """Return features, (N, 64, H, W), of three such; H and W are multiples of 4."""
        middle = self.tAtt_2(aligned[1])
        likeness = ((self.tAtt_1(each) * middle).sum(1, keepdim=True) for each in aligned)
        shares = zip(aligned, likeness, strict=True)
        weighed = torch.cat([each * torch.sigmoid(like) for each, like in shares], 1)
        fused = _bent(self.fea_fusion(weighed))
        attention = self.sAtt_5(_twice(self._attention(_bent(self.sAtt_1(weighed)))))
        more = self.sAtt_add_2(_bent(self.sAtt_add_1(attention)))
        return fused * torch.sigmoid(attention) * 2 + more

    def _attention(self, seen: Tensor) -> Tensor:
        """Return what is to be looked at, at half the size."""
        half = _bent(self.sAtt_2(_half(seen)))
        quarter = _bent(self.sAtt_L2(_half(_bent(self.sAtt_L1(half)))))
        quarter = _bent(self.sAtt_L3(quarter))
        return _bent(self.sAtt_4(_bent(self.sAtt_3(half)) + _twice(quarter)))


def _half(features: Tensor) -> Tensor:
    """Return the greatest and the mean of what lies around, (N, 2C, H/2, W/2)."""
    return torch.cat((F.max_pool2d(features, 3, 2, 1), F.avg_pool2d(features, 3, 2, 1)), 1)


class Reconstruction(nn.Module):
    """Draws detail over a rough picture."""

    def __init__(self, width: int = DETAIL_WIDTH) -> None:
        super().__init__()
        self.recon_trunk = nn.Sequential(*[_leaky_block(width)] * 20)
        self.HRconv, self.conv_last = _same(width, width), _same(width, 3)

    def forward(self, features: Tensor, rough: Tensor) -> Tensor:
        """Return pictures, (N, 3, H, W), of features, (N, 64, H, W), and rough pictures."""
        return self.conv_last(_bent(self.HRconv(self.recon_trunk(features)))) + rough


class DetailEnhance(nn.Module):
    """Gives a rough picture of the middle the detail of the pictures on either side."""

    def __init__(self) -> None:
        super().__init__()
        self.extract_aligned_features = Pyramid()
        self.pcd_align = Alignment()
        self.tsa_fusion = Fusion()
        self.reconstruct = Reconstruction()

    def forward(self, pictures: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Return the picture in the middle, (N, 3, H, W), about -1..1, of first, second and rough one.

        They are (N, 3, H, W), -1..1; H and W are multiples of 4.
        """
        first, second, rough = pictures
        goal = self.extract_aligned_features(rough)
        aligned = [
            self.pcd_align(self.extract_aligned_features(first), goal),
            self.pcd_align(goal, goal),
            self.pcd_align(self.extract_aligned_features(second), goal),
        ]
        return self.reconstruct(self.tsa_fusion(aligned), rough)


class Featureflow(nn.Module):
    """Draws the picture in the middle between two others."""

    def __init__(self, edges: Bdcn | None) -> None:
        super().__init__()
        self.bdcn = edges
        self.gen = StructureGen()
        self.de = DetailEnhance()

    def forward(
        self, first: Tensor, second: Tensor, edges: tuple[Tensor, Tensor] | None = None
    ) -> Tensor:
        """Return the picture in the middle, (N, 3, H, W), RGB, -1..1.

        The published network's other results come from its parts: `edge`, and `gen` and `de` as they
        were published.

        Args:
            first: (N, 3, H, W), RGB, -1..1; H and W are multiples of 8, and at least 16.
            second: Likewise.
            edges: Both pictures' edges, each (N, 1, H, W), -1..1; None to find them by BDCN.

        Raises:
            WeightsError: There are no edges, and no BDCN to find them.
        """
        lines = edges or (self.edge(first), self.edge(second))
        pictures = zip((first, second), lines, strict=True)
        with_edges = [torch.cat(pair, 1) for pair in pictures]
        rough, _ = self.gen((with_edges[0], with_edges[1]))
        return self.de((first, second, rough)).clamp(-1, 1)

    def edge(self, picture: Tensor) -> Tensor:
        """Return the edges of pictures, (N, 1, H, W), -1..1; raises WeightsError without BDCN."""
        if self.bdcn is None:
            raise WeightsError(
                "FeatureFlow was loaded without its edge network: load it with the file of BDCN as "
                "its second, or give it the edges of both pictures."
            )
        return torch.tanh(self.bdcn(picture)[0])


class Middle(nn.Module):
    """FeatureFlow as stages call it: two pictures, 0..1, give the one in the middle."""

    def __init__(self, network: Featureflow) -> None:
        super().__init__()
        self.network = network

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the picture in the middle, (N, 3, H, W), 0..1, of two such as `Featureflow` takes."""
        return (self.network(2 * first - 1, 2 * second - 1) + 1) / 2


def read(path: Path) -> Weights:
    """Return what a file of FeatureFlow or BDCN holds; raises WeightsError as `weights.read` does."""
    # FeatureFlow's own holds the time of its making beside the tensors, which runs nothing either.
    torch.serialization.add_safe_globals([datetime])
    return files.read(path)


def build(card: Card, weights: Weights, edges: Weights | None = None) -> nn.Module:
    """Return FeatureFlow with the weights of its own file, and with BDCN where its file is given.

    Raises:
        WeightsError: A part or a tensor is missing, left over, or of another shape; or the file has
            one layer under several names, and these do not agree.
    """
    if not {STRUCTURE, DETAIL} <= weights.keys():
        raise WeightsError(
            f"These weights are not those of FeatureFlow: they lack {STRUCTURE} or {DETAIL}. "
            f"Use the file that the network's card names."
        )
    with torch.device("meta"):
        network = Featureflow(None)
    _fill(network.gen, weights[STRUCTURE], STRUCTURE_ELSEWHERE)
    _fill(network.de, weights[DETAIL], DETAIL_ELSEWHERE)
    network.bdcn = None if edges is None else cast(Bdcn, bdcn.build(card, edges))
    return network


def _fill(part: nn.Module, weights: Mapping[str, Tensor], unused: tuple[str, ...]) -> None:
    used = {key: tensor for key, tensor in weights.items() if not key.startswith(unused)}
    named = {_RENAMED.get(key, key): tensor for key, tensor in used.items()}
    _check_shared(part, named)
    fill(part, named)


def _check_shared(part: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Raise WeightsError where a file does not give one layer the same numbers under all its names."""
    names: dict[int, str] = {}
    # keep_vars gives the tensors themselves, which are one where the layer is one.
    for key, tensor in part.state_dict(keep_vars=True).items():
        first = names.setdefault(id(tensor), key)
        if key in weights and first in weights and not torch.equal(weights[key], weights[first]):
            raise WeightsError(
                f"These weights are not those of {type(part).__name__}: {first} and {key} are one "
                f"layer there, and differ here. Use the file that the network's card names."
            )


def path(card: Card, module: nn.Module) -> Network:
    """Return what stages call: two pictures and a position, 0..1, give the picture there or nearby.

    Only middles are drawn, middles of middles where needed: see `Halving`.
    """
    return Halving(TorchNetwork(Middle(cast(Featureflow, module)), card.facts))
