"""Photos of something alike give their palette to what shows the same."""

import numpy as np
import pytest
import torch
from tests.models.test_matching import filled

from refilm import models
from refilm.models.alike import build
from refilm.models.efficientnet import EfficientNet
from refilm.models.runtime import TorchNetwork

CPU = torch.device("cpu")
CARD = models.card("refilm-alike")
RED, BLUE = (0.5, 0.2), (-0.1, -0.4)
COARSE = 0.12
"""a and b over 100 that places of 16 pixels take from what lies beside them."""


@pytest.fixture(scope="module")
def network():
    weights = filled()
    assert set(weights) == {f"encoder.{key}" for key in EfficientNet(channels=1).state_dict()}
    return TorchNetwork(build(CARD, weights), CARD.facts, on=CPU)


def texture(kind, height=128, width=128):
    """Fine upright stripes, or broad level ones."""
    rows, columns = np.mgrid[:height, :width]
    stripes = columns // 2 % 2 if kind == "fine" else rows // 16 % 2
    return (0.3 + 0.4 * stripes).astype(np.float32)


def photo(left, right):
    """Two textures side by side, each in a colour of its own."""
    luma = np.hstack((texture(left[0]), texture(right[0])))
    colours = np.concatenate([np.full((128, 128, 2), colour) for _, colour in (left, right)], 1)
    return np.dstack((luma, colours)).astype(np.float32)


def test_what_shows_the_same_gets_the_photo_s_colour_wherever_it_lies(network):
    given = network.given(photo(("fine", RED), ("broad", BLUE)))
    luma = np.hstack((texture("broad"), texture("fine")))[:, :, None]
    found = given(luma)
    assert found.shape == (128, 256, 3)
    np.testing.assert_allclose(found[32:96, 32:96, :2].mean((0, 1)), BLUE, atol=COARSE)
    np.testing.assert_allclose(found[32:96, 160:224, :2].mean((0, 1)), RED, atol=COARSE)


def test_of_several_photos_each_gives_what_it_shows(network):
    only = [np.dstack((texture(kind), np.full((128, 128, 2), colour, np.float32)))
            for kind, colour in (("fine", RED), ("broad", BLUE))]  # fmt: skip
    found = network.given(*only)(np.hstack((texture("broad"), texture("fine")))[:, :, None])
    np.testing.assert_allclose(found[32:96, 32:96, :2].mean((0, 1)), BLUE, atol=COARSE)
    np.testing.assert_allclose(found[32:96, 160:224, :2].mean((0, 1)), RED, atol=COARSE)


def test_what_the_photo_does_not_show_is_trusted_less(network):
    given = network.given(photo(("fine", RED), ("fine", RED)))
    known, strange = (given(texture(kind)[:, :, None])[:, :, 2].mean() for kind in ("fine", "broad"))
    assert 0 <= strange < known - 0.1
    assert known <= 1


def test_a_picture_of_any_size_and_a_photo_of_any_other_are_taken(network):
    found = network.given(photo(("fine", RED), ("broad", BLUE))[:1, :50])(
        np.zeros((3, 45, 1), np.float32)
    )
    assert found.shape == (3, 45, 3)
    assert np.isfinite(found).all()
