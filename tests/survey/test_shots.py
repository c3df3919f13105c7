from fractions import Fraction

import numpy as np
import pytest
from watched import FilmInMemory, as_pixels, grain, moved, scene

from refilm.film import open_film
from refilm.survey import survey_film

WEAVE = np.random.default_rng(5).normal(0, 1.5, (60, 2))


def take(seed, count):
    """A take of a weaving scene with grain."""
    return [
        moved(scene(seed, 120, 160), *WEAVE[number]) + grain((120, 160), 100 * seed + number)
        for number in range(count)
    ]


def firsts(pictures):
    survey = survey_film(FilmInMemory([as_pixels(picture) for picture in pictures]))
    return [shot.first for shot in survey.shots]


def test_finds_every_cut():
    assert firsts(take(1, 20) + take(2, 7) + take(3, 30)) == [0, 20, 27]


def test_finds_a_cut_to_another_exposure():
    assert firsts(take(1, 20) + [picture * 0.3 for picture in take(2, 20)]) == [0, 20]


def test_finds_a_cut_in_a_film_that_has_faded():
    assert firsts([0.4 + 0.1 * picture for picture in take(1, 20) + take(2, 20)]) == [0, 20]


def test_finds_a_cut_near_both_ends():
    assert firsts(take(1, 5) + take(2, 20) + take(3, 5)) == [0, 5, 25]


def test_finds_where_the_leader_ends():
    leader = [np.full((120, 160), 0.05) + grain((120, 160), number, 0.005) for number in range(12)]
    assert firsts(leader + take(1, 20)) == [0, 12]


def test_a_flash_is_no_cut():
    pictures = take(1, 40)
    pictures[15] = np.clip(pictures[15] * 0.1 + 0.9, 0, 1)
    pictures[28] = np.full_like(pictures[28], 1.0)
    assert firsts(pictures) == [0]


def test_flicker_is_no_cut():
    gains = np.random.default_rng(8).uniform(0.4, 1.2, 40)
    assert firsts([p * gain for p, gain in zip(take(1, 40), gains, strict=True)]) == [0]


def test_a_sudden_lasting_change_of_exposure_is_no_cut():
    pictures = take(1, 40)
    assert firsts(pictures[:20] + [picture * 0.4 for picture in pictures[20:]]) == [0]


def test_a_burst_of_dust_is_no_cut():
    pictures, random = take(1, 40), np.random.default_rng(9)
    for _ in range(60):
        top, left = random.integers(0, (110, 150))
        pictures[20][top : top + 9, left : left + 9] = random.integers(0, 2)
    assert firsts(pictures) == [0]


def test_a_splice_that_loses_frames_and_jumps_is_no_cut():
    pictures = take(1, 40)
    pictures[20] = np.roll(pictures[20], 50, axis=0)
    pictures[21:] = [moved(picture, 3, 2) for picture in pictures[21:]]
    assert firsts(pictures) == [0]


def test_a_fast_pan_is_no_cut():
    wide = scene(1, 120, 600)
    assert firsts([wide[:, 9 * n : 9 * n + 160] + grain((120, 160), n) for n in range(40)]) == [0]


def test_a_camera_that_was_jolted_is_no_cut():
    wide = scene(1, 120, 600)
    lefts = [0] * 20 + [10] * 20
    assert firsts([wide[:, x : x + 160] + grain((120, 160), n) for n, x in enumerate(lefts)]) == [0]


def test_shots_fill_the_film_without_a_gap():
    film = FilmInMemory([as_pixels(picture) for picture in take(1, 20) + take(2, 12)])
    one, two = survey_film(film).shots
    assert (one.number, one.first, one.stop, one.start, one.end) == (0, 0, 20, 0, Fraction(20, 16))
    assert (two.number, two.first, two.stop) == (1, 20, 32)
    assert (two.start, two.end) == (Fraction(20, 16), 2)


@pytest.mark.footage
@pytest.mark.parametrize(
    ("name", "cuts"),
    [
        ("trucks-1955/film.mp4", [44, 134, 299]),
        ("market-street-1906", []),
        ("san-francisco-1906", []),
    ],
)
def test_finds_the_cuts_of_real_old_films(footage, name, cuts):
    shots = survey_film(open_film(footage / name)).shots
    assert [shot.first for shot in shots] == [0, *cuts]


def test_frames_shown_twice_make_no_cuts_of_the_grain_between_them():
    faint = 0.4 + 0.05 * scene(1, 120, 160)
    grainy = [faint + grain((120, 160), number, 0.05) for number in range(40)]
    assert firsts([picture for n, picture in enumerate(grainy) for _ in range(1 + n % 2)]) == [0]
