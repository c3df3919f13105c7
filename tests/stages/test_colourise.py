"""Colouring: luma stays, colours follow things, stop at edges, and are held still."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest
from made import film, job_of, survey_of, texture

from refilm.chroma import joined, sized
from refilm.errors import UsageError
from refilm.job import Still
from refilm.lab import from_lab, to_lab
from refilm.luma import weights_of
from refilm.stages.colourise import Colourise, overlay
from refilm.stages.wording import make_stage

ROUNDING = 2e-6
"""Luma is a sum of three float32 products: a few units in the last place, far below 16 bits."""
BLUE = (10.0, -40.0)
RED = (50.0, 30.0)


class Painted:
    """A network that gives what a function of luma and of the call's number says, in a and b."""

    def __init__(self, colours, sure=0.5):
        self.colours, self.sure, self.calls = colours, sure, []

    def __call__(self, luma, **numbers):
        colours = self.colours(luma[:, :, 0], len(self.calls))
        self.calls.append((luma.shape, numbers))
        return np.dstack((colours / 100, np.full(luma.shape[:2], self.sure))).astype(np.float32)


class Plain(Painted):
    """The same without a confidence, of its own size, as published networks are."""

    def __init__(self, colours, size=(40, 40)):
        super().__init__(colours)
        self.size = size

    def __call__(self, luma, **numbers):
        return super().__call__(sized(luma, *self.size), **numbers)[:, :, :2]


class Leading:
    """A network that gives everything the mean colour of the photos that it is given."""

    def __init__(self, colour=RED):
        self.colour = colour

    def given(self, *photos):
        return Leading(np.mean([chroma(photo).mean((0, 1)) for photo in photos], axis=0))

    def __call__(self, luma):
        return np.broadcast_to(np.float32(self.colour) / 100, (32, 32, 2)).astype(np.float32)


def even(colour):
    return lambda luma, number: np.broadcast_to(np.asarray(colour), (*luma.shape, 2))


def restless(luma, number):
    """One colour that is another in each frame."""
    jump = np.random.default_rng(number).normal(0, 15, 2)
    return np.broadcast_to(np.asarray(BLUE) + jump, (*luma.shape, 2))


def coloured(pictures, network, notes=None, stills=(), photos=(), **options):
    survey = survey_of(pictures)
    job = job_of(survey, network=lambda name: network, notes=notes)
    job = replace(job, stills=lambda: stills, photos=lambda: photos)
    return [frame.pixels for frame in Colourise(**options).process(iter(film(pictures)), job)]


def luma(picture, like):
    height, width = like.shape[:2]
    return picture @ np.asarray(weights_of(survey_of([np.zeros((height, width, 1))]).info))


def chroma(picture):
    return to_lab(picture)[:, :, 1:]


def ride(count, step=2, height=96, width=128):
    """A camera that pans over a textured ground."""
    ground = texture(height, width + step * count, 1, grain=0, seed=4)
    return [np.ascontiguousarray(ground[:, step * n : step * n + width]) for n in range(count)]


@pytest.mark.parametrize("height", [17, 96, 300])
def test_luma_is_what_it_was(height):
    picture = texture(height, height + 9, 1, grain=0.03, seed=1) * np.float32(1.8) - np.float32(0.3)
    assert picture.max() > 1, "scans overshoot"
    result = coloured([picture], Painted(even(RED)))[0]
    assert result.shape == (height, height + 9, 3)
    assert np.abs(chroma(np.clip(result, 0, 1))).max() > 10
    assert np.abs(luma(result, picture) - picture[:, :, 0]).max() < ROUNDING


def test_a_colour_that_no_screen_shows_is_made_paler_and_not_clipped():
    picture = np.linspace(0, 1, 64 * 64, dtype=np.float32).reshape(64, 64, 1)
    result = coloured([picture], Painted(even((120.0, 120.0))))[0]
    assert result.min() > -ROUNDING
    assert result.max() < 1 + ROUNDING


def test_colours_that_jump_from_frame_to_frame_are_held_still():
    pictures = ride(24)
    free = coloured(pictures, Painted(restless), steady=0)
    held = coloured(pictures, Painted(restless))
    assert flicker(held) < 0.3 * flicker(free)
    assert strength(held[12]) > 0.8 * strength(free[12])


@pytest.mark.parametrize(("options", "looks"), [({}, 6), ({"every": 3}, 4), ({"every": 1}, 12)])
def test_the_network_looks_at_one_of_so_many_frames(options, looks):
    network = Painted(even(BLUE))
    made = coloured(ride(12), network, **options)
    assert len(network.calls) == looks
    assert min(map(strength, made)) > 0.9 * max(map(strength, made))


@pytest.mark.parametrize("steady", [0, 0.05])
def test_it_looks_at_all_frames_where_colours_are_not_held_for_long_enough(steady):
    network = Painted(even(BLUE))
    coloured(ride(6), network, steady=steady)
    assert len(network.calls) == 6


def test_a_stretch_with_its_context_is_coloured_as_in_the_whole_shot():
    pictures, stage = ride(30), Colourise(steady=0.25)
    by_place = Painted(lambda luma, number: np.dstack((60 * luma - 30, 20 - 40 * luma)))
    job = job_of(survey_of(pictures), network=lambda name: by_place)
    frames = film(pictures)
    first = 17 - int(stage.context(job.info) * job.info.rate)
    whole = list(stage.process(iter(frames), job))
    part = list(stage.process(iter(frames[first:]), job))
    assert first > 0
    for one, other in zip(part[17 - first :], whole[17:], strict=True):
        assert np.array_equal(one.pixels, other.pixels)


def strength(picture):
    return np.hypot(*np.moveaxis(chroma(picture), 2, 0)).mean()


def flicker(pictures, step=2):
    """Mean change of colour along the pan, CIELAB."""
    moved = [
        np.abs(chroma(after)[:, :-step] - chroma(before)[:, step:]).mean()
        for before, after in pairwise(pictures[8:-8])
    ]
    return np.mean(moved)


def crossing(count, size=30, height=96, width=160):
    """A light box that crosses a dark textured ground, and where it is."""
    ground = texture(height, width, 1, grain=0, seed=2) * np.float32(0.4)
    face = np.float32(0.7) + np.float32(0.3) * texture(size, size, 1, grain=0, seed=6)
    pictures, places = [], []
    for number in range(count):
        picture, left = ground.copy(), 10 + 4 * number
        picture[30 : 30 + size, left : left + size] = face
        pictures.append(picture)
        places.append(left)
    return pictures, places


def test_a_thing_takes_its_colour_with_it_and_leaves_none_behind():
    pictures, places = crossing(24)

    def by_light(light, number):
        jump = np.random.default_rng(number).normal(0, 10, 2)
        return np.where(light[:, :, None] > 0.6, RED, BLUE) + jump

    result = coloured(pictures, Painted(by_light))[12]
    left = places[12]
    box = chroma(result)[36:54, left + 6 : left + 24].mean((0, 1))
    trail = chroma(result)[36:54, left - 12 : left - 4].mean((0, 1))
    assert box[1] > 10, "the box is red"
    assert trail[1] < -10, "what it has uncovered is blue"


def test_colour_found_on_a_small_picture_stops_at_the_edge_of_the_large_one():
    luma_full = np.full((256, 256), 0.3, np.float32)
    luma_full[:, 131:] = 0.7
    truth = np.where(luma_full[:, :, None] > 0.5, (0.2, -0.1), (-0.1, 0.15)).astype(np.float32)
    small, chroma_small = (
        cv2.resize(each, (64, 64), interpolation=cv2.INTER_AREA) for each in (luma_full, truth)
    )
    chroma_small = cv2.GaussianBlur(chroma_small, (0, 0), 1)
    weights = (0.299, 0.587, 0.114)
    result = joined(luma_full, small, chroma_small, weights)
    found = np.dstack((result[:, :, 0] - luma_full, result[:, :, 2] - luma_full))
    stretched = cv2.resize(chroma_small, (256, 256), interpolation=cv2.INTER_LINEAR)
    near = slice(120, 142)
    left, plain = (np.abs(each - truth)[:, near].mean() for each in (found, stretched))
    assert left < 0.6 * plain


def test_saturation_scales_the_colours_and_0_leaves_grey():
    picture = np.full((48, 64, 1), 0.5, np.float32)
    found = {
        saturation: chroma(coloured([picture], Painted(even(BLUE)), saturation=saturation)[0]).mean(
            (0, 1)
        )
        for saturation in (0, 0.5, 1)
    }
    np.testing.assert_allclose(found[0], 0, atol=0.1)
    np.testing.assert_allclose(found[0.5], 0.5 * found[1], atol=2)


def test_warmth_goes_from_blue_to_yellow_and_leaves_black_and_white_alone():
    picture = np.zeros((48, 96, 1), np.float32)
    picture[:, 32:64], picture[:, 64:] = 0.5, 1
    warm, cool = (
        chroma(coloured([picture], Painted(even((0, 0))), warmth=warmth)[0]) for warmth in (1, -1)
    )
    assert warm[24, 48, 1] > 5
    assert cool[24, 48, 1] < -5
    for place in (8, 88):
        np.testing.assert_allclose(warm[24, place], 0, atol=0.5)


def test_shots_with_colours_of_their_own_pass_untouched_unless_asked():
    pictures = [texture(48, 64, 3, grain=0, seed=1) for _ in range(3)]
    survey = survey_of(pictures)
    tinted = replace(survey, shots=(replace(survey.shots[0], tinted=True),))
    for given, recolour, changes in [
        (survey, "none", False),
        (survey, "tinted", False),
        (survey, "all", True),
        (tinted, "none", False),
        (tinted, "tinted", True),
    ]:
        frames, stage = film(pictures), Colourise(recolour=recolour)
        job = job_of(given, network=lambda name: Painted(even(RED)))
        result = list(stage.process(iter(frames), job))
        same = all(one is other for one, other in zip(result, frames, strict=True))
        assert same is not changes
        assert bool(stage.fitted(given).stage) is changes


def test_the_reason_says_how_many_shots_are_grey():
    survey = survey_of([np.zeros((48, 64, 1), np.float32)] * 4, cuts=(2,))
    assert "its shots have no colours" in Colourise().fitted(survey).why
    one = replace(survey.shots[1], monochrome=False)
    mixed = replace(survey, shots=(survey.shots[0], one))
    assert "1 of its 2 shots have no colours" in Colourise().fitted(mixed).why


def test_the_network_is_given_the_whole_picture_and_the_size_that_is_asked_for():
    network = Painted(even(RED))
    coloured([texture(300, 400, 1, grain=0, seed=1)], network, render_factor=8)
    coloured([texture(300, 400, 1, grain=0, seed=1)], network)
    assert network.calls == [((300, 400, 1), {"render_factor": 8}), ((300, 400, 1), {})]


def test_colours_found_in_a_square_are_those_of_the_whole_picture():
    picture = np.full((60, 120, 1), 0.5, np.float32)

    def halves(luma, number):
        return np.broadcast_to(np.where(np.arange(40)[:, None] < 20, RED, BLUE), (40, 40, 2))

    found = chroma(coloured([picture], Plain(halves))[0])
    np.testing.assert_allclose(found[30, 20], RED, atol=3)
    np.testing.assert_allclose(found[30, 100], BLUE, atol=3)


def test_a_network_without_a_confidence_is_held_still_all_the_same_and_notes_none():
    notes, pictures = [], ride(24)
    free = coloured(pictures, Plain(restless), steady=0)
    held = coloured(pictures, Plain(restless), notes)
    assert flicker(held) < 0.3 * flicker(free)
    assert notes == []


@pytest.mark.parametrize("method", ["deoldify-video", "siggraph17", "eccv16", "ideepcolor-global"])
def test_a_confidence_that_nobody_tells_is_refused_before_rendering(method):
    with pytest.raises(UsageError, match=f"{method} does not tell how sure it is"):
        make_stage("colourise", {"method": method, "show": "confidence"})


def test_a_network_of_one_s_own_that_tells_no_confidence_is_refused_when_it_is_asked_for_it():
    picture = np.full((48, 64, 1), 0.5, np.float32)
    with pytest.raises(UsageError, match="mine does not tell how sure it is"):
        coloured([picture], Plain(even(RED)), method="mine", show="confidence")


def photo(colour):
    lab = np.full((24, 32, 3), (55, *colour), np.float32)
    return from_lab(lab)


def test_photos_and_stills_made_by_hand_lead_a_network_that_takes_photos():
    picture = np.full((48, 64, 1), 0.5, np.float32)
    blue, green = (5.0, -30.0), (-30.0, 20.0)
    guessed = Still(photo((40, 60)), time=Fraction(0))
    stills = (Still(photo(green), time=Fraction(0), by_hand=True), guessed)
    photos = (Still(photo(blue), by_hand=True),)
    led = coloured([picture], Leading(), stills=stills, photos=photos, method="ideepcolor-global")[0]
    np.testing.assert_allclose(chroma(led).mean((0, 1)), np.mean((blue, green), 0), atol=2)
    for stills in ((), (guessed,)):
        alone = coloured([picture], Leading(), stills=stills, method="ideepcolor-global")[0]
        np.testing.assert_allclose(chroma(alone).mean((0, 1)), RED, atol=2)


def test_a_network_that_takes_no_photos_is_not_given_any():
    picture = np.full((48, 64, 1), 0.5, np.float32)
    photos = (Still(photo(BLUE)),)
    found = coloured([picture], Leading(), photos=photos, method="deoldify-video")[0]
    np.testing.assert_allclose(chroma(found).mean((0, 1)), RED, atol=2)


def test_the_confidence_is_noted_and_can_be_shown():
    notes = []
    picture = np.full((48, 64, 1), 0.5, np.float32)
    shown = coloured([picture], Painted(even(BLUE), sure=0.9), notes, show="confidence")[0]
    assert notes == [("colourise: confidence", pytest.approx(0.9))]
    assert chroma(shown)[24, 32, 0] < -20, "sure is green"


def test_the_overlay_goes_from_red_over_yellow_to_green():
    found = overlay(np.array([[0, 0.5, 1]], np.float32))[0]
    assert found[0, 0] > 20
    assert abs(found[1, 0]) < 1
    assert found[2, 0] < -20
