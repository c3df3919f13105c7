import cv2
import numpy as np
import pytest
from watched import FilmInMemory, as_pixels, grain, moved, scene

from refilm.survey import survey_film
from refilm.survey.blocking import blocking
from refilm.survey.condition import flashes, flicker
from refilm.survey.softness import edge_width

STEPS = np.random.default_rng(3).normal(0, 2.0, (40, 2))


def weaving(amount, count=24):
    picture = scene(1)
    return [moved(picture, *STEPS[n]) + grain(picture.shape, n, amount) for n in range(count)]


def surveyed(pictures):
    return survey_film(FilmInMemory([as_pixels(picture) for picture in pictures]))


@pytest.mark.parametrize("amount", [0.01, 0.03, 0.06])
def test_grain_is_measured_though_the_picture_weaves(amount):
    noise = surveyed(weaving(amount)).figures.noise
    # Calm blocks still hold some weave, and the calmest of many are a little calmer than the mean.
    assert np.median(noise) == pytest.approx(amount, rel=0.15)


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0])
def test_the_width_of_edges_is_that_of_the_blur(sigma):
    picture = np.zeros((200, 300), np.float32)
    for seed in range(12):
        corner = np.random.default_rng(seed).integers(0, (160, 240))
        cv2.ellipse(picture, tuple(map(int, corner[::-1])), (40, 25), seed * 30, 0, 360, seed / 12, -1)
    blurred = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)
    # Edges that cross or curve are wider or narrower than straight ones.
    assert edge_width(blurred) == pytest.approx(sigma, rel=0.15)


def test_grain_alone_has_no_edges():
    assert np.isnan(edge_width(grain((200, 300), 1, 0.05) + np.float32(0.5), 0.05))


def test_coding_in_blocks_shows_and_the_clean_picture_has_none():
    picture = scene(1, 240, 320)
    stored = cv2.imencode(".jpg", picture * 255, [cv2.IMWRITE_JPEG_QUALITY, 10])[1]
    coded = cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255
    assert blocking(coded) > 0.004
    assert blocking(coded[3:, 5:]) > 0.004
    assert blocking(picture) < 0.0005


def test_dirt_is_measured_as_a_share_of_the_picture():
    pictures, random = weaving(0.01), np.random.default_rng(4)
    for picture in pictures:
        for _ in range(12):
            top, left = random.integers(10, (160, 220))
            picture[top : top + 5, left : left + 5] = random.integers(0, 2)
    true = 12 * 25 / pictures[0].size
    figures = surveyed(pictures).figures
    # Dirt like the scene beneath cannot be seen, and the outermost rows are not looked at.
    assert np.median(figures.dirt) == pytest.approx(true, rel=0.3)


def test_a_clean_film_has_no_dirt():
    assert surveyed(weaving(0.02)).figures.dirt.max() < 0.0005


def test_repeated_frames_have_the_dirt_and_grain_of_their_picture():
    pictures = weaving(0.02)
    for number, picture in enumerate(pictures):
        left = 60 + 20 * (number % 3)
        picture[50 : 50 + number, left : left + 10] = 1
    figures = surveyed([picture for picture in pictures for _ in range(2)]).figures
    assert np.array_equal(figures.dirt[0::2], figures.dirt[1::2])
    assert np.array_equal(figures.noise[0::2], figures.noise[1::2])
    assert figures.dirt[30] > figures.dirt[10] > 0


def test_flicker_is_the_spread_of_the_light_and_slow_changes_are_none():
    gains = 1 + np.random.default_rng(6).normal(0, 0.05, 200)
    # Of 200 values the median deviation is known to about a tenth, and the local median follows some.
    assert flicker(0.5 * gains) == pytest.approx(0.05, rel=0.25)
    assert flicker(np.linspace(0.2, 0.6, 200)) < 0.001


def test_a_flash_is_listed_and_a_new_shot_is_none():
    level = np.full(60, 0.4)
    level[20] = 0.9
    level[30:] = 0.8
    assert flashes(level, [0, 30]) == (20,)
