import pytest
import torch

from refilm.models.efficientnet import EfficientNet
from refilm.training.frozen import EARLY, freeze

EQUAL = 1e-5
"""Float32 sums in another order, of gradients around 1."""


@pytest.fixture
def encoder():
    torch.manual_seed(1)
    return EfficientNet(channels=1)


def seen(encoder, picture):
    features = encoder(picture)
    gradient = torch.autograd.grad(sum(found.square().sum() for found in features), picture)[0]
    return features, gradient


def test_frozen_kernels_change_neither_results_nor_the_way_back(encoder):
    picture = torch.rand(2, 1, 64, 96, requires_grad=True)
    features, gradient = seen(encoder, picture)
    freeze(encoder)
    again, gradient_again = seen(encoder, picture)
    for first, second in zip(features, again, strict=True):
        assert torch.allclose(first, second, atol=EQUAL)
    assert torch.allclose(gradient, gradient_again, atol=EQUAL * gradient.abs().max().item())


def test_pointwise_layers_behind_the_first_blocks_still_learn(encoder):
    freeze(encoder)
    learning = {key for key, value in encoder.named_parameters() if value.requires_grad}
    assert not any("depthwise" in key or key.startswith("stem") for key in learning)
    numbers = {int(key.split(".")[1]) for key in learning}
    assert numbers == set(range(EARLY, 16))
