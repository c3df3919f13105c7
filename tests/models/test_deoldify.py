"""deoldify written anew gives the numbers of the published one, for weights as published."""

import numpy as np
import pytest
import torch
from parity import Fixture
from PIL.Image import Resampling

from refilm import models
from refilm.chroma import LAB
from refilm.errors import WeightsError
from refilm.lab import from_lab
from refilm.models import deoldify
from refilm.models.colouring import filtered

MEAN, DEVIATION = (torch.tensor(each)[:, None, None] for each in (deoldify.MEAN, deoldify.DEVIATION))
NESTED = {"deoldify_deep": ("deoldify-artistic", False), "deoldify_wide": ("deoldify-video", True)}
"""The fixtures: a card whose weights these are, and whether the file holds a trainer's state too."""
ROUNDED = 1.5
"""Levels of 256 that the program rounds away of the small grey picture: across, down, and to grey."""
SMALL = 0.4
"""CIELAB units of a and b, in the mean, that 8 bits take from the small picture."""
FEW = 0.005
"""Share of values that may be off by one more than 1: the program rounds in other places."""
MERGED = 3
"""Levels of 256 that the program's own conversion to 8-bit YUV and back may be off by."""


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


@pytest.fixture(scope="module", params=NESTED)
def published(request, tmp_path_factory):
    """A fixture, and the network loaded from a file as it was published."""
    fixture, (name, nested) = Fixture(request.param), NESTED[request.param]
    held = fixture.state()
    file = tmp_path_factory.mktemp("weights") / f"{name}.pth"
    torch.save({"model": held, "opt": {"state": {}}} if nested else held, file)
    network = models.load(name, weights=file)
    file.unlink()
    return fixture, network, models.card(name)


@pytest.fixture(scope="module")
def path(published):
    _, network, card = published
    return deoldify.path(card, network)


def test_deoldify_gives_the_published_numbers(published):
    fixture, network, _ = published
    for case in ("A_sq80", "A_rgb_64x96"):
        fixture.check(case, y=network((fixture.picture(case) - MEAN) / DEVIATION))


def test_deoldify_without_a_part_of_its_norms_is_refused():
    state = Fixture("deoldify_deep").state()
    del state["layers.11.0.weight_u"]
    with pytest.raises(WeightsError, match=r"layers\.11\.0\.weight_u"):
        deoldify.build(None, state)


def test_deoldify_with_a_tensor_too_much_is_refused():
    state = Fixture("deoldify_deep").state() | {"layers.12.weight": torch.zeros(1)}
    with pytest.raises(WeightsError, match="1 tensors are left over"):
        deoldify.build(None, state)


def test_with_the_program_s_roundings_put_back_each_of_its_steps_is_the_published_one(published):
    fixture, network, _ = published
    given = fixture.arrays["path_A.in.rgb_u8"]
    side = 16 * int(fixture.arrays["path_A.in.render_factor"])
    outs = {
        name: fixture.arrays[f"path_A.out.{name}"].astype(np.int64)
        for name in ("square_gray", "raw_square", "unsquared", "final")
    }
    original = given.astype(np.float32) @ np.asarray([0.299, 0.587, 0.114], np.float32) / 255
    square = 255 * filtered(original, side, Resampling.BILINEAR)
    assert np.abs(square - outs["square_gray"]).max() <= ROUNDED
    luma = torch.from_numpy(outs["square_gray"].astype(np.float32) / 255)[None, None]
    drawn = deoldify.Painted(network)(luma)[0].permute(1, 2, 0).numpy()
    off = np.abs((drawn * 255).astype(np.int64) - outs["raw_square"])
    assert off.max() <= 1
    assert (off > 0).mean() <= FEW
    lab = deoldify.merged(original, outs["unsquared"].astype(np.float32) / 255)
    off = np.abs(np.rint(from_lab(lab) * 255) - outs["final"])
    assert off.max() <= MERGED
    assert (off > MERGED - 1).mean() <= FEW


def test_its_path_gives_the_colours_of_the_published_small_picture(published, path):
    fixture, _, _ = published
    given = fixture.arrays["path_A.in.rgb_u8"].astype(np.float32) / 255
    factor = int(fixture.arrays["path_A.in.render_factor"])
    square, drawn = (
        fixture.arrays[f"path_A.out.{name}"].astype(np.float32) / 255
        for name in ("square_gray", "raw_square")
    )
    luma = given @ np.asarray([0.299, 0.587, 0.114], np.float32)
    found = LAB * path(luma[:, :, None], render_factor=factor)
    apart = np.abs(found - deoldify.merged(square, drawn)[:, :, 1:])
    assert apart.mean() < SMALL


@pytest.mark.parametrize("shape", [(1, 1), (37, 90), (2160, 3840)])
def test_its_path_takes_any_size_and_looks_at_a_square(path, shape):
    luma = np.random.default_rng(3).random((*shape, 1)).astype(np.float32)
    found = path(luma, render_factor=2)
    assert found.shape == (32, 32, 2)
    assert np.isfinite(found).all()


def test_each_card_says_the_size_that_was_published():
    names = ("deoldify-artistic", "deoldify-stable", "deoldify-video")
    assert [models.card(name).facts.render_factor for name in names] == [35, 35, 21]


def test_colours_on_other_luma_have_that_luma_and_the_same_differences():
    picture = np.random.default_rng(4).uniform(0.4, 0.6, (8, 9, 3)).astype(np.float32)
    weights = np.asarray([0.299, 0.587, 0.114], np.float32)
    luma = np.full((8, 9), 0.3, np.float32)
    joined = from_lab(deoldify.merged(luma, picture))
    np.testing.assert_allclose(joined @ weights, luma, atol=1e-4)
    apart = picture - (picture @ weights)[:, :, None]
    np.testing.assert_allclose(joined - luma[:, :, None], apart, atol=1e-4)
