"""What the plans that come with refilm promise: the order of stages, and what an archive may not do."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from refilm.findings import Figures, Interlacing, Rectangle, Survey
from refilm.frames import FilmInfo, Shot, Timeline
from refilm.plan import Plan, presets

RATE = Fraction(24)
FRAMES = 48
ORDER = (
    "deinterlace", "dedupe", "crop", "stabilise", "deflicker", "clean", "denoise", "levels",
    "colourise", "remaster",
    "interpolate", "upscale", "sharpen", "regrain",
)  # fmt: skip
JUDGED = {"deinterlace", "dedupe", "crop", "denoise", "sharpen", "regrain", "interpolate", "upscale"}


def survey(noise=0.0, softness=0.5):
    """A film of one shot in which nothing moves, as noisy and soft as is said."""
    same = np.full(FRAMES, 0.5)
    none = np.zeros(FRAMES)
    ticks = np.arange(FRAMES)
    end = FRAMES / RATE
    figures = Figures(
        motion=np.zeros((FRAMES, 4)), trust=same, level=same, black=none, white=same + 0.5,
        difference=none, repeat=none > 0, noise=none + noise, softness=none + softness,
        blocking=none, dirt=none,
    )  # fmt: skip
    info = FilmInfo(640, 480, RATE, duration=end, time_base=1 / RATE)
    shot = Shot(0, 0, FRAMES, Fraction(0), end, monochrome=True)
    return Survey(
        info, Timeline(1 / RATE, ticks, ticks, end), (shot,), figures, Rectangle(0, 0, 640, 480)
    )


def fittings(name, found):
    """What the plan's stages that go by these figures say to the film, by their names."""
    stages = (stage for stage in Plan.load(name).stages if stage.name() in JUDGED)
    return {stage.name(): stage.fitted(found) for stage in stages}


def used(name, found):
    return [stage for stage, fitting in fittings(name, found).items() if fitting.stage is not None]


@pytest.mark.parametrize("name", ["quick", "good", "best", "archive"])
def test_stages_come_in_the_order_in_which_one_helps_the_next(name):
    places = [ORDER.index(stage.name()) for stage in Plan.load(name).stages]
    inner = [place for place in places if ORDER[place] != "sharpen"]
    assert inner == sorted(inner)
    names = [stage.name() for stage in Plan.load(name).stages]
    assert names[0] == "deinterlace"
    if "sharpen" in names:
        assert names.index("sharpen") > names.index("denoise")
        assert "upscale" not in names[names.index("sharpen") :]


@pytest.mark.parametrize("name", ["good", "best"])
def test_grain_is_taken_from_a_grainy_film_alone_and_some_of_it_stays(name):
    assert "denoise" not in used(name, survey(noise=0.002))
    assert "denoise" in used(name, survey(noise=0.02))
    (denoise,) = (stage for stage in Plan.load(name).stages if stage.name() == "denoise")
    assert denoise.keep_grain > 0


@pytest.mark.parametrize("name", ["good", "best"])
def test_a_soft_film_alone_is_sharpened(name):
    assert "sharpen" not in used(name, survey())
    assert "sharpen" in used(name, survey(softness=1.2))


def test_the_best_plan_gives_a_grainy_film_some_of_its_grain_again():
    assert "regrain" in used("best", survey(noise=0.02))
    assert "regrain" not in used("best", survey())


@pytest.mark.parametrize("name", ["quick", "good", "best", "archive"])
def test_combed_film_is_made_whole_before_all_else(name):
    combed = replace(survey(), interlacing=Interlacing(True, "top", 0.9))
    assert used(name, combed)[0] == "deinterlace"
    assert "deinterlace" not in used(name, survey())


def test_an_archive_neither_invents_nor_takes_away_grain():
    names = {stage.name() for stage in Plan.load("archive").stages}
    assert not names & {"denoise", "sharpen", "regrain", "interpolate", "upscale"}
    assert Plan.load("archive").invented() == ()


@pytest.mark.parametrize("name", presets())
def test_every_reason_is_one_a_layman_can_read(name):
    for found in (survey(), survey(noise=0.02, softness=1.2)):
        for fitting in fittings(name, found).values():
            assert fitting.why
            assert "None" not in fitting.why
            assert "nan" not in fitting.why
