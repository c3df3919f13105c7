from fractions import Fraction

import pytest
from watched import FilmInMemory, as_pixels, grain, scene

from refilm.survey import survey_film

WIDE = scene(1, 120, 900)


def picture(number):
    return as_pixels(WIDE[:, 5 * number : 5 * number + 160] + grain((120, 160), number, 0.02))


def transfer(pictures, rate=Fraction(24)):
    return survey_film(FilmInMemory(pictures, rate)).transfer


def test_repeats_in_a_pattern_tell_the_true_speed():
    found = transfer([picture(2 * n // 3) for n in range(72)])
    assert (found.pattern, found.speed) == ("16 to 24", 16)
    assert found.confidence >= 0.75


def test_frames_that_mix_two_pictures_are_found():
    pictures = []
    for number in range(30):
        pictures += [picture(2 * number), picture(2 * number + 1)]
        pictures.append((picture(2 * number + 1) + picture(2 * number + 2)) / 2)
    found = transfer(pictures)
    assert found.blended == pytest.approx(1 / 3, abs=0.03)
    assert found.speed is None


def test_even_movement_is_no_mix():
    assert transfer([picture(n) for n in range(60)]).blended == 0


def test_silent_film_copied_picture_by_picture_gets_no_speed_but_a_reason():
    found = transfer([picture(n) for n in range(60)])
    assert found.speed is None
    assert found.confidence < 0.25
    assert "silent film" in found.why


def test_four_new_pictures_of_five_are_sound_film_on_video():
    found = transfer([picture(4 * n // 5) for n in range(100)], Fraction(29))
    assert (found.pattern, found.speed) == ("24 to 30", 24)
