"""Where one take ends and the next begins, as a network says that has seen many films.

The network is one like TransNet V2 (`refilm.models.transnetv2`, where its paper is named): of frames
that follow each other it says of each how sure it is that it is the middle of a transition, of a cut
the last frame before it, and that it is part of one.
"""

from fractions import Fraction
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import Pixels
from refilm.job import Network
from refilm.survey.look import Look
from refilm.survey.shots import shortest

_SIZE = (48, 27)
"""Width and height of the pictures that the network is given."""
_WINDOW = 100
"""Frames that it is given at once, as it was trained."""
_MARGIN = 25
"""Frames at either end of these that it is not asked about: it sees too little around them."""
_SURE = 0.5
"""How sure it must be, as published."""


class LearntShots:
    """Finds the cuts of the film, and transitions that are none, as its frames pass."""

    def __init__(self, rate: Fraction, network: Network) -> None:
        self._shortest = shortest(rate)
        self._network = network
        self._window: list[Pixels] = []
        self._frames = 0
        self._said: list[NDArray[np.float32]] = []

    def see(self, look: Look) -> None:
        """Take in one frame; the network is asked when those after it have come."""
        reduced = cv2.resize(look.pixels, _SIZE, interpolation=cv2.INTER_AREA)
        small = np.asarray(reduced, np.float32).reshape(*reduced.shape[:2], -1)
        # As published, the film's first and last picture stand for what lies before and after it.
        self._window = self._window or [small] * _MARGIN
        self._frames += 1
        self._take(small)

    def _take(self, small: Pixels) -> None:
        self._window.append(small)
        if len(self._window) == _WINDOW:
            said = self._network(*self._window)
            self._said.append(np.asarray(said[_MARGIN:-_MARGIN, :, 0], np.float32))
            self._window = self._window[_WINDOW - 2 * _MARGIN :]

    @cached_property
    def _sureness(self) -> NDArray[np.float32]:
        """How sure the network is of each frame, (frames, 2); asked for when the film has ended."""
        while len(self._said) * (_WINDOW - 2 * _MARGIN) < self._frames:
            self._take(self._window[-1])
        return np.concatenate(self._said)[: self._frames]

    @property
    def cuts(self) -> list[int]:
        """The first frame of every shot that a cut parts from the one before."""
        return [first for first, sudden in self._firsts if sudden]

    @property
    def passages(self) -> list[int]:
        """Where the next shot begins in the middle of transitions that last longer than a cut."""
        return [first for first, sudden in self._firsts if not sudden]

    @cached_property
    def _firsts(self) -> list[tuple[int, bool]]:
        """The first frame of every shot but the first, and whether the transition is a cut."""
        middle, part = np.pad(self._sureness > _SURE, ((1, 1), (0, 0))).T
        found: list[tuple[int, bool]] = []
        # A run of frames is one transition, and the next shot begins after it, as published.
        for first in np.flatnonzero(middle[:-2] & ~middle[1:-1]).tolist():
            near = found[-1][0] if found else 0
            if first - near >= self._shortest and first < self._frames:
                found.append((first, not (part[first - 1] and part[first + 1])))
        return found
