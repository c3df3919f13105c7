"""deoldify written anew gives the numbers of the published one, for weights as published."""

from types import SimpleNamespace

import pytest
import torch
from parity import Fixture

from refilm.errors import WeightsError
from refilm.models import deoldify

CARD = SimpleNamespace(name="any")
MEAN, DEVIATION = (torch.tensor(each)[:, None, None] for each in (deoldify.MEAN, deoldify.DEVIATION))


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


@pytest.mark.parametrize("name", ["deoldify_deep", "deoldify_wide"])
def test_deoldify_gives_the_published_numbers(name):
    fixture = Fixture(name)
    network = deoldify.build(CARD, {"model": fixture.state(), "opt": None}).eval()
    for case in ("A_sq80", "A_rgb_64x96"):
        fixture.check(case, y=network((fixture.picture(case) - MEAN) / DEVIATION))


def test_deoldify_without_a_part_of_its_norms_is_refused():
    state = Fixture("deoldify_deep").state()
    del state["layers.11.0.weight_u"]
    with pytest.raises(WeightsError, match=r"layers\.11\.0\.weight_u"):
        deoldify.build(CARD, state)
