from fractions import Fraction

import cv2
import numpy as np
import pytest

from refilm.age import Ageing, Shift, TrueFrame
from refilm.bench import cuts, dirt, grain, light, placing, quality, weave
from refilm.bench.rows import Row, summary
from refilm.bench.scenes import Scene, scenes
from refilm.bench.treatments import (
    NONE,
    Treatment,
    divided_by_mean,
    ffmpeg,
    median_of_three,
    plain,
    stage,
)
from refilm.film import Encoding, open_film, write_film
from refilm.film.baselines import filtered
from refilm.frames import FilmInfo, Frame

COUNT, HEIGHT, WIDTH = 12, 96, 128


def texture(seed=0):
    random = np.random.default_rng(seed)
    coarse = random.random((HEIGHT // 8, WIDTH // 8), np.float32)
    smooth = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.asarray(0.25 + 0.5 * np.clip(smooth, 0, 1), np.float32)[:, :, None]


@pytest.fixture
def scene():
    return Scene("a wall", (texture(),) * COUNT, Fraction(16))


def clean_again(old):
    return old.clean


PERFECT = Treatment("perfect", clean_again)


def test_a_shift_of_a_part_of_a_pixel_is_measured():
    picture = texture()
    moved = Shift(x=1.37, y=-0.62, turn=0.002).placed(picture)
    found = placing.displacements([picture], [moved])[0]
    # A twentieth of a pixel is a third of the smallest weave that is asked about.
    np.testing.assert_allclose(found, (1.37, -0.62), atol=0.05)


def test_where_nothing_can_be_placed_no_figure_is_made_up():
    assert np.isnan(
        placing.displacements([texture()], [np.zeros((HEIGHT, WIDTH, 1), np.float32)])
    ).all()


def test_planted_weave_is_measured_whole_and_a_perfect_treatment_leaves_none(scene):
    old = scene.old(Ageing(weave=1.0))
    planted = np.array([(each.shift.x, each.shift.y) for each in old.truth])
    jumps = np.sqrt(np.mean(np.sum(np.diff(planted, axis=0) ** 2, axis=1)))
    assert weave.left(old, NONE)["jump_pixels"] == pytest.approx(jumps, rel=0.03)
    assert weave.left(old, PERFECT)["jump_pixels"] < 0.01
    assert weave.left(old, PERFECT)["drift_pixels"] < 0.01


def test_a_pan_that_is_lost_counts_as_drift(scene):
    pictures = tuple(Shift(x=0.5 * number).placed(texture()) for number in range(COUNT))
    panning = Scene("a pan", pictures, Fraction(16)).old(Ageing())
    standing = plain("the first picture again", lambda shown: [shown[0]] * COUNT)
    assert weave.left(panning, standing)["drift_pixels"] == pytest.approx(0.5 * (COUNT - 1), rel=0.05)


def test_planted_flicker_is_measured_as_planted(scene):
    old = scene.old(Ageing(flicker=0.1))
    gains = np.log([each.light.gain for each in old.truth])
    numbers = np.arange(COUNT)
    planted = np.std(gains - np.polyval(np.polyfit(numbers, gains, 1), numbers))
    figures = light.left(old, old.pictures)
    assert figures["flicker"] == pytest.approx(planted, rel=0.02)
    assert figures["flicker_left"] == pytest.approx(1)
    assert light.left(old, old.clean)["flicker_left"] == 0


def test_a_fade_that_is_evened_out_counts_as_lost(scene):
    old = light.fading(scene).old(Ageing())
    assert light.left(old, divided_by_mean(old.pictures))["course_lost"] == pytest.approx(
        np.log(2), rel=0.01
    )


def test_flicker_of_parts_is_told_from_flicker_of_the_whole(scene):
    figures = light.left(old := scene.old(Ageing(flicker_local=0.06)), old.pictures)
    assert figures["local_flicker"] > 5 * figures["flicker"]


def soiled(scene):
    return scene.old(Ageing(dirt=1.0)), scene.old(Ageing()).pictures


def test_a_perfect_cleaning_finds_all_and_spoils_nothing(scene):
    old, spotless = soiled(scene)
    figures = dirt.left(old, spotless, spotless)
    assert figures == {"precision": 1, "recall": 1, "clean_changed": 0, "error_left": 0}


def test_no_cleaning_finds_nothing(scene):
    old, spotless = soiled(scene)
    figures = dirt.left(old, spotless, old.pictures)
    assert (figures["recall"], figures["error_left"]) == (0, 1)


def test_a_film_made_lighter_is_all_spoilt(scene):
    old, spotless = soiled(scene)
    assert dirt.left(old, spotless, [picture + 0.1 for picture in old.pictures])["clean_changed"] == 1


def test_a_median_of_three_takes_out_what_is_there_once(scene):
    old, spotless = soiled(scene)
    assert dirt.left(old, spotless, median_of_three(old.pictures))["recall"] > 0.75


def test_psnr_and_ssim_know_equal_and_unequal():
    picture = texture()
    random = np.random.default_rng(1)
    noisy = picture + random.normal(0, 0.1, picture.shape).astype(np.float32)
    assert grain.psnr(picture, noisy) == pytest.approx(20, abs=0.2)
    assert grain.ssim(picture[:, :, 0], picture[:, :, 0]) == pytest.approx(1)
    assert 0 < grain.ssim(picture[:, :, 0], noisy[:, :, 0]) < 0.9


def test_cuts_are_counted_found_and_missed():
    assert cuts.agreement([10, 20, 30], [10, 20]) == (2 / 3, 1)
    assert cuts.agreement([], [10]) == (1, 0)
    assert cuts.agreement([], []) == (1, 1)


def test_motion_is_right_where_the_survey_finds_the_planted_weave(scene):
    clean, old = scene.old(Ageing()), scene.old(Ageing(weave=1.0))
    true = [
        TrueFrame(each.number, each.frame.time, each.clean.time, each.repeat, each.shift, each.light)
        for each in old.truth
    ]
    # A small soft picture; what counts is that it is far below the weave, which is a pixel.
    assert cuts.motion_errors(old.survey, true, clean.survey)["motion_error_standing_rms"] < 0.2
    unmoved = cuts.motion_errors(clean.survey, true, clean.survey)["motion_error_standing_rms"]
    assert unmoved == pytest.approx(weave.left(old, NONE)["jump_pixels"], rel=0.05)


def test_pictures_pass_ffmpeg_unchanged_but_for_eight_bits(scene):
    pictures = [texture(seed) for seed in range(4)]
    passed = list(filtered(iter(pictures), "null"))
    assert len(passed) == 4
    # They are rounded to half a step of 8 bits.
    np.testing.assert_allclose(passed, pictures, atol=0.5 / 255 + 1e-6)
    assert list(filtered(iter(()), "null")) == []


@pytest.mark.parametrize(
    "filters", ["deshake", "deflicker", "atadenoise", "removegrain=m0=2", "nlmeans"]
)
def test_ffmpeg_filters_give_as_many_pictures_as_they_take(scene, filters):
    old = scene.old(Ageing(flicker=0.05))
    assert len(ffmpeg(filters).work(old)) == COUNT


def test_a_stage_is_fitted_and_left_out_where_a_film_needs_none(scene):
    steady = scene.old(Ageing())
    assert stage("stabilise").work(steady) == steady.pictures
    swaying = scene.old(Ageing(weave=1.0))
    treated = weave.left(swaying, stage("stabilise"))
    assert treated["jump_pixels"] < 0.2 * weave.left(swaying, NONE)["jump_pixels"]


def test_the_stabiliser_of_2020_loses_a_pan():
    wide = cv2.resize(texture(), (2 * WIDTH, 2 * HEIGHT))[:, :, None]
    pictures = tuple(wide[20 : 20 + HEIGHT, 2 * n : 2 * n + WIDTH] for n in range(40))
    panning = Scene("a pan", pictures, Fraction(16)).old(Ageing())
    averaged = plain("2020", placing.averaged_path)
    # A trailing mean of 30 frames lags 29 / 2 frames behind once it is full.
    assert weave.left(panning, averaged)["drift_pixels"] > 20


def test_figures_are_means_with_extremes():
    rows = [Row("dirt", "a", seed, "none", {"recall": value}) for seed, value in enumerate((0.1, 0.3))]
    (found,) = summary(rows)
    assert found["recall"] == {"mean": 0.2, "least": 0.1, "most": 0.3}
    assert found["measured"] == 2


def test_scenes_are_the_first_frames_of_the_first_shots_in_grey(old_film):
    found = list(scenes(open_film(str(old_film)), 2, 5))
    assert [(each.name, len(each.pictures)) for each in found] == [("shot 1", 5), ("shot 2", 5)]
    assert found[0].pictures[0].shape == (64, 96, 1)


def test_everything_is_measured_on_a_film(tmp_path):
    shots = (np.repeat(texture(seed), 3, axis=2) for seed in (1, 2))
    times = iter(Fraction(number, 16) for number in range(20))
    frames = [
        Frame(pixels, time, time) for pixels in shots for _, time in zip(range(10), times, strict=False)
    ]
    info = FilmInfo(WIDTH, HEIGHT, Fraction(16), duration=Fraction(20, 16), time_base=Fraction(1, 16))
    path = tmp_path / "clean.mkv"
    write_film(path, frames, info, Encoding(codec="ffv1"), None, print)
    found = quality.measure(str(path), None, quality.Extent(seeds=(1,), shots=1, frames=4))
    planted = {each["planted"] for each in found["figures"]}
    assert {"weave", "flicker", "drawn dirt", "typical ageing"} <= planted


def test_only_what_is_asked_for_is_measured(old_film):
    light_alone = quality.Extent(only=("light",), seeds=(1, 2), shots=1, frames=4)
    found = quality.measure(str(old_film), None, light_alone)
    assert {each["planted"] for each in found["rows"]} == {
        "flicker", "local flicker", "flicker on a fade", "no flicker"
    }  # fmt: skip
    assert {each["seed"] for each in found["rows"]} == {1, 2}


def test_the_same_seed_gives_the_same_figures(scene):
    first, second = (list(weave.measure(scene, 1)) for _ in range(2))
    assert first == second
