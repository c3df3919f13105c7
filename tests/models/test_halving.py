"""Any moment between two pictures, by a network that draws only the middle."""

import weakref

import numpy as np
import pytest

from refilm.models.halving import NEAR, Halving

FIRST, SECOND = np.zeros((2, 3, 1), np.float32), np.ones((2, 3, 1), np.float32)
"""Between them a picture's value is its moment."""


class Mean:
    """A network that draws the middle of two pictures, and counts how often it is asked."""

    def __init__(self):
        self.calls = 0
        self.drawn = weakref.WeakSet()

    def __call__(self, first, second):
        self.calls += 1
        picture = np.asarray((first + second) / 2, np.float32).view(Watched)
        self.drawn.add(picture)
        return picture

    def given(self, *references):
        raise ValueError("it takes no references")


class Watched(np.ndarray):
    """A picture that a weak set can hold."""

    __hash__ = object.__hash__


def moments(times):
    return [number / times for number in range(1, times)]


@pytest.mark.parametrize("position", [*np.linspace(0, 1, 83), 1e-9, 1 / 64, 63 / 64])
def test_a_picture_is_at_most_a_sixty_fourth_of_the_gap_from_its_moment(position):
    found = Halving(Mean())(FIRST, SECOND, position=float(position))
    assert found.shape == FIRST.shape
    assert abs(found - position).max() <= NEAR


@pytest.mark.parametrize(("times", "calls"), [(2, 1), (4, 3), (8, 7), (16, 15)])
def test_halves_quarters_and_so_on_are_met_exactly_with_one_call_each(times, calls):
    middle = Mean()
    network = Halving(middle)
    found = [network(FIRST, SECOND, position=position)[0, 0, 0] for position in moments(times)]
    assert found == moments(times)
    assert middle.calls == calls


def test_without_a_position_the_middle_is_meant():
    assert Halving(Mean())(FIRST, SECOND)[0, 0, 0] == 0.5


@pytest.mark.parametrize("position", [0, 1 / 128, 127 / 128, 1])
def test_the_two_pictures_are_shown_for_the_moments_near_them(position):
    middle = Mean()
    found = Halving(middle)(FIRST, SECOND, position=position)
    np.testing.assert_array_equal(found, SECOND if position > 0.5 else FIRST)
    assert not middle.calls


def test_what_is_drawn_does_not_depend_on_what_was_asked_before():
    used = Halving(Mean())
    for position in np.random.default_rng(0).random(40):
        np.testing.assert_array_equal(
            used(FIRST, SECOND, position=position), Halving(Mean())(FIRST, SECOND, position=position)
        )


def test_another_pair_is_drawn_anew():
    network = Halving(Mean())
    network(FIRST, SECOND)
    assert network(SECOND, SECOND)[0, 0, 0] == 1
    assert network(FIRST, FIRST)[0, 0, 0] == 0


def test_a_caller_may_write_into_its_pictures_and_into_what_it_got():
    network, first = Halving(Mean()), FIRST.copy()
    network(first, SECOND)[:] = 7
    assert network(first, SECOND)[0, 0, 0] == 0.5
    first[:] = 1
    assert network(first, SECOND)[0, 0, 0] == 1


def test_of_many_moments_in_rising_order_few_are_remembered():
    middle = Mean()
    network = Halving(middle)
    for position in moments(16):
        network(FIRST, SECOND, position=position)
        # One on each of the four levels of halving that lie ahead.
        assert len(middle.drawn) <= 4


def test_references_are_the_network_s_own_business():
    with pytest.raises(ValueError, match="no references"):
        Halving(Mean()).given(FIRST)
