"""siun written anew gives the numbers of the published one, for weights as published."""

from types import SimpleNamespace

import pytest
import torch
from parity import Fixture

from refilm.errors import WeightsError
from refilm.models import siun

CARD = SimpleNamespace(name="any")


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


@pytest.mark.parametrize("case", ["A_up64x96", "A_up48x40"])
def test_siun_gives_the_published_numbers(case):
    fixture = Fixture("siun")
    network = siun.build(CARD, fixture.keras_state()).eval()
    small, before, large = (
        fixture.input(case, f"{name}_u8")[None] / 255 for name in ("small", "prev", "up")
    )
    fixture.check(case, y=network(torch.cat((small, before), -1), large))


def test_weights_with_something_too_much_or_too_little_are_refused():
    state = Fixture("siun").keras_state()
    with pytest.raises(WeightsError, match="left over"):
        siun.build(CARD, state | {"more.weight": torch.zeros(1)})
    with pytest.raises(WeightsError, match="missing"):
        siun.build(CARD, dict(list(state.items())[:-1]))
