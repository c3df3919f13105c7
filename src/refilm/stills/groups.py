"""Shots that show the same place or people: they share their colours.

Two pictures of one framing are told by their light; those that show a place from nearer, farther or
beside, by a network that finds in one what the other shows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from refilm.chroma import reduced
from refilm.frames import Pixels
from refilm.job import Network
from refilm.stills.likeness import Look, likeness, look_of

MATCHING = "refilm-matching"
"""The network that tells how far one picture shows what another one does."""
ALIKE = 0.8
"""Likeness of stills from which two shots belong together. Within one take it is mostly above 0.75,
between unlike ones below 0.55: a group that misses a shot costs less than one with a stranger."""
FOUND = 0.9
"""Mean confidence of a match from which two shots belong together: of a thousand pairs of photographs
of other places one reaches it at most (`refilm bench likeness`)."""
_GLANCE = 128
"""Pixels on the shorter side of the pictures that are matched."""
_TRIED = 12
"""Pairs of stills that are matched for a shot at most, those whose light is most alike."""


class View(NamedTuple):
    """What is kept of a still to find its like."""

    look: Look
    small: NDArray[np.uint8]
    """(h, w): in eight bits, since films may have thousands of stills."""

    @classmethod
    def of(cls, luma: Pixels) -> Self:
        """Return what is kept of a picture, (H, W, 1), 0..1."""
        small = np.clip(np.rint(255 * reduced(luma, _GLANCE)[:, :, 0]), 0, 255)
        return cls(look_of(luma), small.astype(np.uint8))

    @property
    def is_empty(self) -> bool:
        """Whether it shows nothing by which it could be told from others."""
        return not self.look.place.any()


Match = Callable[[View, View], float]
"""Tells how far one view shows what another does, 0..1."""


def matched_by(network: Network) -> Match:
    """Return what matches views by a network such as `MATCHING`."""

    def match(first: View, second: View) -> float:
        if first.is_empty or second.is_empty:
            return 0.0
        # What is near in one is a part of the other, and not the other way round.
        return max(_found(network, *pair) for pair in ((first, second), (second, first)))

    return match


def _found(network: Network, first: View, second: View) -> float:
    luma, reference = (np.float32(1 / 255) * view.small[:, :, None] for view in (first, second))
    colourless = np.zeros((*reference.shape[:2], 2), np.float32)
    found = network.given(np.dstack((reference, colourless)))(luma)
    return float(found[:, :, 2].mean())


def grouped(shots: Mapping[int, Sequence[View]], match: Match) -> tuple[tuple[int, ...], ...]:
    """Return the shots, by their numbers, in groups that show the same.

    A shot joins the group whose first shot it is most like, so that no group drifts away from what
    it began with.

    Args:
        shots: The stills of each shot, by its number.
        match: What finds those that are not alike by their light.
    """
    groups: list[list[int]] = []
    for shot in sorted(shots):
        firsts = [shots[group[0]] for group in groups]
        place = _home(_pairs(shots[shot], firsts), match)
        if place is None:
            groups.append([shot])
        else:
            groups[place].append(shot)
    return tuple(tuple(group) for group in groups)


class _Pair(NamedTuple):
    likeness: float
    place: int
    """Of the group."""
    own: View
    other: View


def _pairs(views: Sequence[View], firsts: Iterable[Sequence[View]]) -> Iterator[_Pair]:
    for place, others in enumerate(firsts):
        for own, other in product(views, others):
            yield _Pair(likeness(own.look, other.look), place, own, other)


def _home(pairs: Iterable[_Pair], match: Match) -> int | None:
    """Return the place of the group whose light is alike, or that shows most of the shot, if any."""
    tried = sorted(pairs, key=lambda pair: -pair.likeness)[:_TRIED]
    if tried and tried[0].likeness >= ALIKE:
        return tried[0].place
    found = max(((match(pair.own, pair.other), pair.place) for pair in tried), default=(0.0, 0))
    return found[1] if found[0] >= FOUND else None
