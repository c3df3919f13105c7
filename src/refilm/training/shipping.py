"""Turns a trained network into the one that is shipped, without normalisation, and back again."""

from collections.abc import Iterator, Mapping
from functools import partial

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from refilm.models.colour import Colouriser, Layer

_NORM = ("weight", "bias", "running_mean", "running_var")
WHOLE = 0.4
"""Share of what the whole picture says that is left: with more of it CIEDE2000 is lower, but glaring
pixels are more."""
_EPSILON = 1e-5
"""What batch normalisation adds to the variance."""
_LENGTH = 3**-0.5
"""Length of the weights that lead to one feature, as torch begins with."""


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


def calmed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state with less say for the whole picture: what it resembles is no proof of colours.

    Where a sign fills the picture, as stop signs do in training, even the sky around it turned red.
    """
    return _said(state, WHOLE)


def roused(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state of which `calmed` made this one."""
    return _said(state, 1 / WHOLE)


def _said(state: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    layer = "bottom.whole.2."
    return {key: share * tensor if key.startswith(layer) else tensor for key, tensor in state.items()}


def network(state: Mapping[str, Tensor]) -> Colouriser:
    """Return the network as it is shipped, ready to run, of a trained one's state."""
    made = Colouriser()
    made.load_state_dict(folded(state))
    return made.eval().to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]


def mixed(first: Mapping[str, Tensor], second: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """Return the state between two of shipped networks, of which a share, 0..1, is the second."""
    return {key: tensor.lerp(second[key], share) for key, tensor in first.items()}


def unfolded(shipped: nn.Module, luma: Tensor) -> dict[str, Tensor]:
    """Return the state of a `Colouriser` with normalisation that does the same as a shipped one.

    Its statistics are those of the pictures given, so that it goes on doing the same while it learns.
    Kernels are made as long as new ones are: a step of learning would throw shorter ones about.

    Args:
        shipped: As `network` returns it; its gain is left out.
        luma: (N, 1, H, W), 0..1 gamma-coded, as training shows it.
    """
    state = {**shipped.state_dict(), "gain": torch.tensor([1.0, 0.0])}
    for name, (variance, mean) in _statistics(shipped, luma).items():
        state |= _normalised(state, name, variance, mean)
    return state


def _normalised(
    state: Mapping[str, Tensor], name: str, variance: Tensor, mean: Tensor
) -> dict[str, Tensor]:
    """Return a layer's kernels in full length, with the normalisation that undoes it."""
    weight, bias = state[f"{name}.conv.weight"], state[f"{name}.conv.bias"]
    longer = _LENGTH / weight.flatten(1).norm(dim=1).clamp(min=_EPSILON)
    variances = variance * longer.square()
    norm = (variances + _EPSILON).sqrt() / longer, mean, mean * longer, variances
    return {
        f"{name}.conv.weight": weight * longer[:, None, None, None],
        f"{name}.conv.bias": bias * longer,
        f"{name}.norm.num_batches_tracked": torch.tensor(0),
        **{f"{name}.norm.{key}": value for key, value in zip(_NORM, norm, strict=True)},
    }


def _statistics(shipped: nn.Module, luma: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """Return variance and mean of what each layer's convolution gives, (channels,) each."""
    found: dict[str, tuple[Tensor, Tensor]] = {}
    hooks: list[RemovableHandle] = []
    for name, layer in shipped.named_modules():
        if isinstance(layer, Layer):
            hooks.append(layer.conv.register_forward_hook(partial(_note, found, name)))
    with torch.inference_mode():
        shipped(luma)
    for hook in hooks:
        hook.remove()
    return found


def _note(
    found: dict[str, tuple[Tensor, Tensor]], name: str, layer: object, inputs: object, made: Tensor
) -> None:
    del layer, inputs
    found[name] = torch.var_mean(made, (0, 2, 3), correction=0)
