"""Denoise: grain goes, what moves and what is fine stays."""

import numpy as np
import pytest
from made import figures_of, film, job_of, survey_of, texture

from refilm.age import Ageing
from refilm.age.emulsion import grained
from refilm.film import filtered
from refilm.stages.denoise import Denoise, luma, smoothed

GRAIN = Ageing(grain=0.03, grain_size=0.3)
"""At 160 pixels wide: sigma of a grain 0.48 pixels, as in a film of 480 lines."""


def decibels(found, truth):
    return -10 * np.log10(np.mean([np.mean((a - b) ** 2) for a, b in zip(found, truth, strict=True)]))


def panned(count=7, channels=1, step=3):
    """A scene of coarse and fine detail that moves `step` pixels to the left in every frame."""
    wide = texture(120, 160 + step * count, channels, seed=4)
    fine = texture(40, (160 + step * count) // 3 + 1, channels, seed=5).repeat(3, 0).repeat(3, 1)
    wide = 0.7 * wide + 0.3 * fine[:120, : wide.shape[1]]
    return [np.ascontiguousarray(wide[:, step * n : step * n + 160], np.float32) for n in range(count)]


def aged(pictures):
    return [grained(picture, number, GRAIN) for number, picture in enumerate(pictures)]


def run(stage, pictures, survey=None, notes=None):
    job = job_of(survey or survey_of(pictures), notes=notes)
    return [frame.pixels for frame in stage.process(iter(film(pictures)), job)]


def test_comes_nearer_to_the_clean_moving_scene_than_the_best_of_ffmpegs_filters():
    clean = panned()
    grainy = aged(clean)
    rivals = [decibels(filtered(grainy, f"nlmeans=s={s}"), clean) for s in (2, 4, 6, 8)]
    ours = decibels(run(Denoise(keep_grain=0), grainy), clean)
    assert ours > decibels(grainy, clean) + 5
    assert ours > max(rivals) + 1


def test_a_thing_that_shows_for_one_frame_leaves_no_ghost_on_its_neighbours():
    pictures = aged([texture(120, 160, seed=6)] * 5)
    without = run(Denoise(keep_grain=0), pictures)
    flashed = [picture.copy() for picture in pictures]
    flashed[2][40:70, 60:90] += 0.3
    restored = run(Denoise(keep_grain=0), flashed)
    for number in (1, 3):
        # Less than a step of 8 bits: what the noise there is measured by may change a little.
        assert np.abs(restored[number] - without[number])[40:70, 60:90].mean() < 1 / 255
    assert (restored[2] - without[2])[45:65, 65:85].mean() == pytest.approx(0.3, abs=0.01)


def test_a_film_without_noise_hardly_changes():
    clean = panned()
    restored = run(Denoise(strength=1, keep_grain=0), clean)
    assert decibels(restored, clean) > 46


def test_strength_0_changes_nothing_and_keeps_the_decoders_picture():
    pictures = aged(panned(3))
    frames = film(pictures)
    restored = list(Denoise(strength=0).process(iter(frames), job_of(survey_of(pictures))))
    assert all(one is other for one, other in zip(restored, frames, strict=True))


def test_keeps_the_share_of_grain_that_is_asked_for():
    pictures = aged(panned(5))
    bare, half, all_of_it = (run(Denoise(keep_grain=share), pictures) for share in (0, 0.5, 1))
    np.testing.assert_allclose(half[2], (bare[2] + pictures[2]) / 2, atol=1e-6)
    np.testing.assert_allclose(all_of_it[2], pictures[2], atol=1e-6)


def test_takes_more_from_colour_than_from_luma():
    grey = texture(96, 128, seed=2).repeat(3, axis=2)
    pictures = [grey + np.random.default_rng(n).normal(0, 0.03, grey.shape).astype(np.float32)
                for n in range(5)]  # fmt: skip
    left = run(Denoise(strength=0.3, keep_grain=0), pictures)[2] - grey
    luma = left.mean(axis=2)
    colour = left - luma[:, :, None]
    # White noise in three channels has 3 parts of luma's variance in each colour difference's 2.
    assert colour.std() < luma.std()


def test_measures_the_noise_that_was_planted():
    notes = []
    flat = [np.full((96, 128, 1), 0.5, np.float32)] * 5
    noisy = [grained(picture, n, Ageing(grain=0.03, grain_size=0)) for n, picture in enumerate(flat)]
    run(Denoise(), noisy, notes=notes)
    assert dict(notes)["denoise: noise"] == pytest.approx(0.03, rel=0.15)


def test_a_repeat_does_not_hide_the_noise_of_its_picture():
    scene = [texture(96, 128, seed=2)] * 6
    grainy = aged(scene)
    for number in (1, 3, 5):
        grainy[number] = grainy[number - 1]
    survey = survey_of(grainy)
    survey.figures.repeat[1::2] = True
    assert decibels(run(Denoise(keep_grain=0), grainy, survey), scene) > decibels(grainy, scene) + 3


@pytest.mark.parametrize(
    ("noise", "needed"),
    [
        ([np.nan, 0.001, 0.002], False),
        ([np.nan, 0.02, 0.03], True),
        ([0.001] * 17 + [0.02] * 3, True),
        ([0.001] * 19 + [0.02], False),
        ([], True),
    ],
)
def test_is_left_out_where_the_survey_saw_no_noise(noise, needed):
    from dataclasses import replace

    pictures = panned(3)
    figures = replace(figures_of(pictures), noise=np.array(noise))
    fitting = Denoise().fitted(replace(survey_of(pictures), figures=figures))
    assert (fitting.stage is not None) == needed


def test_colour_is_smoothed_without_touching_luma():
    tinted = texture(96, 128, seed=2) * np.array([1, 0.8, 0.5], np.float32)
    noisy = tinted + np.random.default_rng(1).normal(0, 0.03, tinted.shape).astype(np.float32)
    variance = np.full((96, 128), 0.03**2, np.float32)
    smooth = smoothed(noisy, variance, (1, 0.5, 0.2), 0.5)
    grey = smoothed(luma(noisy)[:, :, None], variance, (1, 0.5, 0.2), 0.5)
    np.testing.assert_allclose(luma(smooth), grey[:, :, 0], atol=1e-5)
    assert np.abs(smooth - tinted).mean() < 0.65 * np.abs(noisy - tinted).mean()


class Darker:
    """A network that takes a tenth of the light away."""

    def __call__(self, *pictures, **numbers):
        assert not numbers
        return pictures[0] * np.float32(0.9)


@pytest.mark.parametrize(("strength", "left"), [(1.0, 0.9), (0.5, 0.95)])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_of_ones_own_works_by_the_share_that_is_asked_for(strength, left, channels):
    pictures = [texture(16, 24, channels, seed=number) for number in range(3)]
    stage = Denoise(method="mine.pth", strength=strength)
    job = job_of(survey_of(pictures), network=lambda name: {"mine.pth": Darker()}[name])
    restored = [frame.pixels for frame in stage.process(iter(film(pictures)), job)]
    for quiet, picture in zip(restored, pictures, strict=True):
        np.testing.assert_allclose(quiet, left * picture, atol=1e-6)


def test_a_network_sees_each_frame_alone_and_whatever_the_survey_saw():
    from dataclasses import replace

    pictures = panned(3)
    figures = replace(figures_of(pictures), noise=np.array([0.0, 0.0, 0.0]))
    survey = replace(survey_of(pictures), figures=figures)
    stage = Denoise(method="mine.pth")
    assert stage.context(survey.info) == 0
    assert stage.fitted(survey).stage == stage
    assert Denoise().context(survey.info) > 0
    assert Denoise().fitted(survey).stage is None
