"""Networks written anew give the numbers of the published ones, for weights as published."""

from types import SimpleNamespace

import pytest
import torch
from parity import Fixture

from refilm.errors import WeightsError
from refilm.models import deepremaster, deoldify, rrdbnet, siggraph17, siun, srvgg

CARD = SimpleNamespace(name="any")
MEAN, DEVIATION = (torch.tensor(each)[:, None, None] for each in (deoldify.MEAN, deoldify.DEVIATION))


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


@pytest.mark.parametrize("case", ["A_up64x96", "A_up48x40"])
def test_siun_gives_the_published_numbers(case):
    fixture = Fixture("siun")
    network = siun.build(CARD, fixture.keras_state()).eval()
    small, before, large = (
        fixture.input(case, f"{name}_u8")[None] / 255 for name in ("small", "prev", "up")
    )
    fixture.check(case, y=network(torch.cat((small, before), -1), large))


@pytest.mark.parametrize(("build", "name"), [(siun.build, "siun"), (rrdbnet.build, "rrdbnet_x4plus")])
def test_weights_with_something_too_much_or_too_little_are_refused(build, name):
    fixture = Fixture(name)
    state = fixture.keras_state() if name == "siun" else fixture.state()
    with pytest.raises(WeightsError, match="left over"):
        build(CARD, state | {"more.weight": torch.zeros(1)})
    with pytest.raises(WeightsError, match="missing"):
        build(CARD, dict(list(state.items())[:-1]))
