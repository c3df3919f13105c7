import json

import cv2
import numpy as np
import pytest

from refilm import models
from refilm.cli import run
from refilm.errors import InputError, UsageError


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """A folder of six small photographs of smooth colours."""
    folder = tmp_path_factory.mktemp("photographs")
    for number in range(6):
        values = np.random.default_rng(number).integers(0, 256, (4, 5, 3), dtype=np.uint8)
        picture = cv2.resize(values, (80, 64), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{number}.png"), picture)
    return folder


@pytest.mark.weights
def test_a_training_writes_weights_that_can_be_measured_and_says_how_good_they_are(
    photographs, tmp_path, capsys
):
    if not models.store.is_here(models.card("efficientnet-lite0")):
        pytest.skip("the encoder's weights are not here: refilm models fetch efficientnet-lite0")
    out = tmp_path / "own.safetensors"
    words = ["--pictures", str(photographs), "--run", str(tmp_path / "run"), "--kept", "4"]
    assert run(["train", "colour", *words, "--steps", "1", "--finish", "0", "-o", str(out)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.keys() == {"gain", "chosen", "unseen"}
    measured = ["--pictures", str(photographs), "--kept", "4", "--weights", str(out)]
    assert run(["bench", "colour", *measured]) == 0
    figures = json.loads(capsys.readouterr().out)["refilm-colour"]
    both = (found["chosen"]["difference"] + found["unseen"]["difference"]) / 2
    # Measured from weights in half precision.
    assert figures["difference"] == pytest.approx(both, abs=0.05)


def test_the_shipped_network_is_measured_where_no_weights_are_given(photographs, tmp_path, capsys):
    path = tmp_path / "figures.json"
    words = ["--pictures", str(photographs), "--kept", "3", "--inside", "64", "-o", str(path)]
    assert run(["bench", "colour", *words]) == 0
    assert json.loads(path.read_text()) == json.loads(capsys.readouterr().out)


def test_a_training_needs_pictures(photographs, tmp_path, capsys):
    assert run(["train", "colour", "-o", str(tmp_path / "w")]) == UsageError.exit_code
    too_many = ["--pictures", str(photographs), "--kept", "7", "-o", str(tmp_path / "w")]
    assert run(["train", "colour", *too_many]) == InputError.exit_code
    assert "There are 6 pictures" in capsys.readouterr().err
