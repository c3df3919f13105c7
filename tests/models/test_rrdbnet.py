"""RRDBNet written anew gives the numbers of the published one, for files as published."""

from functools import cache

import numpy as np
import pytest
import torch
from parity import Fixture
from safetensors.torch import save_file

from refilm import models
from refilm.errors import WeightsError
from refilm.models.rrdbnet import ROWS, Rrdbnet, facts
from refilm.models.runtime import TorchNetwork
from refilm.models.tiles import in_tiles

PLUS, PLUS2 = "rrdbnet_x4plus", "rrdbnet_x2plus"
ROUNDING = 1e-5
"""What is left when float32 sums are taken in another order."""
EYE = 1 / 255


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


@cache
def filled(name):
    fixture = Fixture(name)
    return fixture, fixture.state()


def small(**sizes):
    """A network with random weights: quick, and enough for what holds for any weights."""
    torch.manual_seed(0)
    return Rrdbnet(**{"blocks": 1, "width": 8, "growth": 4, **sizes}).eval()


def by_place(state):
    """The names of the first generation, by place."""
    names = {"conv_first": "model.0", "conv_body": "model.1.sub.23", "conv_up1": "model.3"}
    names |= {"conv_up2": "model.6", "conv_hr": "model.8", "conv_last": "model.10"}
    for key, values in state.items():
        part, _, rest = key.partition(".")
        if part == "body":
            number, dense, layer, kind = rest.split(".")
            yield f"model.1.sub.{number}.{dense.upper()}.{layer}.0.{kind}", values
        else:
            yield f"{names[part]}.{rest}", values


def by_trunk(state):
    """The names of the second generation, with a trunk."""
    names = {
        "conv_body": "trunk_conv",
        "conv_up1": "upconv1",
        "conv_up2": "upconv2",
        "conv_hr": "HRconv",
    }
    for key, values in state.items():
        part, _, rest = key.partition(".")
        if part == "body":
            yield f"RRDB_trunk.{rest.replace('rdb', 'RDB')}", values
        else:
            yield f"{names.get(part, part)}.{rest}", values


@pytest.mark.parametrize(
    ("name", "fixture", "case", "nesting"),
    [
        ("rrdbnet", PLUS, "A_24x32", "params_ema"),
        ("rrdbnet", PLUS, "A_13x17", "params"),
        ("rrdbnet-x2plus", PLUS2, "A_20x26", "params_ema"),
    ],
)
def test_a_file_as_published_gives_the_published_numbers(name, fixture, case, nesting, tmp_path):
    fixture, state = filled(fixture)
    torch.save({nesting: state}, tmp_path / "weights.pth")
    network = models.load(name, weights=tmp_path / "weights.pth")
    fixture.check(case, y=network(fixture.picture(case)))


def test_the_same_weights_as_safetensors_give_the_same_numbers(tmp_path):
    fixture, state = filled(PLUS)
    save_file(state, tmp_path / "weights.safetensors")
    network = models.load("rrdbnet", weights=tmp_path / "weights.safetensors")
    fixture.check("A_13x17", y=network(fixture.picture("A_13x17")))


@pytest.mark.parametrize("generation", [by_place, by_trunk])
def test_files_of_older_generations_are_read(generation, tmp_path):
    fixture, state = filled(PLUS)
    torch.save(dict(generation(state)), tmp_path / "old.pth")
    network = models.load("rrdbnet", weights=tmp_path / "old.pth")
    fixture.check("A_13x17", y=network(fixture.picture("A_13x17")))


def test_the_mean_that_a_trainer_kept_is_taken_and_not_what_was_averaged(tmp_path):
    state = small().state_dict()
    other = {key: values + 1 for key, values in state.items()}
    torch.save({"params": other, "params_ema": state}, tmp_path / "both.pth")
    network = models.load("rrdbnet", weights=tmp_path / "both.pth")
    torch.testing.assert_close(network.state_dict(), state)


def test_weights_with_something_too_much_or_too_little_are_refused(tmp_path):
    state = small().state_dict()
    torch.save(state | {"more.weight": torch.zeros(1)}, tmp_path / "more.pth")
    torch.save(dict(list(state.items())[:-1]), tmp_path / "less.pth")
    torch.save({"other.weight": torch.zeros(1)}, tmp_path / "other.pth")
    for name, fault in {"more": "left over", "less": "missing", "other": "conv_first"}.items():
        with pytest.raises(WeightsError, match=fault):
            models.load("rrdbnet", weights=tmp_path / f"{name}.pth")


@pytest.mark.parametrize(("name", "sizes"), [("rrdbnet", {}), ("rrdbnet-x2plus", {"folding": 2})])
def test_the_cards_say_what_the_networks_sizes_tell(name, sizes):
    with torch.device("meta"):
        assert facts(Rrdbnet(**sizes)) == models.card(name).facts


@pytest.mark.parametrize(
    ("doublings", "folding", "scale"), [(0, 1, 1), (1, 1, 2), (3, 1, 8), (2, 4, 1)]
)
def test_the_scale_is_read_from_the_weights(doublings, folding, scale):
    network = small(doublings=doublings, folding=folding)
    assert facts(network).scale == scale
    assert network(torch.rand(1, 3, 4, 8)).shape == (1, 3, 4 * scale, 8 * scale)


def test_a_network_that_makes_pictures_smaller_is_refused():
    with pytest.raises(WeightsError, match="1/2"):
        facts(small(doublings=0, folding=2))


def test_rows_enlarged_in_strips_are_those_enlarged_at_once():
    network = small()
    found = torch.rand(1, 8, 3 * ROWS + 5, 6)
    strips = [network._strip(found, top, top + ROWS) for top in range(0, found.shape[2], ROWS)]
    torch.testing.assert_close(torch.cat(strips, 2), network._enlarged(found), atol=ROUNDING, rtol=0)


def test_a_picture_cut_into_tiles_is_the_whole_one_with_filled_weights(tmp_path):
    _, state = filled(PLUS)
    torch.save({"params_ema": state}, tmp_path / "weights.pth")
    network = models.load("rrdbnet", weights=tmp_path / "weights.pth")
    told = models.card("rrdbnet").facts
    runs = TorchNetwork(network, told, on=torch.device("cpu"))
    picture = np.random.default_rng(1).random((4, 256, 3), np.float32)
    seen = []

    def work(pieces):
        seen.append(pieces[0].shape[1])
        return runs(*pieces)

    tile = 2 * told.margin + 128
    pieces = in_tiles([picture], work, tile=tile, margin=told.margin, step=1, scale=told.scale)
    assert seen == [224, 224]
    assert np.abs(pieces - runs(picture)).max() < EYE


@pytest.mark.parametrize("name", ["rrdbnet", "rrdbnet-x2plus"])
@pytest.mark.parametrize(("height", "width", "channels"), [(1, 1, 1), (5, 7, 3), (4, 1, 1)])
def test_pictures_of_any_size_are_taken(name, height, width, channels):
    told = models.card(name).facts
    network = TorchNetwork(small(folding=told.multiple_of), told, on=torch.device("cpu"))
    drawn = network(np.full((height, width, channels), 0.5, np.float32))
    assert drawn.shape == (told.scale * height, told.scale * width, channels)
