import numpy as np
import pytest
import torch

from refilm import models
from refilm.errors import WeightsError
from refilm.models import colour
from refilm.models.colour import SCALE, STEP, Bottom, Colouriser, Layer, build, strengthened

ROUNDED = 0.02
"""What half-precision weights may change of a result around 1."""


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(1)
    made = Colouriser().eval()
    # Without training edges are not corrected; here they shall be.
    torch.nn.init.normal_(made.edge.correction.weight, std=0.05)
    return made.requires_grad_(requires_grad=False)


@pytest.fixture(scope="module")
def luma():
    return torch.rand(1, 1, 2 * STEP, 3 * STEP, generator=torch.Generator().manual_seed(2))


def test_a_picture_gets_two_colours_and_a_confidence_of_its_size(network, luma):
    made = network(luma)
    assert made.shape == (1, 3, *luma.shape[2:])
    assert 0 <= made[:, 2].min() <= made[:, 2].max() <= 1
    assert made[:, :2].std() > 0


def test_weights_in_half_precision_are_used_in_single_precision(network, luma):
    held = {key: tensor.half() for key, tensor in network.state_dict().items()}
    built = build(None, held).eval()
    assert {tensor.dtype for tensor in built.state_dict().values()} == {torch.float32}
    assert torch.allclose(built(luma), network(luma), atol=ROUNDED)


def test_the_gain_makes_colours_stronger_where_they_are_sure(network, luma):
    held = network.state_dict()
    for gain in ((1.0, 0.0), (2.0, 0.0), (0.0, 1.0)):
        given = torch.tensor(gain)
        made, found = build(None, {**held, "gain": given}).eval()(luma), network.found(luma)
        assert torch.equal(made[:, 2], found[:, 2])
        wanted = strengthened(found[:, :2], found[:, 2:], given)
        assert torch.allclose(made[:, :2], wanted, atol=1e-6)


def strong(colour, confidence, gain=(1.0, 0.0)):
    """One colour, a and b over `SCALE`, as strong as it is made."""
    colours = torch.tensor(colour).reshape(1, 2, 1, 1)
    sure = torch.full((1, 1, 1, 1), confidence)
    return strengthened(colours, sure, torch.tensor(gain)).flatten()


def test_weak_colours_are_as_strong_as_the_gain_makes_them():
    weak = (-0.01, 0.02)
    near = {"rtol": 1e-3, "atol": 0.0}
    assert torch.allclose(strong(weak, 0.5, (2.0, 0.0)), torch.tensor((-0.02, 0.04)), **near)
    assert torch.allclose(strong(weak, 0.5, (1.0, 1.0)), torch.tensor((-0.015, 0.03)), **near)


def test_no_colour_is_stronger_than_the_confidence_allows_and_reds_are_weaker():
    blue, red = (0.0, -2.0), (2.0, 0.35)
    assert strong(blue, 0.4).norm() < strong(blue, 0.8).norm() < 0.9
    assert strong(blue, 0.4).norm() == pytest.approx(0.9 * 0.4**1.5, rel=0.02)
    assert strong(red, 0.4).norm() < 0.4 * strong(blue, 0.4).norm()
    # The hue stays.
    assert strong(red, 0.4)[1] / strong(red, 0.4)[0] == pytest.approx(0.175, rel=1e-3)
    assert strong(blue, 0.0).norm() < 2e-3


def test_the_whole_picture_has_a_say_in_every_place():
    bottom = Bottom(8, 16, normalised=False).eval()
    seen = torch.rand(1, 8, 5, 9)
    changed = seen.clone()
    changed[..., -1] += 1
    assert (bottom(changed) - bottom(seen))[..., 0].abs().amax((0, 1)).min() > 0


def test_in_training_the_pictures_of_a_batch_hear_from_nothing_to_all_of_the_whole():
    bottom = Bottom(8, 16, normalised=False)
    seen = torch.rand(1, 8, 5, 9).repeat(3, 1, 1, 1)
    first, _, last = bottom.train()(seen)
    heard = bottom.eval()(seen)[0]
    torch.nn.init.zeros_(bottom.whole[2].weight)
    torch.nn.init.zeros_(bottom.whole[2].bias)
    unheard = bottom(seen)[0]
    assert not torch.allclose(heard, unheard)
    assert torch.allclose(first, unheard, atol=1e-6)
    assert torch.allclose(last, heard, atol=1e-6)


def test_a_place_that_stirs_a_layer_unusually_is_bounded():
    layer = Layer(4, 8, normalised=False)
    seen = torch.rand(1, 4, 9, 9)
    seen[..., 4, 4] = 1000
    # The bound of ReLU6.
    assert layer(seen).max() == 6


def test_edges_are_corrected_by_what_the_first_layer_saw(network, luma):
    features = network.encoder(luma)
    seen = network.seen(features)
    half = network.sharpened(seen, features)
    assert half.shape == (1, 3, luma.shape[2] // 2, luma.shape[3] // 2)
    features[0] = features[0].flip(3)
    assert not torch.allclose(network.sharpened(seen, features), half)


def test_edges_stay_as_they_are_before_training(luma):
    untrained = Colouriser().eval()
    features = untrained.encoder(luma)
    seen = untrained.seen(features)
    smooth = torch.nn.functional.interpolate(seen.colours, scale_factor=2, mode="bilinear")
    assert torch.equal(untrained.sharpened(seen, features), smooth)


def test_the_scale_is_such_that_all_colours_are_about_one():
    assert SCALE == 100


def test_weights_of_another_network_are_refused():
    with pytest.raises(WeightsError, match="not those of Colouriser"):
        build(None, {"stem.weight": torch.zeros(1)})


def test_its_path_looks_at_a_picture_of_the_size_that_is_asked_for_and_enlarges_none(network):
    path = colour.path(models.card("refilm-colour"), network)
    large = np.random.default_rng(1).random((300, 400, 1)).astype(np.float32)
    assert path(large, render_factor=8).shape == (128, 171, 3)
    assert path(large).shape == (192, 256, 3)
    assert path(large[:20, :30]).shape == (20, 30, 3)


def test_a_colouring_network_whose_card_says_no_size_is_refused(network):
    with pytest.raises(ValueError, match="rife says no render_factor"):
        colour.path(models.card("rife"), network)


def test_photos_for_a_network_that_takes_none_are_refused(network):
    path = colour.path(models.card("refilm-colour"), network)
    with pytest.raises(ValueError, match="takes no references"):
        path.given(np.zeros((8, 8, 3), np.float32))
