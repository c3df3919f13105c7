"""Things that come, stay for a while and go: which of them are there at one frame."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from refilm.age.chance import generator


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """One thing that is there at the frame asked for."""

    key: int
    """Tells it from all other things of its kind, for chance of its own."""
    age: int
    """Frames since it came."""
    left: int
    """Frames until it goes, at least 1."""
    random: np.random.Generator
    """Chance for its looks: gives the same numbers at every frame of the visit."""


def visits(seed: int, kind: str, number: int, mean: float, frames: float) -> Iterator[Visit]:
    """Yield what is there at frame `number`: `mean` things on average, for some `frames` frames."""
    if mean <= 0:
        return
    length = max(round(frames), 1)
    slot = number // length
    # A stay is at most 1.5 slots, so what came two slots ago may still be there.
    for came in (slot - 2, slot - 1, slot):
        yield from _of_slot(seed, kind, came, number, mean, length)


def _of_slot(seed: int, kind: str, slot: int, number: int, mean: float, length: int) -> Iterator[Visit]:
    count = int(generator(seed, f"{kind} count", slot).poisson(mean))
    for place in range(count):
        key = slot * 1000 + place
        random = generator(seed, f"{kind} visit", key)
        start = slot * length + int(random.integers(length))
        stay = max(round(length * random.uniform(0.5, 1.5)), 1)
        if start <= number < start + stay:
            yield Visit(key, number - start, start + stay - number, random)
