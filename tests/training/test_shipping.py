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
