import numpy as np
import pytest

from refilm.stages._camera import Seen, camera, stretches

COUNT = 60
FRAMES = 8.0
"""Frames over which a bending path is evened out: half a second of silent film."""
STILL = 0.1
"""Pixels that a camera which stands may seem to move: the survey's own error, summed up."""
NEAR = 2.0
"""Pixels, root mean square, by which slow weave may be taken for the camera's: the weave itself."""


def weave(seed, count=COUNT):
    """Return weave of 2 pixels, root mean square, half of which drifts over five frames."""
    random = np.random.default_rng(seed)
    slow = np.convolve(
        random.normal(0, 1, count + 40), np.exp(-(np.arange(-20, 21) ** 2) / 50), "valid"
    )
    return random.normal(0, 2**0.5, count) + slow * (2 / 8.86) ** 0.5


def seen(path, steps=None, doubt=None, growth=None):
    none = np.zeros(len(path))
    return Seen(
        np.asarray(path, np.float64),
        none + 1 if steps is None else steps,
        none if doubt is None else doubt,
        none if growth is None else growth,
    )


def rms(values):
    return float(np.sqrt(np.mean(np.square(values))))


@pytest.mark.parametrize("seed", range(8))
def test_a_camera_that_stands_is_found_to_stand(seed):
    found = camera(seen(weave(seed)), FRAMES)
    assert np.ptp(found) < STILL


@pytest.mark.parametrize("seed", range(8))
def test_an_even_pan_is_found_to_be_even(seed):
    pan = 3.0 * np.arange(COUNT)
    off = camera(seen(pan + weave(seed)), FRAMES) - pan
    assert rms(np.diff(off, 2)) < STILL / 3
    assert abs(off[-1] - off[0]) < 2 * rms(weave(seed)) + 1


def test_what_a_camera_does_is_found_stretch_by_stretch():
    pan = np.clip(np.arange(90) - 30, 0, 30) * 6.0
    one, two, three = stretches(seen(pan + weave(3, 90)), FRAMES)
    assert (one.stands, two.stands, three.stands) == (True, False, True)
    assert (two.first, two.stop) == (pytest.approx(31, abs=2), pytest.approx(61, abs=2))


def test_a_camera_that_starts_and_stops_stands_before_and_after_and_never_steps():
    pan = np.clip(np.arange(90) - 30, 0, 30) * 6.0
    found = camera(seen(pan + weave(3, 90)), FRAMES)
    assert np.ptp(found[:28]) < STILL
    assert np.ptp(found[64:]) < STILL
    assert np.diff(found).max() < 8
    assert rms(found - pan - np.mean(found - pan)) < NEAR


def test_a_fast_tilt_that_gathers_speed_is_followed():
    share = np.clip((np.arange(COUNT) - 12) / 30, 0, 1)
    tilt = 250 * share**2 * (3 - 2 * share)
    assert rms(camera(seen(tilt + weave(5)), FRAMES) - tilt) < NEAR


@pytest.mark.parametrize("seed", [1, 5])
def test_a_fast_tilt_is_not_taken_for_a_shaken_camera(seed):
    share = np.clip((np.arange(COUNT) - 12) / 30, 0, 1)
    parts = stretches(seen(250 * share**2 * (3 - 2 * share) + weave(seed)), FRAMES)
    # Twice the variance of the whole weave, where it takes twelve for the tilt's beginning and end.
    assert max(part.slow for part in parts) < 10


def test_all_stretches_of_a_shot_have_one_weave():
    pan = np.clip(np.arange(90) - 30, 0, 30) * 6.0
    parts = stretches(seen(pan + weave(3, 90)), FRAMES)
    assert len({(part.white, part.slow) for part in parts}) == 1


def test_a_slow_bend_is_kept_and_stays_smooth():
    bend = 25 * np.sin(np.arange(COUNT) / 12)
    found = camera(seen(bend + weave(6)), FRAMES)
    assert rms(found - bend) < NEAR
    assert rms(np.diff(found, 2)) < 2 * rms(np.diff(bend, 2))


def test_a_shaken_camera_is_steadied_and_its_pan_kept():
    random, time = np.random.default_rng(0), np.arange(240) / 24
    waves = zip(random.uniform(0.8, 3, 8), random.uniform(0, 6, 8), strict=True)
    shake = sum(2 * np.sin(2 * np.pi * rate * time + phase) for rate, phase in waves)
    pan = np.clip(time - 4, 0, 3) * 60
    found = camera(seen(shake + pan + random.normal(0, 0.2, 240)), 12.0)
    assert rms(np.diff(found - pan)) < rms(np.diff(shake)) / 3
    assert rms(found - pan) < rms(shake)


def test_a_longer_time_makes_a_bend_smoother():
    bend = 4 * np.sin(np.arange(COUNT) / 4)
    quick, slow = (camera(seen(bend + weave(7) / 3), frames) for frames in (1.5, 12.0))
    assert rms(np.diff(slow, 2)) < 0.8 * rms(np.diff(quick, 2))


def test_a_camera_that_travels_does_not_stand():
    path, growth = 0.05 * np.arange(COUNT) + weave(2), 0.01 * np.arange(COUNT)
    (standing,) = stretches(seen(path), FRAMES)
    (travelling,) = stretches(seen(path, growth=growth), FRAMES)
    assert standing.stands
    assert not travelling.stands


def test_a_frame_in_doubt_does_not_pull_the_camera():
    path, doubt = weave(1), np.zeros(COUNT)
    path[-1], doubt[-1] = 40.0, 1e6
    (one,) = stretches(seen(path, doubt=doubt), FRAMES)
    assert one.stands
    assert camera(seen(path, doubt=doubt), FRAMES) == pytest.approx(
        camera(seen(path[:-1]), FRAMES)[[*range(COUNT - 1), -1]], abs=STILL
    )


def test_an_even_pan_is_even_in_time_where_frames_are_missing():
    steps = np.ones(COUNT)
    steps[30] = 9.0
    pan = 2.0 * np.cumsum(steps)
    off = camera(seen(pan + weave(4) / 4, steps=steps), FRAMES) - pan
    assert rms(np.diff(off, 2)) < STILL


def test_the_camera_of_a_long_shot_has_no_step_where_pieces_of_the_work_meet():
    found = camera(seen(weave(9, 1100)), FRAMES)
    assert np.abs(np.diff(found)).max() < STILL / 10
    assert np.ptp(found) < 10 * STILL


def test_the_work_grows_with_the_shot_and_not_faster():
    parts = stretches(seen(weave(9, 1100)), FRAMES)
    assert [(part.first, part.stop) for part in parts] == [(0, 367), (367, 733), (733, 1100)]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_shot_of_a_few_frames_has_a_camera_that_stands(count):
    assert np.ptp(camera(seen(weave(1, count)), FRAMES)) < STILL


def test_a_picture_that_does_not_move_at_all_has_a_camera_that_stands():
    assert not camera(seen(np.zeros(COUNT)), FRAMES).any()


def test_steps_backwards_are_the_steps_between_the_same_frames():
    steps = np.array((7.0, 1.0, 2.0, 3.0))
    back = seen(np.arange(4.0), steps=steps).reversed()
    assert back.path.tolist() == [3, 2, 1, 0]
    assert back.steps[1:].tolist() == [3, 2, 1]
