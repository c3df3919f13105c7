from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
from made import film, job_of, survey_of, texture

from refilm.film import open_film
from refilm.frames import Placement, Timeline
from refilm.stages._weave import quick, weave
from refilm.stages.stabilise import Stabilise
from refilm.survey import survey_film

STEADY = 0.15
"""Pixels of weave, root mean square, that nobody sees: what must be left at most."""
FAITHFUL = 1.0
"""Pixels by which a pan may be changed: less than a grain."""
RATE = Fraction(16)
COUNT = 48
WEAVE = np.random.default_rng(11).normal(0, 2, (COUNT, 2))
EVEN = np.stack((np.linspace(0, 141, COUNT), np.linspace(0, 24, COUNT)), axis=1)
"""Where an even pan looks in a wide scene: 3 pixels a frame to the right, half of one down."""


class InMemory:
    def __init__(self, pictures):
        self.pictures = pictures
        self.info = survey_of(pictures, rate=RATE).info
        ticks = np.arange(len(pictures))
        self.timeline = Timeline(1 / RATE, ticks, ticks, len(pictures) / RATE)
        self.problems = ()

    def watch(self, width=None):
        return iter(film(self.pictures, RATE))


def scene():
    """A wide scene of coarse and fine detail."""
    fine = cv2.resize(texture(220, 300, seed=2), (440, 320), interpolation=cv2.INTER_CUBIC)
    return 0.6 * texture(320, 440, seed=1)[:, :, 0] + 0.4 * fine


def looked(place):
    """Return 160x200 pixels of the scene from that place on, and its surroundings left out."""
    matrix = np.array(((1, 0, 30 + place[0]), (0, 1, 30 + place[1])))
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(scene(), matrix, (200, 160), flags=flags)[:, :, None]


def filmed(path, grain=0.0):
    random = np.random.default_rng(4)
    pictures = [looked(place) for place in path]
    noise = [random.normal(0, grain, picture.shape) for picture in pictures]
    return [np.asarray(one + other, np.float32) for one, other in zip(pictures, noise, strict=True)]


def woven(path):
    """Return what a scan of a weaving film shows; without grain, standing frames would be repeats."""
    return filmed(path, grain=0.01)


def steadied(pictures, **options):
    survey = survey_film(InMemory(pictures))
    notes = []
    stage = Stabilise(edges="replicate", **options)
    frames = list(stage.process(film(pictures, RATE), job_of(survey, notes=notes)))
    return [frame.pixels for frame in frames], dict(notes)


def distances(pictures, others):
    """Return by how many pixels each picture lies off the other, aligned in its middle."""
    middles = [
        [np.ascontiguousarray(picture[30:130, 30:170, 0]) for picture in pair]
        for pair in zip(others, pictures, strict=True)
    ]
    start, end = np.eye(2, 3, dtype=np.float32), (3, 60, 1e-6)
    found = [cv2.findTransformECC(*pair, start.copy(), cv2.MOTION_TRANSLATION, end) for pair in middles]
    return np.array([matrix[:, 2] for _, matrix in found])


def spread(values):
    return float(np.sqrt(np.mean(np.sum((values - values.mean(axis=0)) ** 2, axis=1))))


def test_the_measure_itself_sees_a_weave_of_a_tenth_of_a_pixel():
    path = np.random.default_rng(1).normal(0, 0.1, (12, 2))
    seen = distances(filmed(path), filmed(np.zeros((12, 2))))
    assert seen == pytest.approx(-path, abs=0.03)


def test_a_weaving_picture_of_a_still_scene_stands_still():
    pictures, _ = steadied(woven(WEAVE))
    assert spread(distances(pictures, filmed(np.zeros((COUNT, 2))))) < STEADY


def test_a_weaving_pan_becomes_an_even_one_and_stays_where_it_was():
    pictures, _ = steadied(woven(EVEN + WEAVE))
    off = distances(pictures, filmed(EVEN))
    steps = np.diff(off, axis=0)
    assert np.sqrt(np.mean(steps**2)) < STEADY
    assert np.abs(off).max() < FAITHFUL


def test_a_steady_pan_is_left_as_it_was():
    pictures, _ = steadied(woven(EVEN))
    assert np.abs(distances(pictures, filmed(EVEN))).max() < STEADY


def test_a_camera_that_sways_keeps_its_sway_and_loses_the_weave():
    time = np.arange(COUNT)
    sway = np.stack((5 * np.sin(time / 12), 4 * np.cos(time / 14)), axis=1)
    pictures, _ = steadied(woven(sway + WEAVE / 2))
    off = distances(pictures, filmed(sway))
    assert np.sqrt(np.mean(np.diff(off, 2, axis=0) ** 2)) < STEADY / 2
    assert spread(off) < spread(sway) / 2


def test_grain_flicker_and_a_turn_do_not_disturb_it():
    random = np.random.default_rng(3)
    pictures = [
        picture * random.normal(1, 0.05) + random.normal(0, 0.02, picture.shape)
        for picture in filmed(WEAVE)
    ]
    steady, _ = steadied([picture.astype(np.float32) for picture in pictures])
    assert spread(distances(steady, filmed(np.zeros((COUNT, 2))))) < STEADY


def test_strength_takes_out_that_share():
    pictures, _ = steadied(woven(WEAVE), strength=0.5)
    left = spread(distances(pictures, filmed(np.zeros((COUNT, 2)))))
    assert left == pytest.approx(spread(WEAVE) / 2, rel=0.1)


def planted(weave=WEAVE, cuts=(), width=200, height=160):
    """A survey that knows this weave, of a film of flat pictures."""
    survey = survey_of([np.full((height, width, 1), 0.5, np.float32)] * len(weave), cuts, rate=RATE)
    motion = np.zeros((len(weave), 4))
    motion[1:, :2] = np.diff(weave, axis=0)
    return replace(survey, figures=replace(survey.figures, motion=motion))


def test_is_left_out_where_the_picture_stands_still():
    stage, why = Stabilise().fitted(planted(WEAVE * 0.03))
    assert stage is None
    assert "stands still" in why
    assert Stabilise().fitted(planted()).stage == Stabilise()


def test_any_stretch_of_a_shot_gives_the_same_pictures():
    survey, pictures = planted(), filmed(WEAVE)
    whole = list(Stabilise().process(film(pictures, RATE), job_of(survey)))
    part = list(Stabilise().process(film(pictures[20:30], RATE, start=20), job_of(survey)))
    assert all(np.array_equal(one.pixels, whole[20 + n].pixels) for n, one in enumerate(part))


def test_nothing_of_one_shot_moves_the_next():
    alone = planted(WEAVE[:24])
    jumped = np.concatenate((WEAVE[:24], WEAVE[24:] + 50))
    both = planted(jumped, cuts=(24,))
    pictures = filmed(WEAVE[:24])
    one, other = (list(Stabilise().process(film(pictures, RATE), job_of(s))) for s in (alone, both))
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(one, other, strict=True))


def test_the_zoom_is_just_large_enough_that_no_edge_shows():
    """Pictures that fade linearly to their edges have no value twice: a drawn-out edge would."""
    ramp = np.tile(np.linspace(0, 1, 200, dtype=np.float32), (160, 1))[:, :, None]
    notes = []
    job = job_of(planted(), notes=notes)
    frames = list(Stabilise().process(film([ramp] * COUNT, RATE), job))
    steps = [np.diff(frame.pixels[80, :, 0])[[0, -1]] for frame in frames]
    assert min(map(min, steps)) > 0.5 * np.diff(ramp[80, :, 0]).mean()
    assert 1.02 < dict(notes)["stabilise: zoom"] < 1.06


def test_a_camera_that_shakes_more_than_the_zoom_can_hide_is_left_shaking_slowly():
    time = np.arange(COUNT)
    shake = np.stack((40 * np.sin(time / 8), 30 * np.cos(time / 9)), axis=1)
    notes = []
    job = job_of(planted(shake + WEAVE / 4), notes=notes)
    list(Stabilise().process(film(filmed(WEAVE[:1]), RATE), job))
    assert dict(notes)["stabilise: zoom"] <= 1.06
    assert 0.3 < dict(notes)["stabilise: weave taken out, pixels"] < 8


def test_a_failed_estimate_cannot_throw_the_picture():
    weave = np.zeros((COUNT, 2))
    weave[20] = 500
    picture = np.zeros((160, 200, 1), np.float32)
    picture[60:100, 80:120] = 1
    (frame,) = Stabilise().process(film([picture], RATE, start=20), job_of(planted(weave)))
    assert frame.pixels.sum() > 0.9 * picture.sum()


def test_a_frame_that_could_not_be_followed_lies_between_its_neighbours():
    survey = planted(EVEN + WEAVE / 10)
    motion, trust = survey.figures.motion.copy(), np.ones(COUNT)
    motion[21] += motion[20]
    motion[20] = trust[20] = 0
    lost = replace(survey, figures=replace(survey.figures, motion=motion, trust=trust))
    whole, told = (weave(each, each.shots[0], 0.5) for each in (survey, lost))
    assert told[20] == pytest.approx((told[19] + told[21]) / 2)
    assert told == pytest.approx(whole, abs=1)


def test_a_torn_frame_does_not_move_the_camera():
    path = WEAVE.copy()
    path[20] += (0, 60)
    torn, whole = (planted(each) for each in (path, WEAVE))
    off, usual = (weave(each, each.shots[0], 0.5) for each in (torn, whole))
    assert off[20, 1] == pytest.approx(usual[20, 1] + 60, abs=STEADY)
    assert np.delete(off, 20, axis=0) == pytest.approx(np.delete(usual, 20, axis=0), abs=STEADY)


def test_the_quick_part_of_a_shake_is_what_a_blur_in_time_takes_away():
    time = np.arange(96)
    slow, fast = (np.tile(np.sin(time / each)[:, None], 3) for each in (12, 0.6))
    assert quick(slow + fast, 3.0)[8:-8] == pytest.approx(fast[8:-8], abs=0.35)
    assert not quick(np.ones((1, 3)), 3.0).any()


def test_works_after_crop_and_enlarging_alike():
    survey, pictures = planted(), filmed(WEAVE)
    stage = Stabilise(edges="replicate")
    plain = list(stage.process(film(pictures, RATE), job_of(survey)))
    cut = [
        cv2.resize(p[20:, 10:], (380, 280), interpolation=cv2.INTER_CUBIC)[:, :, None] for p in pictures
    ]
    placement = Placement().cropped(10, 20).scaled(2, 2)
    info = replace(survey.info, width=380, height=280, placement=placement)
    job = replace(job_of(survey), info=info)
    for one, other in zip(stage.process(film(cut, RATE), job), plain, strict=True):
        small = cv2.resize(one.pixels, (190, 140), interpolation=cv2.INTER_AREA)
        # Two ways of resampling one picture differ by what each blurs.
        assert np.abs(small[20:-20, 20:-20] - other.pixels[40:-20, 30:-20, 0]).mean() < 0.01


def test_frames_between_those_of_the_source_are_moved_in_proportion():
    weave = np.zeros((9, 2))
    weave[4:] = (4, 0)
    survey = planted(weave)
    stage = Stabilise(edges="replicate")
    ramp = np.tile(np.linspace(0, 1, 200, dtype=np.float32), (160, 1))[:, :, None]
    frames = film([ramp] * 9, RATE)
    between = replace(frames[3], origin=(frames[3].origin + frames[4].origin) / 2)
    at = [next(stage.process([f], job_of(survey))).pixels[80, 100, 0] for f in (*frames[3:5], between)]
    assert at[2] == pytest.approx((at[0] + at[1]) / 2, abs=1e-4)


@pytest.mark.parametrize("channels", [1, 3])
def test_keeps_size_channels_and_times(channels):
    pictures = [texture(160, 200, channels)] * COUNT
    survey = planted()
    before = film(pictures, RATE)
    after = list(Stabilise().process(before, job_of(survey)))
    assert [(f.time, f.origin, f.pixels.shape) for f in after] == [
        (f.time, f.origin, f.pixels.shape) for f in before
    ]


@pytest.mark.footage
def test_market_street_stands_still_while_the_camera_drives_on(footage):
    opened = open_film(footage / "market-street-1906")
    survey = survey_film(opened)
    frames = list(opened.read(survey.timeline, 0, 60, 1))
    steady = list(Stabilise().process(frames, job_of(survey)))
    before, after = (jitter(pictures) for pictures in (frames, steady))
    assert before > 2.5
    assert after < 0.2


def jitter(frames):
    """Return by how many pixels, root mean square, pictures lie off the middle of their neighbours."""
    again = survey_film(InMemory([frame.pixels for frame in frames]))
    own = ~survey_repeats(again)
    steps = again.figures.motion[own, :2][1:]
    return float(np.sqrt(np.mean(np.sum(np.diff(steps, axis=0) ** 2, axis=1)) / 6))


def survey_repeats(survey):
    return survey.figures.repeat


def edge_error(edges):
    """Return how far the edges of the steadied pictures are off the still scene, mean of 0..1."""
    woven_pictures = woven(WEAVE)
    survey = survey_film(InMemory(woven_pictures))
    stage = Stabilise(edges=edges)
    frames = stage.process(film(woven_pictures, RATE), job_of(survey))
    middle = np.mean([frame.pixels for frame in frames], axis=0)
    frames = list(stage.process(film(woven_pictures, RATE), job_of(survey)))
    rim = np.ones(middle.shape[:2], bool)
    rim[4:-4, 4:-4] = False
    truth = looked(-middle_shift(frames))
    return float(np.mean([np.abs(frame.pixels - truth)[rim].mean() for frame in frames]))


def middle_shift(frames):
    still = filmed(np.zeros((len(frames), 2)))
    return distances([frame.pixels for frame in frames], still).mean(axis=0)


def test_filled_edges_show_what_is_there_better_than_edges_drawn_out():
    assert edge_error("fill") < 0.75 * edge_error("replicate")


def test_a_filled_edge_needs_the_frames_around_a_stretch_and_says_so():
    stage = Stabilise(edges="fill")
    pictures = woven(WEAVE)
    survey = survey_film(InMemory(pictures))
    frames = film(pictures, RATE)
    whole = list(stage.process(frames, job_of(survey)))
    context = int(stage.context(survey.info) * RATE)
    part = list(stage.process(frames[20 - context : 24 + context], job_of(survey)))
    for place in range(20, 24):
        assert np.array_equal(part[place - 20 + context].pixels, whole[place].pixels)


def test_a_cropped_film_keeps_its_promise_and_has_no_empty_edge():
    pictures = woven(WEAVE)
    survey = survey_film(InMemory(pictures))
    stage = Stabilise(edges="crop", most_zoom=0.2).fitted(survey).stage
    promised = stage.output(survey.info)
    assert promised.width < survey.info.width
    frames = list(stage.process(film(pictures, RATE), job_of(survey)))
    height, width, _ = frames[0].pixels.shape
    assert (width, height) == (promised.width, promised.height)
    whole = list(Stabilise(edges="replicate").process(film(pictures, RATE), job_of(survey)))
    left, top = int(promised.placement.left), int(promised.placement.top)
    inside = whole[5].pixels[top : top + height, left : left + width]
    assert np.array_equal(frames[5].pixels, inside)


def test_the_notes_tell_how_steady_the_shot_became():
    _, notes = steadied(woven(WEAVE))
    assert notes["stabilise: stability before"] < 0.6
    assert notes["stabilise: stability after"] > 0.9
    assert notes["stabilise: share of the picture kept"] == 1.0


def test_a_frame_torn_farther_than_the_zoom_hides_is_filled_from_its_neighbours():
    path = np.zeros((COUNT, 2))
    path[20] = (0, 14)
    pictures = woven(path)
    survey = survey_film(InMemory(pictures))

    def jump(stage):
        """Return by how much the rims of frame 20 differ from those of the frame before."""
        frames = list(stage.process(film(pictures, RATE), job_of(survey)))
        change = np.abs(frames[20].pixels - frames[19].pixels)
        return float(max(change[:8].mean(), change[-8:].mean()))

    zoomed, drawn_out = Stabilise(most_zoom=0.01), Stabilise(edges="replicate", most_zoom=0.01)
    assert jump(zoomed) < 0.5 * jump(drawn_out)
