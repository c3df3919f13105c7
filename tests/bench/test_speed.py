import pytest

from refilm.bench import memory, speed
from refilm.plan import choose_plan

LIGHT = choose_plan(None, [("deflicker", {}), ("levels", {})])


def test_speed_is_measured_in_all_and_for_each_stage(old_film):
    found = speed.measure(str(old_film), LIGHT)
    assert found["film"] == {"frames": 72, "width": 96, "height": 64}
    assert [each["stage"] for each in found["stages"]] == ["deflicker", "levels"]
    assert found["whole"]["source_frames_per_second"] > 0
    # Python with its libraries takes more than 50 MB, and no test machine has 50 GB to spare.
    assert 50 < found["whole"]["peak_megabytes"] < 50_000


def test_a_stage_that_follows_stills_is_timed_with_one(old_film):
    (alone,) = speed.measure(str(old_film), choose_plan(None, [("remaster", {})]))["stages"]
    # Without stills it only gives each frame three channels, in a hundredth of a millisecond.
    assert alone["milliseconds_per_source_frame"] > 1


def test_the_error_of_the_time_left_is_the_worst_in_the_middle():
    progress = [(1, 0, 99, None), (2, 5, 99, 99), (3, 50, 99, 7), (5, 80, 99, 3.9), (8, 99, 99, 0)]
    # At 3 s there were 5 left and 7 were said; at 5 s there were 3 left, and 3.9 are near enough.
    assert speed.time_left_error(progress) == pytest.approx(0.4)


@pytest.mark.parametrize("progress", [[], [(1, 0, 10, None), (2, 10, 10, 0)]])
def test_a_film_too_short_to_say_anything_has_no_error(progress):
    assert speed.time_left_error(progress) is None


def test_memory_is_compared_with_a_longer_film(old_film):
    found = memory.measure(str(old_film), LIGHT, 3)
    assert found["ratio"] == found["peak_megabytes_of_longer"] / found["peak_megabytes"]
    # Three times the frames of this small film, all held, would be far below a tenth: what counts
    # here is that it runs. The promise itself is measured by `refilm bench memory`.
    assert 0.8 < found["ratio"] < 1.2
