import json
from fractions import Fraction

import cv2
import numpy as np
import pytest
import torch
from made import film, job_of, survey_of, texture
from pydantic import ValidationError

from refilm.errors import UsageError, WeightsError
from refilm.film import Encoding, open_film
from refilm.frames import FilmInfo, Placement
from refilm.models.rrdbnet import Rrdbnet
from refilm.plan import Plan
from refilm.restore import restore
from refilm.settling import check_networks
from refilm.stages.denoise import Denoise
from refilm.stages.upscale import Upscale, resized

ROUNDING = 1e-4
"""What float32 kernels of cv2 may be off by."""


class Fourfold:
    """A network that repeats pixels, and keeps what it was asked."""

    def __init__(self):
        self.numbers, self.shapes = [], []

    def __call__(self, *pictures, **numbers):
        self.numbers.append(numbers)
        self.shapes.append(pictures[0].shape)
        return pictures[0].repeat(4, 0).repeat(4, 1)


@pytest.fixture
def weights(tmp_path):
    """Weights of a small network that enlarges four times."""
    torch.manual_seed(0)
    network = Rrdbnet(blocks=1, width=8, growth=4)
    torch.save({"params_ema": network.state_dict()}, tmp_path / "small.pth")
    return str(tmp_path / "small.pth")


def enlarged(pictures, network, **options):
    """Return the pictures that a network's stage gives."""
    stage = Upscale(method="fourfold", **options)
    job = job_of(survey_of(pictures), network=lambda name: network)
    return [frame.pixels for frame in stage.process(iter(film(pictures)), job)]


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({}, (960, 736)),
        ({"times": 1.5}, (720, 552)),
        ({"times": 0.5}, (240, 184)),
        ({"height": 1080}, (1408, 1080)),
        ({"times": 4.0, "height": 184}, (240, 184)),
    ],
)
def test_promises_an_even_size_of_the_same_shape(options, size):
    info = Upscale(**options).output(FilmInfo(480, 368, Fraction(16)))
    assert (info.width, info.height) == size


def test_odd_sizes_become_even():
    info = Upscale(times=1.5).output(FilmInfo(33, 17, Fraction(16)))
    assert (info.width, info.height) == (50, 26)


def test_keeps_book_of_where_the_source_lies():
    info = Upscale(times=2).output(FilmInfo(64, 48, Fraction(16), placement=Placement(left=3, top=1)))
    assert info.placement == Placement(left=3, top=1, scale_x=2, scale_y=2)


def test_leaves_an_even_ground_as_it_is():
    grey = np.full((20, 30, 1), 0.4, np.float32)
    np.testing.assert_allclose(resized(grey, 60, 40), 0.4, atol=ROUNDING)


def test_an_edge_against_the_sky_gets_no_halo():
    edge = np.full((32, 32, 1), 0.1, np.float32)
    edge[:, 16:] = 0.9
    larger = resized(edge, 96, 96)
    # Plain Lanczos passes this edge by 0.08 of luma; a quarter of the contrast's share is left.
    assert larger.max() < 0.9 + 0.2 * 0.8
    away = np.concatenate([larger[:, :40], larger[:, 56:]], axis=1)
    assert np.abs(away - np.where(away > 0.5, 0.9, 0.1)).max() < ROUNDING


def test_is_sharper_than_straight_lines_between_pixels():
    scene = texture(48, 48, grain=0.05)
    small = cv2.resize(scene, (24, 24), interpolation=cv2.INTER_AREA)[:, :, None]
    linear = cv2.resize(small, (48, 48), interpolation=cv2.INTER_LINEAR)[:, :, None]
    assert np.abs(resized(small, 48, 48) - scene).mean() < np.abs(linear - scene).mean()


def test_shrinks_by_the_mean_of_what_a_pixel_covers():
    board = np.indices((20, 20)).sum(axis=0) % 2
    small = resized(np.asarray(board, np.float32)[:, :, None], 10, 10)
    np.testing.assert_allclose(small, 0.5, atol=ROUNDING)


def test_frames_come_out_at_the_same_times():
    pictures = [texture(16, 24, 3, seed=number) for number in range(3)]
    restored = list(Upscale(times=2).process(film(pictures), job_of(survey_of(pictures))))
    assert [frame.time for frame in restored] == [frame.time for frame in film(pictures)]
    assert {frame.pixels.shape for frame in restored} == {(32, 48, 3)}


def test_refuses_to_shrink_to_nothing():
    with pytest.raises(ValidationError, match="greater than 0"):
        Upscale(times=0)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("times", "size"), [(4, (64, 96)), (2, (32, 48)), (8, (128, 192))])
def test_a_networks_picture_is_resampled_to_the_size_that_is_asked(times, size, channels):
    network = Fourfold()
    pictures = [texture(16, 24, channels)]
    (drawn,) = enlarged(pictures, network, times=times)
    assert drawn.shape == (*size, channels)
    assert network.shapes == [(16, 24, channels)], "it enlarges once"
    np.testing.assert_allclose(resized(drawn, 24, 16), pictures[0], atol=0.03)


def test_how_much_noise_goes_is_told_only_where_it_is_asked():
    pictures, network = [texture(16, 24)], Fourfold()
    enlarged(pictures, network)
    enlarged(pictures, network, denoise=0.25)
    assert network.numbers == [{}, {"denoise": 0.25}]


def test_resampling_takes_no_noise_away():
    with pytest.raises(ValidationError, match="denoise is for networks"):
        Upscale(denoise=0.5)


def test_the_reason_says_how_much_a_network_gives(weights):
    survey = survey_of([texture(16, 24)])
    assert "gives 4 times the size" in Upscale(method="rrdbnet", times=3).fitted(survey).why
    beyond = Upscale(method=weights, height=80).fitted(survey).why
    assert "small.pth gives 4 times the size" in beyond
    assert "beyond that is resampled" in beyond
    assert "beyond" not in Upscale(method=weights, height=64).fitted(survey).why
    assert "gives" not in Upscale(method="a-network-of-the-callers").fitted(survey).why


def test_detail_is_invented_by_a_network_and_not_by_resampling(weights):
    assert Plan(stages=(Upscale(),)).invented() == ()
    assert Plan(stages=(Upscale(method="srvgg"),)).invented() == ("detail",)
    assert Plan(stages=(Upscale(method=weights),)).invented() == ("detail",)
    assert Plan(stages=(Upscale(method="a-network-of-the-callers"),)).invented() == ()


def test_a_network_that_does_not_fit_is_refused_before_the_film_is_looked_at(weights):
    for stage, told in (
        (
            Upscale(method="rife"),
            "rife is a network for interpolation, and upscale needs one for upscal",
        ),
        (Upscale(method=weights, denoise=0.5), "has no denoise to set"),
        (Denoise(method=weights), "for upscaling, and denoise needs one for denoising"),
    ):
        with pytest.raises(UsageError, match=told):
            check_networks(Plan(stages=(stage,)))
    with pytest.raises(WeightsError, match="There is no file"):
        check_networks(Plan(stages=(Upscale(method="nowhere.pth"),)))


def test_a_film_is_enlarged_by_weights_of_ones_own_and_the_record_says_so(old_film, weights, tmp_path):
    output = tmp_path / "large.mkv"
    stages = (Upscale(method=weights, times=2),)
    plan = Plan(
        source=str(old_film), end=Fraction(1, 4), stages=stages, encoding=Encoding(codec="ffv1")
    )
    record = json.loads(restore(plan, output).read_text())
    info = open_film(output).info
    assert (info.width, info.height) == (192, 128)
    assert record["invented"] == ["detail"]
    (network,) = record["networks"]
    assert list(network["weights"]) == ["small.pth"]
    assert "not known" in network["weights_licence"]
