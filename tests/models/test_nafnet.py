"""NAFNet's blocks give what they give by hand, and a file as published fills it."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from layers import convolved, random_state
from safetensors.torch import save_file

from refilm import models
from refilm.errors import WeightsError
from refilm.models import nafnet
from refilm.models.nafnet import Attention, Block, Nafnet, Norm, Sizes, facts, gated
from refilm.models.runtime import TorchNetwork

PUBLISHED = Sizes(32, (1, 1, 1, 28), 1, (1, 1, 1, 1))
SMALL = Sizes(4, (1, 2), 1, (2, 1))
BYTES = {"nafnet": (32, 68_671_121), "nafnet-gopro-64": (64, 271_778_961)}
BYTES |= {"nafnet-reds-64": (64, 271_756_689)}
"""Width of the published networks, and bytes of their files."""
INDEX = 0.005
"""Share of a file that torch's own index takes at most."""
ROUNDING = 1e-4
"""What is left when float32 sums are taken in another order, for figures up to about 10."""
SHARE = 1e-5
"""The same as a share of larger figures."""
TILES = 0.01
"""Share of what random weights change that tiles may change otherwise than the whole picture."""


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


def shapes_of(sizes):
    """The keys of a published file and their shapes, in words: written from the paper's figures."""
    width = sizes.width
    shapes = {"intro.weight": (width, 3, 3, 3), "intro.bias": (width,)}
    for level, count in enumerate(sizes.encoders):
        shapes |= blocks_of(f"encoders.{level}", count, width)
        shapes[f"downs.{level}.weight"] = (2 * width, width, 2, 2)
        shapes[f"downs.{level}.bias"] = (2 * width,)
        width *= 2
    shapes |= blocks_of("middle_blks", sizes.middle, width)
    for level, count in enumerate(sizes.decoders):
        shapes[f"ups.{level}.0.weight"] = (2 * width, width, 1, 1)
        width //= 2
        shapes |= blocks_of(f"decoders.{level}", count, width)
    return shapes | {"ending.weight": (3, width, 3, 3), "ending.bias": (3,)}


def blocks_of(part, count, width):
    shapes = {"beta": (1, width, 1, 1), "gamma": (1, width, 1, 1)}
    kernels = {"conv1": (2 * width, width, 1, 1), "conv2": (2 * width, 1, 3, 3)}
    kernels |= {"conv3": (width, width, 1, 1), "sca.1": (width, width, 1, 1)}
    kernels |= {"conv4": (2 * width, width, 1, 1), "conv5": (width, width, 1, 1)}
    for name, shape in (kernels | {"norm1": (width,), "norm2": (width,)}).items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return {f"{part}.{number}.{key}": each for number in range(count) for key, each in shapes.items()}


def state_of(sizes):
    """Random weights whose blocks change their features by no more than trained ones might."""
    damped = {"beta": 0.3, "gamma": 0.3}
    state = random_state(shapes_of(sizes))
    return {key: damped.get(key.rpartition(".")[2], 1.0) * each for key, each in state.items()}


def small():
    return nafnet.build(models.card("nafnet"), state_of(SMALL)).eval()


def picture(height, width, channels=3):
    return np.random.default_rng(2).random((channels, height, width), np.float32)


def tensor(values):
    return torch.from_numpy(np.asarray(values, np.float32))[None]


# By hand


def norm_by_hand(seen, weight, bias):
    mean = seen.mean(0)
    spread = np.sqrt(((seen - mean) ** 2).mean(0) + 1e-6)
    return (seen - mean) / spread * weight[:, None, None] + bias[:, None, None]


def halves_by_hand(seen):
    half = len(seen) // 2
    return seen[:half] * seen[half:]


def means_by_hand(seen, window):
    """Return for each pixel the mean of the window that is most around it and passes no edge."""
    result = np.empty_like(seen)
    for place in np.ndindex(seen.shape[1:]):
        starts = (
            max(min(at - (min(window, side) - 1) // 2, side - window), 0)
            for at, side in zip(place, seen.shape[1:], strict=True)
        )
        rows, columns = (slice(start, start + window) for start in starts)
        result[(slice(None), *place)] = seen[:, rows, columns].mean((1, 2))
    return result


def block_by_hand(held, seen, window=10_000):
    layer = {
        name: partial(convolved, weight=held[f"{name}.weight"], bias=held[f"{name}.bias"])
        for name in ("conv1", "sca.1", "conv3", "conv4", "conv5")
    }
    kernel, bias = held["conv2.weight"], held["conv2.bias"]
    found = layer["conv1"](norm_by_hand(seen, held["norm1.weight"], held["norm1.bias"]))
    # Each channel is convolved by itself.
    found = [convolved(each[None], kernel[n][None], bias[n : n + 1]) for n, each in enumerate(found)]
    found = halves_by_hand(np.concatenate(found))
    found = found * layer["sca.1"](means_by_hand(found, window))
    seen = seen + layer["conv3"](found) * held["beta"][0]
    found = layer["conv4"](norm_by_hand(seen, held["norm2.weight"], held["norm2.bias"]))
    return seen + layer["conv5"](halves_by_hand(found)) * held["gamma"][0]


def network_by_hand(state, sizes, seen, window=10_000):
    def held(part):
        return {key[len(part) + 1 :]: each for key, each in state.items() if key.startswith(part + ".")}

    def through(seen, part, count, level):
        for number in range(count):
            seen = block_by_hand(held(f"{part}.{number}"), seen, window // 2**level)
        return seen

    given, kept = seen, []
    seen = convolved(seen, **held("intro"))
    for level, count in enumerate(sizes.encoders):
        kept.append(through(seen, f"encoders.{level}", count, level))
        seen = convolved(kept[-1], **held(f"downs.{level}"), stride=2, padding=0)
    seen = through(seen, "middle_blks", sizes.middle, len(kept))
    for level, count in enumerate(sizes.decoders):
        seen = shuffled(convolved(seen, **held(f"ups.{level}.0"))) + kept.pop()
        seen = through(seen, f"decoders.{level}", count, len(kept))
    return given + convolved(seen, **held("ending"))


def shuffled(seen):
    """Four channels after each other are the four pixels of a square, row by row."""
    channels, height, width = seen.shape
    result = np.empty((channels // 4, 2 * height, 2 * width))
    for number in range(channels):
        row, column = divmod(number % 4, 2)
        result[number // 4, row::2, column::2] = seen[number]
    return result


def random_values(module):
    """Give a module random weights, and return them as arrays."""
    state = random_state({key: tuple(each.shape) for key, each in module.state_dict().items()})
    module.load_state_dict(state)
    return {key: each.double().numpy() for key, each in state.items()}


def close(found, expected):
    np.testing.assert_allclose(found[0].numpy(), expected, atol=ROUNDING, rtol=SHARE)


def test_channels_are_evened_at_every_pixel_on_its_own():
    norm = Norm(6)
    held, seen = random_values(norm), 3 * picture(5, 7, 6) - 1
    close(norm(tensor(seen)), norm_by_hand(seen, held["weight"], held["bias"]))


def test_the_gate_is_the_product_of_both_halves_of_the_channels():
    seen = picture(5, 7, 6)
    close(gated(tensor(seen)), halves_by_hand(seen))


@pytest.mark.parametrize(("height", "width"), [(5, 7), (12, 3), (3, 12), (11, 13)])
@pytest.mark.parametrize("window", [None, 4, 5, 12])
def test_a_block_is_what_it_is_by_hand_whatever_its_means_are_taken_from(height, width, window):
    block = Block(6)
    held, seen = random_values(block), picture(height, width, 6)
    expected = block_by_hand(held, seen, 10_000 if window is None else window)
    close(block(tensor(seen), window), expected)


def test_attention_looks_at_the_whole_where_its_window_is_as_large():
    attention, seen = Attention(6), tensor(picture(9, 5, 6))
    torch.testing.assert_close(attention(seen, 9), attention(seen))
    assert attention(seen, 4).shape == (1, 6, 6, 2)


@pytest.mark.parametrize("window", [None, 12])
def test_the_whole_network_is_what_it_is_by_hand(window):
    state, seen = state_of(SMALL), picture(16, 24)
    network = nafnet.build(models.card("nafnet"), state)
    arrays = {key: each.double().numpy() for key, each in state.items()}
    expected = network_by_hand(arrays, SMALL, seen, 10_000 if window is None else window)
    close(network(tensor(seen), window), expected)


def test_some_rows_at_a_time_give_what_all_at_once_give(monkeypatch):
    network, seen = small(), tensor(picture(40, 12))
    whole = [network(seen, window) for window in (None, 12)]
    monkeypatch.setattr(nafnet, "_ROWS", 6)
    for expected, window in zip(whole, (None, 12), strict=True):
        torch.testing.assert_close(network(seen, window), expected, atol=ROUNDING, rtol=SHARE)


# Files


def test_the_networks_parameters_fill_the_published_files():
    for width, size in BYTES.values():
        count = sum(np.prod(shape) for shape in shapes_of(PUBLISHED._replace(width=width)).values())
        assert 0 < size - 4 * count < INDEX * size


@pytest.mark.parametrize("width", [32, 64])
def test_the_network_has_the_published_keys_and_shapes(width):
    sizes = PUBLISHED._replace(width=width)
    with torch.device("meta"):
        state = Nafnet(sizes).state_dict()
    assert {key: tuple(each.shape) for key, each in state.items()} == shapes_of(sizes)


@pytest.mark.parametrize("name", BYTES)
@pytest.mark.parametrize("sizes", [SMALL, Sizes(4, (2, 2, 4, 8), 12, (2, 2, 2, 2))])
def test_a_file_as_published_is_loaded_and_its_size_read_from_it(name, sizes, tmp_path):
    state = state_of(sizes)
    torch.save({"params": state}, tmp_path / "weights.pth")
    network = models.load(name, weights=tmp_path / "weights.pth")
    assert dict(network.state_dict()).keys() == state.keys()
    for key, values in network.state_dict().items():
        assert torch.equal(values, state[key])
    assert network(torch.rand(1, 3, 16, 16)).shape == (1, 3, 16, 16)


def test_weights_without_nesting_are_taken_too(tmp_path):
    save_file(state_of(SMALL), tmp_path / "weights.safetensors")
    network = models.load("nafnet", weights=tmp_path / "weights.safetensors")
    torch.testing.assert_close(network.state_dict(), small().state_dict(), atol=0, rtol=0)


def test_weights_with_something_too_much_or_too_little_are_refused(tmp_path):
    state = state_of(SMALL)
    wrong = {
        "left over": state | {"more.weight": torch.zeros(1)},
        "missing": {key: each for key, each in state.items() if key != "middle_blks.0.beta"},
        "of another shape": state | {"encoders.0.0.conv2.weight": torch.zeros(8, 8, 3, 3)},
        "intro.weight is missing": {"other.weight": torch.zeros(1)},
    }
    for fault, held in wrong.items():
        torch.save({"params": held}, tmp_path / "weights.pth")
        with pytest.raises(WeightsError, match=fault):
            models.load("nafnet", weights=tmp_path / "weights.pth")


@pytest.mark.parametrize("name", BYTES)
def test_the_cards_say_what_the_networks_sizes_tell(name):
    with torch.device("meta"):
        assert facts(Nafnet(PUBLISHED._replace(width=BYTES[name][0]))) == models.card(name).facts


# As stages call it


def stages_network(network):
    return nafnet.path(models.card("nafnet"), network)


def test_stages_get_means_from_around_each_pixel_and_the_network_itself_those_of_the_whole(monkeypatch):
    network, seen = small(), picture(16, 48)
    for window, same in ((48, True), (16, False)):
        monkeypatch.setattr(nafnet, "WINDOW", window)
        made = stages_network(network)(np.ascontiguousarray(seen.transpose(1, 2, 0)))
        whole = network(tensor(seen))[0].permute(1, 2, 0).numpy()
        assert (np.abs(made - whole).max() < ROUNDING) == same


@pytest.mark.parametrize(("height", "width", "channels"), [(1, 1, 1), (5, 7, 3), (33, 17, 1)])
def test_pictures_of_any_size_are_taken_and_grey_ones_stay_so(height, width, channels):
    made = stages_network(small())(np.full((height, width, channels), 0.5, np.float32))
    assert made.shape == (height, width, channels)


def test_a_picture_of_any_size_is_padded_with_black_and_cut_back():
    network, seen = small(), torch.rand(1, 3, 6, 9)
    padded = torch.nn.functional.pad(seen, (0, 3, 0, 2))
    assert torch.equal(network(seen), network(padded)[:, :, :6, :9])


def test_a_picture_cut_into_tiles_is_nearly_the_whole_one(monkeypatch):
    monkeypatch.setattr(nafnet, "WINDOW", 16)
    network, seen = small(), np.random.default_rng(3).random((32, 400, 3), np.float32)
    whole = stages_network(network)(seen)
    # The card's margin is one and a third of its window: what goes further is weak, but there.
    told = replace(facts(network), margin=24)
    tiled = TorchNetwork(nafnet.Local(network), told, memory=told.memory * 96 * 96)(seen)
    change = np.abs(whole - seen).mean()
    assert 0 < np.abs(tiled - whole).mean() < TILES * change
