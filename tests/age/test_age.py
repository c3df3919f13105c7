"""Ageing as a whole: the same each time, a stretch as in the whole film, the truth at hand."""

from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest

from refilm.age import Ageing, age, aged_info, preset, read_truth, save_truth, write_aged
from refilm.errors import InputError
from refilm.film import Encoding, open_film
from refilm.frames import FilmInfo, Frame

RATE = Fraction(16)
WIDTH, HEIGHT = 160, 120
INFO = FilmInfo(WIDTH, HEIGHT, RATE, duration=Fraction(1))


def scene(count, first=0):
    """Yield frames of soft spots that hold still: something for a shift to be seen by."""
    random = np.random.default_rng(4)
    spots = cv2.GaussianBlur(random.random((HEIGHT, WIDTH, 3), np.float32), (0, 0), 3)
    picture = np.asarray((spots - spots.min()) / np.ptp(spots), np.float32)
    for number in range(first, first + count):
        yield Frame(picture, number / RATE, number / RATE)


def same(one, other):
    return (
        one.frame.time == other.frame.time
        and np.array_equal(one.frame.pixels, other.frame.pixels)
        and np.array_equal(one.mask, other.mask)
        and (one.shift, one.light.gain, one.number) == (other.shift, other.light.gain, other.number)
    )


def test_the_same_seed_gives_the_same_film():
    once, again = (list(age(scene(3), INFO, preset("ruined"))) for _ in range(2))
    assert all(same(one, other) for one, other in zip(once, again, strict=True))


def test_another_seed_gives_another_film():
    (one,) = age(scene(1), INFO, Ageing(dirt=1, seed=1))
    (other,) = age(scene(1), INFO, Ageing(dirt=1, seed=2))
    assert not np.array_equal(one.mask, other.mask)


def test_a_stretch_comes_out_as_in_the_whole():
    ageing = preset("ruined")
    whole = {each.frame.time: each for each in age(scene(12), INFO, ageing)}
    stretch = list(age(scene(4, first=6), INFO, ageing))
    assert stretch
    assert all(same(each, whole[each.frame.time]) for each in stretch)


def test_the_clean_picture_placed_by_the_truth_is_the_aged_one():
    for each in age(scene(6), INFO, Ageing(weave=2, weave_turn=1, breathing=1)):
        placed = each.shift.placed(each.clean.pixels)
        np.testing.assert_array_equal(each.frame.pixels, np.clip(placed, 0, 1))


def test_a_shift_to_the_right_and_down_moves_the_picture_there():
    each = max(age(scene(9), INFO, Ageing(weave=3)), key=lambda each: abs(each.shift.x))
    grey = [np.asarray(pixels.mean(2), np.float64) for pixels in (each.clean.pixels, each.frame.pixels)]
    window = cv2.createHanningWindow((WIDTH, HEIGHT), cv2.CV_64F)
    (x, y), _ = cv2.phaseCorrelate(grey[0], grey[1], window)
    # Phase correlation of small soft pictures is good to some tenths of a pixel.
    assert (x, y) == pytest.approx((each.shift.x, each.shift.y), abs=0.3)


def test_clean_frames_keep_their_colours_and_times():
    frames = list(scene(3))
    result = list(age(iter(frames), INFO, preset("typical")))
    assert [each.clean for each in result] == frames
    assert result[0].frame.channels == 1
    assert result[0].clean.channels == 3


def test_reads_one_frame_at_a_time():
    taken = []
    source = (taken.append(frame) or frame for frame in scene(10))
    next(age(source, INFO, Ageing(dirt=1)))
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("played", "shown", "numbers"),
    [
        (None, 24, [0, 0, 1, 2, 2, 3, 4, 4, 5, 6, 6, 7]),
        (None, 8, [0, 2, 4, 6]),
        (24, 60, [0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 5, 5, 6, 6, 6, 7, 7]),
        (24, None, [0, 1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_frames_are_repeated_and_dropped_as_the_video_needs(played, shown, numbers):
    ageing = Ageing(played_at=played, shown_at=shown)
    result = list(age(scene(8), INFO, ageing))
    rate = aged_info(INFO, ageing).rate
    assert rate == (shown or played)
    assert [each.number for each in result] == numbers
    assert [each.frame.time for each in result] == [place / rate for place in range(len(numbers))]
    assert [each.repeat for each in result[1:]] == [a == b for a, b in pairwise(numbers)]


def test_a_film_played_too_fast_is_shorter():
    assert aged_info(INFO, Ageing(played_at=24)).duration == Fraction(2, 3)


def test_the_truth_comes_back_as_it_was_written(tmp_path):
    ageing = preset("ruined")
    passed = list(save_truth(tmp_path, age(scene(6), INFO, ageing), INFO, ageing, cuts=(4,)))
    truth = read_truth(tmp_path)
    assert truth.ageing == ageing
    assert len(truth.frames) == len(passed) == 9
    for kept, each in zip(truth.frames, passed, strict=True):
        assert (kept.number, kept.time, kept.repeat) == (each.number, each.frame.time, each.repeat)
        assert kept.shift == each.shift
        assert kept.light.gain == each.light.gain
        assert np.array_equal(truth.mask(kept), each.mask)
        np.testing.assert_allclose(truth.clean(kept), each.clean.pixels, atol=0.51 / 255)
        field = each.light.field(HEIGHT, WIDTH)
        np.testing.assert_allclose(kept.light.field(HEIGHT, WIDTH), field, rtol=1e-4)


def test_cuts_are_told_on_the_aged_films_own_count(tmp_path):
    ageing = Ageing(shown_at=24)
    for _ in save_truth(tmp_path, age(scene(8), INFO, ageing), INFO, ageing, cuts=(2, 5)):
        pass
    assert read_truth(tmp_path).cuts == (3, 8)


def test_there_is_no_truth_of_a_film_that_stopped_half_way(tmp_path):
    ageing = Ageing(dirt=1)
    begun = save_truth(tmp_path, age(scene(4), INFO, ageing), INFO, ageing)
    next(begun)
    del begun
    with pytest.raises(InputError, match="refilm age"):
        read_truth(tmp_path)


def test_writes_the_aged_film_beside_its_truth(tmp_path):
    path = tmp_path / "old.mkv"
    heard = []
    count = write_aged(
        path,
        scene(5),
        INFO,
        Ageing(stock="panchromatic", dirt=1, shown_at=24),
        encoding=Encoding(codec="ffv1"),
        truth=tmp_path / "truth",
        say=heard.append,
    )
    frames = read_truth(tmp_path / "truth").frames
    seen = list(open_film(str(path)).watch())
    assert len(seen) == len(frames) == count == 8
    assert open_film(str(path)).info.channels == 1
    assert np.array_equal(seen[0].pixels, seen[1].pixels)
