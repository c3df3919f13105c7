"""Chooses how strong a trained colouriser's colours are: as near to the truth as colourful ones can be.

Grey is nearer to the truth than a wrong colour, so the nearest picture is always a pale one. Hence a
share of the truth's colourfulness is asked for, and of what has that the nearest is taken.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from refilm.frames import Pixels
from refilm.lab import colourfulness
from refilm.models.colour import SCALE, Colouriser, strengthened
from refilm.models.runtime import to_pixels, to_tensor
from refilm.training.filmlike import plain_luma
from refilm.training.judging import Figures, Painter, judge, painted
from refilm.training.painting import seen

LEAST = 0.88
"""Share of the truth's colourfulness that is asked for."""
SLOPES = (0.0, 0.5, 1.0, 2.0)
"""How much stronger than unsure colours sure ones are tried to be, for each unit of strength."""
_STRONGEST = 3.0
_TRIES = 9
"""Halvings of the range in which the strength is sought."""


class Gain(NamedTuple):
    """How strong colours are: `least + more * confidence`."""

    least: float
    more: float


def calibrate(network: Colouriser, pictures: Sequence[Pixels], inside: int) -> tuple[Gain, Figures]:
    """Return the best gain for a network, and how near it comes on the pictures it was chosen by.

    Args:
        network: As shipped; its gain has no say.
        pictures: True pictures, sRGB, (H, W, 3).
        inside: Short side, in pixels, at which the network sees them.
    """
    found = [seen(network.found, plain_luma(picture), inside) for picture in pictures]
    tried = [_strong_enough(pictures, found, slope) for slope in SLOPES]
    return min(tried, key=lambda one: one[1].difference)


def _strong_enough(
    pictures: Sequence[Pixels], found: Sequence[NDArray[np.float32]], slope: float
) -> tuple[Gain, Figures]:
    """Return the weakest gain of a slope that is colourful enough."""
    wanted = LEAST * sum(map(colourfulness, pictures))
    low, high = 0.0, _STRONGEST
    for _ in range(_TRIES):
        middle = (low + high) / 2
        paint = _painter(found, Gain(middle, middle * slope))
        enough = sum(colourfulness(painted(picture, paint)) for picture in pictures) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    gain = Gain(high, high * slope)
    return gain, judge(pictures, _painter(found, gain))


def _painter(found: Sequence[NDArray[np.float32]], gain: Gain) -> Painter:
    """Return a painter of pictures in the order in which their colours were found."""
    following = iter(found)

    def paint(luma: NDArray[np.float32]) -> NDArray[np.float32]:
        del luma
        made = to_tensor(next(following))
        strong = strengthened(made[:, :2], made[:, 2:], torch.tensor(gain))
        return to_pixels(SCALE * strong)

    return paint
