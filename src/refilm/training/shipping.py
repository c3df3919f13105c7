"""Turns a trained network into the one that is shipped: without normalisation, in half precision."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from refilm.models.colour import Colouriser

_NORM = ("weight", "bias", "running_mean", "running_var")
_EPSILON = 1e-5
"""What batch normalisation adds to the variance."""


def folded(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state of a `Colouriser` without normalisation that does the same as this one.

    Args:
        state: State of `Colouriser(normalised=True)`.
    """
    return dict(_folded(state))


def _folded(state: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    for key, tensor in state.items():
        layer, _, last = key.rpartition(".conv.")
        if ".norm." in key:
            continue
        if layer and f"{layer}.norm.weight" in state:
            weight, bias, mean, variance = (state[f"{layer}.norm.{name}"] for name in _NORM)
            gain = weight * (variance + _EPSILON).rsqrt()
            if last == "weight":
                yield key, tensor * gain[:, None, None, None]
            else:
                yield key, (tensor - mean) * gain + bias
        else:
            yield key, tensor


def network(state: Mapping[str, Tensor]) -> Colouriser:
    """Return the network as it is shipped, ready to run, of a trained one's state."""
    made = Colouriser()
    made.load_state_dict(folded(state))
    return made.eval().to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
