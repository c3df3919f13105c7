"""deepremaster written anew gives the numbers of the published one, for weights as published."""

from types import SimpleNamespace

import pytest
import torch
from parity import Fixture

from refilm.models import deepremaster

CARD = SimpleNamespace(name="any")


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


def test_deepremaster_restores_as_published():
    fixture = Fixture("deepremaster_R")
    card = SimpleNamespace(name="deepremaster-restore")
    network = deepremaster.build(card, {"modelR": fixture.state(), "modelC": {}}).eval()
    for case in ("A", "A_T1_48x72"):
        fixture.check(case, y=network(fixture.input(case, "x") / 255))


def test_deepremaster_colours_as_published_with_references_and_without():
    fixture = Fixture("deepremaster_C")
    card = SimpleNamespace(name="deepremaster-colour")
    network = deepremaster.build(card, {"modelR": {}, "modelC": fixture.state()}).eval()
    for case in ("refs2", "refs4_odd"):
        references = fixture.input(case, "refs") / 255
        fixture.check(case, ab=network(fixture.input(case, "x") / 255, references))
    fixture.check("norefs", ab=network(fixture.input("norefs", "x") / 255))
