"""Shots of the same place or people share their palette: colours of each move to those of all.

A network that sees each shot alone gives the same street another colour whenever the light changes.
Of shots that are alike the mean colours are found, by lightness, and each shot's colours go there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from refilm.bands import LIGHTNESS, Bands, Shift, bands_of, together, way
from refilm.chroma import Plane
from refilm.frames import Pixels, Shot
from refilm.job import Network
from refilm.lab import lightness
from refilm.stages.base import Stage
from refilm.stages.colourise import Colourise
from refilm.stills.choose import candidates
from refilm.stills.groups import MATCHING, Match, View, grouped, matched_by
from refilm.stills.source import Source

_MEAN, _SPREAD = 50.0, 25.0
"""CIELAB lightness of a usual picture, to which shots are compared: one may have more light."""
_MOST = 20.0
"""Units of CIELAB that a band of a shot moves at most: what is further off is not the same place."""


Guess = Callable[[Pixels], tuple[Plane, Pixels]]
"""Gives for a frame's luma, (H, W, 1), a small luma, (h, w), and the a and b that it is given."""


def palettes(
    stages: Sequence[Stage], source: Source, shots: Sequence[Shot], network: Callable[[str], Network]
) -> Mapping[int, Shift]:
    """Return by how much guessed colours of shots move, by their numbers; one like no other does not.

    Args:
        stages: Those of the plan; without one that colours and shares there is nothing to do.
        source: The film.
        shots: Those that are rendered.
        network: Gives a network by its name.
    """
    stage = _sharing(stages)
    coloured = [shot for shot in shots if stage is not None and stage.takes(shot)]
    if stage is None or len(coloured) < 2:
        return {}
    match = matched_by(network(MATCHING))
    return shared(source, coloured, match, lambda luma: stage.guessed(network(stage.method), luma))


def networks_for(stages: Sequence[Stage]) -> tuple[str, ...]:
    """Return the names of the networks that sharing needs; none where no stage shares."""
    return () if _sharing(stages) is None else (MATCHING,)


def _sharing(stages: Sequence[Stage]) -> Colourise | None:
    return next((each for each in stages if isinstance(each, Colourise) and each.shared), None)


def shared(source: Source, shots: Sequence[Shot], match: Match, guess: Guess) -> Mapping[int, Shift]:
    """Return by how much the colours of shots move, by their numbers; one like no other does not.

    Args:
        source: The film.
        shots: Those that are coloured.
        match: What finds shots that are not alike by their light alone.
        guess: What colours them; it is asked only for shots that are like another one.
    """
    # Frames of many shots would fill the memory: they are read again where a shot has its like.
    views = {shot.number: [View.of(luma) for luma in _frames(source, shot)] for shot in shots}
    by_number = {shot.number: shot for shot in shots}
    shifts: dict[int, Shift] = {}
    for group in (group for group in grouped(views, match) if len(group) > 1):
        own = {number: _Own.of(guess, _frames(source, by_number[number])) for number in group}
        wanted = together([each.bands for each in own.values()])
        shifts |= {number: each.shift(wanted) for number, each in own.items()}
    return shifts


def _frames(source: Source, shot: Shot) -> Iterator[Pixels]:
    """Yield what the best frame of each part of a shot shows, (H, W, 1)."""
    return (source.luma(part[0]) for part in candidates(source.survey, shot))


class _Own(NamedTuple):
    """The colours that the frames of a shot have when each is coloured for itself."""

    bands: Bands
    """By lightness as it would be if the shot were as light and of as much contrast as any other."""
    mean: float
    spread: float
    """Of the shot's lightness, CIELAB."""

    @classmethod
    def of(cls, guess: Guess, lumas: Iterable[Pixels]) -> Self:
        """Return the colours of these frames."""
        guesses = [guess(luma) for luma in lumas]
        lights = [np.asarray(lightness(small), np.float32) for small, _ in guesses]
        mean = float(np.mean([light.mean() for light in lights]))
        spread = max(float(np.mean([light.std() for light in lights])), 1.0)
        bands = [
            bands_of(_evened(light, mean, spread), colours)
            for light, (_, colours) in zip(lights, guesses, strict=True)
        ]
        return cls(together(bands), mean, spread)

    def shift(self, wanted: Bands) -> Shift:
        """Return the way to the wanted colours, by the shot's lightness as it is."""
        found = way(self.bands, wanted, 1, _MOST)
        evened = _evened(LIGHTNESS, self.mean, self.spread)
        return np.stack([np.interp(evened, LIGHTNESS, found[:, side]) for side in range(2)], 1)


def _evened(light: NDArray[np.float32], mean: float, spread: float) -> NDArray[np.float32]:
    """Return lightness as it would be in a picture of the usual mean and spread."""
    return np.asarray((light - mean) / spread * _SPREAD + _MEAN, np.float32)
