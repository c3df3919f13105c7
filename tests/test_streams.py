import threading
import time
from fractions import Fraction

import numpy as np
import pytest

from refilm.frames import Frame
from refilm.streams import ahead, neighbourhoods, shared


def frames(count):
    for number in range(count):
        yield Frame(np.zeros((2, 2, 1), np.float32), Fraction(number), Fraction(number))


def numbers(some):
    return [int(frame.time) for frame in some]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("radius", [0, 1, 2, 9])
def test_a_neighbourhood_holds_the_nearest_frames_first_and_as_many_as_there_are(count, radius):
    found = [
        (int(near.frame.time), numbers(near.before), numbers(near.after))
        for near in neighbourhoods(frames(count), radius)
    ]
    wanted = [
        (
            middle,
            list(range(middle - 1, max(middle - radius, 0) - 1, -1)),
            list(range(middle + 1, min(middle + radius, count - 1) + 1)),
        )
        for middle in range(count)
    ]
    assert found == wanted


def test_a_neighbourhood_reads_no_further_than_its_radius():
    taken = []
    source = (taken.append(frame) or frame for frame in frames(100))
    next(neighbourhoods(source, 2))
    assert len(taken) == 3


def test_work_ahead_gives_everything_in_order():
    assert list(ahead(range(50), 3)) == list(range(50))


def test_work_ahead_stays_within_its_room():
    taken = []
    source = (taken.append(item) or item for item in range(100))
    stream = ahead(source, 3)
    next(stream)
    time.sleep(0.3)
    # One is given, three wait in the room, one waits for a place.
    assert len(taken) <= 5
    stream.close()


def test_an_error_ahead_is_raised_where_the_items_are_used():
    def broken():
        yield 1
        raise OSError("the film broke")

    stream = ahead(broken(), 2)
    assert next(stream) == 1
    with pytest.raises(OSError, match="the film broke"):
        next(stream)


def test_closing_ends_the_thread_and_closes_the_source():
    closed = threading.Event()

    def source():
        try:
            yield from range(1000)
        finally:
            closed.set()

    before = threading.active_count()
    stream = ahead(source(), 2)
    next(stream)
    stream.close()
    assert closed.is_set()
    assert threading.active_count() == before


def test_shared_items_reach_both_sides():
    seen = []
    assert list(shared(range(20), seen.extend, 2)) == list(range(20))
    assert seen == list(range(20))


def test_a_failure_of_the_other_side_is_raised_and_nothing_hangs():
    def consume(items):
        next(items)
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        list(shared(range(1000), consume, 2))


def test_closing_early_tells_the_other_side_that_it_is_not_the_end():
    seen, failures = [], []

    def consume(items):
        try:
            seen.extend(items)
        except Exception as error:
            failures.append(type(error).__name__)

    stream = shared(range(1000), consume, 2)
    next(stream)
    stream.close()
    assert failures == ["StoppedError"]
