"""siggraph17 written anew gives the numbers of the published one, for weights as published."""

from types import SimpleNamespace

import pytest
import torch
from parity import Fixture

from refilm.models import siggraph17

CARD = SimpleNamespace(name="any")


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


@pytest.mark.parametrize(
    ("case", "centre"), [("nohint", 0.0), ("hint", 0.0), ("hint_maskcent", 0.5), ("dist_hint", 0.0)]
)
def test_siggraph17_gives_the_published_numbers(case, centre):
    fixture = Fixture("siggraph17")
    network = siggraph17.build(CARD, fixture.state()).eval()
    lightness = fixture.input(case, "L") * 100 / 255 - 50
    hints, mask = fixture.input(case, "ab"), fixture.input(case, "mask")
    fixture.check(case, ab=network(lightness, hints, mask, centre))
    if case == "nohint":
        fixture.check(case, ab=network(lightness))
    if case == "dist_hint":
        colours, chances = network.classes(lightness, hints, mask, centre)
        fixture.check(case, ab=colours, dist_stride4=chances[:, :, ::4, ::4])
