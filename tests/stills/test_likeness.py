"""Pictures are found again by their light: the frame that they show."""

from fractions import Fraction

import cv2
import numpy as np

from refilm.findings import Rectangle
from refilm.frames import Frame
from refilm.stills.aligning import aligned
from refilm.stills.likeness import likeness, look_of
from refilm.stills.locate import locate

WEIGHTS = (0.299, 0.587, 0.114)


def scene(seed, height=96, width=128, shift=0):
    random = np.random.default_rng(seed)
    coarse = random.random((16, 24)).astype(np.float32)
    wide = cv2.resize(coarse, (width + 64, height), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(np.clip(wide[:, shift : shift + width], 0, 1)[:, :, None])


def test_brightness_size_and_contrast_do_not_count_but_what_is_seen_does():
    picture = look_of(scene(1))
    other = cv2.resize(scene(1)[:, :, 0], (300, 200))[:, :, None]
    assert likeness(picture, look_of(0.4 * other + 0.5)) > 0.95
    assert likeness(picture, look_of(scene(2))) < 0.5


def test_an_empty_picture_is_like_nothing_not_even_itself():
    empty = look_of(np.full((48, 64, 1), 0.5, np.float32))
    assert likeness(empty, empty) == 0


def frames(count=20):
    for number in range(count):
        picture = scene(3 if number < 10 else 4, shift=3 * (number % 10))
        yield Frame(picture, Fraction(number), Fraction(number))


WHOLE = Rectangle(0, 0, 128, 96)


def test_a_picture_finds_its_frame_though_it_is_brighter_and_larger():
    wanted = cv2.resize(scene(4, shift=12)[:, :, 0], (400, 300))[:, :, None] * 0.6 + 0.3
    assert locate([wanted, scene(9)], frames(), WHOLE, 128) == [14, None]


def test_a_picture_without_the_film_s_border_finds_its_frame():
    clean = Rectangle(16, 12, 96, 72)
    wanted = scene(3, shift=9)[12:84, 16:112]
    assert locate([wanted], frames(), clean, 128) == [3]
    assert locate([scene(8)[12:84, 16:112]], frames(), clean, 128) == [None]


def test_a_picture_of_another_framing_is_laid_onto_its_frame():
    luma = scene(5, 120, 160)
    moved = cv2.warpAffine(
        np.repeat(luma, 3, 2) * np.float32((0.9, 0.8, 0.5)),
        np.float32([[0.95, 0, 6], [0, 0.95, -3]]), (160, 120),
    )  # fmt: skip
    picture = aligned(cv2.resize(moved, (200, 150)), luma, WEIGHTS)
    assert picture.shape == (120, 160, 3)
    inner = slice(12, -12)
    truth = (luma * np.float32((0.9, 0.8, 0.5)))[inner, inner]
    # A tenth of the error that the framing makes, and far below what an eye sees.
    assert np.abs(picture[inner, inner] - truth).mean() < 0.01
    unaligned = cv2.resize(moved, (160, 120))[inner, inner]
    assert np.abs(unaligned - truth).mean() > 0.03


def test_a_picture_that_cannot_be_laid_aright_is_only_made_as_large():
    picture = aligned(np.full((40, 50, 3), 0.25, np.float32), scene(6), WEIGHTS)
    np.testing.assert_allclose(picture, 0.25, atol=1e-3)
