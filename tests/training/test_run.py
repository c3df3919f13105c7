import json
import shutil
from dataclasses import asdict, replace

import cv2
import pytest
import torch

from refilm.errors import InputError
from refilm.models.efficientnet import EfficientNet
from refilm.training.batches import Draw
from refilm.training.beginning import from_encoder
from refilm.training.learner import Learner
from refilm.training.losses import Weights
from refilm.training.pictures import split
from refilm.training.run import Pace, Run
from tests.training.coloured import TINY, photographs

OFTEN = Pace(tell=2, look=4, save=3, judged=2)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return split([photographs(tmp_path_factory.mktemp("pictures"), 12)], 3)


def run(folder, pictures, body, finish, say=lambda line: None):
    return Run(folder, pictures, TINY, say, pace=OFTEN).train(body, finish)


def equal(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, pictures):
    """A training of five steps of the body and four of the finish, never stopped."""
    folder = tmp_path_factory.mktemp("whole")
    said = []
    return folder, run(folder, pictures, 5, 4, said.append), said


class StoppedHereError(Exception):
    pass


def test_a_training_that_was_stopped_and_went_on_gives_the_same_bits(tmp_path, pictures, whole):
    def stop(line):
        if line.startswith("finish 4"):
            raise StoppedHereError

    run(tmp_path, pictures, 3, 0)
    with pytest.raises(StoppedHereError):
        run(tmp_path, pictures, 5, 4, stop)
    said = []
    assert equal(run(tmp_path, pictures, 5, 4, said.append), whole[1])
    assert said[1] == f"Going on from {tmp_path / 'finish.pt'}, step 3"


def test_a_finish_of_another_length_begins_anew(pictures, whole, tmp_path):
    shutil.copy(whole[0] / "body.pt", tmp_path)
    run(tmp_path, pictures, 5, 2)
    assert equal(run(tmp_path, pictures, 5, 4), whole[1])


def test_progress_a_table_and_a_contact_sheet_are_left(whole):
    folder, _, said = whole
    assert any(line.startswith("body 2: difference ") for line in said)
    rows = [json.loads(line) for line in (folder / "table.jsonl").read_text().splitlines()]
    assert [(row["phase"], row["step"]) for row in rows] == [("body", 4), ("body", 5), ("finish", 4)]
    assert {"difference", "colourfulness", "share", "psnr"} <= rows[0].keys()
    assert cv2.imread(str(folder / "finish.png")).shape == (144, 3 * 3 * 192, 3)


def test_a_damaged_checkpoint_is_named(tmp_path, pictures):
    (tmp_path / "body.pt").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"body\.pt"):
        run(tmp_path, pictures, 1, 0)


def test_a_training_without_pictures_is_refused(tmp_path, pictures):
    with pytest.raises(InputError, match="more pictures"):
        run(tmp_path, pictures._replace(training=()), 1, 0)


def test_the_loss_falls_and_the_running_mean_follows(pictures):
    learner = Learner(TINY)
    before = learner.mean()["colours.weight"].clone()
    batch = Draw(pictures.training, 1, TINY.body)(0)
    found = [learner.learn(batch, TINY.body, 1.0) for _ in range(16)]
    assert found[-1].difference < 0.8 * found[0].difference
    assert found[-1].classes < found[0].classes
    mean, now = learner.mean(), learner.state()["network"]
    assert not torch.equal(mean["colours.weight"], before)
    assert not torch.equal(mean["colours.weight"], now["colours.weight"])


def slopes(batch, recipe):
    """The slopes by which a new network learns from a batch, as one long row."""
    learner = Learner(recipe)
    learner.learn(batch, recipe.body, 1.0)
    grads = (p.grad for p in learner._pupil.parameters() if p.grad is not None)
    return torch.cat([grad.flatten() for grad in grads])


def weighted(factor, **changes):
    known = TINY.weights
    scaled = {key: factor * value for key, value in asdict(known).items()}
    return replace(TINY, weights=Weights(**scaled), **changes)


def test_parts_of_a_batch_learn_as_their_mean(pictures):
    batch = Draw(pictures.training, 1, TINY.body)(0)
    halves = [type(batch)(*(tensor[part] for tensor in batch)) for part in (slice(2), slice(2, 4))]
    # So small that no slope is cut.
    together = slopes(batch, weighted(1e-3))
    first, second = (slopes(half, weighted(1e-3, parts=1)) for half in halves)
    assert torch.allclose(together, (first + second) / 2, atol=1e-3 * together.abs().max())
    assert not torch.allclose(together, first, atol=1e-2 * together.abs().max())


def test_slopes_are_cut_where_they_are_steep(pictures):
    batch = Draw(pictures.training, 1, TINY.body)(0)
    assert slopes(batch, weighted(1e3)).norm() == pytest.approx(5, rel=1e-3)


def test_nothing_moves_at_a_learning_rate_of_nothing(pictures):
    learner = Learner(TINY)
    before = {key: value.clone() for key, value in learner.state()["network"].items()}
    learner.learn(Draw(pictures.training, 1, TINY.body)(0), TINY.body, 0.0)
    after = learner.state()["network"]
    assert all(torch.equal(before[key], after[key]) for key in before if ".norm." not in key)


def test_the_rate_rises_stays_and_falls_in_the_finish():
    body = [TINY.share(TINY.body, step, 100) for step in (0, 1, 50, 99)]
    assert body == [0.5, 1.0, 1.0, 1.0]
    finish = [TINY.share(TINY.finish, step, 100) for step in (0, 25, 100)]
    assert finish == [1.0, 0.5, 0.0]


def test_an_encoder_of_three_channels_sees_grey_as_three_equal_ones(pictures):
    torch.manual_seed(3)
    encoder = EfficientNet()
    network = Learner(TINY, from_encoder(encoder.state_dict()))._pupil.network
    luma = torch.rand(1, 1, 32, 32)
    assert torch.allclose(network.encoder(luma)[-1], encoder(luma.expand(1, 3, 32, 32))[-1], atol=1e-5)


def test_frequent_classes_become_known_and_count_less(pictures):
    learner = Learner(TINY)
    classes = learner._pupil.classes
    assert classes._rarity().unique().numel() == 1
    learner.learn(Draw(pictures.training, 1, TINY.body)(0), TINY.body, 1.0)
    assert classes.frequency.sum().item() == pytest.approx(1, abs=1e-4)
    assert classes._rarity().argmin() == classes.frequency.argmax()
    assert classes._rarity().max() > 1.1 * classes._rarity().min()
    # A twin counts with the same frequencies.
    assert learner._twins[1].classes.frequency is classes.frequency
