"""Where the survey draws its lines: each bound from both sides, on figures made by hand."""

from fractions import Fraction

import numpy as np
import pytest
from watched import FilmInMemory, as_pixels, grain, scene

from refilm.findings import Cadence, Interlacing
from refilm.frames import FilmInfo
from refilm.survey.fields import Fields
from refilm.survey.joins import Dissolves, fades, mixing
from refilm.survey.look import look_at
from refilm.survey.tint import Tints
from refilm.survey.transfer import Blends, transfer, unexplained

WIDE = scene(1, 120, 1800)


def moment(time):
    left = round(4 * time)
    return WIDE[:, left : left + 160] + grain((120, 160), round(100 * time), 0.01)


def whole(n):
    return moment(n)


def top_first(n):
    return woven(moment(n), moment(n + 0.5))


def bottom_first(n):
    return woven(moment(n + 0.5), moment(n))


def woven(top, bottom):
    picture = top.copy()
    picture[1::2] = bottom[1::2]
    return picture


def fields_of(*runs):
    """What fields tell of runs of frames, each `(how a frame is made, how many)`."""
    fields, number = Fields(), 0
    for make, count in runs:
        for _ in range(count):
            fields.see(number, make(number))
            number += 1
    return fields.found()


@pytest.mark.parametrize(
    ("combed", "others", "interlaced"),
    [(4, 10, False), (12, 20, True), (9, 130, False), (16, 74, True)],
    ids=["too few", "enough", "too small a share", "enough of a share"],
)
def test_some_combed_frames_and_a_share_of_them_make_a_film_interlaced(combed, others, interlaced):
    found = fields_of((whole, others), (top_first, combed))
    assert found.interlaced == interlaced
    assert found.combed == pytest.approx(combed / (combed + others), abs=0.13)


def test_combs_without_a_common_order_are_no_interlacing():
    runs = [(top_first, 8), (bottom_first, 8)] * 3
    assert not fields_of(*runs).interlaced


@pytest.mark.parametrize(("top", "bottom", "order"), [(40, 4, "top"), (4, 40, "bottom")])
def test_the_order_is_that_of_nearly_all_combs(top, bottom, order):
    assert fields_of((top_first, top), (bottom_first, bottom)).order == order


def test_grain_on_a_still_picture_tells_nothing_of_fields():
    still = scene(1, 120, 160)
    assert fields_of((lambda n: still + grain((120, 160), n, 0.02), 20)) is None
    assert fields_of((lambda n: np.zeros((120, 160), np.float32), 20)) is None


def test_bright_torn_lines_do_not_comb():
    def torn(n):
        picture = moment(n)
        picture[np.random.default_rng(n).integers(0, 120, 3)] = 3.0
        return picture

    assert not fields_of((torn, 40)).interlaced


def test_frames_that_do_not_follow_each_other_are_not_compared():
    fields = Fields()
    for first in (0, 100, 200):
        for number in range(first, first + 3):
            fields.see(number, moment(number))
    assert fields.found().looked_at == 3
    fields.see(203, moment(203)[:60])
    fields.see(204, moment(204)[:60])
    assert fields.found().looked_at == 3


def telecined(n, late=0):
    """Frame n of film on television, the pattern `late` frames behind."""
    cycle, place = divmod(n + late, 5)
    a, b = ((0, 0), (1, 1), (1, 2), (2, 3), (3, 3))[place]
    return woven(moment(4 * cycle + a), moment(4 * cycle + b))


def test_the_pattern_of_television_may_begin_anew_at_a_cut():
    runs = [(telecined, 50), (lambda n: telecined(n, 2), 50)]
    assert fields_of(*runs).telecine == "2:3"


def test_combs_in_another_pattern_are_not_that_of_television():
    assert fields_of(*[(top_first, 3), (whole, 3)] * 8).telecine is None


def ends(length=768):
    random = np.random.default_rng(3)
    one, other = random.normal(0, 0.1, (2, length))
    return one - one.mean(), other - other.mean()


def mixes(share, noise=0.0, gain=None):
    """Two pictures mixed with the given shares of the second, between two of each at the ends."""
    one, other = ends()
    share = np.concatenate(([0, 0], share, [1, 1]))
    gain = np.ones(len(share)) if gain is None else np.concatenate(([1, 1], gain, [1, 1]))
    grainy = np.random.default_rng(4).normal(0, noise, (len(share), len(one)))
    return (np.outer(1 - share, one) + np.outer(share, other)) * gain[:, None] + grainy


RISING = np.linspace(0, 1, 14)[1:-1]


def test_a_mix_that_rises_evenly_is_a_dissolve():
    share, left = mixing(mixes(RISING))
    np.testing.assert_allclose(share, RISING, atol=1e-6)
    assert left < 1e-6


@pytest.mark.parametrize(
    "pictures",
    [
        mixes(np.repeat([0.0, 1.0], 6)),
        mixes(np.where(np.arange(12) % 2, RISING, 1 - RISING)),
        mixes(RISING, noise=0.06),
        mixes(RISING, gain=np.where(np.arange(12) == 5, 1.6, 1)),
        mixes(RISING, gain=np.where(np.arange(12) == 5, 0.5, 1)),
        mixes(np.zeros(12) + 0.5),
        np.tile(ends()[0], (16, 1)),
    ],
    ids=["a cut", "there and back", "something else", "a flash", "a dark frame", "a step", "still"],
)
def test_what_is_no_even_mix_is_no_dissolve(pictures):
    assert mixing(pictures) is None


@pytest.mark.parametrize(
    "pictures", [mixes(RISING, noise=0.015), mixes(RISING, gain=1 + 0.15 * np.cos(range(12)))]
)
def test_grain_and_flicker_hide_no_dissolve(pictures):
    assert mixing(pictures) is not None


def level(*parts):
    return np.concatenate(parts)


DARK, LIGHT = np.full(10, 0.02), np.full(40, 0.5)
RATE = Fraction(16)


def faded(course):
    return [(each.first, each.stop) for each in fades(course, 1.5 * course, RATE)]


def test_a_fade_lasts_from_the_last_dark_frame_to_full_light():
    ramp = np.linspace(0.02, 0.5, 12)[1:-1]
    ((first, stop),) = faded(level(DARK, ramp, LIGHT))
    assert first in (9, 10, 11, 12)
    assert stop == pytest.approx(20, abs=1)
    ((first, stop),) = faded(level(LIGHT, ramp[::-1], DARK))
    assert first == pytest.approx(40, abs=1)
    assert stop in (47, 48, 49, 50, 51)


@pytest.mark.parametrize(
    "course",
    [
        level(DARK, LIGHT),
        level(DARK, [0.25], LIGHT),
        level(DARK + 0.1, np.linspace(0.12, 0.5, 12), LIGHT),
        level(DARK, [0.1, 0.2, 0.3, 0.1, 0.4, 0.45], LIGHT),
        level(DARK, np.linspace(0.06, 0.075, 10), np.full(40, 0.075)),
    ],
    ids=["a cut", "two steps", "from grey", "flicker", "darkness that stirs"],
)
def test_what_does_not_rise_steadily_out_of_darkness_is_no_fade(course):
    assert faded(course) == []


def tints_of(*pictures):
    tints = Tints()
    film = FilmInMemory([np.asarray(each, np.float32) for each in pictures])
    for number, frame in enumerate(film.watch()):
        tints.see(look_at(frame, number, film.info))
    return tints.of(0, len(pictures))


def grey():
    return np.repeat(scene(1)[:, :, None], 3, axis=2)


@pytest.mark.parametrize(
    ("dye", "name"),
    [
        ((1.0, 0.6, 0.6), "red"), ((1.0, 0.85, 0.5), "amber"), ((0.7, 1.0, 0.7), "green"),
        ((0.6, 1.0, 1.0), "blue-green"), ((0.6, 0.7, 1.0), "blue"), ((0.8, 0.6, 1.0), "violet"),
        ((1.0, 0.6, 0.85), "rose"),
    ],
)  # fmt: skip
def test_a_dye_has_the_name_that_makers_of_tinted_film_gave_it(dye, name):
    assert tints_of(grey() * dye).name == f"tinted {name}"


def test_toning_leaves_light_parts_white_and_tinting_does_not():
    light = grey()
    assert tints_of(light * (1.0, 0.85, 0.5)).name == "tinted amber"
    blue = np.array((-0.3, 0, 0.6)) * 0.5
    assert tints_of(light + blue * np.clip(1.1 - 1.6 * light, 0, 1)).name == "toned blue"


@pytest.mark.parametrize(("strength", "name"), [(0.02, "black and white"), (0.2, "tinted amber")])
def test_a_tint_that_nobody_sees_is_none(strength, name):
    assert tints_of(grey() * (1 - strength * np.array((0, 0.3, 1.0)))).name == name


@pytest.mark.parametrize(("frames", "name"), [(2, "black and white"), (5, "colour")])
def test_a_colour_must_last_a_quarter_of_the_shot(frames, name):
    painted = grey()
    painted[40:90, 40:90] *= np.array((1.3, 0.6, 0.6))
    assert tints_of(*[painted] * frames, *[grey()] * (10 - frames)).name == name


INFO = FilmInfo(64, 48, Fraction(24))


def told(rate=24, pictures=None, regular=True, fields=None, blended=0.0, monochromes=(True,)):
    cadence = None if pictures is None else Cadence(Fraction(pictures), regular, np.zeros(1))
    info = FilmInfo(64, 48, Fraction(rate))
    found = transfer(info, cadence, fields, blended, monochromes)
    return found.pattern, found.speed, found.confidence


TELECINE = Interlacing(True, "top", 0.4, "2:3")


@pytest.mark.parametrize(
    ("film", "answer"),
    [
        ({"rate": 30, "fields": TELECINE, "pictures": 12}, ("24 to 30", 24, 0.9)),
        ({"rate": 30, "fields": Interlacing(True, "top", 1.0)}, ("", None, 0.1)),
        ({"pictures": 16}, ("16 to 24", 16, 0.8)),
        ({"pictures": "16.4"}, ("16 to 24", 16.4, 0.8)),
        ({"pictures": "16.9"}, ("16.9 to 24", 16.9, 0.6)),
        ({"pictures": "16.1", "regular": False}, ("16 to 24", 16.1, 0.4)),
        ({"pictures": "14", "regular": False}, ("", 14, 0.2)),
        ({"rate": 29, "pictures": "23.2"}, ("24 to 30", 24, 0.8)),
        ({"rate": 30, "pictures": "23.91"}, ("24 to 30", 24, 0.8)),
        ({"rate": 30, "pictures": "23.7"}, ("24 to 30", 23.7, 0.8)),
        ({"rate": 29, "pictures": "22.8"}, ("22.8 to 29", 22.8, 0.6)),
        ({"rate": 29, "pictures": "23.2", "regular": False}, ("", 23.2, 0.2)),
        ({"pictures": 16, "blended": 0.2}, ("16 to 24", 16, 0.8)),
        ({"pictures": 16, "regular": False, "blended": 0.2}, ("blended", None, 0.3)),
        ({"pictures": 16, "regular": False, "blended": 0.04}, ("16 to 24", 16, 0.4)),
        ({"blended": 0.05}, ("blended", None, 0.3)),
        ({"blended": 0.04}, ("", None, 0.1)),
        ({"monochromes": (True, False)}, ("", 24, 0.5)),
        ({"rate": 18}, ("", 18, 0.3)),
        ({"rate": "24000/1001"}, ("", None, 0.1)),
    ],
)  # fmt: skip
def test_the_true_speed_is_told_as_surely_as_it_is_known(film, answer):
    pattern, speed, confidence = told(**film)
    assert (pattern, confidence) == (answer[0], answer[2])
    assert speed == (None if answer[1] is None else pytest.approx(answer[1]))


def pictures_with(share, noise, moves=0.05):
    """Two pictures and one between them: their mix with this share of the later, and grain."""
    random = np.random.default_rng(6)
    before = random.random((40, 40), np.float32)
    after = before + random.normal(0, moves, (40, 40)).astype(np.float32)
    now = before + np.float32(share) * (after - before)
    return before, now + random.normal(0, noise, (40, 40)).astype(np.float32), after


@pytest.mark.parametrize(
    ("share", "noise", "low", "high"),
    [
        (0.5, 0, 0, 0.01),
        (0.5, 0.005, 0.1, 0.3),
        (0.5, 0.1, 0.9, 1.1),
        (0.2, 0, 0, 0.01),
        (0.05, 0, 1, 1),
        (0.95, 0, 1, 1),
    ],
)
def test_a_mix_is_told_by_what_it_leaves_unexplained(share, noise, low, high):
    assert low <= unexplained(*pictures_with(share, noise)) <= high


def test_between_equal_pictures_nothing_can_be_told():
    assert np.isnan(unexplained(*pictures_with(0.5, 0.01, moves=0.004)))
    assert not np.isnan(unexplained(*pictures_with(0.5, 0.01, moves=0.02)))


def test_only_a_mix_beside_pictures_of_their_own_counts():
    wide = scene(2, 120, 900)
    own = [wide[:, 7 * n : 7 * n + 160] + grain((120, 160), n, 0.02) for n in range(24)]
    smooth = [wide[:, n : n + 160] for n in range(24)]
    mixed = [own[n] if n % 3 else (own[n - 1] + own[n + 1]) / 2 for n in range(1, 23)]

    def share(pictures):
        film, blends = FilmInMemory([as_pixels(each) for each in pictures]), Blends()
        for number, frame in enumerate(film.watch()):
            blends.see(look_at(frame, number, film.info), is_new=True)
        return blends.share()

    assert share(own) == 0
    assert share(smooth) == 0
    assert share(mixed) == pytest.approx(1 / 3, abs=0.05)
    assert share(mixed[:2]) == 0


def test_a_dissolve_of_empty_pictures_is_none():
    seen, film = Dissolves(RATE), FilmInMemory([as_pixels(np.zeros((24, 32)))] * 50)
    for number, frame in enumerate(film.watch()):
        seen.see(look_at(frame, number, film.info))
    assert seen.found([]) == ()
