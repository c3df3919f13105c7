"""The picture between two, drawn along movement that is known exactly."""

import numpy as np
import pytest

from refilm.flow import Movement, in_between

HEIGHT, WIDTH = 96, 128
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
SOFTENING = 0.005
"""What two bilinear samplings take from waves of this length; without any trial the error is 0.016."""


def waves(zoom=1.0):
    """A pattern seen through a lens that enlarges it about the middle."""
    x, y = (COLUMNS - WIDTH / 2) / zoom, (ROWS - HEIGHT / 2) / zoom
    return np.asarray(0.5 + 0.2 * np.sin(x / 3) + 0.2 * np.cos(y / 4), np.float32)[:, :, None]


def zooming(zoom):
    flow = np.stack([COLUMNS - WIDTH / 2, ROWS - HEIGHT / 2], axis=2) * (zoom - 1)
    return np.asarray(flow, np.float32)


@pytest.mark.parametrize("position", [0.25, 0.5, 0.75])
def test_movement_that_differs_from_place_to_place_arrives_where_it_should(position):
    found = Movement(zooming(1.2), zooming(1 / 1.2))
    drawn = in_between(waves(), waves(1.2), found, position)
    # The scene moves evenly along straight lines, seen from either end: nearly a zoom of this.
    error = np.abs(drawn - waves(1 + 0.2 * position))[8:-8, 8:-8]
    assert error.max() < SOFTENING


def street(place):
    """A dark thing of 32 pixels before a patterned ground."""
    picture = waves().copy()
    picture[32:64, place : place + 32] = waves(2.0)[32:64, 48:80] * 0.4
    return picture


def walking(place, step):
    flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    flow[32:64, place : place + 32, 0] = step
    return flow


@pytest.mark.parametrize("position", [0.25, 0.5, 0.75])
def test_what_is_hidden_in_one_picture_is_taken_from_the_other(position):
    first, second = street(40), street(56)
    found = Movement(walking(40, 16), walking(56, -16))
    drawn = in_between(first, second, found, position)
    uncovered = np.s_[34:62, 40 + int(16 * position) + 26 : 40 + int(16 * position) + 31]
    truth = street(40 + int(16 * position))
    blended = first + (second - first) * position
    assert np.abs(drawn - truth)[uncovered].mean() < 0.2 * np.abs(blended - truth)[uncovered].mean()


def test_the_ends_are_the_pictures_themselves():
    found = Movement(walking(40, 16), walking(56, -16))
    first, second = street(40), street(56)
    np.testing.assert_allclose(in_between(first, second, found, 0.0), first, atol=1e-6)
    np.testing.assert_allclose(in_between(first, second, found, 1.0), second, atol=1e-6)
