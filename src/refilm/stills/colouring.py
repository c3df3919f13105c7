"""Gives a still its colours: a network's guess, led by pictures that fit it and by a person's hints."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from refilm.chroma import (
    LAB,
    Plane,
    Weights,
    differences,
    joined,
    reduced,
    reference_of,
    sized,
)
from refilm.frames import Pixels
from refilm.job import Network
from refilm.stages.colourise import Colourise
from refilm.stills.leaning import leaning
from refilm.stills.palette import Spot, tinted

LINES = 256
"""Pixels on the shorter side of the picture in which colours are found."""
_GLANCE = 128
"""The same where it is only asked whether a picture fits."""
_UNSURE, _SURE = 0.5, 0.85
"""Confidence of a match below which it has no say, and from which it has all."""
FITS = 0.7
"""Mean confidence from which a picture fits a still. Pictures of something else reach 0.64, of other
shots of the same film 0.69; of the same shot they have 0.96 and more."""


class Guide(NamedTuple):
    """A picture in colour that leads the colours of a still."""

    name: str
    pixels: Pixels
    """RGB, of any size."""
    luma: Pixels | None
    """What the film shows there, (h, w, 1), which is what other frames look like; None for a photo."""


@dataclass(frozen=True, eq=False)
class Painter:
    """Colours stills."""

    stage: Colourise
    """How strong and how warm colours are, and how small a picture the network looks at."""
    colour: Network
    """Gives a / 100, b / 100 and confidence of luma."""
    matching: Network
    """Gives the same, carried over from the references that it is `given`."""
    weights: Weights
    """What red, green and blue add to the film's luma."""

    def fit(self, luma: Pixels, guide: Guide) -> float:
        """Return how well a picture fits a still, 0..1: the mean confidence of the match."""
        reference = reference_of(guide.pixels, guide.luma, self.weights, _GLANCE)
        return float(self.matching.given(reference)(reduced(luma, _GLANCE))[:, :, 2].mean())

    def painted(
        self, luma: Pixels, guides: Sequence[Guide], photos: Sequence[Guide], spots: Sequence[Spot]
    ) -> Pixels:
        """Return the still in colour, (H, W, 3).

        Args:
            luma: (H, W, 1), 0..1.
            guides: Pictures that fit it; it has their colours where they match.
            photos: Pictures whose general colours it leans to where nothing matches.
            spots: What a person points at, in pixels of `luma`.
        """
        small = reduced(luma, LINES)
        light = small[:, :, 0]
        colours = self._guessed(luma, small)
        if photos:
            colours = leaning(colours, light, [guide.pixels for guide in photos])
        if guides:
            colours = self._led(colours, small, guides)
        if spots:
            colours = tinted(colours, light, _scaled(spots, luma, small))
        plane = luma[:, :, 0]
        return joined(plane, light, differences(light, colours, self.weights), self.weights)

    def _guessed(self, luma: Pixels, small: Pixels) -> Pixels:
        found = self.colour(reduced(luma, 16 * self.stage.render_factor))
        colours = sized(found[:, :, :2], *small.shape[:2])
        return self.stage.toned(LAB * colours, small)

    def _led(self, colours: Pixels, small: Pixels, guides: Sequence[Guide]) -> Pixels:
        references = [reference_of(guide.pixels, guide.luma, self.weights, LINES) for guide in guides]
        found = self.matching.given(*references)(small)
        share = trusted(found[:, :, 2])[:, :, None]
        return np.asarray(colours + share * (LAB * found[:, :, :2] - colours), np.float32)


def trusted(confidence: Plane) -> Plane:
    """Return how much of a match is taken, 0..1, for its confidence."""
    share = np.clip((confidence - _UNSURE) / (_SURE - _UNSURE), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _scaled(spots: Sequence[Spot], luma: Pixels, small: Pixels) -> list[Spot]:
    down, across = small.shape[0] / luma.shape[0], small.shape[1] / luma.shape[1]
    # A pixel is pointed at in its middle.
    return [((x + 0.5) * across, (y + 0.5) * down, colour) for x, y, colour in spots]
