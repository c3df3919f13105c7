import pytest
import torch

from refilm.training import classes


def test_four_classes_together_make_the_colour():
    colours = (torch.rand(2, 2, 5, 5, generator=torch.Generator().manual_seed(1)) - 0.5) * 200
    numbers, shares = classes.shares(colours)
    side = 2 * classes._REACH + 1
    points = torch.stack((numbers // side, numbers % side), 1) - classes._REACH
    found = (points * classes.STEP * shares[:, None]).sum(2)
    assert torch.allclose(found, colours, atol=1e-3)
    assert torch.allclose(shares.sum(1), torch.ones(2, 5, 5))
    assert shares.min() >= 0


def test_every_colour_that_can_be_shown_has_its_classes():
    points = classes.in_gamut()
    places = classes.lookup(points)
    blue = torch.tensor([79.19, -107.86]).reshape(1, 2, 1, 1)
    assert (places[classes.shares(blue)[0]] >= 0).all()
    # Nothing that sRGB can show is as strong a green-blue as this.
    beyond = torch.tensor([-100.0, -100.0]).reshape(1, 2, 1, 1)
    assert (places[classes.shares(beyond)[0]] < 0).all()


def test_there_are_as_many_classes_as_the_card_of_colours_needs():
    points = classes.in_gamut()
    assert len(points) == len(points.unique()) == pytest.approx(220, abs=10)
    assert torch.equal(classes.lookup(points)[points], torch.arange(len(points)))
