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
_LIKE = 0.75
"""Part of the way to a photo's colours that those of the same kind of thing go at most."""
_POINT = 3
"""Pixels around a spot, of `LINES`, that a network is told to have its colour too."""
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
    """Gives luma its colours: see `refilm.models.colouring`."""
    alike: Network
    """Gives a / 100, b / 100 and trust of what photos that it is `given` show too."""
    matching: Network
    """Gives a / 100, b / 100 and confidence, carried over from the references that it is `given`."""
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
            photos: Pictures whose general colours it leans to where nothing matches; networks that take
                photos are given them instead.
            spots: What a person points at, in pixels of `luma`; networks that take hints know of it.
        """
        small = reduced(luma, LINES)
        light = small[:, :, 0]
        pictures = [guide.pixels for guide in photos]
        colours = self._guessed(luma, small, pictures, spots)
        if pictures and not self.stage.facts.photos:
            colours = self._like(leaning(colours, light, pictures), small, pictures)
        if guides:
            colours = self._led(colours, small, guides)
        if spots:
            colours = tinted(colours, light, _scaled(spots, luma, small))
        plane = luma[:, :, 0]
        return joined(plane, light, differences(light, colours, self.weights), self.weights)

    def _guessed(
        self, luma: Pixels, small: Pixels, photos: Sequence[Pixels], spots: Sequence[Spot]
    ) -> Pixels:
        hints = pointed(spots, luma) if spots and self.stage.facts.hints else ()
        found = self.stage.found(self.stage.led(self.colour, photos), luma, *hints)
        colours = sized(found[:, :, :2], *small.shape[:2])
        return self.stage.toned(LAB * colours, small)

    def _like(self, colours: Pixels, small: Pixels, photos: Sequence[Pixels]) -> Pixels:
        """Return colours that go to those that photos have for what is seen here."""
        references = [reference_of(photo, None, self.weights, LINES) for photo in photos]
        found = self.alike.given(*references)(small)
        share = np.float32(_LIKE) * found[:, :, 2:]
        return np.asarray(colours + share * (LAB * found[:, :, :2] - colours), np.float32)

    def _led(self, colours: Pixels, small: Pixels, guides: Sequence[Guide]) -> Pixels:
        references = [reference_of(guide.pixels, guide.luma, self.weights, LINES) for guide in guides]
        found = self.matching.given(*references)(small)
        share = trusted(found[:, :, 2])[:, :, None]
        return np.asarray(colours + share * (LAB * found[:, :, :2] - colours), np.float32)


def pointed(spots: Sequence[Spot], luma: Pixels) -> tuple[Pixels, Pixels]:
    """Return what a network is told of spots: their a and b over `LAB`, and where they are.

    Both are squares of `LINES`, (h, w, 2) and (h, w, 1), whatever the shape of `luma`.
    """
    hints, mask = (np.zeros((LINES, LINES, channels), np.float32) for channels in (2, 1))
    for x, y, colour in _scaled(spots, luma, mask):
        rows, columns = (slice(max(int(at) - _POINT, 0), int(at) + _POINT + 1) for at in (y, x))
        hints[rows, columns], mask[rows, columns] = np.asarray(colour, np.float32) / LAB, 1
    return hints, mask


def trusted(confidence: Plane) -> Plane:
    """Return how much of a match is taken, 0..1, for its confidence."""
    share = np.clip((confidence - _UNSURE) / (_SURE - _UNSURE), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _scaled(spots: Sequence[Spot], luma: Pixels, small: Pixels) -> list[Spot]:
    down, across = small.shape[0] / luma.shape[0], small.shape[1] / luma.shape[1]
    # A pixel is pointed at in its middle.
    return [((x + 0.5) * across, (y + 0.5) * down, colour) for x, y, colour in spots]
