import cv2
import numpy as np
import pytest
import torch

from refilm.errors import OutputError
from refilm.lab import to_lab
from refilm.models.colour import SCALE
from refilm.training.calibrating import LEAST, calibrate
from refilm.training.filmlike import plain_luma
from refilm.training.judging import grey, judge, judged_size, painted
from refilm.training.painting import painter, seen
from refilm.training.sheets import write_sheet
from tests.training.coloured import landscape


@pytest.fixture(scope="module")
def pictures():
    return [judged_size(landscape(number)) for number in range(4)]


def knowing(pictures, strength=1.0):
    """A painter that knows the true colours of the pictures, in this order."""
    colours = iter([to_lab(picture)[..., 1:] for picture in pictures])
    return lambda luma: strength * next(colours)


class Stub(torch.nn.Module):
    """Paints dark places red and sure, bright ones blue and less sure."""

    def forward(self, luma):
        self.size = tuple(luma.shape[2:])
        dark = (luma < 0.5).float()
        return torch.cat((dark * 0.4, (dark - 1) * 0.4, 0.8 + 0.2 * dark), 1)

    found = forward


def test_the_true_colours_are_perfect(pictures):
    found = judge(pictures, knowing(pictures))
    assert found.difference < 0.01
    assert found.share == pytest.approx(1, abs=1e-3)
    assert found.psnr > 60


def test_grey_is_far_off_and_not_colourful(pictures):
    found = judge(pictures, grey)
    assert found.difference > 10
    assert found.share < 1e-3
    half = judge(pictures, knowing(pictures, 0.5))
    assert half.difference < found.difference
    assert half.share == pytest.approx(0.5, abs=0.1)
    assert half.psnr_ab == pytest.approx(found.psnr_ab + 6.02, abs=0.01)


def test_spots_that_are_far_too_strong_are_counted(pictures):
    def spotted(luma):
        colours = np.zeros((*luma.shape, 2), np.float32)
        colours[:10, :10, 0] = 70
        return colours

    weak = np.full((40, 50, 3), 0.5, np.float32)
    weak[..., 0] += 0.02
    found = judge([weak], spotted)
    assert found.glaring == pytest.approx(100 / 2000)
    assert judge(pictures, grey).glaring == 0


def test_painting_keeps_the_lightness(pictures):
    found = to_lab(painted(pictures[0], lambda luma: np.full((*luma.shape, 2), 5, np.float32)))
    assert np.median(np.abs(found[..., 0] - to_lab(pictures[0])[..., 0])) < 0.05


def test_pictures_are_judged_at_a_short_side_of_144_at_most():
    assert judged_size(landscape(1, 288, 400)).shape == (144, 200, 3)
    assert judged_size(landscape(1, 60, 80)).shape == (60, 80, 3)


def test_a_network_sees_the_whole_picture_at_a_multiple_of_its_step(pictures):
    network = Stub()
    luma = plain_luma(pictures[0])
    made = seen(network, luma, 96)
    assert network.size == (96, 128)
    assert made.shape == (*luma.shape, 3)
    assert painter(network, 96)(luma) == pytest.approx(made[..., :2] * SCALE)


def test_the_gain_is_the_nearest_that_is_colourful_enough(pictures):
    gain, figures = calibrate(Stub(), pictures, 96)
    assert figures.share == pytest.approx(LEAST, abs=0.05)
    assert figures.share >= LEAST
    # Its sure colours, red fields, are wrong, and its unsure ones, blue skies, are right.
    assert gain.more == 0


def test_a_sheet_has_three_pictures_of_each_and_three_such_in_a_row(tmp_path, pictures):
    write_sheet(tmp_path / "sheet.png", pictures, grey)
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet.shape == (2 * 144, 9 * 192, 3)
    tiles = sheet[:144, : 3 * 192].reshape(144, 3, 192, 3).astype(int)
    colour = [np.ptp(tiles[:, number], axis=2).mean() for number in range(3)]
    assert colour[0] == colour[1] < 2 < 30 < colour[2]


def test_a_sheet_that_cannot_be_written_is_named(tmp_path, pictures):
    with pytest.raises(OutputError, match=r"sheet\.png"):
        write_sheet(tmp_path / "none" / "sheet.png", pictures[:1], grey)
