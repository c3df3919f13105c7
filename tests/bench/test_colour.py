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


def test_all_pictures_of_a_folder_may_be_measured(pictures, weights):
    assert colour.measure([pictures], 3, inside=64, weights=weights)["pictures"] == 3
    with pytest.raises(InputError, match="There are 3 pictures"):
        colour.measure([pictures], 4, inside=64, weights=weights)
