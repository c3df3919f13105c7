from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from made import film, job_of, survey_of, texture
from pydantic import ValidationError

from refilm import models
from refilm.errors import UsageError
from refilm.findings import Transition
from refilm.frames import FilmInfo, Frame
from refilm.models.halving import NEAR, Halving
from refilm.plan import Plan
from refilm.settling import check_networks
from refilm.stages.interpolate import Interpolate

OPTIONS = [
    {},
    {"times": 3},
    {"times": 16},
    {"rate": "24"},
    {"rate": "24000/1001"},
    {"rate": "50"},
    {"rate": "10"},
]


def pictures(count, height=24, width=32, channels=1):
    return [texture(height, width, channels, seed=number) for number in range(count)]


class Drawn:
    """A network that blends, and remembers between which pictures and where it was asked to draw."""

    def __init__(self):
        self.asked = []

    def __call__(self, first, second, *, position):
        self.asked.append((first, second, position))
        return np.asarray(first + (second - first) * position, np.float32)


def run(stage, frames, job, network=None):
    return list(stage.process(iter(frames), replace(job, network=lambda name: network or Drawn())))


def times_of(frames):
    return [frame.time for frame in frames]


@pytest.fixture
def eight():
    """A film of eight frames at 16 a second in one shot, and the job on it."""
    some = pictures(8)
    return film(some), job_of(survey_of(some))


def test_the_film_s_own_frames_stay_and_new_ones_lie_halfway(eight):
    frames, job = eight
    restored = run(Interpolate(), frames, job)
    assert times_of(restored) == [Fraction(number, 32) for number in range(16)]
    assert all(restored[2 * number] is frame for number, frame in enumerate(frames))
    middle = (frames[0].pixels + frames[1].pixels) / 2
    np.testing.assert_allclose(restored[1].pixels, middle, atol=1e-6)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("start", ["0", "1/24", "5/7"])
def test_comes_out_at_the_promised_times(options, start):
    some = pictures(9)
    survey = survey_of(some)
    begins = Fraction(start)
    later = replace(
        survey,
        info=replace(survey.info, start=begins, time_base=Fraction(1, 336)),
        timeline=replace(
            survey.timeline,
            time_base=Fraction(1, 336),
            ticks=survey.timeline.ticks * 21 + int(begins * 336),
            end=survey.timeline.end + begins,
        ),
        shots=tuple(replace(shot, start=begins, end=shot.end + begins) for shot in survey.shots),
    )
    frames = [Frame(frame.pixels, frame.time + begins, frame.origin + begins) for frame in film(some)]
    stage = Interpolate(**options)
    job = job_of(later)
    promised = stage.output(job.info)
    restored = run(stage, frames, job)
    wanted = []
    while (time := begins + len(wanted) / promised.rate) < begins + Fraction(9, 16):
        wanted.append(time)
    assert times_of(restored) == wanted
    assert all((time / promised.time_base).denominator == 1 for time in wanted)
    assert promised.time_base.denominator <= 1_000_000


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("cut", [1, 3, 4, 7])
def test_two_stretches_side_by_side_are_one_long_stretch(eight, options, cut):
    frames, job = eight
    stage = Interpolate(**options)
    whole = run(stage, frames, job)
    edge = frames[cut].origin
    left = [frame for frame in run(stage, frames[: cut + 1], job) if frame.origin < edge]
    right = [frame for frame in run(stage, frames[cut - 1 :], job) if frame.origin >= edge]
    assert times_of(left + right) == times_of(whole)
    assert [frame.origin for frame in left + right] == [frame.origin for frame in whole]
    for one, other in zip(left + right, whole, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_new_frames_lie_evenly_between_frames_that_do_not():
    some = pictures(3)
    times = [Fraction(0), Fraction(1, 10), Fraction(4, 10)]
    frames = [Frame(picture, time, time) for picture, time in zip(some, times, strict=True)]
    survey = survey_of(some)
    timeline = replace(
        survey.timeline,
        time_base=Fraction(1, 10),
        ticks=np.array([0, 1, 4]),
        end=Fraction(6, 10),
    )
    shot = replace(survey.shots[0], end=Fraction(6, 10))
    info = replace(survey.info, time_base=Fraction(1, 10), duration=Fraction(6, 10))
    job = job_of(replace(survey, timeline=timeline, shots=(shot,), info=info))
    restored = run(Interpolate(times=2), frames, job)
    assert [float(time) for time in times_of(restored)] == [0, 0.05, 0.1, 0.25, 0.4, 0.5]


@pytest.mark.parametrize("options", [{"times": 2}, {"rate": 32}])
def test_after_a_long_gap_movement_takes_no_longer_than_usual(eight, options):
    frames, job = eight
    second = replace(frames[1], time=Fraction(1), origin=Fraction(1))
    network = Drawn()
    restored = run(Interpolate(**options), [frames[0], second], job, network)
    drawn = [frame for frame in restored if frame.pixels is not frames[0].pixels]
    assert times_of(drawn) == [Fraction(31, 32), 1]
    assert [position for *_, position in network.asked] == [0.5]
    assert restored[0] is frames[0]
    assert restored[-1] is second
    assert times_of(restored) == sorted(set(times_of(restored)))


def test_times_rise_even_where_frames_lie_closer_than_the_time_base_can_part(eight):
    frames, job = eight
    tick = Fraction(1, 90000)
    job = replace(job, info=replace(job.info, time_base=tick))
    close = [frames[0], replace(frames[1], time=2 * tick, origin=2 * tick)]
    restored = run(Interpolate(times=16), close, job)
    assert times_of(restored) == [0, tick, 2 * tick]


def test_a_shot_s_last_frame_stands_until_the_cut_and_nothing_is_drawn_from_it():
    some = pictures(6)
    survey = survey_of(some, cuts=(4,))
    frames = film(some)
    network = Drawn()
    restored = run(Interpolate(times=4), frames[:4], job_of(survey, shot=0), network)
    held = [frame for frame in restored if frame.time > frames[3].time]
    assert times_of(held) == [Fraction(12 + part, 64) for part in (1, 2, 3)]
    assert all(frame.pixels is frames[3].pixels for frame in held)
    assert all(frame.origin < survey.shots[0].end for frame in held)
    assert all(second is not frames[4].pixels for _, second, _ in network.asked)


def test_the_shots_of_a_film_come_out_as_one_even_row():
    some = pictures(7)
    survey = survey_of(some, cuts=(2, 3))
    frames = film(some)
    restored = []
    for shot in survey.shots:
        job = job_of(survey, shot=shot.number)
        restored += run(Interpolate(rate="25"), frames[shot.first : shot.stop], job)
    assert times_of(restored) == [Fraction(number, 25) for number in range(11)]


def test_a_last_frame_whose_repeats_were_dropped_stands_for_them_too(eight):
    frames, job = eight
    job.survey.figures.repeat[6:] = True
    restored = run(Interpolate(rate=32), frames[:6], job)
    assert times_of(restored) == [Fraction(number, 32) for number in range(16)]
    assert restored[-1].pixels is frames[5].pixels


def test_a_stretch_that_ends_within_its_shot_ends_with_its_last_frame(eight):
    frames, job = eight
    assert run(Interpolate(), frames[:5], job)[-1] is frames[4]


def test_an_unchanged_picture_keeps_what_the_decoder_gave(eight):
    frames, job = eight
    raw = object()
    frames = [replace(frame, raw=raw) for frame in frames]
    restored = run(Interpolate(), frames, job)
    assert [frame.raw is raw for frame in restored] == [True, False] * 7 + [True, True]


@pytest.mark.parametrize("rate", [Fraction(3200, 199), Fraction(3200, 201)])
def test_a_moment_just_before_or_after_a_frame_shows_that_frame(eight, rate):
    frames, job = eight
    network = Drawn()
    restored = run(Interpolate(rate=rate), frames[:3], job, network)
    assert restored[1].pixels is frames[1].pixels
    assert restored[1].time == restored[1].origin == 1 / rate
    assert not network.asked


def test_a_repeat_is_not_drawn_but_shown(eight):
    frames, job = eight
    noisy = frames[0].pixels + np.random.default_rng(0).normal(0, 0.2 / 255, (24, 32, 1))
    pair = [frames[0], frames[1].with_pixels(np.asarray(noisy, np.float32))]
    network = Drawn()
    restored = run(Interpolate(), pair, job, network)
    assert restored[1].pixels is frames[0].pixels
    assert not network.asked


def test_a_small_thing_that_moves_is_no_repeat(eight):
    frames, job = eight
    moved = frames[0].pixels.copy()
    moved[10:13, 10:13] += 0.2
    network = Drawn()
    run(Interpolate(), [frames[0], frames[1].with_pixels(moved)], job, network)
    assert [position for *_, position in network.asked] == [0.5]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("method", ["rife", "flow"])
def test_a_film_of_one_picture_is_that_picture(options, method):
    some = pictures(1)
    frames = film(some)
    stage = Interpolate(method=method, **options)
    restored = run(stage, frames, job_of(survey_of(some)))
    assert restored[0] is frames[0]
    assert all(frame.pixels is frames[0].pixels for frame in restored)


def test_no_frames_give_no_frames(eight):
    assert run(Interpolate(), [], eight[1]) == []


def test_a_film_at_another_speed_ends_where_its_own_clock_says(eight):
    frames, job = eight
    slow = [replace(frame, time=frame.time * 2) for frame in frames]
    job = replace(job, info=replace(job.info, rate=Fraction(8), duration=Fraction(1)))
    restored = run(Interpolate(), slow, job)
    assert times_of(restored) == [Fraction(number, 16) for number in range(16)]
    assert [frame.origin for frame in restored] == [Fraction(number, 32) for number in range(16)]


def test_two_frames_are_held_at_a_time(eight):
    frames, job = eight
    read = []
    source = (read.append(frame) or frame for frame in frames)
    stage = Interpolate().process(source, replace(job, network=lambda name: Drawn()))
    next(stage)
    assert len(read) == 2


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("23.976", "24000/1001"),
        (29.97, "30000/1001"),
        (24, "24"),
        ("30000/1001", "30000/1001"),
        ("16.67", "1667/100"),
        (18.0, "18"),
    ],
)
def test_a_rate_may_be_written_as_people_write_it(asked, meant):
    assert Interpolate(rate=asked).rate == Fraction(meant)


def test_survives_being_saved():
    for stage in (Interpolate(rate="24000/1001"), Interpolate(times=4, method="flow"), Interpolate()):
        assert Interpolate.model_validate_json(stage.model_dump_json()) == stage


@pytest.mark.parametrize(
    "options", [{"times": 2, "rate": 24}, {"times": 1}, {"times": 17}, {"rate": 0}, {"rate": 241}]
)
def test_impossible_options_are_refused(options):
    with pytest.raises(ValidationError):
        Interpolate(**options)


def test_a_film_that_needs_nothing_is_left_alone():
    assert Interpolate().fitted(survey_of(pictures(1))).stage is None
    survey = survey_of(pictures(3))
    assert Interpolate(rate=16).fitted(survey).stage is None
    assert Interpolate(rate=24).fitted(survey).stage == Interpolate(rate=24)
    survey.figures.repeat[1] = True
    assert Interpolate(rate=16).fitted(survey).stage == Interpolate(rate=16)


def test_a_time_base_never_becomes_finer_than_containers_count():
    info = FilmInfo(8, 8, Fraction(16), time_base=Fraction(1, 90000))
    assert Interpolate(times=16).output(info).time_base == Fraction(1, 90000)
    assert Interpolate(times=2).output(info).time_base == Fraction(1, 180000)
    odd = replace(info, start=Fraction(1, 14112001))
    assert Interpolate(rate=24).output(odd).time_base == Fraction(1, 1_000_000)


def test_only_the_network_asks_for_weights():
    assert Interpolate().networks() == ("rife",)
    assert Interpolate(method="featureflow").networks() == ("featureflow",)
    assert Interpolate(method="flow").networks() == ()


def test_the_network_that_draws_is_the_one_that_the_method_names(eight):
    frames, job = eight
    asked = []
    job = replace(job, network=lambda name: asked.append(name) or Drawn())
    list(Interpolate(method="featureflow").process(iter(frames[:2]), job))
    assert asked == ["featureflow"]


def test_a_network_for_something_else_is_refused_and_those_that_fit_are_named():
    others = [card.name for card in models.catalogue().values() if card.task == "colourisation"]
    with pytest.raises(UsageError, match=r"featureflow.*rife"):
        check_networks(Plan(stages=(Interpolate(method=others[0]),)))
    with pytest.raises(UsageError, match="no network called hold"):
        check_networks(Plan(stages=(Interpolate(method="hold"),)))


class Middles:
    """A network that draws only the middle, and counts how often it is asked."""

    def __init__(self):
        self.calls = 0

    def __call__(self, first, second):
        self.calls += 1
        return np.asarray((first + second) / 2, np.float32)


@pytest.mark.parametrize(("times", "calls"), [(2, 1), (4, 3), (8, 7)])
def test_a_network_that_draws_only_the_middle_is_asked_once_for_each_new_frame(eight, times, calls):
    frames, job = eight
    middles = Middles()
    restored = run(Interpolate(times=times), frames, job, Halving(middles))
    assert middles.calls == 7 * calls
    for number, frame in enumerate(restored[: 7 * times]):
        first, second = (frames[number // times + ahead].pixels for ahead in (0, 1))
        wanted = first + (second - first) * (number % times / times)
        np.testing.assert_allclose(frame.pixels, wanted, atol=1e-6)


@pytest.mark.parametrize("rate", ["24", "25", "48", "60000/1001"])
def test_by_middles_of_middles_any_rate_is_met_as_near_as_can_be_seen(eight, rate):
    frames, job = eight
    moved = [frame.with_pixels(np.full((8, 8, 1), n, np.float32)) for n, frame in enumerate(frames)]
    restored = run(Interpolate(rate=rate), moved, job, Halving(Middles()))
    shown = np.array([frame.pixels[0, 0, 0] for frame in restored])
    # Picture n, of the value n, is shown n / 16 seconds after the start; the last one stands.
    meant = np.minimum([float(frame.time) * 16 for frame in restored], 7)
    assert np.abs(shown - meant).max() <= NEAR


def moving(place, height=96, width=128, channels=1):
    ground = texture(height, width, channels, seed=1)
    ground[32:64, place : place + 32] = texture(32, 32, channels, seed=2) * 0.5
    return ground


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("times", [2, 4])
def test_flow_puts_a_moving_thing_where_it_should_be(channels, times):
    ends = [moving(place, channels=channels) for place in (40, 48)]
    survey = survey_of(ends)
    job = job_of(survey)
    restored = list(Interpolate(method="flow", times=times).process(film(ends), job))
    for part in range(1, times):
        truth = moving(40 + 8 * part // times, channels=channels)
        blend = ends[0] + (ends[1] - ends[0]) * (part / times)
        error = np.square(restored[part].pixels - truth).mean()
        assert error < 0.25 * np.square(blend - truth).mean()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 3), (16, 16), (17, 33)])
@pytest.mark.parametrize("channels", [1, 3])
def test_flow_takes_pictures_of_any_size(height, width, channels):
    some = pictures(2, height, width, channels)
    restored = list(Interpolate(method="flow").process(film(some), job_of(survey_of(some))))
    assert all(frame.pixels.shape == (height, width, channels) for frame in restored)
    assert all(frame.pixels.dtype == np.float32 for frame in restored)


def test_pictures_too_small_for_flow_are_cross_faded():
    some = pictures(2, 8, 8)
    restored = list(Interpolate(method="flow", times=4).process(film(some), job_of(survey_of(some))))
    np.testing.assert_allclose(restored[1].pixels, 0.75 * some[0] + 0.25 * some[1], atol=1e-6)


DISSOLVE = Transition("dissolve", 3, 5)


@pytest.mark.parametrize(
    ("first", "by_flow"), [(1, False), (2, True), (3, True), (4, True), (5, False)]
)
def test_where_two_shots_lie_over_each_other_the_network_is_not_asked(eight, first, by_flow):
    frames, job = eight
    job = replace(job, survey=replace(job.survey, transitions=(DISSOLVE,)))
    network, pair = Drawn(), frames[first : first + 2]
    new = run(Interpolate(), pair, job, network)[1]
    flow = run(Interpolate(method="flow"), pair, job)[1]
    assert bool(network.asked) != by_flow
    assert np.array_equal(new.pixels, flow.pixels) == by_flow


def test_a_fade_is_drawn_by_the_network(eight):
    frames, job = eight
    fade = replace(DISSOLVE, kind="fade")
    network = Drawn()
    run(Interpolate(), frames, replace(job, survey=replace(job.survey, transitions=(fade,))), network)
    assert len(network.asked) == 7


@pytest.mark.parametrize("method", ["rife", "flow"])
def test_a_flash_is_shown_as_long_as_it_was_and_not_spread(eight, method):
    frames, job = eight
    frames[3] = frames[3].with_pixels(frames[3].pixels + np.float32(0.4))
    job = replace(job, survey=replace(job.survey, flashes=(3,)))
    restored = run(Interpolate(method=method), frames, job)
    around = [frame.pixels for frame in restored[4:9]]
    held = [frames[2], frames[2], frames[3], frames[3], frames[4]]
    assert all(shown is frame.pixels for shown, frame in zip(around, held, strict=True))
    drawn = [frame for frame in restored if not any(frame.pixels is f.pixels for f in frames)]
    # Seven gaps, of which the one into the flash and the one out of it are not drawn in.
    assert len(drawn) == 5


def test_a_flash_that_an_earlier_stage_has_evened_is_drawn_as_usual(eight):
    frames, job = eight
    even = [frame.with_pixels(frame.pixels + (0.5 - frame.pixels.mean())) for frame in frames]
    network = Drawn()
    run(Interpolate(), even, replace(job, survey=replace(job.survey, flashes=(3,))), network)
    assert len(network.asked) == 7
