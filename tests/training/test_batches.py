import cv2
import numpy as np
import pytest
import torch

from refilm.training.batches import Draw
from refilm.training.pictures import split
from refilm.training.recipe import Phase
from tests.training.coloured import TINY, photographs

PHASE = TINY.body


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return split([photographs(tmp_path_factory.mktemp("pictures"), 12)], 2).training


def same(first, second):
    return all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


def test_a_step_draws_the_same_batch_whatever_came_before(pictures):
    draw = Draw(pictures, 1, PHASE)
    batches = draw.from_step(3)
    next(batches)
    assert same(next(batches), Draw(pictures, 1, PHASE)(4))
    assert not same(draw(4), draw(5))
    assert not same(draw(4), Draw(pictures, 2, PHASE)(4))


def test_a_batch_has_luma_in_0_to_1_and_smaller_colours(pictures):
    batch = Draw(pictures, 1, PHASE)(0)
    assert batch.luma.shape == (4, 1, 32, 32)
    assert batch.colours.shape == (4, 3, 8, 8)
    assert 0 <= batch.luma.min() <= batch.luma.max() <= 1
    assert batch.luma.dtype == batch.colours.dtype == torch.float32
    assert Draw(pictures, 1, TINY.finish)(0).colours.shape == (4, 3, 16, 16)


def test_every_picture_comes_once_in_each_round(pictures):
    draw = Draw(pictures, 1, Phase("body", size=32, batch=5, edges=False, falls=False))
    rounds = [[*draw._chosen(step), *draw._chosen(step + 1)] for step in (0, 2)]
    for drawn in rounds:
        assert sorted(drawn) == sorted(pictures)
    assert rounds[0] != rounds[1]


def test_luma_and_colours_show_the_same_part(pictures):
    batch = Draw(pictures, 1, PHASE)(0)
    # Skies are bright and blue, fields darker and green: b tells them as luma does.
    luma = torch.nn.functional.avg_pool2d(batch.luma, 4)[:, 0]
    for picture, blue in zip(luma, -batch.colours[:, 2], strict=True):
        assert torch.corrcoef(torch.stack((picture.flatten(), blue.flatten())))[0, 1] > 0.2


def test_one_picture_is_cut_and_aged_otherwise_by_every_seed_and_step(pictures):
    draws = [Draw(pictures[:1], seed, PHASE) for seed in (1, 2)]
    assert not same(draws[0](0), draws[1](0))
    assert not same(draws[0](0), draws[0](1))


def test_crops_show_from_six_tenths_to_all_of_the_short_side(tmp_path):
    ramp = np.repeat(np.linspace(0, 255, 100).astype(np.uint8)[:, None], 100, 1)
    cv2.imwrite(str(tmp_path / "ramp.png"), np.repeat(ramp[..., None], 3, 2))
    draw = Draw([tmp_path / "ramp.png"] * 64, 1, Phase("b", 32, 64, edges=True, falls=False))
    lightness = draw(0).colours[:, 0].mean(2)
    # Crops are stretched too, by about 12 %.
    shown = (lightness[:, -1] - lightness[:, 0]) / 100
    assert 0.45 < shown.min() < 0.65
    assert shown.max() > 0.9


def test_pictures_are_mirrored_half_of_the_time(tmp_path):
    halves = np.zeros((40, 40, 3), np.uint8)
    halves[:, 20:] = 255
    cv2.imwrite(str(tmp_path / "halves.png"), halves)
    draw = Draw([tmp_path / "halves.png"] * 64, 1, Phase("b", 32, 64, edges=False, falls=False))
    lightness = draw(0).colours[:, 0]
    right = (lightness[:, :, -1].mean(1) > lightness[:, :, 0].mean(1)).float().mean()
    assert 0.3 < right < 0.7


def test_red_things_are_shown_in_other_colours_but_with_their_own_luma(tmp_path):
    sign = np.full((40, 40, 3), (40, 25, 190), np.uint8)
    cv2.imwrite(str(tmp_path / "sign.png"), sign)
    batch = Draw([tmp_path / "sign.png"] * 32, 1, Phase("b", 32, 32, edges=False, falls=False))(0)
    hue = torch.atan2(batch.colours[:, 2], batch.colours[:, 1]).mean((1, 2))
    assert hue.std() > 0.5
    assert batch.colours[:, 0].std() < 0.1
