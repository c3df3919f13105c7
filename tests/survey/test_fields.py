from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from watched import FilmInMemory, as_pixels, grain, scene

from refilm.survey import survey_film
from refilm.survey.closely import stretches

WIDE = scene(1, 120, 900)


def moment(time):
    """The scene as a pan shows it at a time, in pictures; grain is new at each."""
    left = round(4 * time)
    return WIDE[:, left : left + 160] + grain((120, 160), round(100 * time), 0.01)


def woven(top, bottom):
    picture = top.copy()
    picture[1::2] = bottom[1::2]
    return picture


def interlacing(pictures):
    film = FilmInMemory([as_pixels(picture) for picture in pictures])
    return survey_film(film).interlacing


def test_fields_of_their_own_moments_are_interlaced_with_the_first_one_told():
    top = interlacing([woven(moment(n), moment(n + 0.5)) for n in range(40)])
    bottom = interlacing([woven(moment(n + 0.5), moment(n)) for n in range(40)])
    assert (top.interlaced, top.order, bottom.order) == (True, "top", "bottom")
    assert top.combed > 0.9
    assert top.telecine is None


def test_whole_pictures_are_not_interlaced():
    found = interlacing([moment(n) for n in range(40)])
    assert not found.interlaced
    assert found.combed == 0
    assert found.looked_at > 30


def test_the_pattern_of_film_on_television_is_known():
    fields = [moment(n) for n in range(32) for _ in range(2 + n % 2)]
    frames = [woven(*fields[n : n + 2]) for n in range(0, len(fields) - 1, 2)]
    found = interlacing(frames)
    assert (found.interlaced, found.order, found.telecine) == (True, "top", "2:3")
    # Three of ten frames hold pictures whose next is alike in one field and so tell nothing.
    assert found.combed == pytest.approx(0.4, abs=0.1)


def test_a_still_picture_tells_nothing():
    assert interlacing([moment(0)] * 20) is None


def test_fields_that_reduced_pictures_have_lost_are_read_at_full_height():
    class Reduced(FilmInMemory):
        def watch(self, width=None):
            for frame in super().watch(width):
                yield frame.with_pixels(np.ascontiguousarray(frame.pixels[::2, ::2]))

    pictures = [as_pixels(woven(moment(n), moment(n + 0.5))) for n in range(130)]
    found = survey_film(Reduced(pictures, Fraction(25))).interlacing
    assert (found.interlaced, found.order) == (True, "top")


@pytest.mark.parametrize("frames", [1, 17, 102, 103, 5000])
def test_stretches_lie_within_the_film_and_do_not_meet(frames):
    spans = stretches(frames)
    assert spans[0][0] == 0
    assert spans[-1][1] == frames
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
