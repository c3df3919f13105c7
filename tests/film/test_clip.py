from fractions import Fraction

import av
import pytest

from refilm.film.clip import Clip, Stamps

BASE = Fraction(1, 1000)
WHOLE = Clip(Fraction(0), None, None)
MIDDLE = Clip(Fraction(2), Fraction(2), Fraction(3))


def packet(pts, dts="same", duration=20):
    made = av.Packet(b"sound")
    made.time_base = BASE
    made.pts, made.dts, made.duration = pts, pts if dts == "same" else dts, duration
    return made


def times(made):
    return made.pts, made.dts, made.duration


def test_the_whole_film_keeps_its_times():
    assert times(WHOLE.placed(packet(1234, 1200), continues=False)) == (1234, 1200, 20)


@pytest.mark.parametrize("begin", [0, 1990, 1999, 3000, 3500])
def test_what_begins_outside_a_clip_is_left_out(begin):
    assert MIDDLE.placed(packet(begin), continues=False) is None


@pytest.mark.parametrize("begin", [2000, 2999])
def test_what_begins_inside_a_clip_is_moved_with_it(begin):
    assert times(MIDDLE.placed(packet(begin), continues=False)) == (begin - 2000, begin - 2000, 20)


def test_a_subtitle_over_the_edges_is_cut_there():
    assert times(MIDDLE.placed(packet(1500, duration=3000), continues=True)) == (0, 0, 1000)
    assert MIDDLE.placed(packet(1500, duration=400), continues=True) is None


def test_nothing_follows_long_after_the_end():
    assert not MIDDLE.is_over(packet(3500), Fraction(1))
    assert MIDDLE.is_over(packet(4001), Fraction(1))
    assert not WHOLE.is_over(packet(10**9), Fraction(1))


def test_missing_stamps_follow_from_the_packet_before():
    stamps = Stamps()
    found = [
        times(stamps.filled(packet(pts, dts))) for pts, dts in [(5, None), (None, 30), (None, None)]
    ]
    assert found == [(5, 5, 20), (30, 30, 20), (50, 50, 20)]


def test_stamps_that_repeat_or_go_back_rise_by_the_least():
    stamps = Stamps()
    found = [times(stamps.rising(packet(pts)))[:2] for pts in (10, 10, 4, 40)]
    assert found == [(10, 10), (11, 11), (12, 12), (40, 40)]
