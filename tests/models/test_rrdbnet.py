"""rrdbnet written anew gives the numbers of the published one, for weights as published."""

from types import SimpleNamespace

import pytest
import torch
from parity import Fixture

from refilm.errors import WeightsError
from refilm.models import rrdbnet

CARD = SimpleNamespace(name="any")


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


@pytest.mark.parametrize(
    ("name", "cases"), [("rrdbnet_x4plus", ["A_24x32", "A_13x17"]), ("rrdbnet_x2plus", ["A_20x26"])]
)
@pytest.mark.parametrize("nesting", ["params_ema", "params", None])
def test_rrdbnet_gives_the_published_numbers(name, cases, nesting):
    fixture = Fixture(name)
    state = fixture.state()
    network = rrdbnet.build(CARD, {nesting: state} if nesting else state).eval()
    for case in cases if nesting == "params_ema" else cases[:1]:
        fixture.check(case, y=network(fixture.picture(case)))


def test_rrdbnet_reads_files_of_the_first_generation():
    fixture = Fixture("rrdbnet_x4plus")
    old = {"conv_first": "model.0", "conv_body": "model.1.sub.23", "conv_up1": "model.3"}
    old |= {"conv_up2": "model.6", "conv_hr": "model.8", "conv_last": "model.10"}
    state = {}
    for key, values in fixture.state().items():
        part, _, rest = key.partition(".")
        if part == "body":
            number, dense, layer, kind = rest.split(".")
            state[f"model.1.sub.{number}.{dense.upper()}.{layer}.0.{kind}"] = values
        else:
            state[f"{old[part]}.{rest}"] = values
    network = rrdbnet.build(CARD, state).eval()
    fixture.check("A_13x17", y=network(fixture.picture("A_13x17")))


def test_weights_with_something_too_much_or_too_little_are_refused():
    state = Fixture("rrdbnet_x4plus").state()
    with pytest.raises(WeightsError, match="left over"):
        rrdbnet.build(CARD, state | {"more.weight": torch.zeros(1)})
    with pytest.raises(WeightsError, match="missing"):
        rrdbnet.build(CARD, dict(list(state.items())[:-1]))
