import cv2
import numpy as np
import pytest
import torch

from refilm import models
from refilm.bench import colour
from refilm.errors import InputError
from refilm.models.colour import Colouriser
from refilm.training.colour import write


@pytest.fixture
def pictures(tmp_path):
    for number in range(3):
        picture = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        large = cv2.resize(picture, (64, 48), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(tmp_path / f"{number}.png"), large)
    return tmp_path


@pytest.fixture
def weights(tmp_path):
    torch.manual_seed(1)
    path = tmp_path / "own.safetensors"
    write(Colouriser(), path)
    return path


def test_grey_and_coloured_pictures_are_measured_on_the_same_pictures(pictures, weights):
    found = colour.measure([pictures], 2, inside=64, weights=weights)
    assert found["pictures"] == 2
    assert found["on record"] == models.card("refilm-colour").training.figures
    assert found["grey"]["share"] < 1e-3 < found["refilm-colour"]["share"]
    assert found["grey"]["difference"] != found["refilm-colour"]["difference"] > 0


def test_it_is_told_how_often_colours_are_right_by_how_sure_they_are(pictures, weights, tmp_path):
    network = Colouriser()
    network.load_state_dict({key: 0 * tensor for key, tensor in network.state_dict().items()})
    write(network, weights)
    # Of a network that says grey at a confidence of a half, what is grey is right.
    right = colour.measure([pictures], 3, inside=64, weights=weights)["right by confidence"]
    assert right.keys() == {"0.50-0.65"}
    assert 0 < right["0.50-0.65"] < 0.5
    pale = tmp_path / "pale"
    pale.mkdir()
    cv2.imwrite(str(pale / "pale.png"), np.full((48, 64, 3), (118, 120, 124), np.uint8))
    found = colour.measure([pale], 1, inside=64, weights=weights)
    assert found["right by confidence"] == {"0.50-0.65": 1.0}


def test_grey_pictures_are_refused(weights, tmp_path):
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((48, 64, 3), 120, np.uint8))
    with pytest.raises(InputError, match="in colour"):
        colour.measure([tmp_path], 1, inside=64, weights=weights)


def test_all_pictures_of_a_folder_may_be_measured(pictures, weights):
    assert colour.measure([pictures], 3, inside=64, weights=weights)["pictures"] == 3
    with pytest.raises(InputError, match="There are 3 pictures"):
        colour.measure([pictures], 4, inside=64, weights=weights)
