import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from refilm import models
from refilm.errors import WeightsError
from refilm.models.efficientnet import CHANNELS, Block, EfficientNet, SameConv, build

EQUAL = 1e-5
"""Float32 sums in another order."""


@pytest.fixture(scope="module")
def published():
    """Random weights with the names and shapes of the published file."""
    chance = torch.Generator().manual_seed(1)

    def drawn(*shape):
        return torch.randn(*shape, generator=chance)

    state = {}
    for key, tensor in EfficientNet().state_dict().items():
        name, _, last = key.rpartition(".")
        if last == "weight":
            theirs, norm = _theirs(name)
            state[f"{theirs}.weight"] = drawn(*tensor.shape) * 0.2
            for part in ("weight", "bias", "running_mean"):
                state[f"{norm}.{part}"] = drawn(tensor.shape[0])
            state[f"{norm}.running_var"] = drawn(tensor.shape[0]).square() + 0.1
            state[f"{norm}.num_batches_tracked"] = torch.tensor(1)
    return {**state, "_conv_head.weight": drawn(4, 320, 1, 1), "_fc.weight": drawn(2, 4)}


def _theirs(name):
    if name == "stem":
        return "_conv_stem", "_bn0"
    block, _, layer = name.rpartition(".")
    number = {"expand": 0, "depthwise": 1, "project": 2}[layer]
    return f"_{block}._{layer}_conv", f"_{block}._bn{number}"


def normalised(state, norm, values):
    weight, bias, mean, variance = (
        state[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    )
    return F.batch_norm(values, mean, variance, weight, bias, eps=1e-3)


def test_normalisation_folded_into_the_weights_does_the_same(published):
    network = build(models.card("efficientnet-lite0"), published)
    picture = torch.rand(1, 3, 64, 64)
    seen = F.conv2d(F.pad(picture, (0, 1, 0, 1)), published["_conv_stem.weight"], stride=2)
    expected = normalised(published, "_bn0", seen)
    assert torch.allclose(network.stem(picture), expected, atol=EQUAL * expected.abs().max())
    wide = network.blocks[1].expand(torch.ones(1, 16, 8, 8))
    seen = F.conv2d(torch.ones(1, 16, 8, 8), published["_blocks.1._expand_conv.weight"])
    expected = normalised(published, "_blocks.1._bn0", seen)
    assert torch.allclose(wide, expected, atol=EQUAL * expected.abs().max())


def test_features_come_at_five_sizes():
    features = EfficientNet(channels=1).eval()(torch.rand(2, 1, 64, 96))
    sizes = [(2, count, 64 // 2**n, 96 // 2**n) for n, count in enumerate(CHANNELS, 1)]
    assert [tuple(found.shape) for found in features] == sizes


def test_black_and_white_are_what_the_published_network_takes_them_for():
    network = EfficientNet()
    taken = []
    network.stem.register_forward_pre_hook(lambda module, given: taken.append(given[0]))
    network(torch.stack([torch.zeros(3, 32, 32), torch.ones(3, 32, 32)]))
    assert taken[0][0].unique().item() == pytest.approx(-127 / 128)
    assert taken[0][1].unique().item() == pytest.approx(1)


@pytest.mark.parametrize(("kernel", "first"), [(3, 0), (5, 1)])
def test_an_odd_border_is_wider_on_the_right_and_below(kernel, first):
    convolution = SameConv(1, 1, kernel, stride=2)
    with torch.no_grad():
        convolution.weight.fill_(0)
        convolution.bias.fill_(0)
        convolution.weight[0, 0, first, first] = 1
        picture = torch.arange(64.0).reshape(1, 1, 8, 8)
        assert torch.equal(convolution(picture), picture[..., ::2, ::2])


@pytest.mark.parametrize(("outputs", "stride", "adds"), [(8, 1, True), (8, 2, False), (9, 1, False)])
def test_a_block_widens_looks_around_and_narrows_and_adds_where_shapes_agree(outputs, stride, adds):
    torch.manual_seed(1)
    block = Block(8, outputs, 3, stride, 6)
    seen = torch.randn(1, 8, 8, 8) * 9
    wide = F.conv2d(seen, block.expand.weight, block.expand.bias).clamp(0, 6)
    border = (1, 1, 1, 1) if stride == 1 else (0, 1, 0, 1)
    wide = F.conv2d(
        F.pad(wide, border), block.depthwise.weight * 9, block.depthwise.bias, stride, groups=48
    ).clamp(0, 6)
    expected = F.conv2d(wide, block.project.weight, block.project.bias)
    with torch.no_grad():
        # Strong enough that the second limit matters too.
        block.depthwise.weight *= 9
    assert torch.allclose(block(seen), expected + seen if adds else expected, atol=EQUAL * 10)


def test_weights_of_another_network_are_refused():
    with pytest.raises(WeightsError, match="EfficientNet-Lite0"):
        build(models.card("efficientnet-lite0"), {"weight": torch.zeros(1)})
