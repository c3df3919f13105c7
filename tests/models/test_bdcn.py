"""BDCN written anew gives the numbers of the published one, for weights as published."""

import numpy as np
import pytest
import torch
from parity import Fixture

from refilm import models
from refilm.errors import WeightsError
from refilm.models import bdcn

ROUNDING = 1e-5
"""What is left when float32 sums of these sizes are taken in another order."""


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.inference_mode():
        yield


@pytest.fixture(scope="module")
def fixture():
    return Fixture("featureflow")


@pytest.fixture(scope="module")
def network(fixture, tmp_path_factory):
    """The network from a file in the published layout."""
    file = tmp_path_factory.mktemp("weights") / "bdcn_pretrained_on_bsds500.pth"
    torch.save(fixture.part("bdcn"), file)
    return models.load("bdcn", weights=file)


def pictures(height, width):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("case", ["A_64x96", "A_48x40"])
def test_bdcn_gives_the_published_numbers(fixture, network, case):
    edges = torch.tanh(network(fixture.picture(case, "frame0") * 2 - 1)[0])
    fixture.check(case, edge0=edges)


@pytest.mark.parametrize("size", [(9, 9), (16, 24), (35, 53)])
def test_all_outputs_have_the_picture_s_size_whatever_it_is(network, size):
    outputs = network(pictures(*size), every=True)
    assert [tuple(each.shape) for each in outputs] == [(1, 1, *size)] * 11


def test_the_first_output_alone_is_the_first_of_all(network):
    seen = pictures(24, 40)
    (first,) = network(seen)
    torch.testing.assert_close(first, network(seen, every=True)[0], atol=ROUNDING, rtol=0)


ENLARGED = {2: ("upsample_2", 1), 3: ("upsample_4", 2), 4: ("upsample_8", 4), 5: ("upsample_8_5", 0)}
"""By which layer each level is enlarged, and how many pixels are cut off above and on the left."""


def test_outputs_gather_what_was_found_from_fine_to_coarse_and_back(network):
    scores, height, width = {}, 40, 56

    def keep(name):
        return lambda layer, seen, found: scores.update({name: found})

    names = [f"score_dsn{level}{end}" for level in range(1, 6) for end in ("", "_1")]
    hooks = [network.get_submodule(name).register_forward_hook(keep(name)) for name in names]
    outputs = network(pictures(height, width), every=True)
    for hook in hooks:
        hook.remove()

    def full(level, end):
        layer, cut = ENLARGED.get(level, (None, 0))
        score = scores[f"score_dsn{level}{end}"]
        large = network.get_submodule(layer)(score) if layer else score
        return large[:, :, cut : cut + height, cut : cut + width]

    finer = [sum(full(each, "") for each in range(1, level + 1)) for level in range(1, 6)]
    coarser = [sum(full(each, "_1") for each in range(level, 6)) for level in range(1, 6)]
    wanted = [*finer, *coarser, network.fuse(torch.cat(finer + coarser, 1))]
    for found, right in zip(outputs, wanted, strict=True):
        torch.testing.assert_close(found, right, atol=ROUNDING, rtol=ROUNDING)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_stage_gets_edges_in_one_channel_of_pictures_of_any_size(network, channels):
    picture = np.random.default_rng(0).random((35, 53, channels), np.float32)
    edges = bdcn.path(models.card("bdcn"), network)(picture)
    assert edges.shape == (35, 53, 1)
    assert edges.min() >= 0
    assert edges.max() <= 1


def test_a_file_that_lacks_a_layer_or_has_one_too_many_is_refused(fixture):
    state = fixture.part("bdcn")
    with pytest.raises(WeightsError, match="spare"):
        bdcn.build(models.card("bdcn"), state | {"spare": torch.zeros(1)})
    del state["fuse.bias"]
    with pytest.raises(WeightsError, match=r"fuse\.bias"):
        bdcn.build(models.card("bdcn"), state)
