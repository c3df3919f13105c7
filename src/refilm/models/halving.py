"""Finds any moment between two pictures with a network that draws only the middle."""

from fractions import Fraction

import numpy as np

from refilm.frames import Pixels
from refilm.job import Network

NEAR = Fraction(1, 64)
"""Share of the way between two pictures within which one is shown for another: no eye sees it."""


class Halving:
    """A network of middles as stages call it: the gap is halved until the moment is reached.

    Each middle is drawn from the nearest pictures on either side, which may be middles themselves. They
    are remembered as long as the same two pictures are given, so that three moments at quarters take
    three calls.
    """

    def __init__(self, middle: Network) -> None:
        """Take a network that is called with two pictures and gives the one in the middle."""
        self._middle = middle
        self._gap: _Gap | None = None

    def __call__(self, *pictures: Pixels, **numbers: float) -> Pixels:
        """Return the picture at `position`, 0..1, between two, or one at most `NEAR` from there.

        The middle is meant where no position is given. The two pictures themselves are such pictures.
        """
        first, second = pictures
        gap = self._gap
        if gap is None or not gap.lies_between(first, second):
            gap = self._gap = _Gap(self._middle, first, second)
        return gap.at(numbers.get("position", 0.5))

    def given(self, *references: Pixels) -> Network:
        """Return the network with references at hand; raises ValueError where it takes none."""
        return Halving(self._middle.given(*references))


class _Gap:
    """Two pictures and what was drawn between them."""

    def __init__(self, middle: Network, first: Pixels, second: Pixels) -> None:
        self._middle = middle
        # Copies, so that a caller may write into its pictures and still gets what belongs to them.
        self._known = {Fraction(0): first.copy(), Fraction(1): second.copy()}

    def lies_between(self, first: Pixels, second: Pixels) -> bool:
        """Return whether it is the gap between these two pictures."""
        ends = self._known[Fraction(0)], self._known[Fraction(1)]
        return np.array_equal(ends[0], first) and np.array_equal(ends[1], second)

    def at(self, position: float) -> Pixels:
        """Return the picture at a position, or one near."""
        place = _place(position)
        found = self._picture(place)
        # Moments are asked for in rising order: what lies before the last one is not needed again.
        self._known = {at: each for at, each in self._known.items() if at >= place or not at}
        return found.copy()

    def _picture(self, place: Fraction) -> Pixels:
        """Return the picture at a place that halving reaches, drawn from those on either side."""
        if place not in self._known:
            step = Fraction(1, place.denominator)
            sides = self._picture(place - step), self._picture(place + step)
            self._known[place] = self._middle(*sides)
        return self._known[place]


def _place(position: float) -> Fraction:
    """Return the first place near a position that one meets by halving the gap."""
    low, high = Fraction(0), Fraction(1)
    while min(position - low, high - position) > NEAR:
        half = (low + high) / 2
        low, high = (low, half) if position < half else (half, high)
    return low if position - low <= high - position else high
