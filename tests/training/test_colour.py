from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from refilm.errors import OutputError
from refilm.models.colour import Colouriser, build
from refilm.models.efficientnet import EfficientNet
from refilm.training import colour
from refilm.training.beginning import from_encoder
from refilm.training.pictures import split
from tests.training.coloured import TINY, photographs

HALF = 2e-3
"""What storing weights in half precision may change of colours as shares of their scale."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    pictures = split([photographs(folder / "pictures", 14)], 4)
    torch.manual_seed(1)
    begun = from_encoder(EfficientNet().state_dict())
    return colour.train(pictures, folder / "run", (6, 2), TINY, begun, lambda line: None)


def test_a_training_gives_a_calibrated_network_and_its_figures(trained):
    network, found = trained
    assert network.gain.tolist() == pytest.approx(list(found.gain))
    assert not network.training
    assert 0 < found.unseen.difference != found.chosen.difference


def test_a_share_of_the_former_weights_is_in_the_result_and_its_gain_is_chosen_anew(tmp_path):
    pictures = split([photographs(tmp_path / "pictures", 14)], 4)
    torch.manual_seed(1)
    former = Colouriser().state_dict()
    made = {}
    for share in (0.0, 0.5, 1.0):
        recipe = replace(TINY, mixed=share)
        network, _ = colour.train(pictures, tmp_path, (1, 1), recipe, {}, lambda line: None, former)
        made[share] = network.state_dict()
    name = "rises.1.join.conv.weight"
    assert torch.equal(made[1.0][name], former[name])
    assert torch.allclose(made[0.5][name], (made[0.0][name] + former[name]) / 2, atol=1e-6)
    assert not torch.equal(made[1.0]["gain"], former["gain"])


def test_what_is_written_is_what_is_loaded(tmp_path, trained):
    network, _ = trained
    path = tmp_path / "new" / "own.safetensors"
    colour.write(network, path)
    assert {tensor.dtype for tensor in load_file(path).values()} == {torch.float16}
    assert path.stat().st_size < 16_000_000
    luma = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        assert torch.allclose(build(None, load_file(path)).eval()(luma), network(luma), atol=HALF)
    assert [entry.name for entry in path.parent.iterdir()] == ["own.safetensors"]


def test_a_place_that_cannot_be_written_to_is_named(tmp_path, trained):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"own\.safetensors"):
        colour.write(trained[0], tmp_path / "file" / "own.safetensors")
