"""A network by the path of its file: ours, spandrel's, or one that ONNX Runtime runs."""

import hashlib
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from safetensors.torch import save_file
from torch import nn

from refilm import models
from refilm.errors import UsageError, WeightsError
from refilm.models import foreign
from refilm.models.rrdbnet import Rrdbnet
from refilm.models.srvgg import Srvgg

ROUNDING = 1e-5
"""What float32 sums in another order, and 1/3 threefold, leave."""


def picture(height=20, width=30, channels=3):
    return np.random.default_rng(1).random((height, width, channels), np.float32)


def enlarging(path, **sizes):
    """Write weights of an RRDBNet, as its trainer would, and return the path as a person types it."""
    torch.manual_seed(0)
    network = Rrdbnet(**{"blocks": 1, "width": 8, "growth": 4, **sizes})
    torch.save({"params_ema": network.state_dict()}, path)
    return str(path)


def restoring(path):
    """Write weights of a network that gives pictures of the size that it gets."""
    torch.manual_seed(0)
    save_file(Srvgg(width=8, depth=2, scale=1).state_dict(), path)
    return str(path)


def exported(path, nodes, shape=(1, 3, "height", "width"), kind=TensorProto.FLOAT, more=()):
    """Write an ONNX file of nodes that lead from "x" to "y"."""
    inputs = [helper.make_tensor_value_info(name, kind, shape) for name in ("x", *more)]
    output = helper.make_tensor_value_info("y", kind, (1, None, None, None))
    kernel = np.zeros((12, 3, 3, 3), np.float32)
    for channel in range(3):
        kernel[4 * channel : 4 * channel + 4, channel, 1, 1] = 1
    held = [onnx.numpy_helper.from_array(kernel, "kernel")]
    graph = helper.make_graph(nodes, "small", inputs, [output], held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, path)
    return str(path)


def twice():
    """Nodes that enlarge twice by repeating pixels."""
    return [
        helper.make_node("Conv", ["x", "kernel"], ["features"], pads=[1, 1, 1, 1]),
        helper.make_node("DepthToSpace", ["features"], ["y"], blocksize=2, mode="CRD"),
    ]


def by_fours():
    """Nodes that give the picture back, where its sides are multiples of 4."""
    return [
        helper.make_node("SpaceToDepth", ["x"], ["small"], blocksize=4),
        helper.make_node("DepthToSpace", ["small"], ["y"], blocksize=4),
    ]


class Halves(nn.Module):
    """A network that darkens, and needs the ordinary layout of pictures and weights."""

    def __init__(self, channels):
        super().__init__()
        self.layer = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, given):
        flat = self.layer.weight.view(-1)
        return (0.5 * given.view(-1) + 0 * flat[0]).view(given.shape)


def spandrel(**changes):
    """What is used of the package spandrel, with a network of one's own in it."""
    channels = changes.get("input_channels", 3)

    class Descriptor(SimpleNamespace):
        def __call__(self, given):
            return self.model(given)

    size = SimpleNamespace(minimum=8, multiple_of=4, square=changes.pop("square", False))
    said = {
        "purpose": "Restoration", "scale": 1, "input_channels": 3, "output_channels": channels,
        "tiling": SimpleNamespace(name="SUPPORTED"), "size_requirements": size,
        "model": Halves(channels),
    }  # fmt: skip
    descriptor = Descriptor(**{**said, **changes})

    class ModelLoader:
        def load_from_file(self, path):
            return descriptor

    return lambda name: SimpleNamespace(ModelLoader=ModelLoader)


def run(module, pixels):
    card = SimpleNamespace(facts=foreign.facts(module))
    return foreign.path(card, module)(pixels)


def test_weights_of_ours_are_read_without_another_package(tmp_path):
    name = enlarging(tmp_path / "mine.pth", doublings=1)
    card = models.card(name)
    assert (card.name, card.task, card.facts.scale) == (name, "upscaling", 2)
    assert card.module == "refilm.models.rrdbnet"
    drawn = models.networks()(name)(picture(channels=1))
    assert drawn.shape == (40, 60, 1)


def test_the_card_says_which_file_it_was_and_that_no_more_is_known(tmp_path):
    name = enlarging(tmp_path / "mine.pth")
    card = models.card(name)
    (file,) = card.files
    assert file.sha256 == hashlib.sha256((tmp_path / "mine.pth").read_bytes()).hexdigest()
    assert models.store.paths(card) == (tmp_path / "mine.pth",)
    assert "not known" in card.weights_licence
    assert not card.free
    assert card.invents == "detail"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.pth"], "nothing is laid beside it"


def test_a_network_that_does_not_enlarge_is_for_noise_and_for_blur(tmp_path):
    card = models.card(restoring(tmp_path / "quiet.safetensors"))
    assert card.serves("denoising")
    assert card.serves("deblurring")
    assert not card.serves("upscaling")


def test_a_file_that_was_changed_is_another_network(tmp_path):
    name = enlarging(tmp_path / "mine.pth", doublings=1)
    before = models.card(name)
    enlarging(tmp_path / "mine.pth", doublings=2)
    assert models.card(name).facts.scale == 4
    assert models.card(name).files != before.files


def test_a_name_of_the_catalogue_is_not_taken_for_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    enlarging(tmp_path / "rife")
    assert models.card("rife").task == "interpolation"
    enlarging(tmp_path / "mine")
    assert models.card("mine").task == "upscaling"


def test_a_path_without_a_file_is_told_and_an_unknown_name_is_still_a_name():
    with pytest.raises(WeightsError, match=r"There is no file nowhere\.pth"):
        models.card("nowhere.pth")
    assert not models.is_here("nowhere.pth")
    with pytest.raises(UsageError, match="no network called nowhere"):
        models.card("nowhere")


def test_a_file_that_is_no_network_is_refused(tmp_path):
    (tmp_path / "words.pth").write_text("not weights")
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        models.card(str(tmp_path / "words.pth"))


@pytest.mark.parametrize(("name", "extra"), [("a.pth", "spandrel"), ("a.onnx", "onnx")])
def test_the_package_that_is_missing_is_named(name, extra, tmp_path):
    def missing(package):
        raise ImportError(package)

    with pytest.raises(WeightsError, match=rf'pip install "refilm\[{extra}\]"'):
        foreign.build(None, tmp_path / name, importing=missing)


def test_a_package_that_is_broken_is_told(tmp_path):
    def broken(package):
        raise RuntimeError("operator torchvision::nms does not exist")

    with pytest.raises(WeightsError, match="cannot be loaded here: operator"):
        foreign.build(None, tmp_path / "a.pth", importing=broken)


@pytest.mark.parametrize(("takes", "channels"), [(3, 3), (3, 1), (1, 1), (1, 3)])
def test_what_spandrel_reads_runs_on_pictures_of_any_size_and_channels(takes, channels, tmp_path):
    module = foreign.build(None, tmp_path / "a.pth", importing=spandrel(input_channels=takes))
    given = picture(5, 9, channels)
    np.testing.assert_allclose(run(module, given), given / 2, atol=ROUNDING)


def test_spandrel_says_how_a_network_is_called(tmp_path):
    changes = {"purpose": "SR", "scale": 4}
    facts = foreign.facts(foreign.build(None, tmp_path / "a.pth", importing=spandrel(**changes)))
    assert (facts.scale, facts.multiple_of, facts.smallest) == (4, 4, 8)
    assert facts.margin == foreign.MARGIN
    whole = spandrel(tiling=SimpleNamespace(name="DISCOURAGED"))
    assert foreign.facts(foreign.build(None, tmp_path / "a.pth", importing=whole)).margin is None


@pytest.mark.parametrize(
    "changes",
    [{"purpose": "Inpainting"}, {"purpose": "FaceSR"}, {"input_channels": 4}, {"output_channels": 1},
     {"square": True}],
)  # fmt: skip
def test_what_makes_no_whole_picture_of_one_is_refused(changes, tmp_path):
    with pytest.raises(WeightsError, match=r"a\.pth"):
        foreign.build(None, tmp_path / "a.pth", importing=spandrel(**changes))


def test_an_onnx_file_runs_and_a_trial_tells_its_scale(tmp_path):
    name = exported(tmp_path / "twice.onnx", twice())
    card = models.card(name)
    assert (card.task, card.facts.scale, card.facts.multiple_of) == ("upscaling", 2, 1)
    given = picture(70, 90)
    drawn = models.networks()(name)(given)
    np.testing.assert_allclose(drawn, given.repeat(2, 0).repeat(2, 1), atol=ROUNDING)
    grey = models.networks()(name)(picture(3, 5, 1))
    assert grey.shape == (6, 10, 1)


def test_a_trial_tells_which_sides_an_onnx_file_takes(tmp_path):
    name = exported(tmp_path / "fours.onnx", by_fours())
    card = models.card(name)
    assert (card.task, card.facts.multiple_of) == ("denoising", 4)
    given = picture(67, 81)
    np.testing.assert_allclose(models.networks()(name)(given), given, atol=ROUNDING)


def test_an_onnx_file_of_one_channel_sees_each_channel_alone(tmp_path):
    nodes = [helper.make_node("Neg", ["x"], ["y"])]
    name = exported(tmp_path / "grey.onnx", nodes, (1, 1, None, None))
    given = picture(70, 80)
    np.testing.assert_allclose(models.networks()(name)(given), -given, atol=ROUNDING)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"shape": (1, 3, 64, 64)}, "64 x 64 pixels. Export it again"),
        ({"shape": (1, 4, "h", "w")}, "4 channels"),
        ({"more": ("z",)}, "one picture of one"),
        ({"kind": TensorProto.FLOAT16}, "float32"),
    ],
)
def test_an_onnx_file_that_takes_something_else_is_refused(changes, told, tmp_path):
    nodes = [helper.make_node("Identity", ["x"], ["y"])]
    name = exported(tmp_path / "other.onnx", nodes, **changes)
    with pytest.raises(WeightsError, match=told):
        models.card(name)


def test_an_onnx_file_that_gives_no_picture_is_refused(tmp_path):
    nodes = [helper.make_node("GlobalAveragePool", ["x"], ["y"])]
    name = exported(tmp_path / "mean.onnx", nodes)
    with pytest.raises(WeightsError, match="shape that it gets"):
        models.card(name)
    (tmp_path / "words.onnx").write_text("not a network")
    with pytest.raises(WeightsError, match="cannot be read as an ONNX file"):
        models.card(str(tmp_path / "words.onnx"))
