from fractions import Fraction

import numpy as np
import pytest
from watched import FilmInMemory, as_pixels, grain, moved, scene

from refilm.film import open_film
from refilm.frames import Timeline
from refilm.survey import survey_film
from refilm.survey.cadence import cadence, even_share, repeats

KEPT = ["1/2", "2/3", "4/5", "8/9", "3/4", "16/25", "24/25", "2/5", "1/3"]
"""Shares of kept frames: from 24 on 25 to each picture shown three times."""


def pattern(kept, count=150):
    """Return which frames repeat the one before when pictures are shown at a higher, even rate."""
    kept = Fraction(kept)
    return np.diff(np.arange(count) * kept.numerator // kept.denominator, prepend=-1) == 0


def differences(repeat, of_repeats, of_others, seed=1):
    """Return each frame's difference to the one before, drawn from ranges in 8-bit levels."""
    random = np.random.default_rng(seed)
    drawn = np.where(
        repeat, random.uniform(*of_repeats, len(repeat)), random.uniform(*of_others, len(repeat))
    )
    return drawn / 255


def clock(count, rate=Fraction(24)):
    ticks = np.arange(count)
    return Timeline(1 / rate, ticks, ticks, count / rate)


@pytest.mark.parametrize("kept", KEPT)
def test_finds_every_repeat_of_a_regular_pattern_under_coding_noise(kept):
    repeat = pattern(kept)
    found = repeats(differences(repeat, (0, 0.3), (1.2, 9)), [0])
    assert found.tolist() == repeat.tolist()
    assert even_share(found) == Fraction(kept)


@pytest.mark.parametrize("kept", KEPT)
def test_finds_equal_frames_where_hardly_anything_moves(kept):
    repeat = pattern(kept)
    assert repeats(differences(repeat, (0, 0), (0.05, 0.3)), [0]).tolist() == repeat.tolist()


def test_finds_single_repeats_in_a_moving_scene():
    repeat = np.zeros(60, np.bool_)
    repeat[[2, 12, 19, 29, 48, 55]] = True
    found = repeats(differences(repeat, (0.1, 0.4), (7, 15)), [0])
    assert found.tolist() == repeat.tolist()
    assert even_share(found) is None


def test_fills_in_a_repeat_that_a_key_frame_of_the_coder_hides():
    repeat = pattern("4/5")
    difference = differences(repeat, (0, 0.3), (2, 5))
    difference[76] = 3.1 / 255
    assert repeat[76]
    assert repeats(difference, [0])[76]


def test_a_still_scene_has_no_repeats():
    assert not repeats(differences(np.zeros(300, np.bool_), (0, 0), (0.1, 0.6)), [0]).any()


def test_a_still_scene_whose_coder_skips_frames_at_random_has_no_repeats():
    skipped = np.random.default_rng(3).random(300) < 0.3
    assert not repeats(differences(skipped, (0, 0), (0.05, 0.6)), [0]).any()


def test_a_picture_held_for_long_is_no_repeat():
    difference = np.full(60, 8 / 255)
    difference[20:40] = 0
    assert not repeats(difference, [0]).any()


def test_a_scene_that_begins_to_move_has_no_repeats():
    difference = np.concatenate((np.full(30, 0.3), np.linspace(0.3, 12, 30), np.full(30, 12))) / 255
    assert not repeats(difference, [0]).any()


def test_a_scene_that_comes_to_rest_before_the_cut_has_no_repeats():
    stopping = np.concatenate((np.full(30, 6), [3, 1, 0.5, 0.2])) / 255
    assert not repeats(stopping, [0]).any()
    assert not repeats(stopping[::-1].copy(), [0]).any()


def test_the_first_frame_of_a_shot_never_repeats():
    repeat = pattern("4/5", 100)
    difference = differences(repeat, (0, 0.1), (3, 5))
    first = int(np.nonzero(repeat)[0][5])
    assert not repeats(difference, [0, first])[first]


def test_a_pattern_through_the_whole_film_gives_its_exact_rate_and_times():
    repeat = pattern("4/5", 100)
    found = cadence(repeat, [0, 33], clock(100, Fraction(30000, 1001)), Fraction(30000, 1001))
    assert (found.rate, found.regular) == (Fraction(24000, 1001), True)
    assert found.times[~repeat] == pytest.approx(np.arange(80) * 1001 / 24000)


def test_a_shot_with_a_pattern_of_its_own_is_spread_evenly_within_itself():
    repeat = np.concatenate((pattern("2/3", 48), np.zeros(50, np.bool_)))
    found = cadence(repeat, [0, 48], clock(98), Fraction(24))
    assert not found.regular
    assert np.diff(found.times[:48][~repeat[:48]]) == pytest.approx(1 / 16)
    assert found.times[48:] == pytest.approx(np.arange(48, 98) / 24)


def test_frames_without_a_pattern_keep_their_times():
    repeat = np.zeros(60, np.bool_)
    repeat[[2, 12, 19, 29, 48, 55]] = True
    found = cadence(repeat, [0], clock(60), Fraction(24))
    assert not found.regular
    assert found.rate == 24 * Fraction(54, 60)
    assert found.times[~repeat] == pytest.approx(np.nonzero(~repeat)[0] / 24)


def test_a_film_without_repeats_has_no_cadence():
    assert cadence(np.zeros(60, np.bool_), [0], clock(60), Fraction(24)) is None


def test_the_survey_finds_the_rate_that_the_pictures_were_taken_at():
    sways = np.random.default_rng(4).normal(0, 1, (40, 2))
    taken = [moved(scene(1), *sway) + grain((180, 240), n) for n, sway in enumerate(sways)]
    shown = [taken[number * 2 // 3] for number in range(60)]
    survey = survey_film(FilmInMemory([as_pixels(picture) for picture in shown], Fraction(24)))
    assert survey.cadence is not None
    assert survey.cadence.rate == 16
    assert survey.shots[0].rate == 16


@pytest.mark.footage
def test_finds_that_the_trucks_were_filmed_at_24(footage):
    survey = survey_film(open_film(footage / "trucks-1955" / "film.mp4"))
    assert np.nonzero(survey.figures.repeat)[0].tolist() == list(range(3, 360, 5))
    assert survey.cadence is not None
    assert survey.cadence.regular
    assert survey.cadence.rate == survey.info.rate * Fraction(4, 5)


@pytest.mark.footage
def test_finds_no_repeat_in_a_modern_film_with_still_scenes(footage):
    assert not survey_film(open_film(footage / "modern-car.mp4")).figures.repeat.any()
