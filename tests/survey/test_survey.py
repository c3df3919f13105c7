from dataclasses import fields

import numpy as np
import pytest
from watched import FilmInMemory, as_pixels, grain, scene

from refilm.errors import InputError
from refilm.findings import Figures
from refilm.survey import survey_film


def film(count=20):
    return FilmInMemory([as_pixels(scene(1, 60, 80) + grain((60, 80), n)) for n in range(count)])


def test_has_one_row_of_figures_per_frame():
    survey = survey_film(film(20))
    assert {len(getattr(survey.figures, field.name)) for field in fields(Figures)} == {20}


def test_tells_after_every_frame_how_many_were_seen():
    seen = []
    survey_film(film(5), seen.append)
    assert seen == [1, 2, 3, 4, 5]


def test_hands_on_what_was_wrong_with_the_file():
    assert survey_film(film(2)).problems == ("one packet was torn",)


def test_finds_the_same_to_the_bit_when_it_looks_again():
    one, two = (survey_film(film()).figures for _ in range(2))
    for field in fields(Figures):
        assert np.array_equal(getattr(one, field.name), getattr(two, field.name))


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 3), (16, 2000, 1)])
@pytest.mark.parametrize("count", [1, 2, 9])
def test_survives_films_of_any_size_and_length(shape, count):
    pictures = [0.5 + grain(shape, n) for n in range(count)]
    survey = survey_film(FilmInMemory(pictures))
    assert len(survey.shots) == 1
    assert (survey.clean.width, survey.clean.height) == shape[1::-1]


def test_closes_the_film_when_it_is_stopped():
    closed = []

    class Watched(FilmInMemory):
        def watch(self, width=None):
            try:
                yield from super().watch(width)
            finally:
                closed.append(True)

    def stop(number):
        if number == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        survey_film(Watched(film().pictures), stop)
    assert closed == [True]


def test_refuses_a_film_without_a_frame():
    with pytest.raises(InputError, match="no frame"):
        survey_film(FilmInMemory([]))
