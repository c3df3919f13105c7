"""FeatureFlow written anew gives the numbers of the published one, for weights as published."""

from datetime import datetime

import numpy as np
import pytest
import torch
from parity import Fixture

from refilm import models
from refilm.errors import WeightsError
from refilm.models import featureflow

CASES = ["A_64x96", "A_48x40"]
ROUNDING = 1e-4
"""What is left when float32 sums are taken in another order: twice the fixture's own noise."""


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


@pytest.fixture(scope="module")
def fixture():
    return Fixture("featureflow")


@pytest.fixture(scope="module")
def held(fixture):
    """What the published file holds: two parts, and what the training program writes beside them."""
    parts = {name: fixture.part(name) for name in (featureflow.STRUCTURE, featureflow.DETAIL)}
    return {"Detail": "", "epoch": 1, "timestamp": datetime(2020, 3, 1), "loss": [[0.5]], **parts}


@pytest.fixture(scope="module")
def files(fixture, held, tmp_path_factory):
    """FeatureFlow's file and BDCN's, in the published layout and the file format of their time."""
    folder = tmp_path_factory.mktemp("weights")
    main, edges = folder / "FeFlow.ckpt", folder / "bdcn_pretrained_on_bsds500.pth"
    torch.save(held, main, _use_new_zipfile_serialization=False)
    torch.save(fixture.part("bdcn"), edges, _use_new_zipfile_serialization=False)
    return main, edges


@pytest.fixture(scope="module")
def network(files):
    return models.load("featureflow", weights=files)


def frames(fixture, case):
    return [fixture.picture(case, name) * 2 - 1 for name in ("frame0", "frame1")]


@pytest.mark.parametrize("case", CASES)
def test_featureflow_gives_the_published_numbers(fixture, network, case):
    first, second = frames(fixture, case)
    edges = [torch.tanh(network.bdcn(each)[0]) for each in (first, second)]
    pair = torch.cat((first, edges[0]), 1), torch.cat((second, edges[1]), 1)
    rough, rough_edge = network.gen(pair)
    fixture.check(case, edge0=edges[0], structure=rough, structure_edge=rough_edge)
    middle = network.de((first, second, rough))
    fixture.check(case, middle_unclamped=middle, middle=middle.clamp(-1, 1))


def test_without_the_edge_network_s_file_edges_are_given(fixture, network, files):
    alone = models.load("featureflow", weights=files[0])
    first, second = frames(fixture, CASES[1])
    edges = network.edge(first), network.edge(second)
    fixture.check(CASES[1], middle=alone(first, second, edges))
    with pytest.raises(WeightsError, match="edge network"):
        alone(first, second)


def test_several_pairs_at_once_give_what_each_gives_alone(network):
    first, second = torch.rand(2, 2, 3, 24, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    both = network(first, second)
    each = torch.cat([network(first[one : one + 1], second[one : one + 1]) for one in (0, 1)])
    torch.testing.assert_close(both, each, atol=ROUNDING, rtol=0)


@pytest.mark.parametrize(
    ("size", "channels"), [((35, 53), 3), ((35, 53), 1), ((1, 1), 1), ((16, 8), 3)]
)
def test_a_stage_gets_pictures_of_any_size_and_of_its_own_channels(network, size, channels):
    pictures = [np.random.default_rng(seed).random((*size, channels), np.float32) for seed in (1, 2)]
    drawn = featureflow.path(models.card("featureflow"), network)(*pictures, position=0.5)
    assert drawn.shape == (*size, channels)
    assert drawn.dtype == np.float32
    assert drawn.min() >= 0
    assert drawn.max() <= 1


def test_a_stage_gets_the_published_picture_and_other_moments_from_middles(fixture, network):
    stage = featureflow.path(models.card("featureflow"), network)
    first, second = (fixture.input(CASES[1], name).numpy() / 255 for name in ("frame0", "frame1"))
    middle = stage(first, second, position=0.5)
    allowed = fixture.said["cases"][CASES[1]]["atol"]["middle"] / 2
    published = (fixture.arrays[f"{CASES[1]}.out.middle"][0].transpose(1, 2, 0) + 1) / 2
    np.testing.assert_allclose(middle, published, atol=allowed, rtol=0)
    quarter = stage(first, second, position=0.25)
    np.testing.assert_allclose(quarter, stage(first, middle), atol=ROUNDING, rtol=0)


def test_files_that_are_not_whole_are_refused(held):
    card = models.card("featureflow")
    with pytest.raises(WeightsError, match=featureflow.DETAIL):
        featureflow.build(card, {featureflow.STRUCTURE: {}})
    for part, key in (
        (featureflow.STRUCTURE, "dcn.emb.bias"),
        (featureflow.DETAIL, "tsa_fusion.tAtt_1.bias"),
    ):
        short = {name: tensor for name, tensor in held[part].items() if name != key}
        with pytest.raises(WeightsError, match=key):
            featureflow.build(card, held | {part: short})
        with pytest.raises(WeightsError, match="spare"):
            featureflow.build(card, held | {part: held[part] | {"spare": torch.zeros(1)}})


def test_a_layer_of_several_names_must_have_the_same_numbers_under_each(held):
    key = "reconstruct.recon_trunk.7.conv_block.1.weight"
    part = held[featureflow.DETAIL]
    other = held | {featureflow.DETAIL: part | {key: part[key] + 1}}
    with pytest.raises(WeightsError, match=r"recon_trunk\.7\.conv_block\.1\.weight are one"):
        featureflow.build(models.card("featureflow"), other)


def test_the_edge_network_has_a_card_of_its_own_and_shares_its_file():
    edges = models.card("featureflow").files[1]
    assert models.card("bdcn").files == (edges,)
