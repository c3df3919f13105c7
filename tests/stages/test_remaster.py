"""Following stills: sure colours are the stills', others stay; luma stays unless told otherwise."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from made import RATE, film, job_of, survey_of, texture

from refilm import models
from refilm.bench.networks import write_random
from refilm.chroma import reference_of
from refilm.job import Still
from refilm.lab import from_lab, lightness, to_lab
from refilm.models import deepremaster
from refilm.stages._following import near, tone_curve, toned
from refilm.stages.remaster import Remaster, shares
from refilm.stills.making import matching_of

ROUNDING = 2e-6
"""Luma is a sum of three float32 products: a few units in the last place, far below 16 bits."""
WEIGHTS = (0.299, 0.587, 0.114)
BLUE, RED = (10.0, -40.0), (50.0, 30.0)


class Like:
    """A network that gives the mean colour of its references, as sure as a function of luma says."""

    def __init__(self, sure=lambda luma: np.ones_like(luma), jump=0.0):
        self.sure, self.jump = sure, jump
        self.given_to, self.asked, self.colour = [], [], None

    def given(self, *references):
        bound = Like(self.sure, self.jump)
        bound.colour = np.mean([each[:, :, 1:].mean((0, 1)) for each in references], axis=0)
        bound.asked = self.asked
        self.given_to.append(references)
        return bound

    def __call__(self, luma):
        self.asked.append(luma.shape)
        jump = np.random.default_rng(len(self.asked)).normal(0, self.jump, 2) if self.jump else 0
        colours = np.broadcast_to(self.colour + jump, (*luma.shape[:2], 2))
        return np.dstack((colours, self.sure(luma[:, :, 0]))).astype(np.float32)


class ByLuma(Like):
    """A network whose colours and confidence are functions of luma and of the references."""

    def given(self, *references):
        bound = ByLuma()
        bound.colour = np.mean([each[:, :, 1:].mean((0, 1)) for each in references], axis=0)
        return bound

    def __call__(self, luma):
        return np.dstack((luma * self.colour, luma)).astype(np.float32)


def paint(luma, colour):
    """An RGB picture of that luma whose colour, CIELAB, is about that."""
    flat = np.broadcast_to(np.asarray(colour, np.float32), (*luma.shape[:2], 2))
    rgb = from_lab(np.dstack((lightness(luma[:, :, 0]), flat)).astype(np.float32))
    return (rgb - (rgb @ np.asarray(WEIGHTS))[:, :, None] + luma).astype(np.float32)


def still(colour, time=None, by_hand=True):
    grey = np.full((24, 32, 1), 0.5, np.float32)
    return Still(paint(grey, colour), time, grey if time is not None else None, by_hand)


def followed(pictures, stills, network=None, notes=None, monochrome=True, **options):
    survey = survey_of(pictures)
    shot = replace(survey.shots[0], monochrome=monochrome)
    job = job_of(replace(survey, shots=(shot,)), network=lambda name: network or Like(), notes=notes)
    job = replace(job, stills=lambda: stills)
    return list(Remaster(**options).process(iter(film(pictures)), job))


def luma(picture):
    return picture @ np.asarray(WEIGHTS)


def chroma(picture):
    return to_lab(picture)[:, :, 1:]


def grey(height=48, width=64, seed=1):
    return texture(height, width, 1, grain=0, seed=seed)


def test_a_frame_takes_its_stills_colours_and_keeps_its_luma():
    picture = grey(60, 90) * np.float32(1.6) - np.float32(0.2)
    assert picture.max() > 1, "scans overshoot"
    (frame,) = followed([picture], [still(RED)])
    assert frame.pixels.shape == (60, 90, 3)
    assert np.abs(luma(frame.pixels) - picture[:, :, 0]).max() < ROUNDING
    (even,) = followed([np.full((48, 64, 1), 0.5, np.float32)], [still(RED)])
    np.testing.assert_allclose(chroma(even.pixels).mean((0, 1)), RED, atol=3)


def test_where_it_is_not_sure_the_frames_own_colours_stay():
    light = np.full((64, 96, 1), 0.35, np.float32)
    light[:, 48:] = 0.65
    own = paint(light, BLUE)
    network = Like(sure=lambda seen: np.where(seen > 0.5, 1.0, 0.1))
    (frame,) = followed([own], [still(RED)], network)
    left, right = chroma(frame.pixels)[16:48, 8:40], chroma(frame.pixels)[16:48, 56:88]
    np.testing.assert_allclose(left.mean((0, 1)), BLUE, atol=4)
    np.testing.assert_allclose(right.mean((0, 1)), RED, atol=6)


def test_an_unsure_colour_in_a_grey_frame_is_pale_but_not_missing():
    picture = np.full((48, 64, 1), 0.5, np.float32)
    strong, pale = (
        np.hypot(*chroma(frame.pixels).mean((0, 1)))
        for sure in (1.0, 0.1)
        for frame in followed([picture], [still(RED)], Like(lambda luma, s=sure: np.full_like(luma, s)))
    )
    assert 0.2 * strong < pale < 0.5 * strong


@pytest.mark.parametrize(
    ("confidence", "own", "share"), [(0.3, 0, 0), (0.65, 0, 0.5), (0.9, 0, 1), (0, 0.5, 0.5)]
)
def test_confidence_decides_between_two_colours(confidence, own, share):
    found = shares(np.array([[confidence]], np.float32), own)
    np.testing.assert_allclose(found, [[share]], atol=1e-6)


def test_without_stills_frames_stay_and_the_record_says_so():
    notes, pictures = [], [grey(), grey()]
    frames = followed(pictures, [], notes=notes)
    for frame, picture in zip(frames, pictures, strict=True):
        np.testing.assert_array_equal(frame.pixels, np.repeat(picture, 3, axis=2))
    assert notes == [("remaster: stills", 0)]
    coloured = [texture(48, 64, 3, seed=1)]
    assert followed(coloured, [])[0].pixels is coloured[0]


def test_shots_with_colours_of_their_own_pass_as_they_are():
    pictures = [texture(48, 64, 3, grain=0, seed=1)]
    assert followed(pictures, [still(RED)], monochrome=False)[0].pixels is pictures[0]
    assert Remaster().fitted(survey_of(pictures)).stage is None
    assert Remaster().fitted(survey_of([grey()])).stage == Remaster()


def test_stills_and_confidence_are_noted():
    notes = []
    followed([grey()], [still(RED), still(BLUE)], Like(lambda luma: np.full_like(luma, 0.8)), notes)
    assert notes == [("remaster: stills", 2), ("remaster: confidence", pytest.approx(0.8))]


def test_colours_that_jump_from_frame_to_frame_are_held_still():
    pictures = [grey(96, 128)] * 20
    held, free = (
        np.std(
            [chroma(frame.pixels).mean((0, 1)) for frame in
             followed(pictures, [still((20, 20))], Like(jump=0.1), steady=steady)[4:-4]], axis=0
        ).mean()
        for steady in (0.5, 0)
    )  # fmt: skip
    assert held < 0.4 * free


def test_sure_moments_count_more_than_unsure_ones_when_colours_are_held():
    class Doubtful(Like):
        """Red and sure in every other frame; else blue and not."""

        def given(self, *references):
            return self

        def __call__(self, luma):
            self.asked.append(1)
            odd = len(self.asked) % 2
            colour, sure = (RED, 1.0) if odd else (BLUE, 0.05)
            found = np.broadcast_to((*np.divide(colour, 100), sure), (*luma.shape[:2], 3))
            return np.asarray(found, np.float32)

    pictures = [np.full((48, 64, 1), 0.5, np.float32)] * 16
    frames = followed(pictures, [still(RED)], Doubtful())
    found = chroma(frames[8].pixels).mean((0, 1))
    # Paler than the still, since it is not always sure; the red of an unweighed mean would be violet.
    np.testing.assert_allclose(found / np.hypot(*found), RED / np.hypot(*RED), atol=0.15)


def test_a_stretch_with_its_context_gives_the_same_as_the_whole():
    pictures = [grey(seed=seed) for seed in range(40)]
    stills = [still(RED, Fraction(2) / RATE), still(BLUE, Fraction(30) / RATE)]
    survey, frames = survey_of(pictures), film(pictures)
    job = replace(job_of(survey, network=lambda name: ByLuma()), stills=lambda: stills)
    context = int(Remaster().context(survey.info) * RATE)
    whole = list(Remaster().process(iter(frames), job))[16:20]
    part = list(Remaster().process(iter(frames[16 - context : 20 + context]), job))[context:-context]
    for one, other in zip(part, whole, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_saturation_scales_the_stills_colours():
    picture = np.full((48, 64, 1), 0.5, np.float32)
    none, half, whole = (
        chroma(followed([picture], [still((20, -20))], saturation=saturation)[0].pixels).mean((0, 1))
        for saturation in (0, 0.5, 1)
    )
    np.testing.assert_allclose(none, 0, atol=0.2)
    np.testing.assert_allclose(half, whole / 2, atol=1)


def test_a_frame_follows_the_stills_of_its_shot_that_are_near_in_time_before_others():
    survey = survey_of([grey()] * 40, cuts=(30,))
    shot = survey.shots[0]
    times = [None, *(Fraction(frame) / RATE for frame in (28, 2, 35, 10, 20))]
    stills = [still(RED, time) for time in times]
    assert near(stills, shot, Fraction(12) / RATE) == (2, 4, 5)
    assert near(stills, shot, Fraction(29) / RATE) == (1, 4, 5)
    assert near(stills[:2], shot, Fraction(0)) == (0, 1)
    assert near([stills[0], stills[3], stills[1], stills[0]], shot, Fraction(0)) == (0, 1, 2)


def test_stills_are_shown_to_the_network_once_though_many_frames_follow_them():
    network = Like()
    followed([grey()] * 12, [still(RED, Fraction(3) / RATE)], network)
    assert len(network.given_to) == 1
    assert len(network.asked) == 12


def test_a_reference_has_the_films_luma_and_the_stills_colours():
    shown = texture(96, 128, 1, seed=2)
    given = Still(paint(np.full((48, 64, 1), 0.5, np.float32), RED), Fraction(0), shown, by_hand=True)
    reference = reference_of(given.picture, given.luma, WEIGHTS, 24)
    assert reference.shape == (24, 32, 3)
    small = shown[:, :, 0].reshape(24, 4, 32, 4).mean((1, 3))
    np.testing.assert_allclose(reference[:, :, 0], small, atol=1e-3)
    np.testing.assert_allclose(100 * reference[:, :, 1:].mean((0, 1)), RED, atol=1.5)
    alone = reference_of(given.picture, None, WEIGHTS, 24)
    np.testing.assert_allclose(alone[:, :, 0], 0.5, atol=1e-3)


def graded(change, by_hand=True, time=Fraction(0)):
    """A still whose luma is `change` of the film's, of all tones."""
    shown = np.linspace(0.02, 0.98, 64 * 96, dtype=np.float32).reshape(64, 96, 1)
    return Still(np.repeat(change(shown), 3, axis=2).astype(np.float32), time, shown, by_hand)


def lighter(luma):
    return luma**0.6


SHOT = survey_of([np.zeros((64, 96, 1), np.float32)] * 8).shots[0]


def test_tones_go_to_those_of_a_still_that_a_person_gave():
    curve = tone_curve([graded(lighter)], SHOT, WEIGHTS, 64)
    tones = np.array([[0.1, 0.3, 0.5, 0.7, 0.9]], np.float32)
    # Neighbouring tones are mixed: a curve that bends this much is met within 2 %.
    np.testing.assert_allclose(toned(tones, curve, 1), lighter(tones), atol=0.02)
    np.testing.assert_allclose(toned(tones, curve, 0.5), (tones + lighter(tones)) / 2, atol=0.02)


@pytest.mark.parametrize(
    "stills",
    [
        [graded(lambda luma: luma)],
        [graded(lambda luma: luma + 0.01)],
        [graded(lighter, by_hand=False)],
        [replace(graded(lighter), luma=None)],
        [],
    ],
    ids=["the same", "hardly another", "made by a network", "no frame of the film", "none"],
)
def test_tones_stay_without_a_reason(stills):
    assert tone_curve(stills, SHOT, WEIGHTS, 64) is None


def test_a_shots_own_tones_count_before_those_of_others():
    other = graded(lambda luma: luma * 0.5, time=Fraction(100))
    own = tone_curve([other, graded(lighter)], SHOT, WEIGHTS, 64)
    np.testing.assert_array_equal(own, tone_curve([graded(lighter)], SHOT, WEIGHTS, 64))
    assert toned(np.float32([[0.8]]), tone_curve([other], SHOT, WEIGHTS, 64), 1) < 0.5


def test_a_tone_curve_rises_whatever_a_still_shows():
    for change in (lambda luma: 1 - 0.5 * luma, lambda luma: luma > 0.5, lambda luma: 0 * luma):
        curve = tone_curve([graded(change)], SHOT, WEIGHTS, 64)
        # Rounding alone may let it fall.
        assert np.diff(curve).min() > -1e-12
        assert curve.min() >= 0
        assert curve.max() <= 1


def test_a_still_that_does_not_lie_exactly_on_its_frame_keeps_its_contrast():
    shown = texture(96, 128, 1, seed=5)
    moved = np.roll(shown, 5, axis=1)
    given = Still(np.repeat(lighter(moved), 3, axis=2), Fraction(0), shown, by_hand=True)
    tones = np.float32([[0.3, 0.5, 0.7]])
    curve = tone_curve([given], SHOT, WEIGHTS, 96)
    np.testing.assert_allclose(toned(tones, curve, 1), lighter(tones), atol=0.02)


def test_tones_that_the_still_does_not_show_move_with_those_that_it_does():
    shown = np.linspace(0.4, 0.6, 64 * 96, dtype=np.float32).reshape(64, 96, 1)
    given = Still(np.repeat(shown + np.float32(0.1), 3, axis=2), Fraction(0), shown, by_hand=True)
    moved = toned(np.float32([[0.2, 0.5, 0.8]]), tone_curve([given], SHOT, WEIGHTS, 64), 1)
    np.testing.assert_allclose(moved, [[0.3, 0.6, 0.9]], atol=0.02)


def test_the_stage_changes_tones_only_when_told():
    picture = np.linspace(0.1, 0.9, 48 * 64, dtype=np.float32).reshape(48, 64, 1)
    same, moved = (luma(followed([picture], [graded(lighter)], tone=tone)[0].pixels) for tone in (0, 1))
    np.testing.assert_allclose(same, picture[:, :, 0], atol=ROUNDING)
    np.testing.assert_allclose(moved, lighter(picture)[:, :, 0], atol=0.02)


class Windowed:
    """A network of several frames: colours are those of the references, more so in lighter blocks."""

    def __init__(self):
        self.given_to, self.asked, self.colour = [], [], np.asarray([0.1, -0.2], np.float32)

    def given(self, *references):
        self.given_to.append(references)
        bound = Windowed()
        bound.asked = self.asked
        bound.colour = np.mean([chroma(each).mean((0, 1)) / 100 for each in references], axis=0)
        return bound

    def __call__(self, *lumas, lines=20):
        self.asked.append((len(lumas), lumas[0].shape, lines))
        share = np.float32(np.mean(lumas) / 0.5)
        return np.tile(share * self.colour, (lines, 2 * lines, len(lumas))).astype(np.float32)


def remastered(pictures, stills, network, **options):
    return followed(pictures, stills, network, method="deepremaster", **{"steady": 0, **options})


def test_a_method_of_several_frames_sees_them_as_they_are_and_stills_as_pictures():
    network = Windowed()
    shown = still(RED, Fraction(3) / RATE)
    frames = remastered([grey(60, 90)] * 9, [shown], network)
    assert len(frames) == 9
    assert network.asked == [(5, (60, 90, 1), 20), (5, (60, 90, 1), 20), (3, (60, 90, 1), 20)]
    ((reference,),) = network.given_to
    assert reference is shown.picture


def test_its_colours_are_joined_to_the_films_own_luma():
    pictures = [np.full((48, 64, 1), 0.5, np.float32)] * 6
    frames = remastered(pictures, [still(RED)], Windowed())
    for frame, picture in zip(frames, pictures, strict=True):
        assert np.abs(luma(frame.pixels) - picture[:, :, 0]).max() < ROUNDING
        np.testing.assert_allclose(chroma(frame.pixels).mean((0, 1)), RED, atol=3)


def test_where_blocks_meet_colours_go_over_from_one_into_the_next():
    pictures = [np.full((48, 64, 1), 0.3 + 0.02 * number, np.float32) for number in range(20)]
    frames = remastered(pictures, [still((20, 20))], Windowed())
    strong = np.diff([np.hypot(*chroma(frame.pixels).mean((0, 1))) for frame in frames][2:18])
    # Side by side blocks would stand still for four frames and then jump by five frames' change.
    assert strong.min() > -0.2
    assert strong.max() < 3 * strong.mean()


def test_without_stills_a_method_that_needs_none_colours_by_itself():
    notes, network = [], Windowed()
    (frame,) = remastered([np.full((48, 64, 1), 0.5, np.float32)], [], network, notes=notes)
    assert not network.given_to
    np.testing.assert_allclose(chroma(frame.pixels).mean((0, 1)), (10, -20), atol=2)
    assert notes[0] == ("remaster: stills", 0)


def test_a_shot_with_colours_of_its_own_keeps_them_whatever_the_method():
    coloured = [texture(48, 64, 3, grain=0, seed=1)]
    assert remastered(coloured, [], Windowed(), monochrome=False)[0].pixels is coloured[0]


@pytest.mark.parametrize(("method", "seen"), [("refilm-matching", (40, 60, 1)), ("deepremaster", 40)])
def test_lines_say_how_large_the_pictures_are_in_which_colours_are_found(method, seen):
    network = Windowed() if method == "deepremaster" else Like()
    followed([grey(60, 90)], [still(RED)], network, method=method, lines=40)
    assert seen in (network.asked[0], network.asked[0][-1])


@pytest.mark.parametrize("steady", [0, 0.25])
def test_a_stretch_of_blocks_with_its_context_gives_the_same_as_the_whole(steady):
    stage = Remaster(method="deepremaster", steady=steady)
    pictures = [grey(seed=seed) for seed in range(40)]
    stills = [still(RED, Fraction(2) / RATE), still(BLUE, Fraction(30) / RATE)]
    survey, frames = survey_of(pictures), film(pictures)
    job = replace(job_of(survey, network=lambda name: Windowed()), stills=lambda: stills)
    context = int(stage.context(survey.info) * RATE)
    assert context == 4 + 16 * steady
    whole = list(stage.process(iter(frames), job))[17:20]
    part = list(stage.process(iter(frames[17 - context : 20 + context]), job))[context:-context]
    for one, other in zip(part, whole, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_each_set_of_stills_is_looked_at_once():
    network = Windowed()
    times = (Fraction(frame) / RATE for frame in (1, 8, 15, 29))
    remastered([grey()] * 30, [still(RED, time) for time in times], network)
    assert len(network.given_to) == 2
    assert len(network.asked) == 10


def test_the_method_s_name_leads_to_a_network_of_the_stage_s_task():
    assert Remaster(method="deepremaster").networks() == ("deepremaster-colour",)
    assert Remaster(method="another").networks() == ("another",)
    assert models.card("deepremaster-colour").task == Remaster.task


def test_stills_are_coloured_by_a_network_that_tells_what_fits():
    assert matching_of([Remaster(method="deepremaster")]) == "refilm-matching"
    assert matching_of([Remaster(method="another")]) == "another"


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """DeepRemaster's networks by their names, with random weights."""
    path = tmp_path_factory.mktemp("random") / "remasternet.pth.tar"
    write_random(path, *deepremaster.layout(models.card("deepremaster-colour")))
    return models.networks({"deepremaster-colour": path})


def test_the_whole_path_gives_real_frames_colours(weights):
    pictures = [grey(seed=seed) for seed in range(6)]
    network = weights("deepremaster-colour")
    alone = remastered(pictures, [], network, lines=32)
    led = remastered(pictures, [still(RED, Fraction(2) / RATE)], network, lines=32)
    assert len(led) == len(pictures)
    for frame, other, picture in zip(led, alone, pictures, strict=True):
        assert frame.pixels.shape == (48, 64, 3)
        assert np.abs(luma(frame.pixels) - picture[:, :, 0]).max() < ROUNDING
        assert np.abs(frame.pixels - other.pixels).max() > 0.01


@pytest.mark.parametrize(("recolour", "follows"), [("none", False), ("all", True)])
def test_shots_with_colours_follow_stills_only_where_that_is_asked(recolour, follows):
    coloured = [np.repeat(grey(), 3, axis=2) * np.float32((0.6, 1.0, 0.8)) for _ in range(4)]
    survey = survey_of(coloured)
    assert not survey.shots[0].monochrome
    stage = Remaster(recolour=recolour)
    assert (stage.fitted(survey).stage is not None) == follows
