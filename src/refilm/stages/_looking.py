"""Finds the colours that frames have in the stills which they follow, by a network."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from refilm.chroma import Weights, luma_under, reduced, reference_of
from refilm.frames import Frame, Pixels
from refilm.job import Job, Network, Still
from refilm.luma import weights_of
from refilm.models import Facts
from refilm.stages._following import near


class Looking:
    """A network that matches frames and stills, called as its card says.

    It looks at the stills that frames follow once, and not at every call.
    """

    def __init__(
        self, network: Network, facts: Facts, stills: Sequence[Still], job: Job, lines: int | None
    ) -> None:
        """Take the network and the shot's stills; `lines` as the stage has it."""
        self._network, self._stills, self._shot = network, stills, job.shot
        self._weights = weights_of(job.info)
        self._see: _Matched | _Seen = (
            _Seen(lines) if facts.references == "seen" else _Matched(lines, self._weights)
        )
        self._bound: dict[tuple[int, ...], Network] = {}

    def __call__(self, frames: Sequence[Frame]) -> list[Pixels]:
        """Return a / 100, b / 100 and confidence of each frame of a block, (h, w, 3)."""
        network = self._following(frames[len(frames) // 2].origin)
        lumas = (luma_under(frame.pixels, self._weights)[:, :, None] for frame in frames)
        found = network(*map(self._see.luma, lumas), **self._see.numbers)
        return [_sure(each) for each in np.split(found, len(frames), axis=2)]

    def _following(self, time: Fraction) -> Network:
        """Return the network with those stills at hand that a frame of that time follows."""
        chosen = near(self._stills, self._shot, time)
        if chosen not in self._bound:
            references = [self._see.reference(self._stills[number]) for number in chosen]
            self._bound[chosen] = self._network.given(*references) if references else self._network
        return self._bound[chosen]


class _Matched:
    """What a network sees that takes luma, a and b of references in the size of the frames."""

    LINES = 192
    """Pixels on the shorter side of the pictures, unless asked."""

    def __init__(self, lines: int | None, weights: Weights) -> None:
        self._lines, self._weights = lines or self.LINES, weights
        self.numbers: dict[str, float] = {}

    def luma(self, luma: Pixels) -> Pixels:
        return reduced(luma, self._lines)

    def reference(self, still: Still) -> Pixels:
        return reference_of(still.picture, still.luma, self._weights, self._lines)


class _Seen:
    """What a network sees that makes pictures of any size as small as it was made for, or as asked."""

    def __init__(self, lines: int | None) -> None:
        self.numbers: dict[str, float] = {} if lines is None else {"lines": lines}

    def luma(self, luma: Pixels) -> Pixels:
        return luma

    def reference(self, still: Still) -> Pixels:
        return still.picture


def _sure(found: Pixels) -> Pixels:
    """Return colours with a confidence: 1 of a network that does not tell how sure it is."""
    if found.shape[2] > 2:
        return found
    return np.concatenate((found, np.ones_like(found[:, :, :1])), axis=2)
