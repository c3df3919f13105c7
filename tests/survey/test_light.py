import numpy as np
import pytest
from watched import FilmInMemory, as_pixels, scene

from refilm.survey import survey_film

ROUNDING = 1e-6
"""Means of float32 pixels."""


def figures_of(pictures):
    return survey_film(FilmInMemory([as_pixels(picture) for picture in pictures])).figures


def test_level_is_the_mean_of_the_picture_without_its_border():
    framed = np.zeros((60, 80), np.float32)
    framed[6:54, 8:72] = 0.5
    assert figures_of([framed]).level == pytest.approx([0.5], abs=ROUNDING)


def test_black_and_white_are_what_a_hundredth_is_beyond():
    ramp = np.tile(np.linspace(0, 1, 400, dtype=np.float32), (300, 1))
    figures = figures_of([ramp])
    # The inner part shows 0.1 to 0.9 of the ramp, of which every third column is looked at.
    assert figures.black == pytest.approx([0.108], abs=0.005)
    assert figures.white == pytest.approx([0.892], abs=0.005)


def test_difference_is_the_mean_step_from_the_frame_before():
    picture = scene(1) * 0.5
    brighter = picture + np.float32(0.1)
    figures = figures_of([picture, brighter, brighter])
    assert figures.difference == pytest.approx([0, 0.1, 0], abs=ROUNDING)
