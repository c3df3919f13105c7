"""Blocks of frames: where they lie, what they weigh, and that stretches do not change them."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from made import RATE, film, job_of, survey_of

from refilm.stages._blocks import Grid, in_blocks

ROUNDING = 1e-6
"""Shares are float32 and sum to one."""


def job(count, shot=0, cuts=()):
    return job_of(survey_of([np.zeros((4, 4, 1), np.float32)] * count, cuts=cuts), shot)


def frames_of(count, start=0):
    return film([np.full((4, 4, 1), number, np.float32) for number in range(start, count)], start=start)


def means(block):
    """A network whose every result depends on all frames of its block."""
    mean = np.mean([frame.pixels for frame in block], axis=0, dtype=np.float32)
    return [mean + frame.pixels for frame in block]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("count", [1, 4, 5, 6, 7, 8, 23])
def test_every_frame_lies_in_blocks_whose_shares_make_a_whole(size, count):
    grid = Grid(job(count), size)
    for number in range(count):
        shares = [grid.share(number, block) for block in grid.blocks(number)]
        assert sum(shares) == pytest.approx(1)
        assert min(shares) > 0


def test_blocks_of_five_overlap_by_two_and_fade_into_each_other():
    grid = Grid(job(30), 5)
    assert [list(grid.blocks(number)) for number in range(3, 9)] == [
        [0, 1],
        [0, 1],
        [1],
        [1, 2],
        [1, 2],
        [2],
    ]
    assert [grid.share(number, 1) for number in range(3, 8)] == pytest.approx(
        [1 / 3, 2 / 3, 1, 2 / 3, 1 / 3]
    )


def test_no_block_is_laid_over_frames_that_the_one_before_shows_already():
    asked = []
    for count in (5, 6, 8, 9):
        list(
            in_blocks(
                frames_of(count), job(count), 5, lambda block: asked.append(len(block)) or means(block)
            )
        )
    assert asked == [5, 5, 3, 5, 5, 5, 5, 3]


@pytest.mark.parametrize("size", [1, 5])
@pytest.mark.parametrize(("first", "stop"), [(0, 6), (7, 12), (8, 9), (20, 23)])
def test_a_stretch_with_a_block_less_one_either_side_gives_the_same_as_the_whole(size, first, stop):
    work, count = job(23), 23
    whole = [found for _, found in in_blocks(frames_of(count), work, size, means)][first:stop]
    begun, ended = max(first - size + 1, 0), min(stop + size - 1, count)
    part = [found for _, found in in_blocks(frames_of(ended, begun), work, size, means)]
    for one, other in zip(part[first - begun :], whole, strict=False):
        np.testing.assert_array_equal(one, other)


def test_blocks_begin_with_the_shot():
    work = job(20, shot=1, cuts=(7,))
    seen = []
    list(
        in_blocks(
            frames_of(20, 7),
            work,
            5,
            lambda block: seen.append(block[0].pixels[0, 0, 0]) or means(block),
        )
    )
    assert seen == [7, 10, 13, 16]


def test_frames_come_in_order_once_each_and_wait_no_longer_than_for_their_blocks():
    given, read = [], []

    def reading():
        for frame in frames_of(20):
            read.append(frame.time)
            yield frame

    for frame, _ in in_blocks(reading(), job(20), 5, means):
        given.append(frame.time)
        assert len(read) - len(given) < 6
    assert given == read


def test_frames_that_an_earlier_stage_left_out_leave_the_others_in_their_blocks():
    some = [frame for frame in frames_of(20) if frame.origin * RATE % 3 != 1]
    seen = []
    found = list(in_blocks(some, job(20), 5, lambda block: seen.append(len(block)) or means(block)))
    assert [frame.time for frame, _ in found] == [frame.time for frame in some]
    assert seen[0] == 3
    assert list(in_blocks([], job(20), 5, means)) == []


def test_blocks_have_as_many_frames_where_an_earlier_stage_doubled_them():
    work = job(10)
    doubled = replace(work, info=replace(work.info, rate=2 * RATE))
    times = [Fraction(number) / (2 * RATE) for number in range(20)]
    frames = [replace(frames_of(1)[0], time=time, origin=time) for time in times]
    seen = []
    list(in_blocks(frames, doubled, 5, lambda block: seen.append(len(block)) or means(block)))
    assert seen == [5, 5, 5, 5, 5, 5]


def test_what_all_blocks_find_alike_is_not_changed_by_blending():
    same = [
        found
        for _, found in in_blocks(frames_of(14), job(14), 5, lambda block: [b.pixels for b in block])
    ]
    np.testing.assert_allclose([each[0, 0, 0] for each in same], range(14), atol=14 * ROUNDING)
