"""Regrain: grain of the wanted strength and size, the same in every run and new in every frame."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from made import figures_of, film, job_of, survey_of

from refilm.stages.regrain import LEAST, Regrain


def flat(luma=0.5, height=240, width=240, channels=1):
    return np.full((height, width, channels), luma, np.float32)


def grain_of(stage, pixels, start=0):
    (frame,) = stage.process(iter(film([pixels], start=start)), job_of(survey_of([pixels])))
    return frame.pixels - pixels


@pytest.mark.parametrize("size", [0, 0.15, 0.5, 2])
def test_has_the_strength_that_is_asked_for_whatever_its_size(size):
    # 57600 pixels of grain, of which the coarsest has about 800 grains: 10 % is four sigmas of it.
    assert grain_of(Regrain(amount=0.03, size=size), flat()).std() == pytest.approx(0.03, rel=0.1)


@pytest.mark.parametrize("luma", [0, 1])
def test_is_weaker_in_black_and_white(luma):
    found = grain_of(Regrain(amount=0.03), flat(luma))
    assert found.std() == pytest.approx(0.03 * LEAST, rel=0.05)


def test_grows_with_the_picture():
    small, large = flat(height=240, width=320), flat(height=720, width=960)
    stage = Regrain(amount=0.05, size=0.5)
    one, other = grain_of(stage, small), grain_of(stage, large)
    reduced = cv2.resize(other, (320, 240), interpolation=cv2.INTER_AREA)
    # Seen at one size both look alike; grain of single pixels would lose two thirds by reducing.
    assert reduced.std() == pytest.approx(one.std(), rel=0.15)


def test_every_frame_has_its_own_whatever_came_before():
    stage = Regrain()
    whole = [f.pixels for f in stage.process(iter(film([flat()] * 4)), job_of(survey_of([flat()] * 4)))]
    assert abs(np.corrcoef((whole[0] - 0.5).ravel(), (whole[1] - 0.5).ravel())[0, 1]) < 0.02
    np.testing.assert_array_equal(grain_of(stage, flat(), start=2), whole[2] - flat())


def test_another_seed_gives_other_grain():
    assert not np.array_equal(grain_of(Regrain(), flat()), grain_of(Regrain(seed=2), flat()))


def test_colour_says_how_much_each_channel_has_grain_of_its_own():
    pixels = flat(channels=3)
    grey, mixed, own = (grain_of(Regrain(colour=share), pixels) for share in (0, 0.5, 1))
    np.testing.assert_allclose(grey[:, :, 0], grey[:, :, 2], atol=1e-6)
    likeness = [np.corrcoef(g[:, :, 0].ravel(), g[:, :, 2].ravel())[0, 1] for g in (mixed, own)]
    assert likeness == pytest.approx([0.75, 0], abs=0.03)
    assert mixed.std() == pytest.approx(own.std(), rel=0.03)


def test_matches_the_grain_that_the_survey_found():
    survey = survey_of([flat()] * 3)
    survey = replace(
        survey, figures=replace(figures_of([flat()] * 3), noise=np.array([np.nan, 0.04, 0.05]))
    )
    fitting = Regrain(match=True).fitted(survey)
    assert fitting.stage.amount == pytest.approx(0.045)
    assert "4.5 %" in fitting.why
    assert Regrain(match=False).fitted(survey).stage == Regrain()


def test_a_film_without_visible_grain_has_none_to_match():
    figures = replace(figures_of([flat()] * 3), noise=np.full(3, 0.004))
    assert Regrain(match=True).fitted(replace(survey_of([flat()] * 3), figures=figures)).stage is None
