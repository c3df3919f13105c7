"""The memory of stages for large pictures is measured in processes of their own."""

from refilm.bench.large import measure

ONE_PICTURE = 3840 * 2160 * 3 * 4 / 1e6


def test_measures_a_process_that_holds_at_least_the_picture_and_less_than_4_gigabytes():
    found = measure(1, ["crop"])
    assert ONE_PICTURE < found["crop"] < 4000
