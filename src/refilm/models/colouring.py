"""The colouring convention: how stages and stills call every network that gives grey pictures colours.

`network(luma)` takes luma of the film's full size, (H, W, 1), gamma-coded and nominally 0..1, and
returns what it found, (h, w, 2 or 3), for the whole picture in whatever size it was found: CIELAB's a
and b (D65) over `chroma.LAB` and, from networks whose card says `confidence`, the chance, 0..1, that
the colour is right. A stage brings a and b to the film's own luma.

- Each network makes the picture small itself, as it was published: its inner size is 16 times the
  number `render_factor`, or times what its card says where that is left out.
- Networks with `hints` take two pictures more, both in one size: a and b over `LAB` of the points that
  a person gave, (H, W, 2), and where these are, (H, W, 1), 1 at a point and 0 elsewhere.
- Networks with `photos` can be `given` pictures in colour, RGB of any size.
"""

import copy
from abc import ABC, abstractmethod
from typing import Self

import cv2
import numpy as np
from PIL import Image
from torch import nn

from refilm.chroma import Plane
from refilm.frames import Pixels
from refilm.models.card import Card
from refilm.models.runtime import TorchNetwork

STEP = 16
"""Pixels of the inner size for 1 of the render factor."""


class Colouring(ABC):
    """A network as the colouring convention has it; how it looks at a picture is its own file's."""

    def __init__(self, card: Card, module: nn.Module) -> None:
        """Take a card, and a module as `TorchNetwork` calls it; raises ValueError without a size."""
        if card.facts.render_factor is None:
            raise ValueError(f"The card of {card.name} says no render_factor")
        self._factor = card.facts.render_factor
        self._network = TorchNetwork(module, card.facts)

    def __call__(self, *pictures: Pixels, **numbers: float) -> Pixels:
        """Return what the network found of luma, as the convention says."""
        side = STEP * int(numbers.pop("render_factor", self._factor))
        return self._found(pictures, side, numbers)

    def given(self, *references: Pixels) -> Self:
        """Return this network with references at hand; raises ValueError where it takes none."""
        bound = copy.copy(self)
        bound._network = self._network.given(*references)
        return bound

    @abstractmethod
    def _found(self, pictures: tuple[Pixels, ...], side: int, numbers: dict[str, float]) -> Pixels:
        """Return what was found of luma, and hints where it takes them, at an inner size of `side`."""
        ...


def filtered(plane: Plane, side: int, kernel: Image.Resampling) -> Plane:
    """Return a plane as a square, whatever its shape, as Pillow resizes, but without rounding."""
    # Pillow widens its kernels where a picture shrinks, so that fine detail makes no false patterns.
    picture = Image.fromarray(np.ascontiguousarray(plane, np.float32), "F")
    # A copy, because Pillow lends what may not be written into.
    return np.array(picture.resize((side, side), kernel), np.float32)


def sampled(plane: Plane, side: int) -> Plane:
    """Return a plane as a square, whatever its shape, as OpenCV resizes along straight lines."""
    made = cv2.resize(plane, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.asarray(made, np.float32)
