from fractions import Fraction

import numpy as np
import pytest

from refilm.errors import UsageError
from refilm.findings import Figures, Rectangle, Survey
from refilm.frames import FilmInfo, Shot, Timeline
from refilm.segments import LONGEST, cut, span, with_context

RATE = 16


def survey(*shot_lengths):
    count = sum(shot_lengths)
    ticks = np.arange(count, dtype=np.int64)
    timeline = Timeline(Fraction(1, RATE), ticks, ticks, Fraction(count, RATE))
    shots, first = [], 0
    for number, length in enumerate(shot_lengths):
        stop = first + length
        shots.append(Shot(number, first, stop, timeline.time(first), timeline.time(stop), True))
        first = stop
    none = np.zeros(count)
    figures = Figures(np.zeros((count, 4)), none, none, none, none, none, none.astype(bool))
    info = FilmInfo(64, 48, Fraction(RATE))
    return Survey(info, timeline, tuple(shots), figures, Rectangle(0, 0, 64, 48))


def test_segments_cover_every_frame_once_and_never_cross_a_cut():
    found = survey(5, 300, 1, 97)
    segments = cut(found, 0, 403)
    frames = [frame for segment in segments for frame in range(segment.first, segment.stop)]
    assert frames == list(range(403))
    assert all(s.shot.first <= s.first and s.stop <= s.shot.stop for s in segments)
    assert [segment.number for segment in segments] == list(range(len(segments)))


def test_no_segment_is_much_longer_than_the_longest_allowed():
    one_frame = Fraction(1, RATE)
    assert all(s.end - s.start <= LONGEST + one_frame for s in cut(survey(1000), 0, 1000))


def test_a_single_frame_that_is_shown_for_long_is_one_segment():
    timeline = Timeline(Fraction(1), np.array([0]), np.array([0]), Fraction(100))
    found = survey(1)
    shot = Shot(0, 0, 1, Fraction(0), Fraction(100), True)
    still = Survey(found.info, timeline, (shot,), found.figures, found.clean)
    assert len(cut(still, 0, 1)) == 1


def test_a_part_of_the_film_is_cut_at_whole_frames():
    found = survey(100, 100)
    first, stop = span(found, Fraction(5), Fraction(8))
    assert (first, stop) == (80, 128)
    segments = cut(found, first, stop)
    assert (segments[0].first, segments[-1].stop) == (80, 128)


def test_a_part_beyond_the_film_is_refused_with_its_length():
    with pytest.raises(UsageError, match=r"12.50 s long"):
        span(survey(200), Fraction(100), None)


def test_context_reaches_into_the_shot_but_not_over_its_cut():
    found = survey(40, 200, 40)
    segments = [segment for segment in cut(found, 0, 280) if segment.shot.number == 1]
    first, stop = with_context(found, segments[0], Fraction(1, 2))
    assert (first, stop) == (segments[0].first, segments[0].stop + 8)
    first, stop = with_context(found, segments[-1], Fraction(1, 2))
    assert (first, stop) == (segments[-1].first - 8, segments[-1].stop)


def test_context_reaches_past_repeats_to_a_frame_that_is_none():
    found = survey(200)
    segment = cut(found, 0, 200)[1]
    found.figures.repeat[segment.first - 3 : segment.first + 1] = True
    found.figures.repeat[segment.stop : segment.stop + 5] = True
    first, stop = with_context(found, segment, Fraction(1, RATE))
    assert not found.figures.repeat[first]
    assert first == segment.first - 4
    assert stop == segment.stop + 6
    assert with_context(found, segment, Fraction(0)) == (segment.first, segment.stop)
