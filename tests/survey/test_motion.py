from fractions import Fraction

import cv2
import numpy as np
import pytest
from watched import FilmInMemory, as_pixels, grain, moved, scene

from refilm.survey import survey_film

WEAVE = np.random.default_rng(5).normal(0, 2, (24, 2))
"""Pixels that each frame lies off its place."""
CLOSE = 0.1
"""Pixels, root mean square, by which a movement may be missed: a tenth is what eyes forgive."""


def survey_of(pictures, **known):
    return survey_film(FilmInMemory([as_pixels(picture) for picture in pictures], **known))


def woven(picture):
    """Show the middle of a picture that weaves, so that no edge is invented."""
    return [moved(picture, x, y)[10:-10, 10:-10] for x, y in WEAVE]


def missed(motion, true):
    return np.sqrt(np.mean((motion[1:, :2] - np.diff(true, axis=0)) ** 2))


def usually_missed(motion, true):
    """As `missed`, but of most frames: now and then scene and lorry move nearly alike."""
    return np.median(np.abs(motion[1:, :2] - np.diff(true, axis=0)))


def test_finds_a_planted_weave_to_a_tenth_of_a_pixel():
    figures = survey_of(woven(scene(1))).figures
    assert missed(figures.motion, WEAVE) < CLOSE
    assert figures.trust[1:].min() > 0.8


def test_finds_it_under_grain_and_flicker():
    light = np.random.default_rng(6).normal(1, 0.08, len(WEAVE))
    pictures = [
        frame * gain + grain(frame.shape, number)
        for number, (frame, gain) in enumerate(zip(woven(scene(1)), light, strict=True))
    ]
    assert missed(survey_of(pictures).figures.motion, WEAVE) < CLOSE


def test_follows_the_scene_and_not_what_passes_in_front():
    pictures, walker = woven(scene(1)), scene(2, 100, 70)
    for number, picture in enumerate(pictures):
        left = 6 * number
        picture[50:150, left : left + 70] = walker[:, : picture.shape[1] - left]
    assert missed(survey_of(pictures).figures.motion, WEAVE) < CLOSE


def beside(one, other, columns):
    """Show one picture on the left and the other from that column on."""
    return np.concatenate((one[:, :columns], other[:, columns:]), axis=1)


def passing(count, seed):
    """A lorry's side that passes by evenly, as large as the pictures of `woven`."""
    wide = scene(seed, 180, 400)
    return [wide[10:-10, 3 * number : 3 * number + 220] for number in range(count)]


def test_stays_with_the_scene_when_most_of_it_is_hidden_later():
    lorry = passing(len(WEAVE), 3)
    pictures = [beside(one, other, 130) for one, other in zip(woven(scene(1)), lorry, strict=True)]
    for picture in pictures[8:]:
        picture[:, :60] = 0.5
    assert usually_missed(survey_of(pictures).figures.motion, WEAVE) < CLOSE


def test_chooses_anew_after_a_cut():
    lorry, scenery = passing(len(WEAVE), 3), woven(scene(1))
    pictures = [beside(one, other, 130) for one, other in zip(scenery, lorry, strict=True)][:12]
    other_lorry, other_scenery = passing(len(WEAVE), 4), woven(scene(2))
    both = zip(other_lorry, other_scenery, strict=True)
    pictures += [beside(one, other, 90) for one, other in both][12:]
    motion = survey_of(pictures).figures.motion
    assert usually_missed(motion[12:], WEAVE[12:]) < CLOSE


def test_counts_in_pixels_of_the_source():
    pictures = woven(scene(1))
    height, width = pictures[0].shape
    figures = survey_of(pictures, size=(4 * width, 4 * height)).figures
    assert missed(figures.motion, 4 * WEAVE) < 4 * CLOSE


def test_finds_a_turn():
    turns = np.random.default_rng(7).normal(0, 0.004, 12)
    pictures = [moved(scene(1), 0, 0, turn)[10:-10, 10:-10] for turn in turns]
    motion = survey_of(pictures).figures.motion
    assert motion[1:, 2] == pytest.approx(np.diff(turns), abs=5e-4)


def test_says_nothing_of_a_picture_without_detail():
    figures = survey_of([np.full((90, 120), 0.5)] * 4).figures
    assert not figures.motion.any()
    assert not figures.trust.any()


def test_does_not_lose_the_way_over_a_frame_that_shows_nothing():
    pictures = woven(scene(1))
    pictures[9] = np.full_like(pictures[9], 1.0)
    figures = survey_of(pictures).figures
    assert figures.trust[9] == 0
    assert figures.motion[10, :2] == pytest.approx(WEAVE[10] - WEAVE[8], abs=2 * CLOSE)


def test_stands_still_across_a_cut():
    pictures = woven(scene(1))[:12] + woven(scene(2))[12:]
    for picture in pictures:
        # Both shots share a caption, which could be followed across the cut.
        picture[100:, 10:180] = scene(5)[100:160, 10:180]
    survey = survey_of(pictures, rate=Fraction(16))
    assert [shot.first for shot in survey.shots] == [0, 12]
    assert not survey.figures.motion[12].any()
    assert survey.figures.trust[12] == 0


def turned(canvas, angle, width=240, height=180):
    """Show what a camera that turned right by `angle` sees of a plane; its lens is as long as wide."""
    lens = np.array(((width, 0, (width - 1) / 2), (0, width, (height - 1) / 2), (0, 0, 1)), float)
    aside = np.eye(3)
    aside[:2, 2] = (canvas.shape[1] - width) / 2, (canvas.shape[0] - height) / 2
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array(((cosine, 0, sine), (0, 1, 0), (-sine, 0, cosine)))
    matrix = aside @ lens @ turn @ np.linalg.inv(lens)
    return cv2.warpPerspective(
        canvas, matrix, (width, height), flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    )


def test_a_turning_camera_moves_the_middle_of_the_picture_and_bends_the_rest():
    angles = np.linspace(-0.3, 0.3, 13)
    motion = survey_of([turned(scene(1, 340, 560), angle) for angle in angles]).figures.motion
    steps = np.full(len(angles) - 1, -240 * np.tan(angles[1] - angles[0]))
    assert motion[1:, 0] == pytest.approx(steps, abs=CLOSE)
    assert motion[1:, 1] == pytest.approx(np.zeros(len(steps)), abs=CLOSE)


def test_follows_the_rest_at_once_when_what_it_followed_is_gone():
    lorry = passing(len(WEAVE), 3)
    pictures = [beside(one, other, 130) for one, other in zip(woven(scene(1)), lorry, strict=True)]
    for picture in pictures[12:]:
        picture[:, :130] = 0.5
    assert survey_of(pictures).figures.trust[12:].min() > 0


def test_strong_grain_is_met_with_more_points():
    pictures = [
        frame + 0.08 * np.random.default_rng(number).normal(0, 1, frame.shape)
        for number, frame in enumerate(woven(scene(1)))
    ]
    assert missed(survey_of(pictures).figures.motion, WEAVE) < 2 * CLOSE
