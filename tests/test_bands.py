"""Colours by lightness: means, and shifts from one picture's to another's."""

import numpy as np
import pytest

from refilm.bands import bands_of, shifted, together, way

EXACT = 1e-3
"""CIELAB units: float32 sums of some thousand pixels."""


def halves(dark, light):
    """Lightness 10 on the left and 90 on the right, and their colours."""
    lightness_ = np.repeat(np.float32([[10, 90]]), 40, axis=0).repeat(30, axis=1)
    colours = np.where(lightness_[:, :, None] < 50, dark, light).astype(np.float32)
    return lightness_, colours


def test_each_band_has_the_mean_colour_of_what_is_so_light():
    bands = bands_of(*halves((5, -5), (20, 30)))
    np.testing.assert_allclose(bands.colours[[0, -1]], [(5, -5), (20, 30)], atol=EXACT)
    np.testing.assert_allclose(bands.shares, [0.5, 0, 0, 0, 0.5])


def test_pictures_have_the_same_say_however_large():
    light, colours = halves((0, 0), (0, 0))
    large = bands_of(np.tile(light, (3, 1)), np.tile(colours + 10, (3, 1, 1)))
    both = together([bands_of(light, colours), large])
    np.testing.assert_allclose(both.colours[[0, -1]], 5, atol=EXACT)


def test_a_whole_shift_gives_a_picture_the_colours_of_another_band_by_band():
    light, colours = halves((5, -5), (20, 30))
    wanted = bands_of(*halves((8, 0), (12, 30)))
    moved = shifted(colours, light, way(bands_of(light, colours), wanted, 1, 50))
    # A band that fills half the picture counts 0.5 / 0.52.
    np.testing.assert_allclose(moved[0, 0], (5 + 3 * 0.9615, -5 + 5 * 0.9615), atol=EXACT)
    np.testing.assert_allclose(moved[0, -1], (20 - 8 * 0.9615, 30), atol=EXACT)


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_no_band_moves_further_than_it_may(share):
    own, wanted = bands_of(*halves((0, 0), (0, 0))), bands_of(*halves((30, 40), (3, 4)))
    lengths = np.linalg.norm(way(own, wanted, share, 6.0), axis=1)
    assert lengths.max() <= 6 + EXACT
    np.testing.assert_allclose(lengths[0], 6.0, atol=EXACT)
    np.testing.assert_allclose(lengths[-1], share * 5 * 0.9615, atol=EXACT)
