import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from refilm import models
from refilm.models.rife import COARSENESS, Between, Rife, _is_far
from refilm.models.runtime import TorchNetwork

FIXTURES = Path(__file__).parents[2] / "../shared/parity"
CASES = {
    "A_128": (0.5, 1.0),
    "A_pad_90x140": (0.5, 1.0),
    "A_scale05": (0.5, 0.5),
    "A_t025": (0.25, 1.0),
}
"""Position and scale of the fixture's cases."""
ROUNDING = 1e-4
"""What is left when float32 sums are taken in another order: twenty times the fixture's own noise."""


@pytest.fixture(scope="module")
def weighty():
    """RIFE with its published weights."""
    if not models.store.is_here(models.card("rife")):
        pytest.skip("the weights of rife are not here: refilm models fetch rife")
    return models.load("rife")


@pytest.fixture(scope="module")
def between(weighty):
    return Between(weighty)


@pytest.fixture(scope="module")
def random():
    """RIFE with random weights: quick, and enough for what holds for any weights."""
    torch.manual_seed(0)
    return Between(Rife().eval().requires_grad_(requires_grad=False))


@pytest.fixture(scope="module")
def fixture():
    if not FIXTURES.exists():
        pytest.skip("the parity fixtures do not lie beside the checkout")
    said = json.loads((FIXTURES / "rife_vsrife2.json").read_text(encoding="utf-8"))
    return said["cases"], dict(np.load(FIXTURES / "rife_vsrife2.npz"))


def tensor(picture):
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255


def square(left, channels=3, size=128, side=32):
    """A textured square on a plain ground, and where it lies."""
    rough = torch.rand(1, 1, side // 8, side // 8, generator=torch.Generator().manual_seed(1))
    texture = functional.interpolate(rough, scale_factor=8, mode="bilinear")
    picture = torch.full((1, channels, size, size), 0.3)
    picture[:, :, 48 : 48 + side, left : left + side] = texture
    return picture


@pytest.mark.weights
@pytest.mark.parametrize("case", CASES)
def test_gives_the_published_program_s_numbers(weighty, fixture, case):
    said, arrays = fixture
    position, scale = CASES[case]
    inputs = case if f"{case}.in.frame0" in arrays else "A_128"
    pictures = [tensor(arrays[f"{inputs}.in.frame{number}"]) for number in (0, 1)]
    height, width = pictures[0].shape[2:]
    step = int(max(128, 128 / scale))
    padded = [functional.pad(each, (0, -width % step, 0, -height % step)) for each in pictures]
    sizes = [size / scale for size in COARSENESS]
    flows, mask, merged = weighty(torch.cat(padded, 1), position, sizes)
    given = {"middle": merged[3][:, :, :height, :width], "flow": flows[3], "mask": mask}
    given |= {name: given[name][:, :, :height:2, :width:2] for name in ("flow", "mask")}
    for name, values in given.items():
        error = np.abs(values.numpy() - arrays[f"{case}.out.{name}"]).max()
        assert error <= said[case]["atol"][name], f"{name} is off by {error:.2g}"


@pytest.mark.weights
@pytest.mark.parametrize("position", [0.25, 0.5, 0.75])
def test_a_moving_square_lies_where_it_should_in_between(between, position):
    drawn = between(square(40), square(56), position)
    lies = square(round(40 + 16 * position))
    beside = square(round(40 + 16 * position) + 4)
    assert (drawn - lies).square().mean() < 0.25 * (drawn - beside).square().mean()


@pytest.mark.weights
def test_movement_too_far_for_the_first_two_levels_is_looked_for_at_half_the_size(weighty, between):
    looks = []
    with weighty.block0.register_forward_hook(
        lambda level, seen, found: looks.append(seen[0].shape[2:])
    ):
        between(square(8, size=256, side=64), square(108, size=256, side=64))
        between(square(8, size=256, side=64), square(12, size=256, side=64))
    # The second pair is looked at as if the first had never been.
    assert looks == [(32, 32), (16, 16), (32, 32)]


@pytest.mark.weights
def test_a_stage_gets_it_by_name_and_loaded_once(weighty):
    named = models.networks()
    network = named("rife")
    assert named("rife") is network
    pictures = [np.random.default_rng(seed).random((30, 50, 1), np.float32) for seed in (1, 2)]
    drawn = network(*pictures, position=0.5)
    assert drawn.shape == (30, 50, 1)
    np.testing.assert_array_equal(drawn, network(*pictures, position=0.5))


def test_grey_pictures_give_what_three_equal_channels_give(random):
    first, second = square(40), square(44)
    grey = random(first[:, :1], second[:, :1])
    torch.testing.assert_close(grey.repeat(1, 3, 1, 1), random(first, second), atol=ROUNDING, rtol=0)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (48, 80), (16, 240)])
def test_any_multiple_of_what_its_card_says_is_taken(random, height, width):
    step = models.card("rife").facts.multiple_of
    assert height % step == width % step == 0
    pictures = torch.rand(2, 1, 3, height, width, generator=torch.Generator().manual_seed(2))
    assert random(*pictures).shape == (1, 3, height, width)


def test_ordinary_pictures_of_one_pixel_are_taken(random):
    network = TorchNetwork(random, models.card("rife").facts, on=torch.device("cpu"))
    assert network(np.zeros((1, 1, 1), np.float32), np.ones((1, 1, 1), np.float32)).shape == (1, 1, 1)


def test_two_equal_pictures_give_themselves_whatever_the_weights(random):
    plain = torch.full((1, 3, 32, 32), 0.4)
    torch.testing.assert_close(random(plain, plain), plain, atol=ROUNDING, rtol=0)


def test_movement_is_too_far_only_where_both_directions_say_so():
    correction = torch.zeros(1, 5, 8, 8)
    correction[0, 0, 0, 0] = 40
    assert not _is_far(correction)
    correction[0, 3, 5, 5] = -40
    assert _is_far(correction)
    assert not _is_far(correction / 2)
