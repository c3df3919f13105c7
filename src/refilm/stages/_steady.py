"""Holds colours still: each is the mean of what was found for the same thing in the frames around."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.flow import Flow, dense_flow, disagreement, warp
from refilm.frames import FilmInfo, Frame, Pixels
from refilm.streams import Neighbourhood

_MOST = 12
"""Frames either side that are averaged over at most: more would be no steadier to the eye."""
_UNLIKE = 0.05
"""Luma by which two places may differ and still be taken for the same thing."""
_ASTRAY = 1.5
"""Pixels that going there and back may miss by where motion is trusted."""
_PATCH = 5
"""Pixels on a side in which places are compared: grain and dust do not count."""
_CONFIDENCE = 2
"""Which of a sight's figures tells how sure it is, counted from 0."""
_LEAST = 0.05
"""Trust below which a thing is given up, so that what lies behind it does not take its colour."""
_FAINT = 1e-3
"""Say of what is given up where nothing better is known, as in frames that nobody looked at; half as
much with each frame further away."""
_FOLLOWED = 0.5
"""Mean trust from a frame to the next below which that is looked at in any case."""


@dataclass(frozen=True, eq=False)
class Sight:
    """A frame in small, and what was found for each of its pixels."""

    luma: NDArray[np.uint8]
    """(h, w)."""
    found: Pixels
    """(h, w, n): any figures that belong to things, as colours do; n is 0 where nobody looked."""

    @cached_property
    def seen(self) -> Pixels:
        """The figures with luma as one more, so that both are moved at once, (h, w, n + 1)."""
        light = self.luma.astype(np.float32) / np.float32(255)
        return np.asarray(np.dstack((self.found, light)), np.float32)


class Motions:
    """Flow between sights that follow each other, found once for each pair."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[Sight, Sight, Flow]] = {}

    def keep(self, sights: Sequence[Sight]) -> None:
        """Forget what belongs to other sights than these."""
        alive = {id(sight) for sight in sights}
        self._known = {pair: kept for pair, kept in self._known.items() if alive.issuperset(pair)}

    def flow(self, first: Sight, second: Sight) -> Flow:
        """Return where each pixel of `first` lies in `second`."""
        pair = id(first), id(second)
        if pair not in self._known:
            self._known[pair] = first, second, dense_flow(first.luma, second.luma)
        return self._known[pair][2]


def steadied(sight: Sight, before: Sequence[Sight], after: Sequence[Sight], motions: Motions) -> Pixels:
    """Return the mean of what was found for each thing in the sights around, (h, w, n).

    Args:
        sight: What the result is for.
        before: Earlier sights of the same shot, the nearest first.
        after: Later ones, the nearest first.
        motions: Remembers flow from call to call.
    """
    motions.keep((sight, *before, *after))
    sights = [(0, sight.found, np.ones(sight.luma.shape, np.float32))]
    for side in (before, after):
        sights += ((away + 1, *carried) for away, carried in enumerate(_carried(sight, side, motions)))
    total, weights = np.float32(0), np.float32(0)
    for away, found, trust in sights:
        if found.shape[2]:
            say = np.maximum(trust, np.float32(_FAINT / 2**away))[:, :, None]
            total, weights = total + say * found, weights + say
    return np.asarray(total / weights, np.float32)


def _carried(
    sight: Sight, side: Sequence[Sight], motions: Motions
) -> Iterator[tuple[Pixels, NDArray[np.float32]]]:
    """Yield what was found in each sight of one side, moved onto `sight`, and how far to trust it."""
    way = np.zeros((*sight.luma.shape, 2), np.float32)
    trust = np.ones(sight.luma.shape, np.float32)
    here = sight.seen[:, :, -1]
    nearer = sight
    for other in side:
        there, back = motions.flow(nearer, other), motions.flow(other, nearer)
        missed = disagreement(there, back)[:, :, None]
        step = warp(np.asarray(np.dstack((there, missed)), np.float32), way)
        way = way + step[:, :, :2]
        moved = warp(other.seen, way)
        unlike = np.asarray(cv2.blur(moved[:, :, -1] - here, (_PATCH, _PATCH)), np.float32)
        trust = trust / (1 + np.square(step[:, :, 2] / np.float32(_ASTRAY)))
        sure = trust * np.exp(-np.square(unlike / np.float32(_UNLIKE)))
        yield moved[:, :, :-1], np.where(sure > _LEAST, sure, np.float32(0))
        nearer = other


def reach(seconds: float, info: FilmInfo) -> int:
    """Return how many frames either side things are held over for so many seconds."""
    return min(round(seconds * info.rate), _MOST)


class Holder:
    """Holds what is found of the frames of a shot still, and remembers what was found for each.

    Frames come in their order. Not all have to be looked at: the others get what was found in those
    around, as all do. The third of a sight's figures, where there is one, is the confidence.
    """

    def __init__(
        self,
        luma: Callable[[Frame], NDArray[np.uint8]],
        found: Callable[[Frame], Pixels],
        pause: Fraction = Fraction(0),
    ) -> None:
        """Take what tells a frame's small luma, and what looks at it, and how often that has to be.

        Args:
            luma: Returns (h, w), as in `Sight`; called once for each frame.
            found: Returns (h, w, n), as in `Sight`; called once at most for each frame.
            pause: Seconds from one frame that is looked at to the next; 0 for all of them.
        """
        self._luma, self._find, self._pause = luma, found, pause
        self._sights: dict[Fraction, Sight] = {}
        self._motions = Motions()
        self._sure: list[float] = []

    @property
    def is_confident(self) -> bool:
        """Whether what was held has a confidence."""
        return bool(self._sure)

    @property
    def confidence(self) -> float:
        """Mean confidence of all that was held, 0..1; 0 where nothing has one."""
        return float(np.mean(self._sure)) if self._sure else 0.0

    def held(self, around: Neighbourhood) -> Pixels:
        """Return what was found of a frame, in agreement with the frames around it, (h, w, n)."""
        self._see((*around.before[::-1], around.frame, *around.after))
        before, after = (
            [self._sights[frame.time] for frame in side] for side in (around.before, around.after)
        )
        found = steadied(self._sights[around.frame.time], before, after, self._motions)
        if found.shape[2] > _CONFIDENCE:
            self._sure.append(float(found[:, :, _CONFIDENCE].mean()))
        return found

    def _see(self, frames: Sequence[Frame]) -> None:
        """Have a sight of each of these frames, in their order, and forget those of others."""
        known, self._sights = self._sights, {}
        earlier: Frame | None = None
        for frame in frames:
            self._sights[frame.time] = known.get(frame.time) or self._sight(frame, earlier)
            earlier = frame

    def _sight(self, frame: Frame, earlier: Frame | None) -> Sight:
        luma = self._luma(frame)
        sight = Sight(luma, np.empty((*luma.shape, 0), np.float32))
        if earlier is None or self._is_due(frame, earlier) or not self._follows(sight, earlier):
            return Sight(luma, self._find(frame))
        return sight

    def _is_due(self, frame: Frame, earlier: Frame) -> bool:
        """Return whether another pause begins between two frames that follow each other."""
        # Stamps are rounded: a quarter of a pause keeps them off its ends.
        one, other = (each.time + self._pause / 4 for each in (frame, earlier))
        return not self._pause or one // self._pause != other // self._pause

    def _follows(self, sight: Sight, earlier: Frame) -> bool:
        """Return whether most of what a sight shows can be found in the frame before."""
        ((_, trust),) = _carried(sight, (self._sights[earlier.time],), self._motions)
        return float(trust.mean()) > _FOLLOWED
