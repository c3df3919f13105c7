"""The survey's benchmark: what it compares with is right, and it runs on a small film."""

import json
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from refilm.age import Ageing
from refilm.bench import cuts, joints
from refilm.bench.damage import damage, planted_noise
from refilm.bench.scenes import Scene
from refilm.cli import run
from refilm.film import Encoding, open_film, write_film
from refilm.findings import Scratch, Transition
from refilm.frames import FilmInfo, Frame

COUNT, HEIGHT, WIDTH, RATE = 32, 48, 64, Fraction(16)


def texture(seed):
    coarse = np.random.default_rng(seed).random((HEIGHT // 6, WIDTH // 6), np.float32)
    smooth = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.asarray(0.2 + 0.6 * np.clip(smooth, 0, 1), np.float32)[:, :, None]


def shots(*seeds):
    return [Scene(f"shot {seed}", (texture(seed),) * COUNT, RATE) for seed in seeds]


@pytest.fixture
def clean(tmp_path):
    """A film of two standing shots, as a file."""
    pictures = [p for shot in shots(1, 2) for p in shot.pictures]
    frames = [Frame(np.repeat(p, 3, 2), n / RATE, n / RATE) for n, p in enumerate(pictures)]
    info = FilmInfo(WIDTH, HEIGHT, RATE, duration=len(frames) / RATE, time_base=1 / RATE)
    path = tmp_path / "clean.mkv"
    write_film(path, frames, info, Encoding(codec="ffv1"), None, print)
    return open_film(str(path))


def test_everything_is_measured_on_a_small_film_and_written(clean, tmp_path):
    output = tmp_path / "figures.json"
    words = ["bench", "survey", "--film", str(clean.path), "--seeds", "1", "-o", str(output)]
    assert run(words) == 0
    found = json.loads(output.read_text())
    planted = {each["planted"]: each for each in found["figures"]}
    assert {"typical ageing", "ruined ageing", *joints.TROUBLES} <= set(planted)
    assert {"dissolves of 1 s", "fades of 0.5 s"} <= set(planted)
    typical = {"cuts_f1", "repeats_f1", "noise_true", "noise_found", "dirt_true", "dirt_found"}
    assert typical <= set(planted["typical ageing"])
    assert planted["flashes"]["cuts_f1"]["mean"] == 1


@pytest.mark.parametrize(
    ("found", "near", "right"),
    [
        ([10, 20], 0, (1, 1)),
        ([11, 20], 0, (0.5, 0.5)),
        ([11, 20], 1, (1, 1)),
        ([9, 11, 20], 1, (2 / 3, 1)),
    ],
)
def test_a_cut_is_right_if_it_is_near_enough_and_counts_once(found, near, right):
    assert cuts.agreement(found, [10, 20], near) == right


class Known:
    """The truth about frames whose damage is given."""

    def __init__(self, masks):
        self.frames = range(len(masks))
        self.mask = masks.__getitem__


def looked(count, dirt=None, scratches=()):
    found = shots(1)[0].begun(1).old(Ageing()).survey
    dirt = np.zeros(count) if dirt is None else np.asarray(dirt)
    return replace(found, scratches=scratches, figures=replace(found.figures, dirt=dirt))


def scratched():
    """A scratch that leans from column 29 to 32 and skips, for four frames; and a blotch."""
    mask = np.zeros((40, 60), np.bool_)
    for row in range(30):
        mask[row, 29 + row // 10] = True
    bare = mask & False
    bare[4:10, 4:10] = True
    return Known([mask | bare, mask, mask, mask, bare, bare])


def test_a_scratch_counts_as_found_where_and_when_it_is_and_not_as_dirt():
    truth = scratched()
    perfect = damage(looked(6, scratches=(Scratch(30, True, 0, 4),)), truth)
    assert (perfect["scratches_precision"], perfect["scratches_recall"]) == (1, 1)
    assert perfect["dirt_true"] == pytest.approx(3 * 36 / 2400 / 6)
    longer = (Scratch(30, True, 0, 5), Scratch(10, True, 2, 5))
    assert damage(looked(6, scratches=longer), truth)["scratches_precision"] == 4 / 8
    assert damage(looked(6, scratches=(Scratch(34, True, 1, 4),)), truth)["scratches_recall"] == 0
    none = damage(looked(6), truth)
    assert none["scratches_recall"] == 0
    assert "scratches_precision" not in none


def test_dirt_goes_together_with_itself():
    share = 36 / 2400
    same = damage(looked(6, np.array([1, 0, 0, 0, 1, 1]) * share), scratched())
    assert same["dirt_correlation"] == pytest.approx(1)
    assert same["dirt_found"] == pytest.approx(same["dirt_true"])
    assert "dirt_correlation" not in damage(looked(6), scratched())


def test_the_planted_noise_is_the_grain_without_the_dirt(clean):
    assert planted_noise(clean.watch(), clean.info, Ageing(dirt=3)) == 0
    found = planted_noise(clean.watch(), clean.info, Ageing(grain=0.04, dirt=3))
    # Grain is strongest in mid grey, where it has all of what was asked for.
    assert 0.02 < found < 0.042


@pytest.mark.parametrize("seconds", [0.5, 1.0])
def test_shots_are_dissolved_where_it_is_said(seconds):
    pictures, (true,) = joints.dissolved(shots(1, 2), seconds)
    length = round(seconds * RATE)
    assert (true.kind, true.first, true.stop) == ("dissolve", COUNT - length, COUNT)
    assert len(pictures) == 2 * COUNT - length
    one, other = texture(1), texture(2)
    for number, picture in enumerate(pictures):
        share = np.clip((number - true.first + 1) / (length + 1), 0, 1)
        np.testing.assert_allclose(picture, one + (other - one) * share, atol=1e-6)


def test_shots_fade_where_it_is_said():
    pictures, (true,) = joints.faded(shots(1, 2), 0.5)
    assert (true.kind, true.first, true.stop) == ("fade", COUNT - 8, COUNT)
    light = np.array([picture.mean() for picture in pictures]) / texture(1).mean()
    np.testing.assert_allclose(
        light[:COUNT], np.clip((COUNT - 1 - np.arange(COUNT)) / 8, 0, 1), atol=1e-5
    )
    assert all(np.array_equal(each, texture(2)) for each in pictures[COUNT:])


@pytest.mark.parametrize("name", ["flashes", "bursts of dust", "splices"])
def test_a_trouble_is_in_every_shot_and_leaves_the_other_frames_alone(name):
    whole = [p for shot in shots(1, 2) for p in shot.pictures]
    troubled = joints.TROUBLES[name](whole, [COUNT], 3)
    changed = [not np.array_equal(a, b) for a, b in zip(whole, troubled, strict=True)]
    assert 1 <= sum(changed) <= 4
    if name == "splices":
        assert changed.index(True) in (COUNT - 1, COUNT)
    else:
        assert any(changed[:COUNT])
        assert any(changed[COUNT:])


def test_a_dissolve_counts_as_found_where_it_covers_half_of_the_true_one():
    true = Transition("dissolve", 10, 20)
    late, later = (Transition("dissolve", first, 30) for first in (15, 16))
    for found, right in ((late, True), (later, False), (replace(true, kind="fade"), False)):
        survey_of = replace(looked(1), transitions=(found,))
        figures = joints.slow(survey_of, (true,))
        assert figures["found"] == right
        assert figures[f"false_{found.kind}s"] == (not right)
    assert "found" not in joints.slow(survey_of, ())


def test_shots_too_short_to_go_over_slowly_do_not():
    short = [scene.begun(15) for scene in shots(1, 2)]
    assert joints.dissolved(short, 0.5)[1] == []
    pictures, true = joints.faded(short, 0.5)
    assert true == []
    assert all(np.array_equal(each, texture(1)) for each in pictures[:15])
