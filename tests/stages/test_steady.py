"""Holding still: what is found of some frames reaches the others along motion."""

from fractions import Fraction

import numpy as np
import pytest
from made import film, texture

from refilm.flow import luma8
from refilm.stages._steady import Holder, Motions, Sight, steadied
from refilm.streams import neighbourhoods

RATE = Fraction(24)
PAIR = 2 / RATE
SEEN = 0.05
"""Of a figure 0..1: what interpolation between pixels changes where it jumps, on average."""


class Eye:
    """Tells a frame's luma as its figure, and notes which frames it looked at."""

    def __init__(self):
        self.looked = []

    def __call__(self, frame):
        self.looked.append(round(frame.time * RATE))
        return frame.pixels.copy()


def held(pictures, pause, reach=3, start=0):
    """Return what was held for each picture, and which of them were looked at."""
    eye = Eye()
    holder = Holder(lambda frame: luma8(frame.pixels), eye, pause)
    around = neighbourhoods(film(pictures, RATE, start=start), reach)
    return [holder.held(each) for each in around], eye.looked


def pan(count, step=2):
    scene = texture(64, 96 + step * count, seed=3)
    return [np.ascontiguousarray(scene[:, step * n : step * n + 96]) for n in range(count)]


def test_without_a_pause_every_frame_is_looked_at_once():
    assert held(pan(6), Fraction(0))[1] == list(range(6))


def test_with_a_pause_of_two_frames_one_of_two_is_looked_at_and_the_others_follow():
    pictures = pan(10)
    found, looked = held(pictures, PAIR)
    assert looked == [0, 2, 4, 6, 8]
    for picture, figure in zip(pictures, found, strict=True):
        assert np.abs(figure - picture)[:, 4:-4].mean() < SEEN


def test_a_frame_that_shows_something_else_is_looked_at_out_of_turn():
    flash = [texture(64, 96, seed=2), texture(64, 96, seed=9)]
    pictures = [flash[0]] * 3 + [flash[1]] * 3
    found, looked = held(pictures, PAIR)
    assert looked == [0, 2, 3, 4]
    assert np.abs(found[3] - flash[1]).mean() < SEEN


def test_rounded_stamps_do_not_change_which_frames_are_looked_at():
    late = [frame.time + Fraction((-1) ** (n + 1), 3000) for n, frame in enumerate(film(pan(10), RATE))]
    frames = film(pan(10), RATE)
    for frame, time in zip(frames, late, strict=True):
        object.__setattr__(frame, "time", time)
    eye = Eye()
    holder = Holder(lambda frame: luma8(frame.pixels), eye, PAIR)
    for around in neighbourhoods(frames, 3):
        holder.held(around)
    assert eye.looked == [0, 2, 4, 6, 8]


@pytest.mark.parametrize("start", [8, 9])
def test_a_stretch_is_held_as_in_the_whole_shot_if_one_frame_more_than_the_reach_is_known(start):
    pictures, reach = pan(24), 3
    whole, _ = held(pictures, PAIR, reach)
    part, _ = held(pictures[start - reach - 1 :], PAIR, reach, start=start - reach - 1)
    for one, other in zip(part[reach + 1 :], whole[start:], strict=True):
        assert np.array_equal(one, other)


def test_where_nothing_is_trusted_the_nearest_frame_that_was_looked_at_has_most_say():
    """Three pictures without a common thing; nobody looked at the middle one."""
    luma = [luma8(texture(32, 32, seed=seed)) for seed in (1, 2, 3, 4)]
    figures = [np.full((32, 32, 1), value, np.float32) for value in (0.0, 1.0)]
    middle = Sight(luma[1], np.empty((32, 32, 0), np.float32))
    near, far = Sight(luma[0], figures[1]), Sight(luma[2], figures[0])
    found = steadied(middle, (near, far), (), Motions())
    assert found.shape == (32, 32, 1)
    assert np.isfinite(found).all()
    assert np.median(found) > 0.6
