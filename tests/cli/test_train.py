import json

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from refilm import models
from refilm.cli import run
from refilm.errors import InputError, UsageError, WeightsError

HALF = 2e-3
"""What storing weights in half precision may change of them."""
FIRST = 1e-3
"""What a first step, at a rate that has hardly risen, may change of weights."""


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


def test_a_training_goes_on_from_given_weights(photographs, tmp_path):
    (shipped,) = models.store.paths(models.card("refilm-colour"))
    words = ["--pictures", str(photographs), "--kept", "4", "--begin", str(shipped)]
    same, further = tmp_path / "same.safetensors", tmp_path / "further.safetensors"
    for steps, out in (("0", same), ("1", further)):
        runs = ["--run", str(tmp_path / steps), "--steps", steps, "--finish", "0", "-o", str(out)]
        assert run(["train", "colour", *words, *runs]) == 0
    before, unlearnt, learnt = (load_file(path) for path in (shipped, same, further))
    others = before.keys() - {"gain"}
    assert all(torch.allclose(before[key], unlearnt[key], atol=HALF) for key in others)
    moved = [key for key in others if not torch.equal(unlearnt[key], learnt[key])]
    assert {"colours.weight", "encoder.blocks.15.project.weight"} <= set(moved)
    assert torch.allclose(learnt["colours.weight"], before["colours.weight"], atol=FIRST)


def test_weights_of_another_network_are_no_beginning(photographs, tmp_path, capsys):
    save_file({"stem.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    words = ["--pictures", str(photographs), "--kept", "4", "-o", str(tmp_path / "w")]
    begin = ["--begin", str(tmp_path / "other.safetensors")]
    assert run(["train", "colour", *words, *begin]) == WeightsError.exit_code
    assert "not those of Colouriser" in capsys.readouterr().err


def test_weights_can_only_be_mixed_with_those_begun_with(photographs, tmp_path, capsys):
    words = ["--pictures", str(photographs), "--kept", "4", "-o", str(tmp_path / "w")]
    assert run(["train", "colour", *words, "--mix", "0.5"]) == UsageError.exit_code
    assert "give both or neither" in capsys.readouterr().err


def test_a_training_needs_pictures(photographs, tmp_path, capsys):
    assert run(["train", "colour", "-o", str(tmp_path / "w")]) == UsageError.exit_code
    too_many = ["--pictures", str(photographs), "--kept", "7", "-o", str(tmp_path / "w")]
    assert run(["train", "colour", *too_many]) == InputError.exit_code
    assert "There are 6 pictures" in capsys.readouterr().err
