"""SIUN written anew gives the numbers of the published one, for a file as published."""

from functools import cache

import numpy as np
import pytest
import torch
from keras_file import keras_file
from parity import Fixture
from torch import nn

from refilm import models
from refilm.errors import WeightsError
from refilm.models.runtime import TorchNetwork
from refilm.models.siun import STEP, CoarseToFine, Level, Siun, pyramid, quarters
from refilm.models.tiles import in_tiles

FACTS = models.card("siun").facts
ROUNDING = 1e-5
"""What is left when float32 sums are taken in another order."""


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


@cache
def filled():
    fixture = Fixture("siun")
    return fixture, fixture.keras_state()


def rough(height, width, channels):
    """A picture whose every pixel is another."""
    return np.random.default_rng(1).random((height, width, channels), np.float32)


@pytest.fixture
def weights(tmp_path):
    return keras_file(tmp_path / "siun-generator.h5", filled()[1])


class Same(nn.Module):
    """Stands for the generator: gives the large picture as it is, and keeps the sizes that it saw."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    def sharpened(self, small, large):
        assert large.shape[2:] == (2 * small.shape[2], 2 * small.shape[3])
        assert small.shape[1] == 2 * large.shape[1] == 6
        self.sizes.append(tuple(large.shape[2:]))
        return large.clone()


@pytest.mark.parametrize(("case", "full"), [("A_up64x96", False), ("A_up48x40", True)])
def test_a_file_as_published_gives_the_published_numbers(case, full, tmp_path):
    fixture, state = filled()
    network = models.load("siun", weights=keras_file(tmp_path / "generator.h5", state, full=full))
    small, before, large = (
        fixture.input(case, f"{name}_u8")[None] / 255 for name in ("small", "prev", "up")
    )
    fixture.check(case, y=network(torch.cat((small, before), -1), large))


def test_the_whole_path_gives_the_published_numbers(weights):
    fixture, _ = filled()
    picture = fixture.arrays["path_A.in.rgb_u8"].astype(np.float32) / 255
    # The published program cuts off the last row of a picture with an odd number of them.
    deblur = models.networks({"siun": weights})("siun")
    sharp = deblur(picture[:90], iterations=int(fixture.arrays["path_A.in.iterations"]))
    fixture.check("path_A", final_float=torch.from_numpy(sharp))


def test_the_picture_is_halved_as_published():
    fixture, _ = filled()
    network = Same()
    picture = fixture.arrays["path_A.in.rgb_u8"].astype(np.float32)[:90] / 255
    padded = np.pad(picture, ((83, 83), (63, 63), (0, 0)), mode="reflect")
    quarter = pyramid(padded, 2)[2]
    fixture.check("path_A", pyramid_level2_stride2=torch.from_numpy(quarter[::2, ::2].copy()))
    CoarseToFine(network, FACTS)(picture, iterations=2)
    assert network.sizes == [(128, 128), (256, 256)]


def test_weights_with_something_too_much_or_too_little_are_refused(tmp_path):
    _, state = filled()
    more = keras_file(tmp_path / "more.h5", state | {"other/other/kernel:0": torch.zeros(1)})
    less = keras_file(tmp_path / "less.h5", dict(list(state.items())[:-1]))
    for path, fault in ((more, "left over"), (less, "missing")):
        with pytest.raises(WeightsError, match=fault):
            models.load("siun", weights=path)


@pytest.mark.parametrize(
    ("height", "width", "channels"), [(1, 1, 1), (5, 7, 3), (91, 131, 3), (257, 64, 1)]
)
@pytest.mark.parametrize("numbers", [{}, {"iterations": 1}, {"iterations": 6}])
def test_pictures_of_any_size_come_back_in_their_place(height, width, channels, numbers):
    network, picture = Same(), rough(height, width, channels)
    result = CoarseToFine(network, FACTS)(picture, **numbers)
    np.testing.assert_allclose(result, picture, atol=ROUNDING)
    assert result.shape == picture.shape
    assert len(network.sizes) == numbers.get("iterations", 4)
    assert min(min(sides) for sides in network.sizes) >= 2 * STEP


def test_numbers_and_references_that_it_does_not_take_are_refused():
    deblur, picture = CoarseToFine(Same(), FACTS), rough(8, 8, 3)
    for iterations in (0, 7):
        with pytest.raises(ValueError, match="1 to 6 times"):
            deblur(picture, iterations=iterations)
    with pytest.raises(TypeError, match="scale"):
        deblur(picture, scale=2)
    with pytest.raises(ValueError, match="no references"):
        deblur.given(picture)


def test_a_level_cut_into_tiles_is_the_whole_one_whatever_the_weights():
    torch.manual_seed(0)
    network = Siun().eval()
    # Weights so strong carry what is far away further than any trained ones.
    for kernel in (each for each in network.parameters() if each.ndim == 4):
        nn.init.kaiming_normal_(kernel)
    margin = FACTS.margin // 2
    facts = models.Facts(scale=2, multiple_of=STEP)
    level = TorchNetwork(Level(network), facts, on=torch.device("cpu"))
    picture = rough(8, 800, 3)
    small = pyramid(picture, 1)[1]
    pieces = [small, small, *quarters(picture)]
    seen = []

    def work(given):
        seen.append(given[0].shape[1])
        return level(*given)

    made = in_tiles(pieces, work, tile=2 * margin + 200, margin=margin, step=STEP, scale=2)
    assert seen == [360, 360]
    np.testing.assert_allclose(made, level(*pieces), atol=ROUNDING)


def test_a_picture_too_large_for_memory_is_worked_on_in_tiles():
    network = Same()
    deblur = CoarseToFine(network, FACTS)
    deblur._network._memory = 4 * FACTS.memory * 400 * 400
    picture = rough(200, 2600, 3)
    np.testing.assert_allclose(deblur(picture, iterations=1), picture, atol=ROUNDING)
    assert len(network.sizes) > 1
    assert max(max(sides) for sides in network.sizes) < 2816
