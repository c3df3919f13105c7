"""What a colouriser begins its training with."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from refilm.models.efficientnet import of_luma
from refilm.training.batches import Draw
from refilm.training.recipe import Recipe
from refilm.training.shipping import roused, unfolded

ENCODER = "efficientnet-lite0"
"""The network whose weights the encoder starts with where there is no colouriser yet."""
LOOKS = 8
"""Batches by which the layers' statistics are found."""


def from_encoder(encoder: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the part of a colouriser's state that `ENCODER` knows."""
    return {f"encoder.{key}": tensor for key, tensor in of_luma(encoder).items()}


def from_colouriser(shipped: nn.Module, pictures: Sequence[Path], recipe: Recipe) -> dict[str, Tensor]:
    """Return the state by which a shipped colouriser, which is changed, learns on from pictures.

    Raises:
        InputError: A picture cannot be read.
    """
    shipped.load_state_dict(roused(shipped.state_dict()))
    draw = Draw(pictures, recipe.seed, recipe.body)
    return unfolded(shipped, torch.cat([draw(step).luma for step in range(LOOKS)]))
