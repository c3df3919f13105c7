"""deepremaster written anew gives the numbers of the published one, for weights as published."""

import re

import numpy as np
import pytest
import torch
from parity import Fixture

from refilm import models
from refilm.bench.networks import write_random
from refilm.errors import WeightsError
from refilm.lab import from_lab, to_lab
from refilm.models import deepremaster
from refilm.models.deepremaster import FramesRestored, canvases, inner_size, sampled
from refilm.models.runtime import TorchNetwork

RESTORE, COLOUR = "deepremaster-restore", "deepremaster-colour"
EIGHT_BITS = 1 / 255
SEAM = 1e-5
"""What is left between tiles and the whole when float32 sums are taken in another order."""
TABLES = 0.001
"""Colours of the published program's CIELAB, whose matrices are given to fewer digits, 0..1."""


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A file as the published one is, filled by the recipe."""
    path = tmp_path_factory.mktemp("published") / "remasternet.pth.tar"
    parts = {"modelR": Fixture("deepremaster_R"), "modelC": Fixture("deepremaster_C")}
    torch.save({part: fixture.state() for part, fixture in parts.items()}, path)
    return path


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """Gives the networks as stages call them, with random weights."""
    path = tmp_path_factory.mktemp("random") / "remasternet.pth.tar"
    torch.manual_seed(0)
    write_random(path, *deepremaster.layout(models.card(RESTORE)))
    return models.networks({RESTORE: path, COLOUR: path})


def pictures(count, height=48, width=64, channels=1, seed=0):
    random = np.random.default_rng(seed)
    return [random.random((height, width, channels), np.float32) for _ in range(count)]


def block(lumas):
    return torch.stack([torch.from_numpy(luma[:, :, 0]) for luma in lumas])[None, None]


def test_restores_as_published(published):
    fixture = Fixture("deepremaster_R")
    network = models.load(RESTORE, weights=published)
    for case in ("A", "A_T1_48x72"):
        fixture.check(case, y=network(fixture.input(case, "x") / 255))


def test_colours_as_published_with_references_and_without(published):
    fixture = Fixture("deepremaster_C")
    network = models.load(COLOUR, weights=published)
    for case in ("refs2", "refs4_odd"):
        references = fixture.input(case, "refs") / 255
        fixture.check(case, ab=network(fixture.input(case, "x") / 255, references))
    fixture.check("norefs", ab=network(fixture.input("norefs", "x") / 255))


@pytest.mark.parametrize("part", ["R", "C"])
def test_uses_every_key_of_the_published_file(part):
    said = Fixture(f"deepremaster_{part}").said["keys"]
    (layout,) = deepremaster.layout(models.card(RESTORE))
    ours = {key: list(tensor.shape) for key, tensor in layout[f"model{part}"].items()}
    assert ours == {entry[0]: list(entry[1]) for entry in said}


@pytest.mark.parametrize(
    ("name", "part"), [(RESTORE, "modelR"), (COLOUR, "modelC"), (COLOUR, "modelR")]
)
@pytest.mark.parametrize("fault", ["missing", "left over", "of another shape"])
def test_refuses_a_file_with_other_keys(name, part, fault):
    (layout,) = deepremaster.layout(models.card(name))
    key = next(iter(layout[part]))
    if fault == "missing":
        del layout[part][key]
    else:
        layout[part]["more" if fault == "left over" else key] = torch.empty(3, 3, device="meta")
    with pytest.raises(WeightsError, match=fault):
        deepremaster.build(models.card(name), layout)


def test_refuses_a_file_of_other_parts():
    (layout,) = deepremaster.layout(models.card(RESTORE))
    with pytest.raises(WeightsError, match="holds no modelR"):
        deepremaster.build(models.card(RESTORE), {"modelC": layout["modelC"]})
    with pytest.raises(WeightsError, match="holds optimiser"):
        deepremaster.build(models.card(RESTORE), {**layout, "optimiser": {}})
    alone = deepremaster.build(models.card(COLOUR), {"modelC": layout["modelC"]})
    with pytest.raises(WeightsError, match="holds no modelR, which frames go through"):
        deepremaster.path(models.card(COLOUR), alone)


def test_several_blocks_at_once_are_as_each_alone(network):
    colour = network(COLOUR)._module.colour
    frames, references = torch.rand(2, 1, 2, 16, 32), torch.rand(2, 2, 3, 24, 16)
    both = colour(frames, references)
    assert both.shape == (2, 2, 2, 16, 32)
    for each, one, theirs in zip(both, frames, references, strict=True):
        torch.testing.assert_close(each[None], colour(one[None], theirs[None]), atol=SEAM, rtol=0)
    restored = colour.restore(frames)
    torch.testing.assert_close(restored[1:], colour.restore(frames[1:]), atol=SEAM, rtol=0)


def test_frames_are_sized_as_published():
    rows = Fixture("deepremaster_prepost").arrays["frame_size.out.w_h_mindim_tw_th"]
    for width, height, lines, wanted_width, wanted_height in rows.tolist():
        assert inner_size(height, width, lines) == (wanted_height, wanted_width)


def test_references_lie_on_the_published_canvas():
    fixture = Fixture("deepremaster_prepost")
    references = [fixture.arrays[f"ref_canvas.in.ref{number}"] for number in range(3)]
    found = canvases([reference.astype(np.float32) / 255 for reference in references])
    width, height = fixture.arrays["ref_canvas.out.canvas_wh"]
    for number, canvas in enumerate(found):
        assert canvas.shape == (height, width, 3)
        published = fixture.arrays[f"ref_canvas.out.canvas{number}_stride3"].astype(int)
        # It rounds to 8 bits twice: after resizing across, and after resizing down.
        assert np.abs(np.rint(255 * canvas[::3, ::3]) - published).max() <= 1


@pytest.mark.parametrize("shape", [(300, 40), (40, 300), (1, 1), (60, 400)])
def test_references_of_any_shape_share_a_canvas_with_others(shape):
    one, other = canvases(
        [np.full((*shape, 3), 0.5, np.float32), np.full((90, 160, 3), 0.5, np.float32)]
    )
    assert one.shape == other.shape
    assert min(one.shape[:2]) == 256
    assert (one == 0.5).any()


def test_frames_become_smaller_as_published():
    fixture = Fixture("deepremaster_prepost")
    frame = fixture.arrays["gray_and_resize.in.frame_bgr_u8"].astype(np.float32) / 255
    # The published program weighs blue as red: so does this test, to compare the rest.
    small = sampled(frame, 48, 64) @ np.asarray([0.299, 0.587, 0.114], np.float32)
    published = fixture.arrays["gray_and_resize.out.gray_u8"] / 255
    # It rounds colours, and then grey, to 8 bits.
    assert np.abs(small - published).max() <= 1.1 * EIGHT_BITS


def test_colours_are_those_of_the_published_program_s_cielab():
    arrays = Fixture("deepremaster_prepost").arrays
    luma, colours = (
        arrays[f"lab_to_rgb.in.{name}"].astype(np.float32) for name in ("luma_u8", "ab_u8")
    )
    lab = np.dstack((luma / 255 * 100, np.clip(colours - 128, -100, 100)))
    # The published program takes less than no blue light for none before it makes RGB of it.
    there = (lab[:, :, 0] + 16) / 116 >= lab[:, :, 2] / 200
    assert there.mean() > 0.98
    apart = (from_lab(lab.astype(np.float32)) - arrays["lab_to_rgb.out.rgb_u8"] / 255)[there]
    # It cuts to 8 bits, which takes away up to one step.
    assert apart.max() <= EIGHT_BITS + TABLES
    assert apart.min() >= -TABLES
    back = to_lab(arrays["rgb_to_lab.in.rgb_u8"].astype(np.float32) / 255)
    published = arrays["rgb_to_lab.out.ab"].transpose(1, 2, 0)
    np.testing.assert_allclose((back[:, :, 1:] + 128) / 255, published, atol=TABLES)


def test_the_path_is_size_then_restoration_then_colours_and_references_are_looked_at_once(network):
    lumas, references = pictures(5, 50, 70), pictures(1, 40, 60, 3, seed=1)
    path = network(COLOUR)
    parts = path._module
    looked = []
    with parts.colour.reffeatnet1.register_forward_hook(lambda *seen: looked.append(1)):
        given = path.given(*references)
        found = given(*lumas, lines=32)
        given(*lumas, lines=32)
    assert len(looked) == len(references)
    assert found.shape == (32, 48, 10)
    small = [sampled(luma, 32, 48) for luma in lumas]
    shown = torch.from_numpy(np.stack(canvases(references))).permute(0, 3, 1, 2)[None]
    colours = parts.colour(parts.restore(block(small)), shown)[0]
    wanted = ((colours * 255 - 128) / 100).clamp(-1, 1).permute(2, 3, 1, 0).flatten(2)
    np.testing.assert_allclose(found, wanted.numpy(), atol=SEAM)
    assert np.abs(found - path(*lumas, lines=32)).max() > 100 * SEAM


@pytest.mark.parametrize(("height", "width"), [(1, 1), (17, 33), (100, 8)])
def test_colours_frames_of_any_size(network, height, width):
    found = network(COLOUR)(*pictures(2, height, width), lines=16)
    assert found.shape == (*inner_size(height, width, 16), 4)
    assert np.isfinite(found).all()


@pytest.mark.parametrize(("height", "width", "count"), [(1, 1, 5), (17, 33, 1), (20, 30, 3)])
def test_restores_frames_of_any_size_and_number(network, height, width, count):
    found = network(RESTORE)(*pictures(count, height, width))
    assert found.shape == (height, width, count)
    assert found.min() >= 0
    assert found.max() <= 1


@pytest.mark.parametrize(("height", "width"), [(8, 180), (180, 8)])
def test_restores_large_frames_in_tiles_without_a_seam(network, height, width):
    facts = models.card(RESTORE).facts
    frames = FramesRestored(network(COLOUR)._module.restore)
    lumas = pictures(2, height, width)
    whole, tiled = (
        TorchNetwork(frames, facts, on=torch.device("cpu"), memory=pixels * facts.memory)(*lumas)
        for pixels in (10**9, 120 * 120)
    )
    assert np.abs(whole - np.concatenate(lumas, 2)).max() > 1000 * SEAM, "the network does something"
    np.testing.assert_allclose(tiled, whole, atol=SEAM)


def test_its_margin_is_how_far_a_pixel_has_a_say(network):
    margin = models.card(RESTORE).facts.margin
    lumas = pictures(1, 8, 180)
    reach = set()
    # Where a pixel lies among the blocks of four decides on which side it is seen farther.
    for column in range(88, 92):
        changed = lumas[0].copy()
        changed[:, column] = 1 - changed[:, column]
        apart = network(RESTORE)(changed) != network(RESTORE)(*lumas)
        seen = np.nonzero(apart.any((0, 2)))[0]
        reach |= {column - seen.min(), seen.max() - column}
    assert margin - 4 <= max(reach) <= margin


def test_each_frame_is_seen_beside_those_around_it(network):
    lumas = pictures(5, 16, 16)
    changed = [*lumas[:4], 1 - lumas[4]]
    found, other = (network(RESTORE)(*each) for each in (lumas, changed))
    assert np.abs(found[:, :, :4] - other[:, :, :4]).max() > 1000 * SEAM


def test_its_cards_say_that_they_share_a_file_and_are_not_free():
    restore, colour = (models.card(name) for name in (RESTORE, COLOUR))
    assert colour.files == restore.files
    assert not restore.free
    assert not colour.free
    assert re.fullmatch("[0-9a-f]{32}", restore.files[0].md5)
