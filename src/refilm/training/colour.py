"""Trains the project's own colouriser: `refilm train colour`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from refilm.errors import OutputError
from refilm.models.colour import Colouriser
from refilm.training import shipping
from refilm.training.calibrating import Gain, calibrate
from refilm.training.judging import INSIDE, Figures, judge, truths
from refilm.training.painting import painter
from refilm.training.pictures import Split
from refilm.training.recipe import Recipe
from refilm.training.run import Run


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training gave."""

    gain: Gain
    chosen: Figures
    """On every second validation picture, by which the gain was chosen."""
    unseen: Figures
    """On the others."""


def train(
    pictures: Split,
    run: Path,
    steps: tuple[int, int],
    recipe: Recipe,
    begun: Mapping[str, Tensor],
    say: Callable[[str], None],
    former: Mapping[str, Tensor] | None = None,
) -> tuple[Colouriser, Trained]:
    """Train a colouriser, calibrate it, and return it as it is shipped.

    Args:
        pictures: What to learn from, and what to judge by.
        run: Folder for checkpoints; what lies there already is not done again.
        steps: Of the body and of the finish.
        recipe: All that decides the result besides.
        begun: The state that the network begins with, or a part of it; see `beginning`.
        say: Takes one line of text at a time.
        former: State of a shipped network, of which the recipe's share is mixed into the result.

    Raises:
        InputError: A picture or checkpoint cannot be read.
        OutputError: The folder cannot be written to.
    """
    state = Run(run, pictures, recipe, say, begun).train(*steps)
    network = shipping.network(shipping.calmed(state))
    if former:
        network.load_state_dict(shipping.mixed(network.state_dict(), former, recipe.mixed))
    found = truths(pictures.validation)
    gain, chosen = calibrate(network, found[::2], INSIDE)
    network.gain = torch.tensor(gain)
    unseen = judge(found[1::2], painter(network))
    return network, Trained(gain, chosen, unseen)


def write(network: Colouriser, path: Path) -> None:
    """Write a network's weights as safetensors in half precision.

    Raises:
        OutputError: The file cannot be written.
    """
    state = {key: tensor.half().contiguous() for key, tensor in network.state_dict().items()}
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(save(state))
        part.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error
