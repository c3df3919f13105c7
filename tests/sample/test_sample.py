"""The sample film: the same each time, cut where it says, moving, free of flicker, with sound."""

from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest

from refilm.film import Encoding, open_film
from refilm.frames import Frame
from refilm.sample import BELLS, cuts, draw, info, sound, write_sample
from refilm.sample.camera import NEAR, Camera
from refilm.sample.canvas import Canvas
from refilm.sample.drawing import draw_take
from refilm.sample.people import Walk, someone, walker
from refilm.sample.shots import Take, takes
from refilm.sample.sky import draw_sky
from refilm.sample.tune import RATE

SMALL = {"width": 96, "height": 72}


@pytest.fixture(scope="module")
def film():
    """Return the film at one frame per second: every shot is there, and it is soon drawn."""
    return list(draw(rate=Fraction(1), **SMALL))


def test_frames_are_colour_pictures_in_rising_time(film):
    for number, frame in enumerate(film):
        assert isinstance(frame, Frame)
        assert frame.pixels.shape == (72, 96, 3)
        assert frame.pixels.dtype == np.float32
        assert 0 <= frame.pixels.min() < frame.pixels.max() <= 1
        assert frame.time == frame.origin == number


def test_is_as_long_as_it_says(film):
    facts = info(rate=Fraction(1), **SMALL)
    assert len(film) == facts.duration * facts.rate
    assert 11 < info().duration < 14


def test_the_picture_changes_most_at_the_cuts(film):
    steps = [np.abs(b.pixels - a.pixels).mean() for a, b in pairwise(film)]
    places = cuts(rate=Fraction(1))
    assert len(places) == len(takes(1)) - 1 == 4
    assert sorted(np.argsort(steps)[-4:] + 1) == list(places)


def test_cuts_at_sixteen_frames_per_second_are_where_they_were():
    assert cuts() == (40, 80, 120, 156)


@pytest.mark.parametrize("take", takes(1), ids=lambda take: take.name)
def test_every_shot_moves_and_none_flickers(take: Take):
    pictures = [
        draw_take(take, Fraction(number, 16), Fraction(1, 16), 96, 72) for number in (20, 21, 22)
    ]
    steps = [np.abs(b - a) for a, b in pairwise(pictures)]
    assert all(step.max() > 0.1 for step in steps)
    levels = [picture.mean() for picture in pictures]
    # A lamp's flicker is some percent from frame to frame; what walks or pans in and out is less.
    assert np.ptp(levels) < 0.012


def test_the_same_seed_draws_the_same_and_another_seed_another_film():
    first, same, other = (next(iter(draw(seed=seed, **SMALL))).pixels for seed in (1, 1, 2))
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_edges_are_smooth(film):
    # A hard-edged drawing has few colours; the mean of exposures has many.
    colours = np.unique((film[0].pixels * 1020).astype(int).reshape(-1, 3), axis=0)
    assert len(colours) > 0.5 * film[0].pixels.shape[0] * film[0].pixels.shape[1]


def test_feet_on_the_ground_do_not_slide():
    walk = Walk(someone(3, 1), (0.0, 10.0), np.pi / 2)
    step = 0.01
    slowest = []
    for moment in np.arange(0, 1, step):
        now, soon = walker(walk, moment), walker(walk, moment + step)
        lows = [
            (abs(b[0][0, 0] - a[0][0, 0]) / step, a[0][:, 1].min())
            for a, b in zip(now, soon, strict=True)
        ]
        slowest.append(min(speed for speed, height in lows if height < 0.12))
    # The standing foot rolls on, but far slower than the body, which goes 1.25 m/s.
    assert np.median(slowest) < 0.6


def test_a_point_straight_ahead_is_seen_in_the_middle_and_one_to_the_right_right_of_it():
    camera = Camera((1.0, 2.0, 3.0), turn=0.3, tilt=0.1)
    ahead = np.array((np.sin(0.3) * np.cos(0.1), np.sin(0.1), np.cos(0.3) * np.cos(0.1)))
    right = np.array((np.cos(0.3), 0, -np.sin(0.3)))
    points = np.array(camera.place) + 5 * ahead + np.outer((0, 1), right)
    middle, beside = camera.pixels(camera.seen(points))
    assert middle == pytest.approx(((480 - 1) / 2, (368 - 1) / 2))
    assert beside - middle == pytest.approx((camera.size(5), 0))


def test_what_crosses_the_camera_is_cut_off_in_front_of_it():
    floor = [(-1, -1, -5), (1, -1, -5), (1, -1, 5), (-1, -1, 5)]
    outline = Camera((0.0, 0.0, 0.0)).outline(floor)
    assert outline is not None
    # One metre below a camera that sees from NEAR on.
    assert outline[:, 1].max() == pytest.approx((368 - 1) / 2 + 1.1 * 368 / NEAR)
    assert Camera((0.0, 0.0, 9.0)).outline(floor) is None


def test_the_sound_is_as_long_as_the_film_and_never_clips():
    samples = sound(3.5)
    assert samples.shape == (round(3.5 * RATE),)
    assert samples.dtype == np.float32
    assert 0.1 < np.abs(samples).max() < 1
    assert np.array_equal(samples, sound(3.5))


def test_the_bell_is_heard_when_it_is_said_to_be():
    samples = sound(3.0).astype(np.float64)
    steps = np.lib.stride_tricks.sliding_window_view(samples, 1024)[::256]
    spectrum = np.abs(np.fft.rfft(steps * np.hanning(1024), axis=1))
    high = spectrum[:, round(3500 * 1024 / RATE) : round(5500 * 1024 / RATE)].sum(1)
    struck = np.argmax(np.diff(high)) * 256 / RATE
    # The window is 21 ms long, so the onset is found within that.
    assert struck == pytest.approx(BELLS[0], abs=0.03)


def test_writes_a_film_with_sound(tmp_path):
    path = tmp_path / "sample.mkv"
    count = write_sample(
        path, rate=Fraction(1), encoding=Encoding(codec="ffv1"), say=lambda _: None, **SMALL
    )
    film = open_film(str(path))
    assert (film.info.width, film.info.height) == (96, 72)
    assert sum(1 for _ in film.watch()) == count == 10


def test_the_sky_moves_with_the_houses_when_the_camera_turns():
    seen = []
    for tilt in (0.60, 0.65):
        canvas = Canvas(Camera((0, 2, 0), turn=0.1, tilt=tilt))
        draw_sky(canvas, time=0, seed=1)
        seen.append(cv2.cvtColor(canvas.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32))
    camera = Camera((0, 2, 0), turn=0.1, tilt=0.65)
    far = 1e4 * np.array([[np.sin(0.1), np.tan(0.6), np.cos(0.1)]])
    moved = camera.pixels(camera.seen(far))[0, 1] - (camera.height - 1) / 2
    before, after = seen[0][100:240, 200:280], seen[1][:, 200:280]
    apart = [np.abs(after[100 + down : 240 + down] - before).mean() for down in range(60)]
    assert np.argmin(apart) == pytest.approx(moved, abs=2)
