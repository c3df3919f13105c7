from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from made import film, job_of, survey_of, texture

from refilm.findings import Cadence
from refilm.stages.dedupe import Dedupe

SHOWN = Fraction(24)
FOUR_OF_FIVE = np.arange(40) % 5 == 3
IRREGULAR = np.isin(np.arange(40), (2, 12, 19, 33))


def repeating(repeat, cadence, cuts=()):
    survey = survey_of([texture(16, 24)] * len(repeat), cuts, rate=SHOWN)
    return replace(survey, figures=replace(survey.figures, repeat=repeat), cadence=cadence)


def regular():
    number = np.cumsum(~FOUR_OF_FIVE) - 1
    return repeating(FOUR_OF_FIVE, Cadence(SHOWN * Fraction(4, 5), True, number * 5 / 96))


def irregular(cuts=()):
    """Own times in the second half, the first spread evenly."""
    own = np.arange(40) / 24
    own[:20] = (np.cumsum(~IRREGULAR[:20]) - 1) * (20 / 17) / 24
    return repeating(IRREGULAR, Cadence(SHOWN * Fraction(36, 40), False, own), cuts)


def work(survey, frames=None, shot=0, **options):
    stage, _ = Dedupe(**options).fitted(survey)
    job = job_of(survey, shot)
    everything = film([texture(16, 24)] * len(survey.timeline), SHOWN)
    return list(stage.process(everything if frames is None else frames, job)), stage.output(job.info)


def test_is_left_out_where_nothing_repeats():
    stage, why = Dedupe().fitted(survey_of([texture(16, 24)] * 4))
    assert stage is None
    assert why == "no frame repeats the one before"


def test_says_how_many_frames_repeat_and_what_rate_is_true():
    _, why = Dedupe().fitted(regular())
    assert "20.0% of the frames" in why
    assert "19.200 pictures per second" in why


def test_drops_the_repeats_and_spaces_the_others_at_exactly_the_true_rate():
    frames, info = work(regular())
    rate = Fraction(96, 5)
    assert [frame.time for frame in frames] == [number / rate for number in range(32)]
    assert (info.rate, info.variable_rate, info.time_base) == (rate, False, 1 / rate)


def test_origins_stay_on_the_clock_of_the_source():
    frames, _ = work(regular())
    assert [frame.origin for frame in frames] == [n / SHOWN for n in range(40) if n % 5 != 3]


def test_any_stretch_gives_the_times_of_the_whole():
    whole, _ = work(regular())
    part, _ = work(regular(), film([texture(16, 24)] * 12, SHOWN, start=17))
    times = {frame.origin: frame.time for frame in whole}
    assert [frame.time for frame in part] == [times[frame.origin] for frame in part]


def test_times_rise_and_are_whole_multiples_of_the_time_base():
    frames, info = work(irregular())
    times = [frame.time for frame in frames]
    assert times == sorted(set(times))
    assert all((time / info.time_base).denominator == 1 for time in times)
    assert info.variable_rate


def test_frames_without_a_pattern_keep_their_own_times_exactly():
    frames, _ = work(irregular())
    late = [frame for frame in frames if frame.origin >= 20 / SHOWN]
    assert all(frame.time == frame.origin for frame in late)


def test_a_pattern_within_a_shot_is_spaced_evenly():
    frames, info = work(irregular())
    steps = np.diff([float(frame.time) for frame in frames][:17])
    assert steps == pytest.approx(20 / 17 / 24, abs=float(info.time_base))


def test_can_leave_times_alone():
    frames, info = work(regular(), even=False)
    assert len(frames) == 32
    assert all(frame.time == frame.origin for frame in frames)
    assert info.variable_rate


def test_a_film_that_begins_late_keeps_its_beginning():
    survey = regular()
    start = Fraction(7, 24)
    timeline = replace(
        survey.timeline, ticks=survey.timeline.ticks + 7, end=survey.timeline.end + start
    )
    survey = replace(survey, timeline=timeline, info=replace(survey.info, start=start))
    frames, info = work(survey, film([texture(16, 24)] * 40, SHOWN, start=7))
    assert frames[0].time == start
    assert frames[1].time == start + Fraction(5, 96)
    assert all((frame.time / info.time_base).denominator == 1 for frame in frames)
