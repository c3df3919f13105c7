from fractions import Fraction
from itertools import count, islice, pairwise

import pytest

from refilm.film.mending import LOOK_AHEAD, mended
from refilm.frames import Timeline

GONE = int(Timeline.MISSING)
STEP = Fraction(40)


def ticks(*stamps, step=STEP, gap=60_000, fineness=1):
    return [frame.tick for frame in mended(stamps, step, gap, fineness)]


def flaws(*stamps):
    return [frame.flaw for frame in mended(stamps, STEP, 60_000)]


def test_good_stamps_keep_their_time_however_uneven():
    assert ticks(7, 40, 41, 200, 210, 5000) == [7, 40, 41, 200, 210, 5000]


def test_a_finer_clock_counts_more_ticks_to_a_stamp():
    assert ticks(1, 2, 3, fineness=10) == [10, 20, 30]


def test_missing_stamps_are_put_evenly_between_their_neighbours():
    assert ticks(0, GONE, GONE, 120, 160) == [0, 40, 80, 120, 160]


def test_frames_before_the_first_stamp_are_counted_back_from_it():
    assert ticks(GONE, GONE, 120, 160) == [40, 80, 120, 160]


def test_without_any_stamp_frames_are_evenly_spaced_and_do_not_drift():
    times = ticks(*[GONE] * 100, step=Fraction(1000, 24))
    assert times == [round(place * Fraction(1000, 24)) for place in range(100)]


def test_a_repeated_stamp_is_put_halfway():
    assert ticks(0, 40, 40, 80, 120) == [0, 40, 60, 80, 120]
    assert flaws(0, 40, 40, 80, 120) == ["", "", "repeated", "", ""]


def test_one_stamp_that_goes_back_does_not_move_the_others():
    assert ticks(0, 40, 80, 20, 160, 200) == [0, 40, 80, 120, 160, 200]
    assert flaws(0, 40, 80, 20, 160, 200)[3] == "backward"


def test_one_stamp_far_ahead_does_not_move_the_others():
    assert ticks(0, 40, 9000, 120, 160) == [0, 40, 80, 120, 160]
    assert flaws(0, 40, 9000, 120, 160)[2] == "jump"


def test_a_first_stamp_far_ahead_does_not_move_the_others():
    assert ticks(9000, 40, 80, 120) == [0, 40, 80, 120]


def test_a_clock_that_starts_anew_goes_on_where_it_was():
    again = [*range(0, 400, 40), *range(0, 400, 40)]
    assert ticks(*again) == [*range(0, 800, 40)]
    assert flaws(*again).count("restart") == 1


def test_a_pause_is_kept_but_a_broken_clock_is_not():
    assert ticks(0, 40, 50_000, 50_040) == [0, 40, 50_000, 50_040]
    assert ticks(0, 40, 90_000, 90_040) == [0, 40, 80, 120]


def test_a_clock_that_stands_still_is_set_going():
    assert ticks(*[5] * 20) == [5 + 40 * place for place in range(20)]


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_stamps_times_rise_strictly(seed):
    numbers = [(seed * 7919 + place * 104729) % 997 * 13 for place in range(200)]
    wild = [GONE if number % 5 == 0 else number for number in numbers]
    assert all(a < b for a, b in pairwise(ticks(*wild)))


def test_it_looks_only_a_few_stamps_ahead():
    taken = []
    source = (taken.append(stamp) or stamp for stamp in count(0, 40))
    assert [frame.tick for frame in islice(mended(source, STEP, 60_000), 3)] == [0, 40, 80]
    assert len(taken) <= 3 + LOOK_AHEAD
