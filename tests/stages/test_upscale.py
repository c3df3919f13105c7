from fractions import Fraction

import cv2
import numpy as np
import pytest
from made import film, job_of, survey_of, texture
from pydantic import ValidationError

from refilm.frames import FilmInfo, Placement
from refilm.stages.upscale import Upscale, resized

ROUNDING = 1e-4
"""What float32 kernels of cv2 may be off by."""


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({}, (960, 736)),
        ({"times": 1.5}, (720, 552)),
        ({"times": 0.5}, (240, 184)),
        ({"height": 1080}, (1408, 1080)),
        ({"times": 4.0, "height": 184}, (240, 184)),
    ],
)
def test_promises_an_even_size_of_the_same_shape(options, size):
    info = Upscale(**options).output(FilmInfo(480, 368, Fraction(16)))
    assert (info.width, info.height) == size


def test_odd_sizes_become_even():
    info = Upscale(times=1.5).output(FilmInfo(33, 17, Fraction(16)))
    assert (info.width, info.height) == (50, 26)


def test_keeps_book_of_where_the_source_lies():
    info = Upscale(times=2).output(FilmInfo(64, 48, Fraction(16), placement=Placement(left=3, top=1)))
    assert info.placement == Placement(left=3, top=1, scale_x=2, scale_y=2)


def test_leaves_an_even_ground_as_it_is():
    grey = np.full((20, 30, 1), 0.4, np.float32)
    np.testing.assert_allclose(resized(grey, 60, 40), 0.4, atol=ROUNDING)


def test_an_edge_against_the_sky_gets_no_halo():
    edge = np.full((32, 32, 1), 0.1, np.float32)
    edge[:, 16:] = 0.9
    larger = resized(edge, 96, 96)
    # Plain Lanczos passes this edge by 0.08 of luma; a quarter of the contrast's share is left.
    assert larger.max() < 0.9 + 0.2 * 0.8
    away = np.concatenate([larger[:, :40], larger[:, 56:]], axis=1)
    assert np.abs(away - np.where(away > 0.5, 0.9, 0.1)).max() < ROUNDING


def test_is_sharper_than_straight_lines_between_pixels():
    scene = texture(48, 48, grain=0.05)
    small = cv2.resize(scene, (24, 24), interpolation=cv2.INTER_AREA)[:, :, None]
    linear = cv2.resize(small, (48, 48), interpolation=cv2.INTER_LINEAR)[:, :, None]
    assert np.abs(resized(small, 48, 48) - scene).mean() < np.abs(linear - scene).mean()


def test_shrinks_by_the_mean_of_what_a_pixel_covers():
    board = np.indices((20, 20)).sum(axis=0) % 2
    small = resized(np.asarray(board, np.float32)[:, :, None], 10, 10)
    np.testing.assert_allclose(small, 0.5, atol=ROUNDING)


def test_frames_come_out_at_the_same_times():
    pictures = [texture(16, 24, 3, seed=number) for number in range(3)]
    restored = list(Upscale(times=2).process(film(pictures), job_of(survey_of(pictures))))
    assert [frame.time for frame in restored] == [frame.time for frame in film(pictures)]
    assert {frame.pixels.shape for frame in restored} == {(32, 48, 3)}


def test_refuses_to_shrink_to_nothing():
    with pytest.raises(ValidationError, match="greater than 0"):
        Upscale(times=0)
