"""What is planted is what was asked for."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from refilm.age import Ageing, age, preset, presets
from refilm.age.flicker import flicker
from refilm.age.weave import weave
from refilm.errors import InputError, UsageError
from refilm.frames import FilmInfo, Frame

RATE = Fraction(16)
WIDTH, HEIGHT = 240, 180
INFO = FilmInfo(WIDTH, HEIGHT, RATE)
OUTLINES = Path(__file__).parents[2] / "../shared/damage"

WITHIN = 0.1
"""What a deviation may miss its option by: with the drift that damage has, some thousands of frames
are worth some hundreds of independent ones, whose deviation is known to about 4 %."""


ONE_SCRATCH = 6
"""A seed with exactly one scratch during the first frames."""


def grey(count, level=0.5, first=0):
    for number in range(first, first + count):
        pixels = np.full((HEIGHT, WIDTH, 1), level, np.float32)
        yield Frame(pixels, number / RATE, number / RATE)


def aged(count, **amounts):
    return list(age(grey(count), INFO, Ageing(**amounts)))


def test_weave_is_as_wide_as_asked():
    shifts = [weave(number, 480, Ageing(weave=0.5)) for number in range(4000)]
    rms = np.sqrt(np.mean([shift.x**2 + shift.y**2 for shift in shifts]))
    assert rms == pytest.approx(0.5 / 100 * 480, rel=WITHIN)


def test_turning_and_breathing_are_as_strong_as_asked():
    shifts = [weave(number, 480, Ageing(weave_turn=0.3, breathing=0.2)) for number in range(4000)]
    assert np.degrees(np.std([shift.turn for shift in shifts])) == pytest.approx(0.3, rel=WITHIN)
    assert np.std([shift.log_scale for shift in shifts]) == pytest.approx(0.002, rel=WITHIN)


def test_flicker_is_as_strong_as_asked():
    gains = [flicker(number, Ageing(flicker=0.05)).gain for number in range(4000)]
    assert np.std(np.log(gains)) == pytest.approx(0.05, rel=WITHIN)


def test_local_flicker_is_as_strong_as_asked_and_leaves_the_mean_alone():
    lights = [flicker(number, Ageing(flicker_local=0.05)) for number in range(1500)]
    fields = np.log([light.field(45, 60) for light in lights])
    assert np.sqrt(np.mean(fields**2)) == pytest.approx(0.05, rel=WITHIN)
    assert np.abs(fields.mean((1, 2, 3))).max() < 1e-5


def test_the_picture_is_as_much_lighter_as_the_truth_says():
    for each in aged(5, flicker=0.05, flicker_local=0.03):
        expected = 0.5 * each.light.gain * each.light.field(HEIGHT, WIDTH)
        np.testing.assert_allclose(each.frame.pixels, expected, rtol=1e-5)


@pytest.mark.parametrize("size", [0.02, 0.1, 0.4])
def test_grain_in_mid_grey_is_as_strong_as_asked(size):
    pixels = [each.frame.pixels for each in aged(12, grain=0.05, grain_size=size)]
    assert np.std(pixels) == pytest.approx(0.05, rel=0.05)


def test_grain_is_weaker_in_the_dark():
    info = Ageing(grain=0.05)
    (dark,) = age(grey(1, level=0.05), INFO, info)
    (middle,) = age(grey(1, level=0.5), INFO, info)
    assert dark.frame.pixels.std() < 0.7 * middle.frame.pixels.std()


@pytest.mark.parametrize("outlines", [None, OUTLINES])
def test_dirt_covers_as_much_as_asked(outlines):
    if outlines and not outlines.exists():
        pytest.skip("the outlines of real damage do not lie beside the checkout")
    frames = aged(300, dirt=0.5, dirt_size=6, dirt_dark=1, outlines=outlines)
    covered = np.mean([1 - each.frame.pixels.mean() / 0.5 for each in frames]) / (1 - 0.03 / 0.5)
    # Bursts of dirt and the few large specks make 300 frames vary by some 10 %; opacity is 0.78.
    assert covered * 100 == pytest.approx(0.5 * 0.78, rel=0.3)


def test_the_mask_marks_what_was_changed_and_nothing_else():
    for each in aged(8, dirt=1, scratches=3, rain=20, hairs=2):
        changed = np.abs(each.frame.pixels[:, :, 0] - 0.5) > 0.12
        assert each.mask.any()
        assert (changed & ~each.mask).mean() < 0.001
        # Where dark dirt lies on bright, the two may cancel to grey.
        assert np.mean(np.abs(each.frame.pixels[:, :, 0] - 0.5)[each.mask] > 0.05) > 0.97


def test_as_many_scratches_are_seen_as_asked():
    frames = aged(400, scratches=3, scratch_seconds=1)
    crossings = [count_runs(each.frame.pixels[90, :, 0] != 0.5) for each in frames]
    # Scratches skip in places, some cross, some lie outside: a row shows most of them, not all.
    assert 1.5 < np.mean(crossings) < 3.3


def count_runs(row):
    return np.count_nonzero(np.diff(np.concatenate([[0], row.astype(int)])) == 1)


def test_a_scratch_stays_and_drifts_slowly():
    frames = aged(60, seed=ONE_SCRATCH, scratches=1, scratch_seconds=60, scratch_dark=1)
    dark = np.array([0.5 - each.frame.pixels[:, :, 0].mean(0) for each in frames])
    assert (dark.sum(1) > 0).all()
    columns = dark @ np.arange(WIDTH) / dark.sum(1)
    assert np.abs(np.diff(columns)).max() < 2
    assert np.ptp(columns) > 3


def test_a_hair_stays_in_its_place():
    frames = aged(40, hairs=2, hair_seconds=60)
    kept = frames[10].mask & frames[14].mask
    assert kept.sum() > 0.4 * frames[10].mask.sum() > 0


def test_faded_black_is_lifted_and_white_is_lowered():
    (black,) = age(grey(1, level=0), INFO, Ageing(fade=0.4, fade_to=0.35))
    (white,) = age(grey(1, level=1), INFO, Ageing(fade=0.4, fade_to=0.35))
    assert black.frame.pixels.mean() == pytest.approx(0.14, abs=1e-6)
    assert white.frame.pixels.mean() == pytest.approx(0.74, abs=1e-6)


def test_the_border_is_black_outside_and_has_round_corners():
    (each,) = aged(1, border=5)
    picture = each.frame.pixels[:, :, 0]
    assert picture[HEIGHT // 2, 4] < 0.01
    assert picture[HEIGHT // 2, 20] == pytest.approx(0.5, abs=1e-3)
    assert not each.inside[14, 14]
    assert each.inside[HEIGHT // 2, 14]


def test_orthochromatic_stock_is_blind_to_red():
    red, blue = (
        np.broadcast_to(np.array(colour, np.float32), (8, 8, 3)) for colour in ((1, 0, 0), (0, 0, 1))
    )
    frames = [
        Frame(pixels, Fraction(place), Fraction(place)) for place, pixels in enumerate((red, blue))
    ]
    dark, light = age(frames, FilmInfo(8, 8, Fraction(1)), Ageing(stock="orthochromatic"))
    assert dark.frame.channels == 1
    assert dark.frame.pixels.mean() < 0.1 < 0.4 < light.frame.pixels.mean()


def test_nothing_asked_for_changes_nothing():
    (each,) = aged(1)
    assert np.array_equal(each.frame.pixels, each.clean.pixels)
    assert not each.mask.any()
    assert each.inside.all()


def test_presets_grow_worse():
    mild, typical, ruined = (presets()[name] for name in ("mild", "typical", "ruined"))
    for amount in ("blur", "grain", "fade", "dirt", "rain", "scratches", "weave", "flicker"):
        assert getattr(mild, amount) < getattr(typical, amount) < getattr(ruined, amount)


def test_names_the_presets_where_one_is_unknown():
    with pytest.raises(UsageError, match="mild, typical, ruined"):
        preset("awful")


def test_refuses_an_amount_out_of_bounds():
    with pytest.raises(ValidationError, match="less than or equal to 20"):
        Ageing(dirt=50)


def test_every_option_is_described():
    assert all(field.description for field in Ageing.model_fields.values())


def test_says_what_a_folder_without_outlines_lacks(tmp_path):
    with pytest.raises(InputError, match=r"scan_\*\.json"):
        aged(1, dirt=1, outlines=tmp_path)
    (tmp_path / "scan_1.json").write_text("{")
    with pytest.raises(InputError, match="JSON list of outlines"):
        aged(1, dirt=1, outlines=tmp_path)
