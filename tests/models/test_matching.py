"""Matching: colours go to what looks alike, with filled-in encoders; the shipped one where marked."""

import cv2
import numpy as np
import pytest
import torch

from refilm import models
from refilm.errors import WeightsError
from refilm.lab import from_lab, to_lab
from refilm.models.carrying import carried, common
from refilm.models.efficientnet import EfficientNet, _pairs
from refilm.models.matching import Matching, _matches, _voted, build
from refilm.models.runtime import TorchNetwork, to_tensor

CPU = torch.device("cpu")
CARD = models.card("refilm-matching")


def filled(seed=0):
    """An encoder's weights that are random, of a size that lets pictures through."""
    random = torch.Generator().manual_seed(seed)
    shapes = {key: tensor.shape for key, tensor in EfficientNet(channels=1).state_dict().items()}
    return {
        f"encoder.{key}": torch.randn(shape, generator=random) * (2 / max(shape[1:].numel(), 1)) ** 0.5
        if len(shape) > 1
        else torch.zeros(shape)
        for key, shape in shapes.items()
    }


def as_published():
    """Yield what the published file would hold: convolutions of colours, and norms that do little."""
    shapes = {key: tensor.shape for key, tensor in EfficientNet().state_dict().items()}
    for ours, convolution, norm in _pairs():
        yield f"{convolution}.weight", torch.randn(shapes[f"{ours}.weight"])
        for part, value in (
            ("weight", 1.0),
            ("running_var", 1.0),
            ("bias", 0.0),
            ("running_mean", 0.0),
        ):
            yield f"{norm}.{part}", torch.full(shapes[f"{ours}.bias"], value)


@pytest.fixture(scope="module")
def network():
    return TorchNetwork(build(CARD, filled()), CARD.facts, on=CPU)


def scene(height=96, width=128, seed=0):
    """A textured picture whose colours go with places, as luma, a / 100, b / 100."""
    random = np.random.default_rng(seed)
    luma = cv2.resize(random.random((height // 6, width // 6), np.float32), (width, height))
    colours = cv2.resize(random.normal(0, 0.3, (3, 4, 2)).astype(np.float32), (width, height))
    return np.dstack((luma, colours)).astype(np.float32)


def panned(picture, right, down=0):
    return np.roll(picture, (-down, -right), axis=(0, 1))


def missed(found, truth, inside=16):
    """Mean distance of colours from the true ones, away from the edges."""
    part = (slice(inside, -inside), slice(inside, -inside))
    return np.linalg.norm(found[part][..., :2] - truth[part][..., 1:], axis=2).mean()


def test_a_picture_gets_the_colours_that_it_has_in_its_reference(network):
    truth = scene()
    found = network.given(truth)(truth[:, :, :1])
    assert found.shape == truth.shape
    # Random colours are about 0.3 off grey; those of the picture itself are found almost exactly.
    assert missed(found, truth) < 0.01
    assert found[:, :, 2].min() > 0.8


def test_colours_follow_a_picture_that_the_camera_has_moved_in(network):
    truth = scene(144, 192)
    shifted = panned(truth, 24, 10)
    found = network.given(shifted)(truth[:, :, :1])
    assert missed(found, truth, 48) < 0.05
    assert missed(found, truth, 48) < 0.2 * missed(shifted[:, :, 1:], truth, 48)


def test_what_no_reference_shows_is_not_sure(network):
    truth, other = scene(), np.full((96, 128, 3), 0.95, np.float32)
    doubt = [1 - network.given(each)(truth[:, :, :1])[:, :, 2].mean() for each in (truth, other)]
    assert doubt[1] > 0.3
    assert doubt[0] < 0.01


def test_the_reference_that_looks_alike_is_followed_among_others(network):
    truth, others = scene(), [scene(seed=seed) for seed in (7, 8)]
    found = network.given(others[0], truth, others[1])(truth[:, :, :1])
    # The other references' colours are 0.3 off; at the seams of what is carried some is mixed in.
    assert missed(found, truth) < 0.08


@pytest.mark.parametrize(("height", "width"), [(1, 1), (16, 16), (17, 33), (100, 40)])
def test_any_size_is_taken_and_references_of_other_sizes(network, height, width):
    luma = np.full((height, width, 1), 0.5, np.float32)
    found = network.given(scene(40, 70), scene(33, 32))(luma)
    assert found.shape == (height, width, 3)
    assert np.isfinite(found).all()


def test_a_larger_reference_of_the_same_scene_is_carried_too(network):
    truth = scene(96, 128)
    larger = cv2.resize(truth, (192, 144), interpolation=cv2.INTER_LINEAR)
    assert missed(network.given(larger)(truth[:, :, :1]), truth) < 0.08


def test_the_published_encoder_is_taken_as_well_as_the_one_in_a_colouriser():
    with pytest.raises(WeightsError, match="not those of EfficientNet-Lite0"):
        build(CARD, {"something": torch.zeros(1)})
    published = dict(as_published())
    ours = build(CARD, published).encoder.stem.weight
    torch.testing.assert_close(
        ours, published["_conv_stem.weight"].sum(1, keepdim=True), atol=1e-2, rtol=0
    )
    extra = {**filled(), "bottom.narrow.conv.weight": torch.zeros(1)}
    assert isinstance(build(CARD, extra), Matching)


def test_things_that_have_changed_places_keep_their_colours(network):
    truth = scene(96, 256)
    swapped = np.ascontiguousarray(np.roll(truth, 128, axis=1))
    found = network.given(swapped)(truth[:, :, :1])
    # One half is carried; the other has moved otherwise and is matched, but for cells along the seams.
    assert missed(found, truth) < 0.3 * missed(swapped[:, :, 1:], truth)


def test_unsure_places_take_the_colour_of_those_around_that_have_their_luma():
    luma = np.full((64, 64, 1), 0.3, np.float32)
    luma[:, 32:] = 0.7
    look = build(CARD, filled())._look(to_tensor(luma))
    places, signs = torch.zeros(1, 2, 16, 16), torch.zeros(1, 2, 16, 16)
    places[:, :, :, :8], places[:, :, :, 8:] = 0.2, -0.2
    places[:, :, 5, 6:10], signs[:, :, 5, 6:10] = 0.9, 9
    voted = _voted(look, places, signs)
    torch.testing.assert_close(voted[0, :, 5, 6:8], torch.full((2, 2), 0.2), atol=0.01, rtol=0)
    torch.testing.assert_close(voted[0, :, 5, 8:10], torch.full((2, 2), -0.2), atol=0.01, rtol=0)
    torch.testing.assert_close(voted[:, :, :4], places[:, :, :4])


def test_a_common_movement_is_what_most_matches_agree_on():
    random = np.random.default_rng(1)
    start = (random.random((60, 2)) * 200).astype(np.float32)
    end = start + np.array((30, -12), np.float32)
    end[:20] = (random.random((20, 2)) * 200).astype(np.float32)
    found = common(start, end)
    assert found is not None
    # A random match that lies near enough by chance has its say.
    np.testing.assert_allclose(found.matrix, [[1, 0, 30], [0, 1, -12]], atol=0.3)
    assert found.trust == 1
    assert common(start[:8], end[:8]) is None, "too few to agree"
    apart = (random.random((60, 2)) * 200).astype(np.float32)
    assert common(start, apart) is None, "nothing in common"


def test_carried_colours_are_trusted_where_the_same_thing_is_seen_and_inside_only():
    whole = scene(96, 160)
    ours, theirs = whole[:, :128], whole[:, 32:]
    ours = ours.copy()
    ours[40:60, 60:80, 0] = 1 - ours[40:60, 60:80, 0]
    movement = common(*([np.mgrid[0:90:20, 40:120:20].reshape(2, -1).T.astype(np.float32)] * 2))
    assert movement is not None
    matrix = np.array([[1.0, 0, -32], [0, 1, 0]])
    moved = carried(
        ours[:, :, 0].copy(), np.ascontiguousarray(theirs), movement._replace(matrix=matrix)
    )
    assert moved.trust[:, :24].max() < 0.05, "outside of the other picture"
    assert moved.trust[45:55, 65:75].mean() < 0.4, "another thing"
    assert moved.trust[70:90, 50:110].mean() > 0.8
    np.testing.assert_allclose(moved.picture[70:90, 50:110, 1:], ours[70:90, 50:110, 1:], atol=0.05)


def test_what_moved_besides_the_camera_takes_its_colours_along():
    ours = scene(96, 128)
    theirs = np.ascontiguousarray(np.roll(ours, 3, axis=1))
    points = np.mgrid[0:90:20, 0:120:20].reshape(2, -1).T.astype(np.float32)
    movement = common(points, points)
    assert movement is not None
    moved = carried(ours[:, :, 0].copy(), theirs, movement)
    part = (slice(16, -16), slice(16, -16))
    left, still = (
        np.abs(each[part][..., 1:] - ours[part][..., 1:]).mean() for each in (moved.picture, theirs)
    )
    assert left < 0.2 * still


def test_a_darker_reference_of_less_contrast_is_carried_all_the_same():
    ours = scene(96, 128)
    theirs = ours.copy()
    theirs[:, :, 0] = 0.1 + 0.6 * theirs[:, :, 0]
    points = np.mgrid[0:90:20, 0:120:20].reshape(2, -1).T.astype(np.float32)
    movement = common(points, points)
    assert movement is not None
    assert carried(ours[:, :, 0].copy(), theirs, movement).trust.mean() > 0.9


def test_cells_are_matched_by_the_least_squared_distance():
    module = build(CARD, filled())
    (reference,) = module.prepared(to_tensor(scene(seed=3)))
    look = module._look(to_tensor(scene(seed=4)[:, :, :1]))
    apart = torch.cdist(look.cells.double(), reference.look.cells.double())
    found = _matches(look, reference)
    assert found.key.tolist() == apart.argmin(1).tolist()
    # Squares of about 10 are taken from each other in float32.
    torch.testing.assert_close(found.best / -100, apart.min(1).values.float() ** 2, atol=1e-3, rtol=0)


@pytest.mark.weights
def test_the_shipped_encoder_carries_colours_to_another_moment():
    network = models.networks()("refilm-matching")
    picture = from_lab(np.dstack((100 * scene(192, 256)[:, :, 0], 100 * scene(192, 256)[:, :, 1:])))
    lab = to_lab(picture)
    luma = picture @ np.array((0.299, 0.587, 0.114), np.float32)
    truth = np.dstack((luma, lab[:, :, 1:] / 100)).astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 0.03, luma.shape)[:, :, None]
    found = network.given(panned(truth, 20, 8))(np.asarray(truth[:, :, :1] + noise, np.float32))
    assert missed(found, truth, 48) < 0.1
