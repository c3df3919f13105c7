"""The global-histogram network written anew: Caffe's layout, and what its layers do, by hand."""

from itertools import pairwise

import caffe
import numpy as np
import pytest
import torch
from layers import convolved, doubled, normalised, random_state, rectified

from refilm import models
from refilm.chroma import LAB
from refilm.errors import WeightsError
from refilm.lab import from_lab
from refilm.models import ideepcolor

ROUNDING = 2e-3
"""CIELAB units that sums in single precision are off by after 30 layers."""
COUNT = 999.98
"""Of how many pictures Caffe's norms are the sums."""
LEVELS = ((1, 64, 64), (64, 128, 128), (128, 256, 256, 256), (256,) + (512,) * 3) + ((512,) * 4,) * 3
BRANCH = ("glob_conv1norm", "glob_conv2norm", "glob_conv3norm", "glob_conv4norm")


def convolutions():
    """The names of layers that were learnt, and the shapes of what they multiply with."""
    for level, widths in enumerate(LEVELS, 1):
        for number, (inputs, outputs) in enumerate(pairwise(widths), 1):
            first = "bw_" if (level, number) == (1, 1) else ""
            yield f"{first}conv{level}_{number}", (outputs, inputs, 3, 3)
    for name, inputs, outputs, side in (
        ("conv8_1", 512, 256, 4), ("conv3_3_short", 256, 256, 3), ("conv8_2", 256, 256, 3),
        ("conv8_3", 256, 256, 3), ("conv9_1", 256, 128, 4), ("conv2_2_short", 128, 128, 3),
        ("conv9_2", 128, 128, 3), ("conv10_1", 128, 128, 4), ("conv1_2_short", 64, 128, 3),
        ("conv10_2", 128, 128, 3), ("conv10_ab", 128, 2, 1), ("glob_conv1", 314, 512, 1),
        ("s_conv1", 2, 512, 1), ("glob_conv2", 512, 512, 1), ("glob_conv3", 512, 512, 1),
        ("glob_conv4", 512, 512, 1),
    ):  # fmt: skip
        # Only of deconvolutions, which have a kernel of 4, inputs come first.
        yield name, (inputs, outputs, side, side) if side == 4 else (outputs, inputs, side, side)


def norms():
    """The names of norms, and of how many features."""
    for level, widths in enumerate(LEVELS, 1):
        yield f"conv{level}_{len(widths) - 1}norm", widths[-1]
    yield from (("conv8_3norm", 256), ("conv9_2norm", 128), *((name, 512) for name in BRANCH))


def published():
    """The keys of the file and their shapes."""
    shapes = {}
    for name, shape in convolutions():
        deep = shape[1] if shape[2] == 4 else shape[0]
        shapes |= {f"{name}.0": shape, f"{name}.1": (deep,)}
    for name, count in norms():
        shapes |= {f"{name}.0": (count,), f"{name}.running_var": (count,), f"{name}.2": (1,)}
    return shapes


@pytest.fixture(scope="module")
def state():
    """The weights by layer: of norms, mean and variance themselves."""
    held = {key: tensor.numpy() for key, tensor in random_state(published()).items()}
    held = {key.replace("running_var", "1"): values for key, values in held.items()}
    # Lightness goes to 50: made as small as the branch's figures, so that these have a say.
    held["bw_conv1_1.0"] = held["bw_conv1_1.0"] / 50
    held["conv10_ab.0"] = held["conv10_ab.0"] / 4
    return held | {f"{name}.2": np.asarray([COUNT], np.float32) for name, _ in norms()}


def layers(state):
    """Caffe's layers: those that were learnt, some in the old way, and those that were not."""
    yield caffe.layer("data_l", "Input")
    for number, (name, shape) in enumerate(convolutions()):
        kind = "Deconvolution" if shape[2] == 4 else "Convolution"
        way = "old" if number % 3 else "today"
        blobs = [
            caffe.blob(state[f"{name}.{part}"], way) for part in (0, 1) if f"{name}.{part}" in state
        ]
        yield caffe.layer(name, kind, *blobs)
        yield caffe.layer(f"relu_{name}", "ReLU")
    for number, (name, _) in enumerate(norms()):
        sums = [state[f"{name}.{part}"] * (COUNT if part < 2 else 1) for part in range(3)]
        way = "old" if number % 2 else "today"
        yield caffe.layer(name, "BatchNorm", *(caffe.blob(each, way) for each in sums))
    for name, count in (("conv1_2norm_ss", 64), ("conv2_2norm_ss", 128), ("conv3_3norm_ss", 256)):
        yield caffe.layer(name, "Convolution", caffe.blob(np.ones((count, 1, 1, 1))))
    yield caffe.layer("pred_ab", "Scale", caffe.blob([100.0]))


def written(folder, *made):
    file = folder / "global_model.caffemodel"
    file.write_bytes(caffe.network(*made))
    return file


@pytest.fixture(scope="module")
def network(state, tmp_path_factory):
    file = written(tmp_path_factory.mktemp("weights"), *layers(state))
    made = models.load("ideepcolor-global", weights=file)
    file.unlink()
    return made


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


def by_hand(state, light, counted, saturation):
    """Return a and b, (2, H, W), of lightness less 50, (1, H, W), layer by layer."""

    def learnt(name, seen, **options):
        return convolved(seen, state[f"{name}.0"], state[f"{name}.1"], **options)

    def norm(name, seen):
        return normalised(seen, state[f"{name}.0"], state[f"{name}.1"])

    def risen(name, seen):
        return doubled(seen, state[f"{name}.0"], state[f"{name}.1"])

    hint = learnt("glob_conv1", counted[:, None, None]) + learnt("s_conv1", saturation[:, None, None])
    hint = norm(BRANCH[0], rectified(hint))
    for number in (2, 3, 4):
        hint = norm(BRANCH[number - 1], rectified(learnt(f"glob_conv{number}", hint)))

    seen, levels = light, []
    for level, widths in enumerate(LEVELS, 1):
        for number in range(1, len(widths)):
            first = "bw_" if (level, number) == (1, 1) else ""
            dilation = 2 if level in (5, 6) else 1
            seen = rectified(learnt(f"{first}conv{level}_{number}", seen, dilation=dilation))
        seen = norm(f"conv{level}_{len(widths) - 1}norm", seen)
        levels.append(seen)
        seen = seen[:, ::2, ::2] if level <= 3 else seen
        seen = seen + hint if level == 4 else seen
    seen = rectified(risen("conv8_1", seen) + learnt("conv3_3_short", levels[2]))
    seen = rectified(learnt("conv8_3", rectified(learnt("conv8_2", seen))))
    seen = rectified(risen("conv9_1", norm("conv8_3norm", seen)) + learnt("conv2_2_short", levels[1]))
    seen = norm("conv9_2norm", rectified(learnt("conv9_2", seen)))
    seen = rectified(risen("conv10_1", seen) + learnt("conv1_2_short", levels[0]))
    seen = rectified(learnt("conv10_2", seen), 0.2)
    return 100 * np.tanh(learnt("conv10_ab", seen))


@pytest.mark.parametrize("led", [False, True])
def test_the_network_does_what_its_layers_do_by_hand(network, state, led):
    random = np.random.default_rng(1)
    light = random.uniform(-50, 50, (1, 16, 24)).astype(np.float32)
    counted, saturation = np.zeros(314, np.float32), np.zeros(2, np.float32)
    given = ()
    if led:
        counted[:313], counted[313], saturation[:] = random.dirichlet(np.ones(313)), 1, (0.4, 1)
        given = [torch.from_numpy(each)[None, :, None, None] for each in (counted, saturation)]
    found = network(torch.from_numpy(light)[None], *given)[0].numpy()
    expected = by_hand(state, light, counted, saturation)
    assert 10 < np.abs(expected).max() < 99.9
    np.testing.assert_allclose(found, expected, atol=ROUNDING)


def test_a_layer_that_is_missing_or_too_much_is_refused(state):
    held = {key: torch.from_numpy(values) for key, values in state.items()}
    some = {key: held[key] for key in held if key != "conv5_2.1"}
    with pytest.raises(WeightsError, match=r"1 tensors are missing, the first is model5\.2\.bias"):
        ideepcolor.build(None, some)
    more = held | {"another.0": torch.tensor([1.0, 2.0])}
    with pytest.raises(WeightsError, match=r"left over, the first is another\.0"):
        ideepcolor.build(None, more)
    fixed = held | {"scale.0": torch.full((3,), 7.0), "conv8_313.0": torch.tensor([1.0, 2.0])}
    assert ideepcolor.build(None, fixed)


def test_313_colours_are_counted_a_rising_slowly_and_b_fast():
    points = ideepcolor.points()
    assert points.shape == (313, 2)
    assert points[:2].tolist() == [[-90, 50], [-90, 60]]
    assert points[5].tolist() == [-80, 20]
    assert points[-1].tolist() == [100, 0]
    assert len({tuple(point) for point in points.tolist()}) == 313
    assert [0.0, 0.0] in points.tolist()


def test_a_histogram_tells_the_share_of_each_colour_after_4_by_4_pixels_are_averaged():
    colours = torch.zeros(1, 2, 8, 16)
    colours[:, 0, :, 8:] = 23.9
    # Within one block of pixels half is another colour: it counts as their mean.
    colours[:, 1, :4, :4] = torch.tensor([-8.0, -8.0, 24.0, 24.0])
    found = ideepcolor.histogram(colours)
    share = {tuple(point): float(found[n]) for n, point in enumerate(ideepcolor.points().tolist())}
    assert share[20.0, 0.0] == pytest.approx(0.5)
    assert share[0.0, 0.0] == pytest.approx(3 / 8)
    assert share[0.0, 10.0] == pytest.approx(1 / 8)
    assert float(found.sum()) == pytest.approx(1)


def test_photos_give_the_mean_of_their_histograms_and_saturations():
    grey = np.full((30, 50, 3), 0.5, np.float32)
    red = np.broadcast_to(np.float32((0.8, 0.2, 0.2)), (41, 20, 3))
    looks = [torch.from_numpy(ideepcolor.look(each)).permute(2, 0, 1)[None] for each in (grey, red)]
    counted, saturation = ideepcolor.Led(torch.nn.Identity()).prepared(*looks)
    assert counted.shape == (1, 314, 1, 1)
    held = counted.flatten()
    assert float(held[313]) == 1
    assert float(held[:313].sum()) == pytest.approx(1)
    assert sorted(held[:313].tolist())[-2:] == pytest.approx([0.5, 0.5])
    assert saturation.flatten().tolist() == pytest.approx([0.75 / 2, 1], abs=1e-4)


def test_its_path_follows_the_photos_that_it_is_given_and_none_unless_given(network):
    path = ideepcolor.path(models.card("ideepcolor-global"), network)
    luma = np.random.default_rng(2).random((33, 70, 1)).astype(np.float32)
    alone = path(luma, render_factor=2)
    assert alone.shape == (32, 32, 2)
    assert np.abs(LAB * alone).max() > 1
    lab = np.full((20, 30, 3), (50, 60, 30), np.float32)
    led = path.given(from_lab(lab))(luma, render_factor=2)
    assert np.abs(LAB * (led - alone)).max() > 0.1
    np.testing.assert_array_equal(path(luma, render_factor=2), alone)
