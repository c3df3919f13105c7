"""Shots of the same place or people share their palette: colours of each move to those of all.

A network that sees each shot alone gives the same street another colour whenever the light changes.
Of shots that are alike the mean colours are found, by lightness, and each shot's colours go there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from refilm.bands import Bands, Shift, bands_of, together, way
from refilm.chroma import Plane
from refilm.frames import Pixels, Shot
from refilm.lab import lightness
from refilm.stills.choose import candidates
from refilm.stills.groups import grouped
from refilm.stills.likeness import look_of
from refilm.stills.source import Source

_MOST = 20.0
"""Units of CIELAB that a band of a shot moves at most: what is further off is not the same place."""

Guess = Callable[[Pixels], tuple[Plane, Pixels]]
"""Gives for a frame's luma, (H, W, 1), a small luma, (h, w), and the a and b that it is given."""


def shared(source: Source, shots: Sequence[Shot], guess: Guess) -> Mapping[int, Shift]:
    """Return by how much the colours of shots move, by their numbers; one like no other does not.

    Args:
        source: The film.
        shots: Those that are coloured.
        guess: What colours them; it is asked only for shots that are like another one.
    """
    # Frames of many shots would fill the memory: they are read again where a shot has its like.
    looks = {shot.number: [look_of(luma) for luma in _frames(source, shot)] for shot in shots}
    by_number = {shot.number: shot for shot in shots}
    shifts: dict[int, Shift] = {}
    for group in (group for group in grouped(looks) if len(group) > 1):
        own = {number: _own(guess, _frames(source, by_number[number])) for number in group}
        wanted = together(list(own.values()))
        shifts |= {number: way(bands, wanted, 1, _MOST) for number, bands in own.items()}
    return shifts


def _frames(source: Source, shot: Shot) -> Iterator[Pixels]:
    """Yield what the best frame of each part of a shot shows, (H, W, 1)."""
    return (source.luma(part[0]) for part in candidates(source.survey, shot))


def _own(guess: Guess, lumas: Iterable[Pixels]) -> Bands:
    """Return the bands that the frames of a shot have when each is coloured for itself."""
    return together([_bands(*guess(luma)) for luma in lumas])


def _bands(small: Plane, colours: Pixels) -> Bands:
    return bands_of(np.asarray(lightness(small), np.float32), colours)
