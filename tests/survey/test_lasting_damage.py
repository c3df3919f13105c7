import numpy as np
from watched import FilmInMemory, as_pixels, grain, moved, scene

from refilm.survey import survey_film

STEPS = np.random.default_rng(3).normal(0, 2.0, (60, 2))


def weaving(count=48):
    picture = scene(1)
    return [moved(picture, *STEPS[n]) + grain(picture.shape, n, 0.01) for n in range(count)]


def surveyed(pictures):
    return survey_film(FilmInMemory([as_pixels(picture) for picture in pictures]))


def test_a_scratch_is_found_with_its_column_and_frames():
    pictures = weaving()
    for picture in pictures[10:40]:
        picture[:, 100:102] += 0.15
    (scratch,) = surveyed(pictures).scratches
    assert abs(scratch.column - 101) <= 1
    assert scratch.light
    assert (scratch.first, scratch.stop) == (10, 40)


def test_a_pole_that_weaves_with_the_scene_is_no_scratch():
    picture = scene(1)
    picture[:, 100:102] -= 0.2
    pictures = [moved(picture, *STEPS[n]) + grain(picture.shape, n, 0.01) for n in range(48)]
    assert surveyed(pictures).scratches == ()


def test_a_line_on_single_frames_is_no_scratch():
    pictures = weaving()
    for picture in pictures[::5]:
        picture[:, 100:102] += 0.2
    assert surveyed(pictures).scratches == ()


def test_a_hair_in_the_gate_is_found_where_it_stands():
    pictures = weaving()
    for picture in pictures[4:]:
        picture[60:64, 120:160] = 0
    (hair,) = surveyed(pictures).hairs
    assert abs(hair.place.left - 120) <= 4
    assert abs(hair.place.top - 60) <= 4
    assert hair.stop - hair.first >= 24


def test_a_thing_of_the_scene_is_no_hair():
    picture = scene(1)
    picture[60:64, 120:160] = 0
    pictures = [moved(picture, *STEPS[n]) + grain(picture.shape, n, 0.01) for n in range(48)]
    assert surveyed(pictures).hairs == ()


def test_where_nothing_weaves_nobody_can_tell_a_hair():
    picture = scene(1)
    picture[60:64, 120:160] = 0
    assert surveyed([picture + grain(picture.shape, n, 0.01) for n in range(48)]).hairs == ()


def test_films_of_nothing_but_damage_free_pictures_have_none():
    survey = surveyed(weaving())
    assert (survey.scratches, survey.hairs, survey.flashes, survey.transitions) == ((), (), (), ())
