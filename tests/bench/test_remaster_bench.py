"""The bench of following stills: what is compared with what."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from refilm.bench import remaster
from refilm.bench.remaster import _far, _rows
from refilm.bench.takes import Take, apart
from refilm.findings import Figures, Rectangle, Survey
from refilm.frames import FilmInfo, Frame, Shot, Timeline

RATE = Fraction(2)


def picture(seed=0, height=48, width=64):
    random = np.random.default_rng(seed)
    coarse = random.random((6, 8, 3), np.float32)
    return np.kron(coarse, np.ones((height // 6, width // 8, 1), np.float32))


def take(pictures):
    count = len(pictures)
    times = [number / RATE for number in range(count)]
    info = FilmInfo(64, 48, RATE, channels=1)
    shot = Shot(0, 0, count, Fraction(0), count / RATE, monochrome=True)
    empty = np.zeros(count)
    figures = Figures(np.zeros((count, 4)), *(empty for _ in range(5)), empty > 0)
    ticks = np.arange(count, dtype=np.int64)
    timeline = Timeline(1 / RATE, ticks, ticks, count / RATE)
    survey = Survey(info, timeline, (shot,), figures, Rectangle(0, 0, 64, 48))
    frames = tuple(Frame(each, time, time) for each, time in zip(pictures, times, strict=True))
    return Take(survey, info, shot, frames)


def test_frames_are_far_from_ten_seconds_on_or_at_the_end_of_shorter_shots():
    assert _far(take([picture()] * 24)) == slice(20, None)
    assert _far(take([picture()] * 8)) == slice(6, None)
    assert _far(take([picture()])) == slice(0, None)


def test_a_still_is_the_true_frame_with_the_films_luma():
    made = take([picture(0), picture(1)])
    still = made.still(1)
    assert still.picture is made.frames[1].pixels
    assert still.time == Fraction(1, 2)
    assert still.by_hand
    np.testing.assert_allclose(
        still.luma[:, :, 0], picture(1) @ np.float32((0.299, 0.587, 0.114)), atol=1e-6
    )


def test_the_truth_is_no_distance_off_and_grey_is():
    made = take([picture()])
    assert apart(made.frames, made.frames) == {"ciede2000": 0, "right": 1}
    grey = apart(made.grey(), made.frames)
    assert grey["ciede2000"] > 5
    assert grey["right"] < 0.5
    half = replace(made.frames[0], pixels=made.frames[0].pixels.copy())
    half.pixels[:24] = made.grey()[0].pixels[:24]
    assert 0.4 < apart([half], made.frames)["right"] < 0.9


def test_a_film_without_colours_is_refused(tmp_path):
    import cv2

    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((48, 64), 90 + number, np.uint8))
    with pytest.raises(remaster.InputError, match="no colours to compare with"):
        remaster.measure(str(tmp_path))


@pytest.mark.weights
def test_followed_colours_are_measured_beside_none_and_automatic_ones():
    rows = list(_rows(take([picture()] * 4)))
    found = {(row.subject, row.treatment): row.figures["ciede2000"] for row in rows}
    for case in ("own still", "far still"):
        assert found[case, "remaster"] < 0.5 * found[case, "none"]
        assert found[case, "remaster"] < 0.5 * found[case, "automatic"]
