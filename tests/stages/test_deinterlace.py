"""Deinterlace: planted fields are made whole pictures again."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from made import RATE, film, job_of, survey_of, texture

from refilm.findings import Interlacing
from refilm.stages._telecine import CYCLE, teeth
from refilm.stages.deinterlace import Deinterlace


def decibels(found, truth):
    pairs = zip(found, truth, strict=True)
    return -10 * np.log10(max(np.mean([np.mean((a - b) ** 2) for a, b in pairs]), 1e-10))


def moments(count, step=2, height=96, width=128, channels=1):
    """A scene that moves `step` pixels between its moments, and a thing that moves the other way."""
    wide = texture(height, width + step * count, channels, seed=8)
    pictures = []
    for n in range(count):
        picture = wide[:, step * n : step * n + width].copy()
        picture[30:60, (width - 30 - step * n) % (width - 20) :][:, :20] = 0.9
        pictures.append(np.ascontiguousarray(picture, np.float32))
    return pictures


def woven(first, second, top_first=True):
    """A frame whose first field shows one moment and whose second another."""
    pixels = first.copy()
    pixels[1 if top_first else 0 :: 2] = second[1 if top_first else 0 :: 2]
    return pixels


def interlaced(scene, top_first=True):
    return [woven(a, b, top_first) for a, b in zip(scene[::2], scene[1::2], strict=True)]


def telecined(scene, offset=0, top_first=True):
    """Pictures on 2, 3, 2 and 3 fields each, four on five frames; `offset` frames are cut off."""
    fields = [p for n, p in enumerate(scene) for p in [p] * (2 + n % 2)]
    frames = [woven(a, b, top_first) for a, b in zip(fields[::2], fields[1::2], strict=False)]
    return frames[offset:]


def run(stage, pictures, part=slice(None), survey=None):
    survey = survey or survey_of(pictures)
    return list(stage.process(iter(film(pictures)[part]), job_of(survey)))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("first", ["top", "bottom"])
def test_draws_the_moment_of_each_first_field(first, channels):
    scene = moments(16, channels=channels)
    stored = interlaced(scene, first == "top")
    restored = [frame.pixels for frame in run(Deinterlace(first=first), stored)]
    assert decibels(restored, scene[::2]) > decibels(stored, scene[::2]) + 10
    assert decibels(restored, scene[::2]) > 35


@pytest.mark.parametrize("first", ["top", "bottom"])
def test_double_draws_every_moment_at_its_own_time(first):
    scene = moments(16)
    restored = run(Deinterlace(double=True, first=first), interlaced(scene, first == "top"))
    assert [frame.time for frame in restored] == [Fraction(n, 2) / RATE for n in range(16)]
    assert decibels([frame.pixels for frame in restored], scene) > 35
    wrong = run(
        Deinterlace(double=True, first="bottom" if first == "top" else "top"),
        interlaced(scene, first == "top"),
    )
    assert decibels([frame.pixels for frame in wrong], scene) < 30


def test_passing_through_the_filter_keeps_more_than_ten_bits_and_overshoot():
    still = [texture(64, 96, seed=3) * 2 - 0.5] * 4
    for frame in run(Deinterlace(), still):
        # Kept lines are as they were, to rounding at 16 bits.
        np.testing.assert_allclose(frame.pixels[::2], still[0][::2], atol=2e-5)


@pytest.mark.parametrize("first", ["top", "bottom"])
@pytest.mark.parametrize("offset", range(CYCLE))
def test_telecine_gives_back_the_films_own_pictures_to_the_bit(offset, first):
    scene = moments(24, step=3)
    stored = telecined(scene, offset, first == "top")
    restored = run(Deinterlace(telecine=True, first=first), stored)
    found = [
        next((n for n, p in enumerate(scene) if np.array_equal(p, f.pixels)), None) for f in restored
    ]
    # In the film's first and last five a repeat's other half, or a field, may be missing.
    inner = found[CYCLE - 1 : -CYCLE]
    assert None not in inner
    assert inner == list(range(inner[0], inner[0] + len(inner)))


def test_telecine_spaces_the_pictures_evenly_at_four_fifths_of_the_rate():
    stored = telecined(moments(24, step=3))
    stage = Deinterlace(telecine=True)
    restored = run(stage, stored)
    promised = stage.output(survey_of(stored).info)
    assert promised.rate == RATE * 4 / 5
    assert len(restored) == len(stored) * 4 / 5
    assert [f.time for f in restored] == [n / promised.rate for n in range(len(restored))]
    assert all((f.time / promised.time_base).denominator == 1 for f in restored)


def test_a_stretch_of_telecine_gives_the_same_as_the_whole():
    stored = telecined(moments(48, step=3), offset=2)
    stage, survey = Deinterlace(telecine=True), survey_of(stored)
    whole = run(stage, stored)
    reach = int(stage.context(survey.info) * RATE)
    for first, stop in [(20, 23), (22, 31)]:
        stretch = run(stage, stored, slice(first - reach, stop + reach), survey)
        wanted, found = (
            [f for f in frames if first <= f.origin * RATE < stop] for frames in (whole, stretch)
        )
        assert [(f.time, f.origin) for f in found] == [(f.time, f.origin) for f in wanted]
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(one.pixels, other.pixels)


def test_telecine_draws_what_no_pairing_of_fields_makes_whole():
    scene = moments(40, step=4)
    restored = run(Deinterlace(telecine=True), interlaced(scene))
    combs = [teeth(frame.pixels).mean() for frame in restored]
    assert max(combs) < teeth(interlaced(scene)[4]).mean() / 5


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, None),
        (Interlacing(False, None, 0.0), None),
        (Interlacing(True, "bottom", 0.9), Deinterlace(first="bottom")),
        (Interlacing(True, None, 0.9), Deinterlace()),
        (Interlacing(True, "top", 0.4, "2:3"), Deinterlace(telecine=True)),
    ],
)
def test_does_what_the_survey_found(found, expected):
    survey = replace(survey_of(moments(3)), interlacing=found)
    assert Deinterlace().fitted(survey).stage == expected


def test_goes_by_the_file_where_the_survey_did_not_look():
    survey = survey_of(moments(3))
    survey = replace(survey, info=replace(survey.info, interlaced=True))
    stage = Deinterlace().fitted(survey).stage
    assert stage == Deinterlace()
    assert not stage.output(survey.info).interlaced


def test_double_and_telecine_exclude_each_other():
    with pytest.raises(ValueError, match="exclude each other"):
        Deinterlace(double=True, telecine=True)
