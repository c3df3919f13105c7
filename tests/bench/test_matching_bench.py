"""How honest the matching's confidence is: pairs of photographs and of frames, and a regression."""

import av
import numpy as np
import pytest

from refilm.bench import matching
from refilm.bench.confidence import right_by_confidence
from refilm.bench.matching import _fitted, _fitting, _honesty, _Judged, _shots
from refilm.errors import InputError
from refilm.models.matching import CHANCE
from tests.training.coloured import landscape, photographs


@pytest.fixture(scope="module")
def coloured_film(tmp_path_factory):
    """A landscape that stands still for a second."""
    path = tmp_path_factory.mktemp("coloured") / "film.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=8)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv444p"
        frame = av.VideoFrame.from_ndarray(landscape(1, 96, 128), "rgb24")
        for _ in range(8):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def judged(numbers, pixels=20_000, seed=0):
    """Pixels whose colours are right by just the chance that these numbers give."""
    random = np.random.default_rng(seed)
    signs = np.hstack((np.ones((pixels, 1)), random.random((pixels, 3))))
    sure = 1 / (1 + np.exp(-(signs @ numbers)))
    return _Judged(signs, random.random(pixels) < sure)


def test_the_regression_finds_the_numbers_by_which_colours_are_right():
    numbers = (2.0, 1.0, -3.0, -2.0)
    # Four deviations of what so many pixels leave open.
    np.testing.assert_allclose(_fitted([judged(numbers)]), numbers, atol=0.3)


def test_each_kind_of_pair_counts_the_same_however_many_pixels_it_has():
    right, wrong = judged((9.0, 0, 0, 0), 200), judged((-9.0, 0, 0, 0), 20_000)
    base, *_ = _fitted([_Judged(each.signs * (1, 0, 0, 0), each.right) for each in (right, wrong)])
    assert base == pytest.approx(0, abs=0.02)


def test_numbers_by_which_colours_are_right_are_honest():
    numbers = (2.0, 1.0, -3.0, -2.0)
    found = _honesty(*judged(numbers), numbers)
    assert found["sure"] == pytest.approx(found["right"], abs=0.02)
    for step, right in found["right by confidence"].items():
        low, high = map(float, step.split("-"))
        assert low - 0.03 < right < high + 0.03


def test_the_share_that_is_right_is_told_for_ranges_that_there_are():
    sure = np.array([0.1, 0.1, 0.4, 1.0], np.float32)
    right = np.array([True, False, False, True])
    assert right_by_confidence(sure, right) == {"0.00-0.20": 0.5, "0.35-0.50": 0.0, "0.80-1.00": 1.0}


def test_frames_are_cut_to_a_size_that_the_network_takes():
    assert _fitting(np.zeros((50, 67, 3), np.float32)).shape == (48, 64, 3)


def test_photographs_and_frames_are_judged_by_the_numbers_in_use_and_by_fitted_ones(
    tmp_path, coloured_film
):
    found = matching.measure([photographs(tmp_path / "photographs", 5)], 4, str(coloured_film))
    assert found["in use"]["chance"] == CHANCE
    assert found["fitted"]["chance"] != CHANCE
    assert found["fitted"]["one photograph"]["sure"] != found["in use"]["one photograph"]["sure"]
    for figures in (found["in use"], found["fitted"]):
        assert set(figures) == {"chance", "one photograph", "two photographs", "one shot"}
        # Another frame of the same picture, which stands still.
        assert figures["one shot"]["right"] > 0.95
        assert figures["one photograph"]["right"] > figures["two photographs"]["right"]


def test_a_film_of_one_shot_has_no_pairs_of_two(coloured_film):
    assert set(_shots(str(coloured_film))) == {"one shot"}


def test_a_film_without_colours_is_refused(old_film):
    with pytest.raises(InputError, match="nothing in colour twice"):
        _shots(str(old_film))
