import numpy as np
import pytest
import torch

from refilm import models
from refilm.errors import WeightsError
from refilm.models.transnetv2 import (
    AROUND,
    Separable,
    Stack,
    Transitions,
    TransNetV2,
    alike,
    histograms,
    small,
)

KEYS = 90
"""Keys of the published file."""
MIDDLES = [
    -4.888,
    -7.309,
    -8.142,
    -7.015,
    -7.228,
    -6.8,
    -6.405,
    0.786,
    -6.189,
    -9.522,
    -10.525,
    -10.384,
]
PARTS = [-3.385, -4.877, -3.711, -4.547, -4.188, -4.678, -4.685, -0.111, -3.607, -7.092, -7.46, -7.025]
"""What the published program says of the first frames of the film below, before the sigmoid."""
ROUNDING = 2e-3
"""These are written with three digits, and other processors add up in another order."""
SUMS = 1e-5
"""What is left where float32 sums are taken in another order."""


def film():
    """Three takes of eight frames of coloured squares with grain."""
    random = np.random.default_rng(0)
    takes = [np.kron(random.integers(0, 256, (9, 16, 3)), np.ones((3, 3, 1))) for _ in range(3)]
    grainy = [takes[n // 8] + random.integers(-8, 9, (27, 48, 3)) for n in range(24)]
    return torch.from_numpy(np.clip(np.stack(grainy), 0, 255).astype(np.uint8))[None]


@pytest.fixture(scope="module")
def weighty():
    """TransNet V2 with its published weights."""
    if not models.is_here("transnetv2"):
        pytest.skip("the weights of transnetv2 are not here: refilm models fetch transnetv2")
    return models.load("transnetv2")


@pytest.fixture(scope="module")
def random():
    torch.manual_seed(0)
    return TransNetV2().eval().requires_grad_(requires_grad=False)


@pytest.mark.weights
def test_gives_the_published_program_s_numbers(weighty):
    middle, other = weighty(film())
    assert middle.shape == other["many_hot"].shape == (1, 24, 1)
    for given, published in ((middle, MIDDLES), (other["many_hot"], PARTS)):
        wanted = torch.tensor(published)
        torch.testing.assert_close(given[0, : len(wanted), 0], wanted, atol=ROUNDING, rtol=0)


@pytest.mark.weights
def test_is_surest_of_the_last_frame_of_each_take(weighty):
    pictures = [frame.numpy().astype(np.float32) / 255 for frame in film()[0]]
    sure = Transitions(weighty, torch.device("cpu"))(*pictures)
    assert sure.shape == (24, 2, 1)
    assert sorted(np.argsort(sure[:, 0, 0])[-2:].tolist()) == [7, 15]


def test_the_published_layout_is_loaded_and_every_key_is_used(tmp_path, random):
    state = random.state_dict()
    assert len(state) == KEYS
    assert state["SDDCNN.1.DDCNN.0.Conv3D_8.layers.1.weight"].shape == (32, 64, 3, 1, 1)
    assert state["fc1.weight"].shape == (1024, 4864)
    torch.save(state, tmp_path / "published.pth")
    loaded = models.load("transnetv2", weights=tmp_path / "published.pth")
    torch.testing.assert_close(loaded(film())[0], random(film())[0], atol=SUMS, rtol=0)


@pytest.mark.parametrize(("change", "fault"), [("drop", "missing"), ("add", "left over")])
def test_a_file_with_a_key_too_few_or_too_many_is_refused(tmp_path, random, change, fault):
    state = dict(random.state_dict())
    tensor = state.pop("cls_layer2.bias")
    if change == "add":
        state |= {"cls_layer2.bias": tensor, "cls_layer3.bias": tensor}
    torch.save(state, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match=fault):
        models.load("transnetv2", weights=tmp_path / "other.pth")


@pytest.mark.parametrize("apart", [1, 4])
def test_a_cell_s_convolution_joins_frames_so_far_apart_as_it_says(apart):
    torch.manual_seed(1)
    part = Separable(2, 3, apart)
    frames = torch.rand(1, 2, 9, 4, 5)
    over, along = (each.weight for each in part.layers)
    flat = torch.stack(
        [torch.conv2d(frames[:, :, time], over[:, :, 0], padding=1) for time in range(9)], 2
    )
    wanted = torch.zeros(1, 3, 9, 4, 5)
    for time in range(9):
        for tap, beside in enumerate((time - apart, time, time + apart)):
            if 0 <= beside < 9:
                wanted[:, :, time] += torch.einsum(
                    "oi,nihw->nohw", along[:, :, tap, 0, 0], flat[:, :, beside]
                )
    torch.testing.assert_close(part(frames), wanted, atol=SUMS, rtol=0)


def test_a_stack_adds_its_first_cell_s_result_after_the_second_and_halves_the_size():
    torch.manual_seed(1)
    stack = Stack(3, 4).eval()
    frames = torch.randn(1, 3, 5, 7, 8)
    first = stack.DDCNN[0](frames).clamp(min=0)
    wanted = stack.DDCNN[1](first).clamp(min=0) + first
    halved = torch.nn.functional.avg_pool2d(wanted.flatten(1, 2), 2).unflatten(1, (16, 5))
    torch.testing.assert_close(stack(frames), halved, atol=SUMS, rtol=0)


def test_each_frame_is_compared_with_those_around_it_and_with_nothing_beyond_the_ends():
    features = torch.randn(2, 60, 5, generator=torch.Generator().manual_seed(1))
    found = alike(features)
    assert found.shape == (2, 60, 2 * AROUND + 1)
    for time, offset in (
        (0, 0),
        (0, AROUND),
        (3, AROUND - 3),
        (59, AROUND - 59 + 9),
        (10, 100),
        (30, 2),
    ):
        other = time + offset - AROUND
        wanted = torch.zeros(2)
        if 0 <= other < 60:
            wanted = torch.cosine_similarity(features[:, time], features[:, other])
        torch.testing.assert_close(found[:, time, offset], wanted, atol=SUMS, rtol=0)


def test_colours_are_counted_by_the_three_highest_bits_of_each_channel():
    frames = torch.randint(0, 256, (1, 2, 3, 4, 3), dtype=torch.uint8)
    counts = torch.zeros(1, 2, 512)
    for time in range(2):
        for red, green, blue in frames[0, time].flatten(0, 1).tolist():
            counts[0, time, red // 32 * 64 + green // 32 * 8 + blue // 32] += 1
    torch.testing.assert_close(histograms(frames), counts)


@pytest.mark.parametrize("shape", [(27, 48, 3), (27, 48, 1), (1, 1, 1), (270, 481, 3), (5, 700, 1)])
def test_pictures_of_any_size_are_seen_as_small_colour_ones(shape):
    seen = small(np.full(shape, 0.6, np.float32))
    assert (seen.shape, seen.dtype) == ((27, 48, 3), np.uint8)
    assert (seen == 153).all()


def test_light_beyond_black_and_white_is_cut_and_not_wrapped_round():
    picture = np.full((27, 48, 1), -0.2, np.float32)
    picture[:, 24:] = 1.3
    assert (small(picture)[:, :24] == 0).all()
    assert (small(picture)[:, 24:] == 255).all()


def test_numbers_and_references_are_refused(random):
    network = Transitions(random, torch.device("cpu"))
    with pytest.raises(ValueError, match="takes no number"):
        network(np.zeros((27, 48, 1), np.float32), position=0.5)
    with pytest.raises(ValueError, match="takes no references"):
        network.given(np.zeros((27, 48, 3), np.float32))
