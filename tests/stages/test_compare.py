from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
from made import RATE, film, job_of, survey_of, texture

from refilm.frames import FilmInfo, Frame, Placement
from refilm.stages.compare import Compare, labelled

EXACT = 1e-5
"""What float32 sums may be off by."""


def grey(value, height=32, width=48, channels=1):
    return np.full((height, width, channels), value, np.float32)


def compared(after, before, *, info=None, **options):
    """Run the stage without labels on frames `after`, against frames `before`."""
    survey = survey_of([frame.pixels for frame in before])
    job = job_of(survey, original=lambda path: iter(before))
    stage = Compare(**({"labels": False} | options))
    height, width, channels = after[0].pixels.shape
    seen = info or FilmInfo(width, height, RATE, channels=channels)
    return list(stage.process(after, replace(job, info=seen)))


def test_side_by_side_is_twice_as_wide_with_before_on_the_left():
    (shown,) = compared(film([grey(0.9)]), film([grey(0.1)]))
    assert Compare().output(FilmInfo(48, 32, RATE)).width == 96
    np.testing.assert_allclose(shown.pixels[:, :48], 0.1, atol=EXACT)
    np.testing.assert_allclose(shown.pixels[:, 48:], 0.9, atol=EXACT)


def test_a_smaller_film_is_fitted_in_without_changing_its_shape():
    (shown,) = compared(film([grey(0.9, 32, 64)]), film([grey(0.5, 16, 16)]))
    left = shown.pixels[:, :64, 0]
    assert (left[:, 17:47] > 0.49).all()
    assert (left[:, :16] == 0).all()
    assert (left[:, 48:] == 0).all()


def test_frames_that_were_drawn_in_between_show_the_source_s_last_frame():
    before = film([grey(number / 10) for number in range(4)])
    after = [Frame(grey(1), Fraction(number, 32), Fraction(number, 32)) for number in range(8)]
    shown = [frame.pixels[0, 0, 0] for frame in compared(after, before)]
    np.testing.assert_allclose(shown, [0, 0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3], atol=EXACT)


def test_goes_by_the_source_s_clock_where_times_were_changed():
    before = film([grey(number / 10) for number in range(4)])
    slower = [replace(frame, time=frame.time * 2, pixels=grey(1)) for frame in before]
    shown = [frame.pixels[0, 0, 0] for frame in compared(slower, before)]
    np.testing.assert_allclose(shown, [0, 0.1, 0.2, 0.3], atol=EXACT)


def test_goes_by_the_present_clock_against_another_film():
    before = film([grey(number / 10) for number in range(8)])
    slower = [
        Frame(grey(1), Fraction(2 * number) / RATE, Fraction(number) / RATE) for number in range(4)
    ]
    shown = [frame.pixels[0, 0, 0] for frame in compared(slower, before, against="other.mp4")]
    np.testing.assert_allclose(shown, [0, 0.2, 0.4, 0.6], atol=EXACT)


def test_asks_for_the_film_it_was_told():
    asked = []
    frames = film([grey(0.5)])
    job = job_of(survey_of([grey(0.5)]), original=lambda path: asked.append(path) or iter(frames))
    list(Compare(against="other.mp4").process(frames, job))
    assert asked == ["other.mp4"]


def test_split_shows_before_on_the_left_and_after_on_the_right():
    (shown,) = compared(film([grey(0.9)]), film([grey(0.1)]), layout="split")
    assert shown.pixels.shape == (32, 48, 1)
    np.testing.assert_allclose(shown.pixels[:, :22], 0.1, atol=EXACT)
    np.testing.assert_allclose(shown.pixels[:, 26:], 0.9, atol=EXACT)


def test_the_wipe_goes_to_and_fro_in_four_seconds():
    count = int(4 * RATE) + 1
    shown = compared(film([grey(0.9)] * count), film([grey(0.1)] * count), layout="wipe")
    share = [float((frame.pixels < 0.5).mean()) for frame in shown]
    assert share[0] == share[-1] == 0
    assert max(share) == share[count // 2] == 1
    assert share[: count // 2] == sorted(share[: count // 2])


def test_lays_the_source_exactly_over_a_picture_that_was_cropped_and_enlarged():
    source = texture(48, 64)
    placement = Placement().cropped(8, 4).scaled(2, 2)
    info = FilmInfo(96, 80, RATE, placement=placement, channels=1)
    after = cv2.resize(source, (128, 96), interpolation=cv2.INTER_CUBIC)[8:88, 16:112, None]
    (shown,) = compared(film([after]), film([source]), info=info, layout="split")
    left = np.s_[2:-2, 2:44]
    # The two ways of cubic interpolation round their weights differently.
    np.testing.assert_allclose(shown.pixels[left], after[left], atol=0.01)


def test_black_and_white_beside_colour_becomes_colour():
    (shown,) = compared(film([grey(0.9, channels=3)]), film([grey(0.1)]))
    assert shown.pixels.shape == (32, 96, 3)


def test_labels_are_written_in_the_lower_corners():
    after, before = film([grey(0.5, 360, 480)]), film([grey(0.5, 360, 480)])
    (shown,) = compared(after, before, labels=True)
    changed = np.abs(shown.pixels[:, :, 0] - 0.5) > 0.1
    assert changed[280:, :160].any()
    assert changed[280:, 480:640].any()
    assert not changed[:280].any()


@pytest.mark.parametrize("height", [144, 368, 2160])
def test_letters_take_the_same_share_of_every_picture(height):
    picture = grey(0.5, height, 2 * height)
    written = (labelled(picture, "before", "left") - picture).max(axis=(1, 2)) > 0.12
    assert 0.03 < written.sum() / height < 0.09


def test_a_picture_too_small_for_letters_gets_none():
    picture = grey(0.5, 48, 64)
    assert labelled(picture, "before", "left") is picture
