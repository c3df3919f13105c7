"""The frames that stand for a shot are sharp, clean and calm ones, spread over it."""

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from refilm.findings import Figures, Rectangle, Survey, Transition
from refilm.frames import FilmInfo, Shot, Timeline
from refilm.stills.choose import candidates, choose, first_middle_last, worth

RATE = Fraction(16)


def survey(frames, **changes):
    """A film of one shot without anything to choose by, but for the figures given."""
    even, none = np.full(frames, 0.5), np.zeros(frames)
    figures = Figures(
        motion=np.zeros((frames, 4)), trust=even, level=even, black=none, white=even + 0.4,
        difference=none, repeat=none > 0, softness=even, dirt=none,
    )  # fmt: skip
    ticks = np.arange(frames)
    info = FilmInfo(640, 480, RATE, duration=frames / RATE, time_base=1 / RATE)
    shot = Shot(0, 0, frames, Fraction(0), frames / RATE, monochrome=True)
    timeline = Timeline(1 / RATE, ticks, ticks, frames / RATE)
    figures = replace(figures, **changes)
    return Survey(info, timeline, (shot,), figures, Rectangle(0, 0, 640, 480))


def all_candidates(found):
    return [frame for part in candidates(found, found.shots[0]) for frame in part]


@pytest.mark.parametrize(("seconds", "count"), [(1, 1), (4, 2), (9, 3), (60, 3)])
def test_longer_shots_have_more_stills(seconds, count):
    found = survey(16 * seconds)
    assert len(candidates(found, found.shots[0])) == count


def test_a_travelling_camera_needs_more_stills_but_a_trembling_one_does_not():
    travelling, trembling = np.zeros((32, 4)), np.zeros((32, 4))
    travelling[1:, 0] = 30
    trembling[:, 0] = 30 * (-1.0) ** np.arange(32)
    for motion, count in ((travelling, 3), (trembling, 1)):
        found = survey(32, motion=motion)
        assert len(candidates(found, found.shots[0])) == count


def test_stills_are_spread_over_the_camera_s_path_and_not_over_time_alone():
    motion = np.zeros((96, 4))
    motion[72:, 0] = 80
    found = survey(96, motion=motion)
    last = candidates(found, found.shots[0])[-1]
    assert min(last) > 80


@pytest.mark.parametrize(
    ("name", "bad"), [("dirt", 0.1), ("softness", 3.0), ("level", 0.95), ("white", 0.4)]
)
def test_frames_that_are_worse_than_most_are_not_chosen(name, bad):
    # The middle would be chosen if nothing spoke against it.
    assert all_candidates(survey(16))[0] in (7, 8)
    values = getattr(survey(16).figures, name).copy()
    values[5:10] = bad
    assert all_candidates(survey(16, **{name: values}))[0] in (3, 4, 10, 11)


def test_frames_in_swift_movement_are_blurred_and_left_out():
    motion = np.zeros((16, 4))
    motion[2:7, 0] = 60
    found = survey(16, motion=motion)
    assert all_candidates(found)[0] >= 7


def test_flashes_and_dissolves_are_left_out():
    found = replace(
        survey(16), flashes=(8,), transitions=(Transition("dissolve", 0, 7), Transition("fade", 10, 16))
    )
    assert all_candidates(found)[0] in (7, 9)


def test_candidates_are_apart_in_time():
    frames = all_candidates(survey(40))
    assert np.diff(sorted(frames)).min() >= 4


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
def test_shots_of_a_few_frames_have_a_still(frames):
    found = survey(frames)
    pick = choose(found, found.shots[0], lambda frame: np.zeros((48, 64, 1), np.float32))
    assert len(pick) == 1
    assert 0 <= pick[0] < frames


def test_of_the_candidates_the_one_that_shows_most_is_taken():
    found = survey(16)
    best = all_candidates(found)[-1]

    def read(frame):
        scene = np.random.default_rng(0).random((120, 160)).astype(np.float32)
        sharp = cv2.GaussianBlur(scene, (0, 0), 2)
        return (sharp if frame == best else cv2.GaussianBlur(sharp, (0, 0), 4))[:, :, None]

    assert choose(found, found.shots[0], read) == (best,)


def test_a_picture_with_faces_is_taken_though_another_is_somewhat_sharper():
    found = survey(16)
    *others, last = all_candidates(found)
    shown = {frame: rough(frame == others[0]) for frame in (*others, last)}

    def faces(luma):
        return 1.0 if luma is shown[last] else 0.0

    assert choose(found, found.shots[0], shown.get) == (others[0],)
    assert choose(found, found.shots[0], shown.get, faces) == (last,)


def rough(sharpest):
    """A scene, (h, w, 1), that is somewhat sharper than another one."""
    scene = np.random.default_rng(0).random((120, 160)).astype(np.float32)
    return cv2.GaussianBlur(scene, (0, 0), 2 if sharpest else 2.3)[:, :, None]


def test_a_sharp_full_picture_is_worth_more_than_a_soft_or_an_empty_one():
    random = np.random.default_rng(1)
    scene = cv2.GaussianBlur(random.random((240, 320)).astype(np.float32), (0, 0), 3)
    scene = (scene - scene.min()) / np.ptp(scene)
    soft = cv2.GaussianBlur(scene, (0, 0), 3)
    empty = np.full_like(scene, 0.5)
    empty[100:140, 100:140] = scene[100:140, 100:140]
    grainy = empty + random.normal(0, 0.01, empty.shape).astype(np.float32)
    full, others = worth(scene[:, :, None]), (soft, empty, grainy)
    assert all(full > 1.3 * worth(other[:, :, None]) for other in others)


def test_the_2020_choice_is_the_first_the_middle_and_the_last():
    shot = Shot(0, 10, 21, Fraction(0), Fraction(1), monochrome=True)
    assert first_middle_last(shot) == (10, 15, 20)
    assert first_middle_last(replace(shot, stop=11)) == (10,)
