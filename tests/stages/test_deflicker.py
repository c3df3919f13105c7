from dataclasses import replace

import numpy as np
import pytest
from made import film, job_of, survey_of, texture

from refilm.age import Ageing
from refilm.age.flicker import flicker as planted
from refilm.frames import Placement
from refilm.stages.deflicker import Deflicker

COUNT = 60


def course(pictures):
    """The mean luma of each picture."""
    return np.array([picture.mean() for picture in pictures])


def scene(lights):
    """One still scene under these lights."""
    still = texture(48, 64)
    return [np.asarray(still * light, np.float32) for light in lights]


def evened(pictures, cuts=(), **options):
    survey = survey_of(pictures, cuts)
    restored = []
    for number, shot in enumerate(survey.shots):
        frames = film(pictures)[shot.first : shot.stop]
        restored += Deflicker(**options).process(frames, job_of(survey, number))
    return [frame.pixels for frame in restored]


def flicker(seed=1, size=0.12, count=COUNT):
    return 1 + size * np.random.default_rng(seed).standard_normal(count)


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_takes_away_most_of_a_flicker_of_12_percent(seed, local):
    pictures = scene(flicker(seed))
    restored = evened(pictures, local=local)
    assert course(restored).std() < 0.15 * course(pictures).std()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_takes_away_most_of_a_flicker_that_drifts_as_well_as_jumps(seed):
    lights = [planted(number, Ageing(seed=seed, flicker=0.1)).gain for number in range(40)]
    pictures = scene(lights)
    # What changes evenly over all of the two and a half seconds is no flicker.
    before, after = (strays(np.log(course(each))) for each in (pictures, evened(pictures)))
    assert after.std() < 0.25 * before.std()


def strays(values):
    """What is left of values without their straight course."""
    places = np.arange(len(values))
    return values - np.polyval(np.polyfit(places, values, 1), places)


def test_flicker_that_lifts_only_the_shadows_is_evened_too():
    still = texture(48, 64)
    lifts = 0.06 * np.random.default_rng(1).standard_normal(COUNT)
    pictures = [np.asarray(still + lift * (0.85 - still), np.float32) for lift in lifts]
    shadows = still[:, :, 0] < np.percentile(still, 10)
    before = np.std([picture[shadows].mean() for picture in pictures])
    after = np.std([picture[shadows].mean() for picture in evened(pictures, local=False)])
    # Places that happen to be dark take a part of it, which only the local field could mend.
    assert after < 0.35 * before


def test_a_slow_fade_stays():
    fade = np.linspace(1, 0.15, COUNT)
    restored = evened(scene(fade))
    # A hundredth of luma cannot be seen.
    np.testing.assert_allclose(course(restored), course(scene(fade)), atol=0.01)


def test_a_fade_loses_its_flicker_and_stays_a_fade():
    fade = np.linspace(1, 0.3, COUNT)
    restored = course(evened(scene(fade * flicker(size=0.05))))
    strays = restored / course(scene(fade)) - 1
    # The log of light that falls evenly is bent, and the line through it is not.
    assert np.abs(strays).max() < 0.08
    assert bends(strays).std() < 0.35 * bends(flicker(size=0.05)).std()


@pytest.mark.parametrize("count", [8, 15, 30])
def test_a_fade_to_black_at_the_end_stays_however_short(count):
    fade = np.concatenate((np.ones(COUNT - count), np.linspace(1, 0.1, count)))
    restored = evened(scene(fade))
    np.testing.assert_allclose(course(restored), course(scene(fade)), atol=0.01)


def bends(values):
    """What jumps from value to value."""
    return np.diff(values, 2)


def test_a_lamp_that_is_switched_on_stays_switched_on():
    lights = np.where(np.arange(COUNT) < 30, 0.5, 0.9)
    restored = course(evened(scene(lights)))
    np.testing.assert_allclose(restored, course(scene(lights)), rtol=0.05)


def test_one_dark_frame_is_made_as_light_as_the_others():
    lights = np.ones(COUNT)
    lights[30] = 0.75
    restored = course(evened(scene(lights), local=False))
    np.testing.assert_allclose(restored, restored[0], rtol=0.02)


def test_light_of_another_shot_does_not_count():
    dark, light = scene(np.full(20, 0.4)), scene(np.ones(20))
    restored = course(evened(dark + light, cuts=(20,)))
    np.testing.assert_allclose(restored, course(dark + light), rtol=0.01)


def test_a_steady_film_is_left_as_it_is():
    pictures = scene(np.ones(20))
    for before, after in zip(pictures, evened(pictures), strict=True):
        np.testing.assert_allclose(after, before, atol=2e-3)


def test_a_corner_that_flickers_alone_is_evened():
    pictures = scene(np.ones(COUNT))
    for picture, light in zip(pictures, flicker(size=0.06), strict=True):
        picture[:24, :32] *= np.float32(light)
    corner = [picture[4:20, 4:28] for picture in pictures]
    restored = [picture[4:20, 4:28] for picture in evened(pictures)]
    without = [picture[4:20, 4:28] for picture in evened(pictures, local=False)]
    assert course(restored).std() < 0.5 * course(corner).std()
    assert course(restored).std() < 0.6 * course(without).std()


def test_what_walks_through_does_not_pump_the_light_around_it():
    pictures = scene(np.ones(COUNT))
    for number, picture in enumerate(pictures):
        picture[10:40, number : number + 8] = 0.05
    background = np.s_[:6, :]
    before = pictures[0][background].mean()
    restored = [picture[background].mean() for picture in evened(pictures)]
    np.testing.assert_allclose(restored, before, rtol=0.04)


def test_half_of_the_strength_leaves_half_of_the_flicker():
    pictures = scene(flicker())
    half = course(evened(pictures, strength=0.5, local=False)).std() / course(pictures).std()
    assert 0.4 < half < 0.65


def test_colours_keep_their_ratio():
    still = texture(48, 64, channels=3)
    pictures = [np.asarray(still * light, np.float32) for light in flicker()]
    restored = evened(pictures, local=False)[10]
    ratio = restored[:, :, 0] / restored[:, :, 2]
    np.testing.assert_allclose(ratio, still[:, :, 0] / still[:, :, 2], rtol=0.05)


def test_is_left_out_for_a_film_of_steady_light():
    stage, why = Deflicker().fitted(survey_of(scene(np.ones(COUNT))))
    assert stage is None
    assert "steady" in why


def test_says_how_much_the_film_flickers():
    stage, why = Deflicker().fitted(survey_of(scene(flicker())))
    assert stage == Deflicker()
    assert "%" in why


def test_flicker_of_another_shot_is_not_put_into_a_steady_one():
    restless, steady = scene(flicker(count=20)), scene(np.ones(20))
    restored = course(evened(restless + steady, cuts=(20,))[20:])
    np.testing.assert_allclose(restored, course(steady), rtol=0.01)


def test_flicker_of_the_middle_tones_alone_is_evened():
    still = texture(48, 64)
    bends = 0.4 * np.random.default_rng(2).standard_normal(COUNT)
    share = (still - still.min()) / (still.max() - still.min())
    pictures = [np.asarray(still + 0.2 * bend * share * (1 - share), np.float32) for bend in bends]
    restored = evened(pictures, local=False)
    assert course(restored).std() < 0.2 * course(pictures).std()


def test_a_frame_that_was_cropped_and_enlarged_is_lit_where_it_came_from():
    pictures = scene(np.ones(COUNT))
    for picture, light in zip(pictures, flicker(size=0.1), strict=True):
        picture[:, :32] *= np.float32(light)
    survey, cut = survey_of(pictures), (slice(8, 40), slice(0, 32))
    small = [np.kron(each[cut], np.ones((2, 2, 1), np.float32)) for each in pictures]
    info = replace(survey.info, width=64, height=64, placement=Placement(0, 8, 2, 2))
    job = replace(job_of(survey), info=info)
    restored = [frame.pixels for frame in Deflicker().process(film(small), job)]
    assert restored[0].shape == (64, 64, 1)
    # The step at the edge of the planted light is drawn as a slope.
    inner = [each[:, :40] for each in restored]
    assert course(inner).std() < 0.25 * course([each[:, :40] for each in small]).std()


def test_an_untouched_shot_keeps_its_very_frames():
    pictures = scene(np.ones(20))
    frames = film(pictures)
    assert list(Deflicker().process(frames, job_of(survey_of(pictures)))) == frames


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_film_of_a_few_frames_comes_through(count):
    pictures = scene(flicker(count=count))
    assert len(evened(pictures)) == count
