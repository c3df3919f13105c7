"""Sharpen: edges get steeper, without halos, and grain does not get stronger."""

import cv2
import numpy as np
import pytest
from made import film, job_of, survey_of, texture

from refilm.stages.sharpen import OVERSHOOT, Sharpen


def run(stage, *pictures):
    frames = stage.process(iter(film(pictures)), job_of(survey_of(list(pictures))))
    return [frame.pixels for frame in frames]


def blurred(pixels, sigma=1.2):
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.float32).reshape(pixels.shape)


def checks(channels=1, side=12):
    board = np.indices((96, 96)).sum(axis=0) // side % 2
    rows, columns = np.indices((96, 96)) // side
    board = (rows + columns) % 2
    return (0.3 + 0.4 * board[:, :, None].repeat(channels, 2)).astype(np.float32)


def test_brings_a_blurred_picture_nearer_to_the_sharp_one():
    sharp = checks()
    soft = blurred(sharp)
    (mended,) = run(Sharpen(amount=1), soft)
    assert np.mean((mended - sharp) ** 2) < 0.8 * np.mean((soft - sharp) ** 2)


@pytest.mark.parametrize("amount", [0.6, 3])
def test_an_edge_gets_no_halo(amount):
    soft = blurred(checks())
    (mended,) = run(Sharpen(amount=amount), soft)
    contrast = soft.max() - soft.min()
    assert mended.max() <= soft.max() + OVERSHOOT * contrast
    # Away from the edges nothing is darker or lighter than it was.
    np.testing.assert_allclose(mended[4:8, 4:8], soft[4:8, 4:8], atol=0.01)


def test_grain_alone_hardly_gets_stronger():
    noise = np.random.default_rng(1).normal(0, 0.02, (96, 96, 1)).astype(np.float32)
    grey = np.float32(0.5) + noise
    (mended,) = run(Sharpen(amount=1), grey)
    (unguarded,) = run(Sharpen(amount=1, noise=0), grey)
    assert mended.std() < 1.25 * grey.std()
    assert unguarded.std() > 1.4 * grey.std()


def test_colour_differences_do_not_change():
    soft = blurred(checks(3)) * np.array([1, 0.8, 0.6], np.float32)
    (mended,) = run(Sharpen(amount=1), soft)
    added = mended - soft
    np.testing.assert_allclose(added[:, :, 0], added[:, :, 2], atol=1e-6)
    assert np.abs(added).max() > 0.02


def test_a_larger_radius_undoes_more_softness():
    sharp = checks(side=24)
    soft = blurred(sharp, 3)
    wide, fine = (run(Sharpen(amount=1, radius=radius), soft)[0] for radius in (3, 0.5))
    assert np.mean((wide - sharp) ** 2) < np.mean((fine - sharp) ** 2)


def test_amount_0_gives_the_frame_itself():
    (frame,) = film([texture()])
    (kept,) = Sharpen(amount=0).process(iter([frame]), job_of(survey_of([frame.pixels])))
    assert kept is frame
