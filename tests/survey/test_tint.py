import numpy as np
import pytest
from watched import FilmInMemory, grain, scene

from refilm.survey import survey_film

SEPIA = np.array((1.0, 0.85, 0.6), np.float32)
BLUE = np.array((0.8, 0.95, 1.15), np.float32)


def grey():
    return np.repeat(scene(1)[:, :, None], 3, axis=2)


def shot_of(picture, count=6):
    return survey_film(FilmInMemory([np.asarray(picture, np.float32)] * count)).shots[0]


def test_luma_alone_is_monochrome():
    shot = shot_of(grey()[:, :, :1])
    assert (shot.monochrome, shot.tinted) == (True, False)


def test_chroma_noise_is_monochrome():
    assert shot_of(grey() + grain(grey().shape, 1, 0.02)).monochrome


def test_blocks_of_coding_dirt_are_monochrome():
    blocks = np.random.default_rng(2).choice((-4, 0, 4), (23, 30, 3)) / 255
    dirt = np.kron(blocks, np.ones((8, 8, 1)))[:180, :240]
    assert shot_of(grey() + dirt).monochrome


def test_colour_dust_in_single_frames_is_monochrome():
    pictures = [grey() for _ in range(20)]
    for picture in pictures[::7]:
        picture[20:60, 20:60] *= SEPIA
    assert survey_film(FilmInMemory(pictures)).shots[0].monochrome


@pytest.mark.parametrize("tint", [SEPIA, BLUE], ids=["sepia", "blue"])
def test_an_even_tint_is_a_colour_and_is_told_apart(tint):
    shot = shot_of(grey() * tint)
    assert (shot.monochrome, shot.tinted) == (False, True)


def test_a_tint_that_leaves_black_and_white_alone_is_even():
    light = grey()
    toned = light + 0.4 * light * (1 - light) * np.array((1, 0.1, -1), np.float32)
    shot = shot_of(toned)
    assert (shot.monochrome, shot.tinted) == (False, True)


def test_a_small_coloured_thing_makes_a_coloured_shot():
    picture = grey()
    picture[60:80, 60:85] *= np.array((1.2, 0.5, 0.5), np.float32)
    shot = shot_of(picture)
    assert (shot.monochrome, shot.tinted) == (False, False)


def test_each_shot_has_its_own_colour():
    other = np.repeat(scene(2)[:, :, None], 3, axis=2) * SEPIA
    shots = survey_film(FilmInMemory([grey()] * 12 + [other] * 12)).shots
    assert [shot.monochrome for shot in shots] == [True, False]
