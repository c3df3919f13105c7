import cv2
import numpy as np
import pytest

from refilm.lab import colourfulness, difference, from_lab, lightness, luma_of, to_lab

PUBLISHED = """
50 2.6772 -79.7751 50 0 -82.7485 2.0425
50 3.1571 -77.2803 50 0 -82.7485 2.8615
50 2.8361 -74.0200 50 0 -82.7485 3.4412
50 -1.3802 -84.2814 50 0 -82.7485 1.0000
50 -1.1848 -84.8006 50 0 -82.7485 1.0000
50 -0.9009 -85.5211 50 0 -82.7485 1.0000
50 0 0 50 -1 2 2.3669
50 -1 2 50 0 0 2.3669
50 2.49 -0.001 50 -2.49 0.0009 7.1792
50 2.49 -0.001 50 -2.49 0.0010 7.1792
50 2.49 -0.001 50 -2.49 0.0011 7.2195
50 2.49 -0.001 50 -2.49 0.0012 7.2195
50 -0.001 2.49 50 0.0009 -2.49 4.8045
50 -0.001 2.49 50 0.0010 -2.49 4.8045
50 -0.001 2.49 50 0.0011 -2.49 4.7461
50 2.5 0 50 0 -2.5 4.3065
50 2.5 0 73 25 -18 27.1492
50 2.5 0 61 -5 29 22.8977
50 2.5 0 56 -27 -3 31.9030
50 2.5 0 58 24 15 19.4535
50 2.5 0 50 3.1736 0.5854 1.0000
50 2.5 0 50 3.2972 0 1.0000
50 2.5 0 50 1.8634 0.5757 1.0000
50 2.5 0 50 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""
"""The test data of Sharma, Wu and Dalal 2005, table 1: two colours and their CIEDE2000."""
PRINTED = 6e-5
"""Their figures are printed to four decimals; the rest is float32."""
PAIRS = np.array([line.split() for line in PUBLISHED.split("\n") if line], np.float64)


@pytest.fixture
def colours():
    return np.random.default_rng(1).random((40, 50, 3), dtype=np.float32)


@pytest.mark.parametrize("pair", PAIRS, ids=range(1, len(PAIRS) + 1))
def test_differences_are_those_of_the_published_pairs(pair):
    found = difference(pair[None, None, :3], pair[None, None, 3:6])
    assert found.item() == pytest.approx(pair[6], abs=PRINTED)


def test_a_difference_is_the_same_in_single_precision_and_both_ways(colours):
    first, second = to_lab(colours), to_lab(colours[::-1])
    found = difference(first, second)
    assert found.dtype == np.float32
    exact = difference(first.astype(np.float64), second.astype(np.float64))
    # Where hues are opposite a rounding decides on which side the mean hue lies.
    assert np.quantile(np.abs(found - exact), 0.999) < 1e-3
    assert np.quantile(np.abs(found - difference(second, first)), 0.999) < 1e-3


def test_equal_colours_do_not_differ_even_where_they_are_grey(colours):
    grey = np.repeat(colours[..., :1], 3, 2)
    for picture in (colours, grey):
        assert difference(to_lab(picture), to_lab(picture)).max() < 1e-3


@pytest.mark.parametrize(
    ("srgb", "lab"),
    [
        ((1, 0, 0), (53.2408, 80.0925, 67.2032)),
        ((0, 1, 0), (87.7347, -86.1827, 83.1793)),
        ((0, 0, 1), (32.2970, 79.1875, -107.8602)),
        ((1, 1, 1), (100, 0, 0)),
        ((0.02, 0.02, 0.02), (1.3983, 0, 0)),
    ],
)
def test_known_colours_have_their_known_lab(srgb, lab):
    # The last decimals differ with how many digits of the primaries are used.
    assert to_lab(np.float32([[srgb]]))[0, 0] == pytest.approx(lab, abs=0.01)


def test_colours_come_back_from_lab(colours):
    assert np.abs(from_lab(to_lab(colours)) - colours).max() < 1e-4
    assert from_lab(to_lab(colours)).dtype == np.float32


def test_what_cannot_be_shown_is_clipped():
    found = from_lab(np.float32([[[50, 120, -120], [110, 0, 0]]]))
    assert found.min() >= 0
    assert found.max() == pytest.approx(1, abs=1e-6)


def test_lightness_of_grey_is_that_of_its_luma_and_back(colours):
    luma = colours[..., 0]
    grey = to_lab(np.repeat(colours[..., :1], 3, 2))
    assert np.abs(lightness(luma) - grey[..., 0]).max() < 1e-3
    assert np.abs(grey[..., 1:]).max() < 1e-3
    assert np.abs(luma_of(lightness(luma)) - luma).max() < 1e-5


def test_what_overshoots_counts_as_black_or_white():
    beyond = np.float32([[[-0.1, -0.1, -0.1], [1.2, 1.2, 1.2]]])
    assert to_lab(beyond)[0, :, 0] == pytest.approx([0, 100], abs=1e-3)
    assert lightness(beyond)[0, :, 0] == pytest.approx([0, 100], abs=1e-3)
    assert luma_of(np.float32([-5, 105])) == pytest.approx([0, 1], abs=1e-6)


def test_the_approximation_of_opencv_is_within_a_unit(colours):
    assert np.abs(cv2.cvtColor(colours, cv2.COLOR_RGB2Lab) - to_lab(colours)).max() < 1


def test_grey_has_no_colourfulness_and_stronger_colours_have_more(colours):
    grey = np.repeat(colours[..., :1], 3, 2)
    assert colourfulness(grey) == pytest.approx(0, abs=1e-3)
    assert colourfulness(colours) > colourfulness((colours + grey) / 2) > 1


def test_colourfulness_of_two_halves_is_as_the_paper_computes_it():
    picture = np.zeros((2, 2, 3), np.float32)
    picture[0] = (1, 0, 0)
    # rg is 255 and 0, yb 127.5 and 0: spreads 127.5 and 63.75, means the same.
    assert colourfulness(picture) == pytest.approx(1.3 * np.hypot(127.5, 63.75), rel=1e-6)
