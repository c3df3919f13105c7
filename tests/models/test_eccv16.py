"""eccv16 written anew: the published layout, and what its layers do, by hand."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from layers import convolved, doubled, normalised, random_state, rectified
from PIL import Image

from refilm import models
from refilm.chroma import LAB
from refilm.errors import WeightsError
from refilm.lab import lightness
from refilm.models import eccv16

PARAMETERS = 32.236
"""Millions that were learnt, as others have counted them in the published file."""
ROUNDING = 2e-3
"""CIELAB units that sums in single precision are off by after 23 layers."""
CLOSE = 0.05
"""CIELAB units between the network on a square of its own and through its path."""


def published():
    """The keys of the published file and their shapes."""
    shapes = {}
    plan = [(1, 64, 64), (64, 128, 128), (128, 256, 256, 256), (256, 512, 512, 512), *[(512,) * 4] * 3]
    for number, widths in enumerate(plan, 1):
        for place, (inputs, outputs) in enumerate(pairwise(widths)):
            shapes |= layer(f"model{number}.{2 * place}", outputs, inputs, 3)
        norm = f"model{number}.{2 * (len(widths) - 1)}"
        parts = ("weight", "bias", "running_mean", "running_var")
        shapes |= {f"{norm}.{part}": (widths[-1],) for part in parts}
        shapes[f"{norm}.num_batches_tracked"] = ()
    shapes |= layer("model8.0", 512, 256, 4) | layer("model8.2", 256, 256, 3)
    shapes |= layer("model8.4", 256, 256, 3) | layer("model8.6", 313, 256, 1)
    return shapes | {"model8.0.bias": (256,), "model_out.weight": (2, 313, 1, 1)}


def layer(name, outputs, inputs, side):
    return {f"{name}.weight": (outputs, inputs, side, side), f"{name}.bias": (outputs,)}


@pytest.fixture(scope="module")
def state():
    filled = random_state(published())
    # Chances that are not all alike, and colours that differ.
    filled["model8.6.weight"] *= 3
    filled["model_out.weight"] *= 20
    return filled


@pytest.fixture(scope="module")
def network(state, tmp_path_factory):
    file = tmp_path_factory.mktemp("weights") / "colorization_release_v2.pth"
    torch.save(state, file)
    made = models.load("eccv16", weights=file)
    file.unlink()
    return made


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


def by_hand(state, lightness):
    """Return a and b, (2, H, W), of lightness, (1, H, W), layer by layer."""
    held = {key: tensor.numpy() for key, tensor in state.items()}
    seen = (lightness - 50) / 100
    for number, count in enumerate((2, 2, 3, 3, 3, 3, 3), 1):
        for place in range(count):
            name = f"model{number}.{2 * place}"
            stride = 2 if number <= 3 and place == count - 1 else 1
            dilation = 2 if number in (5, 6) else 1
            weight, bias = held[f"{name}.weight"], held[f"{name}.bias"]
            seen = rectified(convolved(seen, weight, bias, stride, dilation))
        norm = [held[f"model{number}.{2 * count}.{part}"] for part in (
            "running_mean", "running_var", "weight", "bias")]  # fmt: skip
        seen = normalised(seen, *norm)
    seen = rectified(doubled(seen, held["model8.0.weight"], held["model8.0.bias"]))
    for number in (2, 4):
        weight, bias = held[f"model8.{number}.weight"], held[f"model8.{number}.bias"]
        seen = rectified(convolved(seen, weight, bias))
    chances = np.exp(convolved(seen, held["model8.6.weight"], held["model8.6.bias"]))
    colours = convolved(chances / chances.sum(0), held["model_out.weight"])
    rows, columns = (stretched(side) for side in colours.shape[1:])
    return 110 * np.einsum("Hh,chw,Ww->cHW", rows, colours, columns)


def stretched(side):
    """Return what each of 4 x side pixels takes from each of side pixels, on straight lines."""
    places = np.clip((np.arange(4 * side) + 0.5) / 4 - 0.5, 0, side - 1)
    return np.maximum(0, 1 - np.abs(places[:, None] - np.arange(side)))


def test_the_network_does_what_its_layers_do_by_hand(network, state):
    light = np.random.default_rng(1).uniform(0, 100, (1, 16, 24)).astype(np.float32)
    found = network(torch.from_numpy(light)[None])[0].numpy()
    expected = by_hand(state, light)
    assert np.abs(expected).max() > 10
    np.testing.assert_allclose(found, expected, atol=ROUNDING)


def test_the_layout_has_as_many_parameters_as_the_published_file():
    learnt = [s for key, s in published().items() if "running" not in key and "tracked" not in key]
    assert sum(int(np.prod(shape)) for shape in learnt) / 1e6 == pytest.approx(PARAMETERS, abs=1e-3)
    assert len(published()) == 82


def test_a_file_that_lacks_a_tensor_or_has_one_too_many_is_refused(state, tmp_path):
    file = tmp_path / "other.pth"
    torch.save({key: state[key] for key in state if key != "model_out.weight"}, file)
    with pytest.raises(WeightsError, match=r"missing, the first is model_out\.weight"):
        models.load("eccv16", weights=file)
    torch.save({**state, "model9.0.bias": torch.zeros(2)}, file)
    with pytest.raises(WeightsError, match=r"left over, the first is model9\.0\.bias"):
        models.load("eccv16", weights=file)


@pytest.mark.parametrize("shape", [(1, 1), (37, 90), (1080, 1920)])
def test_its_path_looks_at_a_square_whatever_the_picture_s_shape(network, shape):
    path = eccv16.path(models.card("eccv16"), network)
    luma = np.full((*shape, 1), 0.4, np.float32)
    found = path(luma, render_factor=2)
    light = torch.full((1, 1, 32, 32), float(lightness(np.float32(0.4))))
    expected = network(light)[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(LAB * found, expected, atol=CLOSE)


def test_its_path_makes_the_picture_small_as_the_published_program_does(network):
    seen = np.random.default_rng(2).integers(0, 256, (90, 130), np.uint8)
    small = Image.fromarray(seen).resize((32, 32), Image.Resampling.BICUBIC)
    light = lightness(np.asarray(small, np.float32) / 255)
    expected = network(torch.from_numpy(light)[None, None])[0].permute(1, 2, 0).numpy()
    path = eccv16.path(models.card("eccv16"), network)
    found = LAB * path(seen[:, :, None].astype(np.float32) / 255, render_factor=2)
    assert np.abs(found - expected).mean() < 0.01 * np.abs(expected).mean()


def test_its_path_looks_at_256_pixels_unless_asked(network):
    path = eccv16.path(models.card("eccv16"), network)
    assert path(np.zeros((20, 30, 1), np.float32)).shape == (256, 256, 2)
