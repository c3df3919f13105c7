import numpy as np
import pytest
from watched import scene

from refilm.findings import LIGHT_FLOOR
from refilm.survey.gains import CELLS, TONES, Gains, between, samples
from refilm.survey.look import Look
from refilm.survey.motion import STILL

CLOSE = 0.01
"""Light (natural log) that nobody sees; the surface between the parts is not quite the planted one."""


def followed(pictures, moves=None):
    gains = Gains()
    for number, luma in enumerate(pictures):
        luma = np.asarray(luma, np.float32)
        move = (
            STILL
            if moves is None
            else STILL._replace(x=moves[number][0], y=moves[number][1], trust=1.0)
        )
        gains.see(Look(number, luma, luma[:, :, None], 1.0, 1.0), move)
    return gains.figures()


def brighter(luma, rise):
    """The picture with its log light, as figures have it, raised."""
    return (luma + LIGHT_FLOOR) * np.exp(rise) - LIGHT_FLOOR


def test_light_of_the_whole_adds_up_along_time():
    still, rises = scene(1) * 0.5 + 0.1, (0.0, 0.1, -0.2, 0.05)
    light = followed([brighter(still, rise) for rise in rises])["light"]
    np.testing.assert_allclose(light.mean(axis=(1, 2)), rises, atol=CLOSE / 5)


def test_light_of_one_side_is_that_sides():
    still = scene(1) * 0.5 + 0.1
    slope = np.linspace(-0.1, 0.1, still.shape[1])[None]
    light = followed([still, brighter(still, slope)])["light"][1]
    middles = (np.arange(CELLS[0]) + 0.5) / CELLS[0] * 0.2 - 0.1
    np.testing.assert_allclose(light.mean(axis=0), middles, atol=CLOSE)


def test_a_pan_over_light_and_dark_is_no_change_of_light():
    wide = np.hstack([scene(1) * 0.3 + 0.1, scene(2) * 0.3 + 0.5])
    width, shift = scene(1).shape[1], 4
    count = width // shift
    pictures = [wide[:, n * shift : n * shift + width] for n in range(count)]
    light = followed(pictures, [(-shift, 0)] * count)["light"].mean(axis=(1, 2))
    level = np.log([picture.mean() for picture in pictures])
    assert np.ptp(level) > 0.4
    assert np.ptp(light) < 0.1 * np.ptp(level)


def test_unevenness_stays_where_it_is_while_the_picture_moves_on():
    wide = np.hstack([scene(1), scene(2)]) * 0.5 + 0.1
    width, shift, count = scene(1).shape[1], 3, 12
    slope = np.linspace(-0.1, 0.1, width)[None]
    pictures = [wide[:, n * shift : n * shift + width] for n in range(count)]
    pictures[1:] = [brighter(picture, slope) for picture in pictures[1:]]
    light = followed(pictures, [(-shift, 0)] * count)["light"]
    np.testing.assert_allclose(light[-1, :, 1:-1], light[1, :, 1:-1], atol=3 * CLOSE)


def test_what_passes_does_not_change_the_light_of_its_place():
    still = scene(1) * 0.5 + 0.2
    pictures = [still.copy() for _ in range(10)]
    for number, picture in enumerate(pictures):
        picture[20:50, 5 * number : 5 * number + 20] = 0.05
    light = followed(pictures)["light"]
    assert np.abs(np.median(light[-1])) < CLOSE / 5
    assert np.abs(light[-1]).mean() < CLOSE


def test_light_that_lifts_dark_tones_alone_is_theirs():
    still = scene(1) * 0.7 + 0.1
    found = followed([still, still + 0.05 * (0.8 - still)])
    rise = found["tone_light"][1]
    assert (np.diff(rise) < 0).all()
    # Part of it goes with the places that happen to be dark.
    assert rise[0] - rise[-1] > 0.03
    assert rise.mean() == pytest.approx(0, abs=1e-6)


def test_tones_are_the_middles_of_equal_lots():
    ramp = np.tile(np.linspace(0, 1, 400, dtype=np.float32), (300, 1))
    tones = followed([ramp])["tones"][0]
    # Every second sample is looked at, a hundredth of the ramp each.
    assert tones == pytest.approx((np.arange(TONES) + 0.5) / TONES, abs=0.02)


def test_nothing_is_said_where_two_pictures_share_no_place():
    still = samples(np.asarray(scene(1), np.float32))
    step = between(np.full_like(still, -99.0), still)
    assert not step.parts.any()
    assert not step.tones.any()
