"""SRVGGNetCompact written anew gives the numbers of the published one, for files as published."""

from functools import cache

import numpy as np
import pytest
import torch
from parity import Fixture
from safetensors.torch import save_file

from refilm import models
from refilm.errors import WeightsError
from refilm.models.runtime import TorchNetwork
from refilm.models.srvgg import Pair, Srvgg, facts
from refilm.models.tiles import in_tiles

BLENDED = 1e-4
"""What float32 leaves where weights are blended while running, and before."""
EYE = 1 / 255


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


@cache
def filled():
    fixture = Fixture("srvgg_x4v3")
    return fixture, fixture.state()


def small(**sizes):
    """A network with random weights: quick, and enough for what holds for any weights."""
    torch.manual_seed(0)
    return Srvgg(**{"width": 8, "depth": 2, "scale": 4, **sizes}).eval()


@pytest.mark.parametrize("case", ["A_48x64", "A_33x29"])
def test_a_file_as_published_gives_the_published_numbers(case, tmp_path):
    fixture, state = filled()
    torch.save({"params": state}, tmp_path / "weights.pth")
    network = models.load("srvgg", weights=tmp_path / "weights.pth")
    fixture.check(case, y=network(fixture.picture(case)))


def test_the_same_weights_as_safetensors_give_the_same_numbers(tmp_path):
    fixture, state = filled()
    save_file(state, tmp_path / "weights.safetensors")
    network = models.load("srvgg", weights=tmp_path / "weights.safetensors")
    fixture.check("A_33x29", y=network(fixture.picture("A_33x29")))


def test_two_files_are_blended_from_the_one_that_keeps_noise_to_the_one_that_takes_it_away(tmp_path):
    fixture, quiet = filled()
    noisy = {key: values + 0.01 for key, values in quiet.items()}
    between = {key: values + 0.0075 for key, values in quiet.items()}
    files = {"quiet": quiet, "noisy-wdn": noisy, "between": between}
    for name, state in files.items():
        torch.save({"params": state}, tmp_path / f"{name}.pth")
    pair = models.load("srvgg", weights=[tmp_path / "quiet.pth", tmp_path / "noisy-wdn.pth"])
    picture = fixture.picture("A_33x29")
    fixture.check("A_33x29", y=pair(picture))
    for denoise, name in ((0.0, "noisy-wdn"), (0.25, "between")):
        alone = models.load("srvgg", weights=tmp_path / f"{name}.pth")
        blended = pair(picture, denoise=denoise)
        torch.testing.assert_close(blended, alone(picture), rtol=BLENDED, atol=BLENDED)


def test_files_of_two_sizes_are_not_blended(tmp_path):
    for width in (8, 16):
        torch.save({"params": small(width=width).state_dict()}, tmp_path / f"{width}.pth")
    with pytest.raises(WeightsError, match="two sizes"):
        models.load("srvgg", weights=[tmp_path / "8.pth", tmp_path / "16.pth"])


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_width_depth_and_scale_are_read_from_the_weights(scale, tmp_path):
    made = small(scale=scale)
    torch.save({"params": made.state_dict()}, tmp_path / "weights.pth")
    network = models.load("srvgg", weights=tmp_path / "weights.pth")
    picture = torch.rand(1, 3, 5, 7)
    torch.testing.assert_close(network(picture), made(picture))
    assert network(picture).shape == (1, 3, 5 * scale, 7 * scale)
    assert facts(network).scale == scale


def test_weights_of_another_network_are_refused(tmp_path):
    torch.save({"conv_first.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match="not those of an SRVGGNetCompact"):
        models.load("srvgg", weights=tmp_path / "other.pth")


def test_the_cards_say_what_the_networks_sizes_tell():
    with torch.device("meta"):
        pair, drawings = Pair(Srvgg(), Srvgg()), Srvgg(depth=16)
    assert facts(pair) == models.card("srvgg").facts
    assert facts(drawings) == models.card("srvgg-animevideov3").facts


def test_a_picture_cut_into_tiles_is_the_whole_one_with_filled_weights(tmp_path):
    _, state = filled()
    torch.save({"params": state}, tmp_path / "weights.pth")
    network = models.load("srvgg", weights=tmp_path / "weights.pth")
    told = models.card("srvgg").facts
    runs = TorchNetwork(network, told, on=torch.device("cpu"))
    picture = np.random.default_rng(1).random((9, 130, 3), np.float32)
    seen = []

    def work(pieces):
        seen.append(pieces[0].shape[1])
        return runs(*pieces)

    tile = 2 * told.margin + 65
    pieces = in_tiles([picture], work, tile=tile, margin=told.margin, step=1, scale=told.scale)
    assert seen == [99, 99]
    assert np.abs(pieces - runs(picture)).max() < EYE


@pytest.mark.parametrize(("height", "width", "channels"), [(1, 1, 1), (5, 7, 3)])
def test_pictures_of_any_size_are_taken(height, width, channels):
    network = TorchNetwork(small(), models.card("srvgg").facts, on=torch.device("cpu"))
    drawn = network(np.full((height, width, channels), 0.5, np.float32))
    assert drawn.shape == (4 * height, 4 * width, channels)
