import numpy as np
import pytest

from refilm.lab import lightness, to_lab
from refilm.training import filmlike
from refilm.training.filmlike import aged_luma, plain_luma
from tests.training.coloured import landscape


@pytest.fixture
def picture():
    return landscape(1, 96, 96).astype(np.float32) / 255


def many(picture, count=60):
    return [aged_luma(picture, np.random.default_rng(seed)) for seed in range(count)]


def test_plain_luma_is_the_grey_of_the_same_lightness(picture):
    assert np.abs(lightness(plain_luma(picture)) - to_lab(picture)[..., 0]).max() < 0.01


def test_film_is_luma_in_range_in_single_precision(picture):
    for luma in many(picture):
        assert luma.shape == picture.shape[:2]
        assert luma.dtype == np.float32
        assert 0 <= luma.min() <= luma.max() <= 1


def test_some_pictures_are_left_as_they_are_and_most_are_not(picture):
    plain = plain_luma(picture)
    same = np.mean([np.array_equal(luma, plain) for luma in many(picture)])
    assert 0.1 < same < 0.5


def test_the_same_chance_gives_the_same_film(picture):
    first, second = (aged_luma(picture, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, second)


def test_some_film_is_blind_to_red():
    red = np.zeros((8, 8, 3), np.float32)
    red[..., 0] = 1
    shares = [filmlike._sensitivity(np.random.default_rng(seed))[0] for seed in range(200)]
    assert min(shares) < 0.03
    assert max(shares) > 0.4


def mild(luma):
    return np.full((64, 64), luma, np.float32)


def test_grain_is_strongest_in_the_middle_tones():
    spread = [
        np.std(filmlike._grained(mild(tone), np.random.default_rng(1))) for tone in (0.0, 0.5, 1.0)
    ]
    assert spread[1] > 1.5 * max(spread[0], spread[2])


def test_blur_keeps_the_mean_and_lowers_the_contrast(picture):
    luma = plain_luma(picture)
    blurred = filmlike._blurred(luma, np.random.default_rng(1))
    assert blurred.mean() == pytest.approx(luma.mean(), abs=0.01)
    assert blurred.std() < luma.std()


def test_fading_lifts_the_blacks():
    assert filmlike._exposed(mild(0.0), np.random.default_rng(1)).min() > 0.01


def test_light_is_uneven_but_smooth():
    lit = filmlike._uneven(mild(0.5), np.random.default_rng(1))
    assert lit.std() > 0.01
    assert np.abs(np.diff(lit, axis=0)).max() < 0.02


def test_dirt_is_black_or_white_and_covers_little():
    soiled = [filmlike._dirty(mild(0.5), np.random.default_rng(seed)) for seed in range(20)]
    changed = [luma != 0.5 for luma in soiled]
    assert all(0 < places.mean() < 0.2 for places in changed)
    values = np.concatenate([luma[places] for luma, places in zip(soiled, changed, strict=True)])
    assert values.min() < 0.1
    assert values.max() > 0.9
