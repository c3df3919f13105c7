"""srvgg written anew gives the numbers of the published one, for weights as published."""

from types import SimpleNamespace

import pytest
import torch
from parity import Fixture

from refilm.models import srvgg

CARD = SimpleNamespace(name="any")


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


@pytest.mark.parametrize("case", ["A_48x64", "A_33x29"])
def test_srvgg_gives_the_published_numbers(case):
    fixture = Fixture("srvgg_x4v3")
    network = srvgg.build(CARD, {"params": fixture.state()}).eval()
    fixture.check(case, y=network(fixture.picture(case)))


def test_srvgg_goes_from_one_set_of_weights_to_the_other():
    fixture = Fixture("srvgg_x4v3")
    quiet = fixture.state()
    noisy = {key: values + 0.01 * torch.ones_like(values) for key, values in quiet.items()}
    pair = srvgg.build(CARD, {"params": quiet}, {"params": noisy}).eval()
    between = {key: values + 0.0075 for key, values in quiet.items()}
    picture = fixture.picture("A_33x29")
    fixture.check("A_33x29", y=pair(picture))
    for denoise, state in ((0.0, noisy), (0.25, between)):
        alone = srvgg.build(CARD, {"params": state}).eval()
        torch.testing.assert_close(pair(picture, denoise=denoise), alone(picture), rtol=1e-4, atol=1e-4)
