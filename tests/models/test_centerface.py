"""CenterFace does what its published file does, and finds the faces that a person sees."""

import cv2
import numpy as np
import pytest
import torch

from refilm import models
from refilm.errors import WeightsError
from refilm.film import open_film
from refilm.models import centerface, store
from refilm.models.centerface import CenterFace, Faces

NEAR = 1e-4
"""Float32 through sixty layers in another order, of results up to 3."""
SIDE = 0.02
"""Shares of the picture by which boxes may be off that a person draws around a face."""


@pytest.fixture(scope="module")
def published():
    """The published file, where it is here."""
    card = models.card("centerface")
    if not store.is_here(card):
        pytest.skip("the weights of centerface are not here: refilm models fetch centerface")
    return store.paths(card)[0]


@pytest.mark.weights
def test_every_number_is_that_of_the_published_file_as_opencv_runs_it(published):
    picture = np.random.default_rng(1).random((64, 96, 3)).astype(np.float32)
    reference = cv2.dnn.readNetFromONNX(str(published))
    reference.setInput(cv2.dnn.blobFromImage(255 * picture))
    wanted = np.concatenate(reference.forward(["537", "538", "539", "540"]), 1)
    with torch.inference_mode():
        found = models.load("centerface")(torch.from_numpy(picture).permute(2, 0, 1)[None]).numpy()
    assert found.shape == (1, 15, 16, 24)
    np.testing.assert_allclose(found, wanted, atol=NEAR)


@pytest.mark.weights
@pytest.mark.parametrize("scale", [1, 2.5])
def test_the_driver_of_an_old_film_is_found_whatever_the_film_s_size(published, footage, scale):
    film = open_film(str(footage / "trucks-1955" / "film.mp4"))
    luma = next(frame for place, frame in enumerate(film.watch()) if place == 10).pixels[:, :, :1]
    luma = cv2.resize(luma, None, fx=scale, fy=scale)[:, :, None]
    height, width = luma.shape[:2]
    ((chance, left, top, wide, high), *others) = models.networks()("centerface")(luma)[:, :, 0]
    assert chance > 0.7
    assert not others
    shares = left / width, top / height, wide / width, high / height
    np.testing.assert_allclose(shares, (0.288, 0.198, 0.180, 0.290), atol=SIDE)


def test_weights_of_another_network_are_refused():
    with pytest.raises(WeightsError, match="CenterFace"):
        centerface.build(None, {"542": torch.zeros(1)})


def test_a_network_that_is_not_filled_runs_at_any_size_and_keeps_its_promised_shape():
    torch.manual_seed(1)
    assert CenterFace().eval()(torch.rand(2, 3, 64, 32)).shape == (2, 15, 16, 8)


class Pointed:
    """Says of one point, and a neighbour that is less sure, that a face has its middle there."""

    def __init__(self):
        self.size = None

    def __call__(self, picture, **numbers):
        self.size = picture.shape
        seen = np.zeros((picture.shape[0] // 4, picture.shape[1] // 4, 15), np.float32)
        sizes = np.log(10), np.log(5)
        seen[20, 30, :5] = 0.9, *sizes, 0.25, -0.5
        seen[20, 31, :5] = 0.8, *sizes, 0.25, -0.5
        seen[40, 50, :5] = 0.31, *sizes, 0, 0
        seen[60, 60, :5] = 0.29, *sizes, 0, 0
        return seen


def test_points_become_boxes_of_the_picture_and_of_two_that_overlap_the_surer_stays():
    network = Pointed()
    found = Faces(network)(np.zeros((240, 320, 3), np.float32))
    assert network.size == (480, 640, 3)
    # In pixels of a picture of half the size: points are 2 apart, faces 20 high and 10 wide.
    boxes = [[0.9, 60 - 5, 41.5 - 10, 10, 20], [0.31, 101 - 5, 81 - 10, 10, 20]]
    np.testing.assert_allclose(found[:, :, 0], boxes, atol=1e-4)


def test_of_nothing_found_there_are_no_rows():
    empty = np.zeros((120, 160, 15), np.float32)
    assert Faces(lambda picture: empty)(np.zeros((480, 640, 1), np.float32)).shape == (0, 5, 1)


def test_it_takes_no_references():
    with pytest.raises(ValueError, match="no references"):
        Faces(Pointed()).given(np.zeros((4, 4, 3), np.float32))
