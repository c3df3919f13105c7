from dataclasses import replace

import numpy as np
import pytest
from made import film, job_of, survey_of, texture

from refilm.stages.levels import Levels


def faded(low, high, channels=1, count=4):
    """A scene of which 1 % is darker than `low` and 1 % lighter than `high`."""
    scene = texture(48, 64)
    dark, light = np.percentile(scene, [1, 99])
    scene = np.repeat(np.clip((scene - dark) / (light - dark), 0, 1), channels, axis=2)
    return [np.asarray(low + (high - low) * scene, np.float32) for _ in range(count)]


def coloured(pictures, cuts=(), **kinds):
    """What a survey finds, black and white of each channel too."""
    survey = survey_of(pictures, cuts)
    points = np.array([np.percentile(picture, (1, 99), axis=(0, 1)) for picture in pictures])
    figures = replace(survey.figures, points=points.astype(np.float32))
    shots = tuple(replace(shot, **kinds) for shot in survey.shots)
    return replace(survey, figures=figures, shots=shots)


def levelled(pictures, cuts=(), shot=0, kinds=None, **options):
    survey = coloured(pictures, cuts, **(kinds or {}))
    part = slice(survey.shots[shot].first, survey.shots[shot].stop)
    stage = Levels(**options)
    frames = stage.process(film(pictures)[part], job_of(survey, shot))
    return [frame.pixels for frame in frames]


def points(picture):
    return np.percentile(picture, 1), np.percentile(picture, 99)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_faded_scene_gets_its_blacks_and_whites_back(channels):
    mended = levelled(faded(0.15, 0.8, channels), strength=1)[0]
    black, white = points(mended)
    # Percentiles of a small picture are a little coarse.
    assert black == pytest.approx(0.02, abs=0.01)
    assert white == pytest.approx(0.94, abs=0.01)


def test_fog_is_stretched_no_further_than_asked_and_stays_where_it_was():
    fog = faded(0.5, 0.8)
    black, white = points(levelled(fog, strength=1, most=1.5)[0])
    before = points(fog[0])
    assert (white - black) / (before[1] - before[0]) == pytest.approx(1.5, abs=0.02)
    assert 0.3 < black < 0.5
    assert 0.8 < white < 0.95


def test_a_night_scene_stays_dark():
    before, after = (
        picture.mean() for picture in (faded(0.02, 0.25)[0], levelled(faded(0.02, 0.25))[0])
    )
    assert after < 1.8 * before
    assert points(levelled(faded(0.02, 0.25))[0])[0] > -0.005


def test_contrast_is_never_taken_away():
    full = faded(0, 1)
    np.testing.assert_array_equal(levelled(full)[0], full[0])


def test_highlights_are_bent_and_never_reach_white():
    bright = faded(0.2, 0.7)
    bright[0][10:12, 10:12] = 0.95
    mended = levelled(bright, strength=1)[0]
    assert mended.max() <= 1
    lamp, lit = mended[10, 10, 0], bright[0].copy()
    assert lamp > mended[lit < 0.9].max()


def test_one_curve_serves_the_whole_shot():
    pictures = faded(0.15, 0.7, count=6)
    pictures[3] = pictures[3] * np.float32(0.8)
    mended = levelled(pictures)
    np.testing.assert_array_equal(mended[0], mended[5])


def test_each_shot_has_its_own_curve():
    pictures = faded(0.2, 0.7) + faded(0, 1)
    np.testing.assert_array_equal(levelled(pictures, (4,), 1)[0], pictures[4])
    assert points(levelled(pictures, (4,), 0)[0])[0] < 0.1


def test_strength_zero_changes_nothing():
    pictures = faded(0.2, 0.7)
    np.testing.assert_array_equal(levelled(pictures, strength=0)[0], pictures[0])


def test_is_left_out_for_a_film_of_good_contrast():
    stage, why = Levels().fitted(coloured(faded(0, 1)))
    assert stage is None
    assert "good blacks and whites" in why


def test_says_how_many_shots_are_faded():
    stage, why = Levels().fitted(coloured(faded(0.2, 0.7) + faded(0, 1), (4,)))
    assert stage == Levels()
    assert why.startswith("1 of 2 shots is faded")


FADED = np.float32((0.95, 0.7, 0.75)), np.float32((0.02, 0.06, 0.04))
"""What is left of each dye: the whites are pink, the blacks a little green."""


def dyed(pictures):
    """These pictures on film whose dyes have faded."""
    return [picture * FADED[0] + FADED[1] for picture in pictures]


def cast(picture, percentile):
    """How far the channels are apart, at the darkest or lightest hundredth of each."""
    return np.ptp(np.percentile(picture, percentile, axis=(0, 1)))


def test_faded_dyes_get_their_greys_back():
    before = dyed(faded(0, 0.95, 3))[0]
    mended = levelled([before], strength=1)[0]
    assert cast(before, 99) > 0.15
    # Bent tones near white and black differ a little.
    assert cast(mended, 99) < 0.01
    assert cast(mended, 1) < 0.01
    assert cast(mended, 50) < 0.2 * cast(before, 50)


def test_dyes_stay_as_they_are_where_it_is_not_wished():
    before = dyed(faded(0, 0.95, 3))
    mended = levelled(before, strength=1, channels=False)[0]
    assert cast(mended, 50) > 0.9 * cast(before[0], 50)


def test_a_tint_is_no_faded_dye():
    tinted = dyed(faded(0, 0.95, 3))
    mended = levelled(tinted, kinds={"tinted": True}, strength=1)[0]
    assert cast(mended, 50) > 0.9 * cast(tinted[0], 50)


def test_one_sunset_among_shots_of_good_colour_stays_red():
    good = faded(0, 1, 3)
    mended = levelled(good + dyed(good) + good, (4, 8), 1, strength=1)[0]
    assert cast(mended, 50) > 0.9 * cast(dyed(good)[0], 50)


def test_no_dye_is_stretched_further_than_asked():
    before = dyed(faded(0, 0.95, 3))[0]
    mended = levelled([before], strength=1, most=1.1)[0]
    spans = [np.ptp(np.percentile(each, (1, 99), axis=(0, 1)), axis=0) for each in (before, mended)]
    assert (spans[1] / spans[0]).max() < 1.1**2 + 0.01


def test_says_that_dyes_have_faded():
    stage, why = Levels().fitted(coloured(dyed(faded(0, 0.95, 3))))
    assert stage == Levels()
    assert "dyes" in why
