"""What every stage must do. A new stage is tested here as soon as its file exists."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from made import RATE, film, job_of, survey_of, texture

from refilm.stages.base import Fitting, catalogue
from refilm.stages.wording import make_stage

COUNT = 10
SIZES = [(48, 64, 1), (48, 64, 3), (16, 16, 1), (17, 33, 1), (33, 17, 3)]
"""Height, width and channels of the films that every stage must take."""


@pytest.fixture(params=sorted(catalogue()))
def stage(request):
    return catalogue()[request.param]()


class Blend:
    """A network that gives the mean of its pictures, or, where it colours, three channels of one."""

    def __init__(self, colours):
        self.colours = colours

    def __call__(self, *pictures, **numbers):
        if self.colours:
            return np.repeat(pictures[0], 3, axis=2)
        return np.mean(np.stack(pictures), axis=0, dtype=np.float32)

    def given(self, *references):
        return self


def restless(count, height=48, width=64, channels=1):
    """A scene under flickering light, with a speck that is somewhere else in every frame."""
    random = np.random.default_rng(5)
    pictures = []
    for number in range(count):
        picture = texture(height, width, channels, grain=0.01, seed=3)
        picture = picture * np.float32(1 + 0.1 * random.standard_normal())
        row, column = random.integers(0, height - 4), random.integers(0, width - 4)
        picture[row : row + 3, column : column + 3] = number % 2
        pictures.append(np.asarray(picture, np.float32))
    return pictures


def run(stage, pictures, part=slice(None)):
    """Process the frames `part` of a film of one shot."""
    survey = survey_of(pictures)
    frames = film(pictures)[part]
    job = job_of(
        survey,
        original=lambda path: iter(frames),
        network=lambda name: Blend(stage.invents == "colours"),
    )
    return list(stage.process(iter(frames), job)), stage.output(survey.info)


@pytest.mark.parametrize(("height", "width", "channels"), SIZES)
def test_comes_out_at_the_promised_size_with_its_channels(stage, height, width, channels):
    restored, promised = run(stage, restless(COUNT, height, width, channels))
    assert restored
    for frame in restored:
        assert frame.pixels.shape == (promised.height, promised.width, promised.channels)
        assert frame.pixels.dtype == np.float32
        assert np.isfinite(frame.pixels).all()


def test_times_rise_at_the_promised_rate(stage):
    restored, promised = run(stage, restless(COUNT))
    steps = {later.time - earlier.time for earlier, later in pairwise(restored)}
    assert steps == {1 / promised.rate}
    origins = [frame.origin for frame in restored]
    assert origins == sorted(set(origins))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_takes_a_film_of_a_few_frames(stage, count):
    restored, promised = run(stage, restless(count))
    assert len(restored) == count * promised.rate / RATE


def test_a_stretch_with_its_context_gives_the_same_as_the_whole(stage):
    pictures = restless(48)
    whole, promised = run(stage, pictures)
    context = stage.context(survey_of(pictures).info)
    first, stop = Fraction(20) / RATE, Fraction(24) / RATE
    part = slice(max(int((first - context) * RATE), 0), -int(-(stop + context) * RATE // 1))
    stretch, _ = run(stage, pictures, part)
    expected = [frame for frame in whole if first <= frame.time < stop]
    found = [frame for frame in stretch if first <= frame.time < stop]
    assert [frame.time for frame in found] == [frame.time for frame in expected]
    assert len(found) == (stop - first) * promised.rate
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_two_runs_give_the_same_bits(stage):
    pictures = restless(COUNT)
    first, _ = run(stage, pictures)
    second, _ = run(stage, pictures)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_does_not_write_into_the_frames_that_it_is_given(stage):
    pictures = restless(COUNT)
    before = [picture.copy() for picture in pictures]
    run(stage, pictures)
    for picture, copy in zip(pictures, before, strict=True):
        np.testing.assert_array_equal(picture, copy)


def test_every_option_is_described(stage):
    for name, field in type(stage).model_fields.items():
        assert field.description, f"{type(stage).__name__}.{name} has no description"


def test_survives_being_saved(stage):
    saved = stage.model_dump(mode="json")
    assert make_stage(stage.name(), saved) == stage


def test_says_why_a_film_needs_it_or_not(stage):
    fitting = stage.fitted(survey_of(restless(COUNT)))
    assert isinstance(fitting, Fitting)
    assert fitting.why
    assert fitting.stage is None or isinstance(fitting.stage, type(stage))


def test_uses_only_the_networks_that_it_names(stage):
    asked = set()
    pictures = restless(4)
    frames = film(pictures)

    def network(name):
        asked.add(name)
        return Blend(stage.invents == "colours")

    job = job_of(survey_of(pictures), original=lambda path: iter(frames), network=network)
    list(stage.process(iter(frames), replace(job)))
    assert asked <= set(stage.networks())
