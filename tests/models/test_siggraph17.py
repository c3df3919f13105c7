"""siggraph17 written anew gives the numbers of the published one, for weights as published."""

import numpy as np
import pytest
import torch
from parity import Fixture

from refilm import models
from refilm.chroma import LAB
from refilm.errors import WeightsError
from refilm.lab import from_lab, luma_of, to_lab
from refilm.models import siggraph17
from refilm.models.colouring import sampled

FEW = 0.01
"""Share of values in pictures of 8 bits that may differ by 1 more than the rest."""
FULL = 2
"""Levels of 256 that the large picture may be off by: the program cuts its small one off first."""
LIGHT = 5e-3
"""Lightness that the rounded matrix of the program's CIELAB is off by."""


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


@pytest.fixture(scope="module")
def fixture():
    return Fixture("siggraph17")


@pytest.fixture(scope="module")
def network(fixture, tmp_path_factory):
    """The network, loaded from a file as it was published."""
    file = tmp_path_factory.mktemp("weights") / "siggraph17.pth"
    torch.save(fixture.state(), file)
    made = models.load("siggraph17", weights=file)
    file.unlink()
    return made


def path(network, name="siggraph17"):
    return siggraph17.path(models.card(name), network)


@pytest.mark.parametrize(
    ("case", "centre"), [("nohint", 0.0), ("hint", 0.0), ("hint_maskcent", 0.5), ("dist_hint", 0.0)]
)
def test_siggraph17_gives_the_published_numbers(fixture, network, case, centre):
    lightness = fixture.input(case, "L") * 100 / 255 - 50
    hints, mask = fixture.input(case, "ab"), fixture.input(case, "mask")
    fixture.check(case, ab=network(lightness, hints, mask, centre))
    if case == "nohint":
        fixture.check(case, ab=network(lightness))
    if case == "dist_hint":
        colours, chances = network.classes(lightness, hints, mask, centre)
        fixture.check(case, ab=colours, dist_stride4=chances[:, :, ::4, ::4])


def test_a_file_with_a_tensor_too_much_is_refused(fixture):
    state = fixture.state() | {"model11.0.bias": torch.zeros(2)}
    with pytest.raises(WeightsError, match=r"left over, the first is model11\.0\.bias"):
        siggraph17.build(None, state)


def off(made, published):
    """Return how far pictures of 8 bits are apart, of which the made one is cut off and not rounded."""
    return np.abs((np.clip(made, 0, 1) * 255).astype(np.int64) - published)


def test_the_path_gives_the_published_pictures(network):
    outs = Fixture("siggraph17_path").arrays
    given = outs["A.in.rgb_u8"].astype(np.float32)
    small = np.dstack([np.rint(sampled(given[:, :, channel], 64)) for channel in range(3)])
    assert np.abs(small - outs["A.out.small_rgb"]).max() <= 1
    light = to_lab(outs["A.out.small_rgb"].astype(np.float32) / 255)[:, :, 0]
    assert np.abs(light - outs["A.out.L_small"][0]).max() <= LIGHT

    hints, mask = np.zeros((64, 64, 2), np.float32), np.zeros((64, 64, 1), np.float32)
    hints[20:25, 30:35], mask[20:25, 30:35] = np.float32((40, -30)) / LAB, 1
    luma = luma_of(light)[:, :, None]
    found = LAB * path(network)(luma, hints, mask, render_factor=4)
    apart = off(from_lab(np.dstack((light, found))), outs["A.out.rgb_64"])
    assert (apart > 1).mean() <= FEW

    size = given.shape[:2]
    planes = torch.from_numpy(found).permute(2, 0, 1)[None]
    large = torch.nn.functional.interpolate(planes, size, mode="bilinear", align_corners=True)
    whole = np.dstack((to_lab(given / 255)[:, :, 0], *large[0].numpy()))
    assert (off(from_lab(whole), outs["A.out.full"]) > FULL).mean() <= FEW


@pytest.mark.parametrize("shape", [(1, 1), (37, 90), (1080, 1920)])
def test_its_path_takes_any_size_and_looks_at_a_square(network, shape):
    luma = np.random.default_rng(3).random((*shape, 1)).astype(np.float32)
    assert path(network)(luma, render_factor=2).shape == (32, 32, 2)


def test_weights_that_were_trained_anew_see_another_mask(network):
    luma = np.full((32, 32, 1), 0.5, np.float32)
    asked = [path(network, name)(luma, render_factor=2) for name in sorted(names())]
    light = torch.full((1, 1, 32, 32), 53.389 - 50)
    for found, centre in zip(asked, (0.0, 0.0, 0.5), strict=True):
        expected = network(light, mask_centre=centre)[0].permute(1, 2, 0).numpy()
        np.testing.assert_allclose(LAB * found, expected, atol=0.02)


def names():
    return [name for name in models.catalogue() if name.startswith("siggraph17")]


def test_hints_lie_where_they_were_given_whatever_the_size():
    hints, mask = np.zeros((50, 200, 2), np.float32), np.zeros((50, 200, 1), np.float32)
    hints[10, 100], mask[10, 100] = (0.4, -0.2), 1
    hints[49, 199], mask[49, 199] = (0.1, 0.1), 1
    found = siggraph17.placed(hints, mask, 20)
    assert np.argwhere(found[:, :, 2]).tolist() == [[4, 10], [19, 19]]
    np.testing.assert_allclose(found[4, 10], (0.4, -0.2, 1))
    larger = siggraph17.placed(hints, mask, 400)
    assert np.argwhere(larger[:, :, 2]).tolist() == [[84, 201], [396, 399]]


def test_hints_that_meet_in_one_pixel_give_their_mean():
    hints, mask = np.zeros((8, 8, 2), np.float32), np.zeros((8, 8, 1), np.float32)
    hints[0, 0], hints[1, 1], hints[2, 2] = (0.2, 0), (0.4, 0.2), (0.9, 0.9)
    mask[0, 0] = mask[1, 1] = 1
    found = siggraph17.placed(hints, mask, 2)
    np.testing.assert_allclose(found[0, 0], (0.3, 0.1, 1), rtol=1e-6)
    assert not found[1].any()
