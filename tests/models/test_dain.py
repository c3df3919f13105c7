"""DAIN written anew gives the numbers of the published one, for a file as it was published."""

import numpy as np
import pytest
import torch
from parity import Fixture
from torch.nn import functional

from refilm import models
from refilm.errors import WeightsError
from refilm.models import dain, operators

CASES = ("A_64x128", "A_pad_70x90")
OUTLIERS = 0.002
"""Share of values that the fixture allows beyond its tolerance: flows are laid on whole pixels."""
ROUNDING = 1e-4
"""What is left when float32 sums are taken in another order, as the fixture's own tolerances are."""


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


@pytest.fixture(scope="module")
def fixture():
    return Fixture("dain")


@pytest.fixture(scope="module")
def file(fixture, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "best.pth"
    torch.save(fixture.state(), path, _use_new_zipfile_serialization=False)
    return path


@pytest.fixture(scope="module")
def network(file):
    return models.load("dain", weights=file)


@pytest.fixture(scope="module")
def between(file):
    """DAIN as stages call it."""
    return models.networks({"dain": file})("dain")


def pair(fixture, case):
    return [fixture.picture(case, name) for name in ("frame0", "frame1")]


def padded(picture):
    """As published: to multiples of 128 by the edge, half of it before; 32 on each side of others."""
    sides = []
    for length in (picture.shape[3], picture.shape[2]):
        more = -length % 128
        sides += [more // 2, more - more // 2] if more else [32, 32]
    return functional.pad(picture, sides, mode="replicate"), sides


def check(fixture, case, **given):
    for name, values in given.items():
        error = np.abs(values.numpy() - fixture.arrays[f"{case}.out.{name}"])
        allowed = fixture.said["cases"][case]["atol"][name]
        assert (error > allowed).mean() <= OUTLIERS, f"{case}: {name} is off by {error.max():.2g}"


@pytest.mark.parametrize("case", CASES)
def test_dain_gives_the_published_numbers(fixture, network, case):
    pictures = pair(fixture, case)
    height, width = pictures[0].shape[2:]
    left = top = 0
    if "pad" in case:
        made = [padded(picture) for picture in pictures]
        pictures, (left, _, top, _) = [each for each, _ in made], made[0][1]
    outputs, flows, filters = network(torch.stack(pictures))

    def cut(values):
        return values[:, :, top : top + height, left : left + width]

    check(
        fixture,
        case,
        blend=cut(outputs[0]),
        rectified=cut(outputs[1]),
        flow0=cut(flows[0]),
        flow1=cut(flows[1]),
        filter0=cut(filters[0])[:, :, ::4, ::4],
    )


def test_operators_give_the_published_numbers(fixture):
    given = {
        name: torch.from_numpy(values).float()
        for name, values in fixture.arrays.items()
        if name.startswith("op_") and ".in." in name
    }
    first, second = (given[f"op_correlation.in.{name}"] for name in "ab")
    fixture.check("op_correlation", y=operators.correlation(first, second))
    seen, flow, kernel = (
        given[f"op_filter_interpolation.in.{name}"] for name in ("x", "flow", "kernel")
    )
    fixture.check("op_filter_interpolation", y=operators.filter_interpolation(seen, flow, kernel))
    flow, weight = (given[f"op_depth_flow_projection.in.{name}"] for name in ("flow", "weight"))
    laid, known = operators.depth_flow_projection(flow, weight)
    fixture.check("op_depth_flow_projection", y=operators.fill_holes(laid, known), y_nofill=laid)


def test_at_another_moment_the_nearer_picture_counts_more(fixture, network):
    pictures = torch.stack(pair(fixture, CASES[0]))
    (mixture, _), flows, kernels = network(pictures, 0.25)
    first, second = map(operators.filter_interpolation, pictures, flows, kernels)
    torch.testing.assert_close(mixture, 0.75 * first + 0.25 * second, atol=ROUNDING, rtol=0)


def test_at_the_moment_of_a_picture_nothing_has_moved_in_it(fixture, network):
    pictures = torch.stack(pair(fixture, CASES[0]))
    for time in (0, 1):
        _, flows, _ = network(pictures, time)
        moved = [float(flow.abs().max()) for flow in flows]
        assert moved[time] == 0
        assert moved[1 - time] > 1


def test_a_pair_in_a_batch_gives_what_it_gives_alone(fixture, network):
    pictures = torch.stack(pair(fixture, CASES[0]))[..., :64]
    (_, both), _, _ = network(torch.cat((pictures, pictures.flip(0)), 1))
    for number, alone in enumerate((pictures, pictures.flip(0))):
        (_, drawn), _, _ = network(alone)
        error = (both[number] - drawn[0]).abs()
        assert (error > ROUNDING).float().mean() <= OUTLIERS


def test_a_stage_gets_what_the_network_itself_gives(fixture, network, between):
    pictures = pair(fixture, CASES[0])
    (_, wanted), _, _ = network(torch.stack(pictures), 0.25)
    drawn = between(*(each[0].permute(1, 2, 0).numpy() for each in pictures), position=0.25)
    error = np.abs(drawn - wanted[0].permute(1, 2, 0).numpy())
    assert (error > ROUNDING).mean() <= OUTLIERS


@pytest.mark.parametrize(("size", "channels"), [((35, 53), 1), ((64, 66), 3), ((1, 1), 3)])
def test_a_stage_gets_pictures_of_any_size_and_of_its_own_channels(between, size, channels):
    first, second = (
        np.random.default_rng(seed).random((*size, channels), np.float32) for seed in (1, 2)
    )
    drawn = between(first, second, position=0.25)
    assert drawn.shape == (*size, channels)
    assert np.isfinite(drawn).all()
    # A quarter of the way it is another picture than half of the way, unless it is one pixel.
    assert size == (1, 1) or np.abs(drawn - between(first, second, position=0.5)).max() > ROUNDING


def test_grey_pictures_give_what_three_equal_channels_give(between):
    pictures = [np.random.default_rng(seed).random((40, 50, 1), np.float32) for seed in (1, 2)]
    colour = between(*(each.repeat(3, axis=2) for each in pictures), position=0.5)
    mean = colour.mean(axis=2, keepdims=True)
    np.testing.assert_allclose(between(*pictures, position=0.5), mean, atol=ROUNDING)


def test_it_takes_no_references(between):
    with pytest.raises(ValueError, match="no references"):
        between.given(np.zeros((8, 8, 3), np.float32))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda state: state | {"x.weight": torch.ones(1)}, "left over"),
        (lambda state: dict(list(state.items())[1:]), "missing"),
    ],
)
def test_weights_with_something_too_much_or_too_little_are_refused(fixture, change, fault):
    with pytest.raises(WeightsError, match=fault):
        dain.build(models.card("dain"), change(fixture.state()))


def test_its_card_says_that_it_is_not_free_for_every_use():
    card = models.card("dain")
    assert not card.free
    assert "CC-BY-NC-SA-4.0" in card.weights_licence
