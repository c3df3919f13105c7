"""Sharpen: edges get steeper, without halos, and grain does not get stronger."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from made import figures_of, film, job_of, survey_of, texture

from refilm.frames import Placement
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


def surveyed(softness, noise):
    """What a survey tells of a film of so many frames."""
    pictures = [checks()] * len(softness)
    figures = replace(figures_of(pictures), softness=np.array(softness), noise=np.array(noise))
    return replace(survey_of(pictures), figures=figures)


@pytest.mark.parametrize(
    ("softness", "noise", "needed"),
    [
        ([0.6, 0.65, 5], [0.01] * 3, False),
        ([0.7, 0.8, 0.9], [0.01] * 3, True),
        ([np.nan, 0.9, np.nan], [0.01] * 3, True),
        ([np.nan] * 3, [0.01] * 3, True),
        ([1.5] * 3, [0.031, 0.04, 0.01], False),
        ([1.5] * 3, [0.03, np.nan, np.nan], True),
        ([1.5] * 3, [np.nan] * 3, True),
        ([], [], True),
    ],
)
def test_only_a_soft_film_without_strong_grain_is_sharpened(softness, noise, needed):
    survey = surveyed(softness, noise) if softness else survey_of([checks()])
    assert (Sharpen().fitted(survey).stage is not None) == needed


@pytest.mark.parametrize(
    ("soft", "scale", "radius"), [(1.0, 1, 1.0), (0.8, 2, 1.6), (0.2, 1, 0.6), (9, 1, 4)]
)
def test_undoes_the_shots_own_softness_where_none_is_given(soft, scale, radius):
    survey = surveyed([soft, soft, 3.0], [0.0] * 3)
    first = replace(survey.shots[0], stop=2)
    job = replace(
        job_of(replace(survey, shots=(first,))),
        info=replace(survey.info, placement=Placement(scale_x=scale)),
    )
    frames = film([blurred(checks())])
    own, given = (
        next(stage.process(iter(frames), job)) for stage in (Sharpen(), Sharpen(radius=radius))
    )
    other = next(Sharpen(radius=radius + 0.2).process(iter(frames), job))
    np.testing.assert_array_equal(own.pixels, given.pixels)
    assert not np.array_equal(own.pixels, other.pixels)
