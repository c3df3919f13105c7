"""Deblur: frames go through the network that is named, with the numbers that it takes."""

from dataclasses import replace

import numpy as np
import pytest
from made import film, job_of, survey_of, texture

from refilm.errors import UsageError
from refilm.plan import Plan
from refilm.settling import check_networks
from refilm.stages.deblur import Deblur
from refilm.stages.wording import make_stage


class Brighter:
    """Stands for a network: makes pictures lighter and remembers with which numbers it was called."""

    def __init__(self):
        self.numbers = []

    def __call__(self, picture, **numbers):
        self.numbers.append(numbers)
        return picture + np.float32(0.25)


def deblurred(pictures, **options):
    network = Brighter()
    survey = survey_of(pictures)
    job = replace(job_of(survey), network=lambda name: {"nafnet": network, "siun": network}[name])
    stage = make_stage("deblur", options)
    return [frame.pixels for frame in stage.restored(film(pictures), job)], network


@pytest.mark.parametrize("channels", [1, 3])
def test_each_frame_goes_through_the_network_in_the_channels_it_has(channels):
    pictures = [texture(32, 48, channels, seed=seed) for seed in range(3)]
    made, network = deblurred(pictures)
    for before, after in zip(pictures, made, strict=True):
        np.testing.assert_allclose(after, before + 0.25)
    assert network.numbers == [{}] * 3


def test_a_share_of_the_result_is_taken_where_that_is_asked():
    picture = texture(32, 48, 1)
    made, _ = deblurred([picture], strength=0.5)
    np.testing.assert_allclose(made[0], picture + 0.125, atol=1e-6)


def test_the_number_of_iterations_reaches_a_network_that_takes_it():
    _, network = deblurred([texture(32, 48, 1)], method="siun", iterations=2)
    assert network.numbers == [{"iterations": 2}]


def test_iterations_are_refused_where_the_network_takes_none():
    plan = Plan(stages=(make_stage("deblur", {"iterations": 2}),))
    with pytest.raises(UsageError, match="nafnet has no iterations to set"):
        check_networks(plan)


def test_the_reason_tells_how_soft_the_film_is():
    survey = survey_of([texture(32, 48, 1)] * 3)
    told = replace(survey, figures=replace(survey.figures, softness=np.array([1.0, 1.4, np.nan])))
    assert Deblur().fitted(told).why == (
        "the plan asks for the network nafnet: its edges are blurred by 1.2 pixels"
    )
