import torch

from refilm.models.colour import STEP, Colouriser
from refilm.training import shipping

EQUAL = 1e-4
"""Float32 through some thirty layers in another order, of results around 1."""


def test_the_shipped_network_does_what_the_trained_one_does():
    torch.manual_seed(1)
    trained = Colouriser(normalised=True)
    torch.nn.init.normal_(trained.edge.correction.weight, std=0.05)
    trained.train()
    for _ in range(3):
        trained(torch.rand(2, 1, 2 * STEP, 2 * STEP))
    for key, tensor in trained.state_dict().items():
        if ".norm." in key and tensor.is_floating_point():
            tensor.mul_(1 + 0.3 * torch.rand_like(tensor))
    luma = torch.rand(1, 1, STEP, 2 * STEP)
    shipped = shipping.network(trained.state_dict())
    assert not any(".norm." in key for key in shipped.state_dict())
    with torch.inference_mode():
        assert torch.allclose(shipped(luma), trained.eval()(luma), atol=EQUAL)


def test_a_shipped_network_learns_on_from_what_it_does():
    torch.manual_seed(1)
    shipped = Colouriser()
    torch.nn.init.normal_(shipped.edge.correction.weight, std=0.05)
    # Of what the whole picture says training lets each picture hear another share.
    torch.nn.init.zeros_(shipped.bottom.whole[2].weight)
    torch.nn.init.zeros_(shipped.bottom.whole[2].bias)
    shipped.gain = torch.tensor([2.0, 1.0])
    luma = torch.rand(4, 1, STEP, 2 * STEP)
    state = shipping.unfolded(shipped.eval(), luma)
    shipped.gain = torch.tensor([1.0, 0.0])
    learning = Colouriser(normalised=True)
    learning.load_state_dict(state)
    with torch.inference_mode():
        wanted = shipped(luma)
        assert torch.allclose(learning.eval()(luma), wanted, atol=EQUAL)
        # With the same pictures' own statistics too, as in training.
        assert torch.allclose(learning.train()(luma), wanted, atol=EQUAL)


def test_kernels_that_learn_on_are_as_long_as_new_ones_whatever_was_shipped():
    torch.manual_seed(1)
    shipped, new = Colouriser().eval(), Colouriser(normalised=True)
    shipped.rises[0].join.conv.weight.data *= 0.01
    shipped.rises[0].join.conv.bias.data *= 0.01
    luma = torch.rand(4, 1, STEP, 2 * STEP)
    learning = Colouriser(normalised=True)
    learning.load_state_dict(shipping.unfolded(shipped, luma))
    lengths = [n.rises[0].join.conv.weight.flatten(1).norm(dim=1) for n in (learning, new)]
    # New ones are drawn, so that they differ by some hundredths.
    assert torch.allclose(*lengths, rtol=0.1)
    with torch.inference_mode():
        assert torch.allclose(learning.eval()(luma), shipped(luma), atol=EQUAL)


def test_the_whole_picture_has_less_say_in_what_is_shipped_and_all_of_it_again_when_it_learns_on():
    state = Colouriser().state_dict()
    calm = shipping.calmed(state)
    changed = {key for key in state if not torch.equal(state[key], calm[key])}
    assert changed == {"bottom.whole.2.weight", "bottom.whole.2.bias"}
    assert torch.allclose(calm["bottom.whole.2.bias"], shipping.WHOLE * state["bottom.whole.2.bias"])
    again = shipping.roused(calm)
    assert all(torch.allclose(again[key], state[key]) for key in state)


def test_mixed_weights_lie_between_both_by_the_share():
    first, second = ({"a": torch.full((2,), value), "gain": torch.ones(2)} for value in (1.0, 3.0))
    assert shipping.mixed(first, second, 0.25)["a"].tolist() == [1.5, 1.5]
    assert shipping.mixed(first, second, 0.25)["gain"].tolist() == [1, 1]
