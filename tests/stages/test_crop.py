from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from made import film, job_of, survey_of, texture
from pydantic import ValidationError

from refilm.errors import UsageError
from refilm.findings import Rectangle
from refilm.frames import FilmInfo, Placement
from refilm.stages.crop import Crop

INFO = FilmInfo(96, 64, Fraction(16))


def surveyed(clean):
    return replace(survey_of([texture()] * 3), clean=clean)


def test_fits_itself_to_the_clean_rectangle_and_says_why():
    stage, why = Crop().fitted(surveyed(Rectangle(8, 0, 84, 62)))
    assert why == "a border of 8 pixels left, 4 pixels right, 2 pixels at the bottom"
    assert (stage.output(INFO).width, stage.output(INFO).height) == (84, 62)


def test_is_left_out_where_there_is_no_border():
    stage, why = Crop().fitted(surveyed(Rectangle(0, 0, 96, 64)))
    assert stage is None
    assert "no border" in why


def test_numbers_of_a_person_stand():
    asked = Crop(left=3, width=50)
    assert asked.fitted(surveyed(Rectangle(8, 0, 84, 62))).stage == asked


def test_cuts_out_the_part_that_was_asked_for():
    pictures = [texture(seed=number) for number in range(3)]
    stage = Crop(left=3, top=5, width=50, height=40)
    job = job_of(survey_of(pictures))
    for frame, picture in zip(stage.process(film(pictures), job), pictures, strict=True):
        assert np.array_equal(frame.pixels, picture[5:45, 3:53])
    info = stage.output(job.info)
    assert (info.width, info.height, info.placement.left, info.placement.top) == (50, 40, 3, 5)


def test_a_crop_of_everything_hands_the_frames_on_untouched():
    frames = film([texture()])
    assert list(Crop().process(frames, job_of(survey_of([texture()])))) == frames


def test_a_border_is_cut_off_after_enlarging_too():
    stage, _ = Crop().fitted(surveyed(Rectangle(8, 0, 84, 62)))
    enlarged = replace(INFO, width=192, height=128, placement=Placement().scaled(2, 2))
    info = stage.output(enlarged)
    assert (info.width, info.height) == (168, 124)
    assert info.placement.left == 8


def test_a_border_that_is_gone_already_is_not_cut_off_again():
    stage, _ = Crop().fitted(surveyed(Rectangle(8, 0, 84, 62)))
    once = stage.output(INFO)
    assert stage.output(once) == once


@pytest.mark.parametrize(
    ("aspect", "size"), [("1:1", (64, 64)), ("2/1", (96, 48)), ("4:3", (86, 64)), (2.5, (96, 38))]
)
def test_keeps_the_middle_at_the_aspect_that_was_asked_for(aspect, size):
    info = Crop(aspect=aspect).output(INFO)
    assert (info.width, info.height) == size
    assert info.placement.left == (96 - size[0]) // 2


def test_aspect_counts_as_the_film_is_shown():
    narrow = replace(INFO, sample_aspect=Fraction(1, 2))
    assert Crop(aspect="1:2").output(narrow).width == 64


def test_aspect_is_kept_within_the_clean_rectangle():
    stage, why = Crop(aspect="1:1").fitted(surveyed(Rectangle(8, 0, 84, 62)))
    assert "8 pixels left" in why
    assert (stage.output(INFO).width, stage.output(INFO).height) == (62, 62)


def test_refuses_to_keep_more_than_there_is():
    with pytest.raises(UsageError, match="96x64; ask for a part of that"):
        Crop(left=40, width=60).output(INFO)


def test_refuses_to_cut_everything_off():
    with pytest.raises(UsageError, match="ask for a part"):
        Crop(top=64).output(INFO)


@pytest.mark.parametrize("wrong", [{"left": -1}, {"width": 0}, {"aspect": "0:3"}, {"aspect": "wide"}])
def test_refuses_numbers_without_sense(wrong):
    with pytest.raises(ValidationError):
        Crop(**wrong)
