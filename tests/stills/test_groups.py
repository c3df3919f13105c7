"""Shots of one place belong together: by their light, or because one shows what the other does."""

import cv2
import numpy as np
import pytest
from tests.stills.test_likeness import scene

from refilm import models
from refilm.film import open_film
from refilm.stills.groups import FOUND, MATCHING, View, grouped, matched_by
from refilm.stills.likeness import likeness


def never(first, second):
    return 0.0


def views(*pictures):
    return [View.of(picture) for picture in pictures]


def test_shots_of_one_place_belong_together_and_others_do_not():
    shots = {0: views(scene(1)), 1: views(scene(2)), 2: views(scene(1, shift=2)), 5: []}
    assert grouped(shots, never) == ((0, 2), (1,), (5,))


def test_a_group_does_not_drift_away_from_its_first_shot():
    shots = {shift: views(scene(1, shift=2 * shift)) for shift in range(30)}
    first = grouped(shots, never)[0]
    assert 2 < len(first) < 15
    assert all(likeness(shots[0][0].look, shots[shot][0].look) > 0.75 for shot in first)


def test_a_shot_whose_light_is_unlike_joins_the_group_in_which_most_of_it_is_found():
    shots = {number: views(scene(number)) for number in range(4)}
    found = {(3, 0): FOUND, (3, 1): FOUND + 0.05, (2, 0): FOUND - 0.01}

    def match(first, second):
        number, other = (
            next(n for n, own in shots.items() if own[0] is view) for view in (first, second)
        )
        return found.get((number, other), 0.0)

    assert grouped(shots, match) == ((0,), (1, 3), (2,))


def test_shots_whose_light_is_alike_are_not_matched_and_others_a_few_times_only():
    asked = []

    def match(first, second):
        asked.append((first, second))
        return 0.0

    grouped({0: views(scene(1)), 1: views(scene(1, shift=1))}, match)
    assert not asked
    grouped({number: views(scene(number), scene(100 + number)) for number in range(20)}, match)
    # The first shot has none before it; the next ones have 4, 8 and 12 pairs, and so have all others.
    assert len(asked) == 4 + 8 + 17 * 12


class Zoomed:
    """Finds all of a picture in a reference of more contrast, and half of it the other way round."""

    def __init__(self, reference=None):
        self.reference = reference

    def given(self, reference):
        assert reference.dtype == np.float32
        assert reference.shape[2] == 3
        return Zoomed(reference)

    def __call__(self, luma):
        assert luma.dtype == np.float32
        sure = 1.0 if self.reference[:, :, 0].std() > luma.std() else 0.5
        return np.full((*luma.shape[:2], 3), sure, np.float32)


def test_it_is_enough_that_one_of_two_views_is_found_in_the_other():
    wide, near = views(scene(1), 0.5 * scene(2))
    match = matched_by(Zoomed())
    assert match(wide, near) == match(near, wide) == pytest.approx(1.0)


def test_an_empty_picture_is_found_nowhere():
    empty = View.of(np.full((48, 64, 1), 0.5, np.float32))
    assert matched_by(Zoomed())(empty, View.of(scene(1))) == 0
    assert grouped({0: [empty], 1: [empty]}, matched_by(Zoomed())) == ((0,), (1,))


def test_the_network_finds_a_place_again_from_nearer_and_in_other_light(footage):
    """What no comparison of two small pictures can tell."""
    film = open_film(str(footage / "trucks-1955" / "film.mp4"))
    wanted = {10, 100, 180}
    driver, sign, road = (
        frame.pixels[10:-10, 10:-10, :1] for n, frame in enumerate(film.watch()) if n in wanted
    )
    near = cv2.resize(0.2 + 0.6 * road[100:260, 40:280], (432, 288))[:, :, None]
    shots = {0: views(driver), 1: views(sign), 2: views(road), 3: views(near)}
    assert max(likeness(shots[3][0].look, shots[other][0].look) for other in range(3)) < 0.8
    match = matched_by(models.networks()(MATCHING))
    assert grouped(shots, match) == ((0,), (1,), (2, 3))
