"""Limits: a stage can be kept to some shots or times, and its result blended with what came in."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from made import RATE, film, job_of, survey_of, texture

from refilm.errors import UsageError
from refilm.film import Encoding, open_film
from refilm.frames import Frame
from refilm.job import Job
from refilm.plan import Plan
from refilm.restore import restore
from refilm.stages.denoise import Denoise
from refilm.stages.levels import Levels
from refilm.stages.limits import Limited, Limits, parsed
from refilm.stages.sharpen import Sharpen
from refilm.stages.upscale import Upscale
from refilm.stages.wording import make_stage

SECOND = int(RATE)


def pictures(count):
    return [texture(32, 48, seed=n % 3, grain=0.02) for n in range(count)]


def run(stage, survey, frames, shot=0):
    return list(stage.restored(iter(frames), job_of(survey, shot)))


def changed(before, after):
    return [one is not other for one, other in zip(before, after, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Limits()),
        ("shots 1,3-5", Limits("shots 1,3-5", (range(1, 2), range(3, 6)))),
        ("shot 2", Limits("shot 2", (range(2, 3),))),
        ("0:10-0:20", Limits("0:10-0:20", (), ((10, 20),))),
        ("1:00:00.5-; -2", Limits("1:00:00.5-; -2", (), ((Fraction("3600.5"), None), (0, 2)))),
    ],
)
def test_reads_shots_and_times(text, expected):
    assert parsed(text) == expected


@pytest.mark.parametrize(
    "text", ["shots", "shots 0", "shots 4-2", "shots one", "10", "-", "20-10", "a-b"]
)
def test_a_limit_that_is_none_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match=r"only=.*write it as in .shots 1 3-5. or .0:10-0:20"):
        make_stage("levels", {"only": text})


def test_frames_outside_the_times_stay_the_very_same():
    before = film(pictures(6 * SECOND))
    survey = survey_of([frame.pixels for frame in before])
    after = run(Denoise(only="0:02-0:03 5-"), survey, before)
    inside = [2 * SECOND <= n < 3 * SECOND or n >= 5 * SECOND for n in range(6 * SECOND)]
    assert changed(before, after) == inside


def test_frames_inside_are_as_without_limits():
    before = film(pictures(5 * SECOND))
    survey = survey_of([frame.pixels for frame in before])
    limited, free = (run(Denoise(only=only), survey, before) for only in ("2-3", ""))
    for n in range(2 * SECOND, 3 * SECOND):
        np.testing.assert_array_equal(limited[n].pixels, free[n].pixels)


def test_times_count_from_the_films_first_frame():
    before = film(pictures(3 * SECOND), start=10 * SECOND)
    survey = survey_of([frame.pixels for frame in before])
    ticks = survey.timeline.ticks + 10 * SECOND
    shot = replace(survey.shots[0], start=Fraction(10), end=Fraction(13))
    survey = replace(survey, timeline=replace(survey.timeline, ticks=ticks), shots=(shot,))
    after = run(Sharpen(only="1-2"), survey, before)
    assert changed(before, after) == [SECOND <= n < 2 * SECOND for n in range(3 * SECOND)]


@pytest.mark.parametrize(("shot", "inside"), [(0, False), (1, True), (2, False)])
def test_shots_are_counted_from_1(shot, inside):
    shown = pictures(30)
    survey = survey_of(shown, cuts=(10, 20))
    before = film(shown)[10 * shot : 10 * shot + 10]
    assert set(changed(before, run(Sharpen(only="shots 2"), survey, before, shot))) == {inside}


def test_a_stage_is_not_given_what_lies_far_outside():
    seen = []

    def process(frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        for frame in frames:
            seen.append(frame.time)
            yield frame

    before = film(pictures(6 * SECOND))
    job = job_of(survey_of([frame.pixels for frame in before]))
    list(Limited(parsed("3-4"), 1.0, Fraction(1, 4)).run(process, before, job))
    assert (min(seen), max(seen)) == (Fraction(5, 2), Fraction(9, 2) - 1 / RATE)


@pytest.mark.parametrize("strength", [0, 0.25, 1])
def test_strength_takes_a_share_of_the_result(strength):
    before = film(pictures(4))
    survey = survey_of([frame.pixels for frame in before])
    full = run(Sharpen(), survey, before)
    for one, whole, part in zip(
        before, full, run(Sharpen(strength=strength), survey, before), strict=True
    ):
        expected = one.pixels + strength * (whole.pixels - one.pixels)
        np.testing.assert_allclose(part.pixels, expected, atol=1e-6)
    assert changed(before, run(Sharpen(strength=0), survey, before)) == [False] * 4


@pytest.mark.parametrize("limit", [{"only": "shots 1"}, {"strength": 0.5}])
def test_a_stage_that_changes_size_or_rate_cannot_be_limited(limit):
    info = survey_of(pictures(2)).info
    for stage in (Upscale(times=2, **limit), make_stage("interpolate", {"method": "flow", **limit})):
        with pytest.raises(UsageError, match=f"{stage.name()} changes the picture's size or rate"):
            Plan(stages=(stage,)).infos(info)


@pytest.mark.parametrize(
    ("only", "sentence"),
    [("shots 4", "film has shots 1 to 3"), ("0:10-0:20", r"the film is 1\.88 s long")],
)
def test_a_limit_that_the_film_does_not_have_is_refused(only, sentence):
    survey = survey_of(pictures(30), cuts=(10, 20))
    with pytest.raises(UsageError, match=f'levels is limited to "{only}".*{sentence}'):
        Plan(stages=(Levels(only=only),)).fitted(survey)


def test_limits_survive_being_saved():
    plan = Plan(stages=(Levels(only="shots 1,3-5", strength=0.5),))
    assert Plan.parse(plan.to_toml(), "it") == plan
    assert Plan.parse(plan.to_json(), "it") == plan


def test_a_restored_film_is_bit_for_bit_the_source_outside_the_limits(old_film, tmp_path):
    output = tmp_path / "out.mkv"
    stage = Sharpen(only="shots 2", amount=2)
    plan = Plan(
        source=str(old_film), stages=(stage,), only_needed=False, encoding=Encoding(codec="ffv1")
    )
    restore(plan, output)
    source, result = (list(open_film(path).watch()) for path in (old_film, output))
    same = [np.array_equal(a.pixels, b.pixels) for a, b in zip(source, result, strict=True)]
    assert same == [True] * 24 + [False] * 24 + [True] * 24
