import numpy as np
import pytest

from refilm.lab import to_lab
from refilm.training import repainting
from refilm.training.repainting import repainted, vivid_red


def colours_of(*rgb):
    """Return CIELAB of a picture of one colour."""
    return to_lab(np.full((8, 8, 3), np.float32(rgb) / np.float32(255)))


STOP_SIGN = colours_of(190, 25, 40)
BRICK, SKIN, SKY, GRASS = (
    colours_of(*each) for each in ((150, 90, 70), (215, 165, 140), (110, 160, 230), (70, 140, 50))
)


def test_a_stop_sign_is_a_vivid_red_and_brick_skin_sky_and_grass_are_none():
    assert vivid_red(STOP_SIGN).min() > 0.99
    for colours in (BRICK, SKIN, SKY, GRASS):
        assert vivid_red(colours).max() < 0.1


def test_signs_get_any_hue_are_mostly_paler_than_they_were_and_keep_their_lightness():
    made = [repainted(STOP_SIGN, np.random.default_rng(seed)) for seed in range(200)]
    assert all(np.array_equal(each[..., 0], STOP_SIGN[..., 0]) for each in made)
    chroma = [np.hypot(each[..., 1], each[..., 2]).max() for each in made]
    before = np.hypot(STOP_SIGN[..., 1], STOP_SIGN[..., 2]).max()
    assert max(chroma) <= before + 1e-3
    assert np.mean(chroma) < 0.75 * before
    hues = [np.arctan2(each[0, 0, 2], each[0, 0, 1]) for each in made]
    quarters = np.histogram(hues, 4, (-np.pi, np.pi))[0]
    assert quarters.min() > 20


def test_some_signs_stay_red():
    kept = sum(
        np.array_equal(repainted(STOP_SIGN, np.random.default_rng(seed)), STOP_SIGN)
        for seed in range(400)
    )
    assert kept / 400 == pytest.approx(1 - repainting.OFTEN, abs=0.07)


def test_other_colours_stay_as_they_are():
    for colours in (SKIN, SKY, GRASS):
        for seed in range(5):
            assert np.allclose(repainted(colours, np.random.default_rng(seed)), colours, atol=1e-3)


def test_only_the_sign_in_a_picture_is_repainted():
    both = np.concatenate((STOP_SIGN, SKY), axis=1)
    made = repainted(both, np.random.default_rng(1))
    assert np.abs(made - both)[:, :4].max() > 10
    assert np.allclose(made[:, 12:], SKY[:, 4:], atol=1e-3)
