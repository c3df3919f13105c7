import numpy as np
import pytest
import torch

from refilm import lab
from refilm.training import losses


def colours(seed, spread=25.0):
    return torch.randn(2, 2, 16, 16, generator=torch.Generator().manual_seed(seed)) * spread


def exact(found, true):
    grey = torch.full_like(found[:, :1], 50)
    pair = (torch.cat((grey, ab), 1).permute(0, 2, 3, 1).double().numpy() for ab in (found, true))
    return lab.difference(*pair)


def test_the_difference_is_nearly_that_of_the_paper():
    true = colours(2)
    found = true + colours(1, spread=5.0)
    wrong = np.abs(losses.difference(found, true).numpy() - exact(found, true))
    # What is left out is the rotation between blues, and hues are averaged with their strength.
    assert np.median(wrong) < 0.1
    assert np.quantile(wrong, 0.9) < 1


def test_equal_and_grey_colours_have_finite_slopes():
    found = torch.zeros(1, 2, 4, 4, requires_grad=True)
    losses.difference(found, torch.zeros(1, 2, 4, 4)).sum().backward()
    assert found.grad is not None
    assert found.grad.isfinite().all()


def test_colour_in_all_of_a_picture_is_richer_than_as_much_of_it_in_one_spot():
    everywhere, spot = torch.zeros(1, 2, 4, 4), torch.zeros(1, 2, 4, 4)
    everywhere[:, 0] = 6
    spot[:, 0, 0, 0] = 6 * 16
    assert losses.richness(everywhere).item() == pytest.approx(15 * np.log1p(6 / 15), abs=0.01)
    assert losses.richness(everywhere) > 2.5 * losses.richness(spot)
    # What a little more brings falls quicker than what it costs, which is 1 / (1 + 0.045 C).
    chroma = torch.linspace(1, 120, 50, requires_grad=True)
    level = torch.stack((chroma, torch.zeros(50)), 1)[:, :, None, None]
    gains = torch.autograd.grad(losses.richness(level).sum(), chroma)[0]
    assert (gains * (1 + 0.045 * chroma)).diff().max() < 0


def test_steps_that_are_the_same_cost_nothing_wherever_the_colours_lie():
    true = colours(1)
    assert losses.steps(true + 10, true).item() == pytest.approx(0, abs=1e-4)
    moved = true.clone()
    moved[:, :, 4:8] += 5
    assert losses.steps(moved, true).item() == pytest.approx(2 * 5 / 15, rel=1e-4)


def test_confidence_is_best_where_it_says_how_often_colours_are_close():
    error = torch.tensor([[5.0, 5.0, 5.0, 20.0]])
    costs = {
        share: losses.confidence(torch.full_like(error, share).logit(), error).item()
        for share in (0.25, 0.5, 0.75, 0.9)
    }
    assert min(costs, key=costs.get) == 0.75
