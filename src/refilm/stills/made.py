"""The stills of a film as they lie on disk: what rendering is told of them, and the record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from refilm.bands import Shift
from refilm.job import Still
from refilm.photos import LARGEST, read_photo

_KEPT = 6
"""Stills kept in memory: as many as one shot is given, which its stretches share."""
_GIVEN = 6
"""Stills that a shot is given at most: its own and then those of shots like it."""


@dataclass(frozen=True, slots=True)
class StillFile:
    """A still on disk; only its places are kept in memory."""

    colour: Path
    sha256: str
    """Of the file with its colours."""
    by_hand: bool
    """A person gave it or its colours."""
    time: Fraction | None = None
    """On the film's own clock; None for a picture that is no frame of the film."""
    frame: Path | None = None
    """The file with what the film shows then."""
    shot: int | None = None
    """The number of the shot that it belongs to, from 0."""
    follows: tuple[tuple[str, float], ...] = ()
    """The names of pictures that its colours follow, and how well each fits, 0..1."""

    def load(self) -> Still:
        """Return the still with its pixels; raises InputError where its files are no longer there."""
        return _loaded(self)

    def record(self) -> dict[str, Any]:
        """Return it as plain values for the record."""
        return {
            "time": None if self.time is None else round(float(self.time), 6),
            "picture": self.colour.name,
            "by_hand": self.by_hand,
            "references": [{"name": name, "fit": round(fit, 3)} for name, fit in self.follows],
        }


@lru_cache(maxsize=_KEPT)
def _loaded(file: StillFile) -> Still:
    luma = None if file.frame is None else read_photo(file.frame, LARGEST)[:, :, :1]
    return Still(read_photo(file.colour), file.time, luma, file.by_hand)


@dataclass(frozen=True)
class Stills:
    """All stills of a film."""

    files: tuple[StillFile, ...] = ()
    """In order of time."""
    groups: tuple[tuple[int, ...], ...] = ()
    """The numbers of shots that are alike."""
    photos: tuple[StillFile, ...] = ()
    """References that are no frames of the film."""
    palettes: Mapping[int, Shift] = field(default_factory=dict[int, Shift], compare=False)
    """By how much guessed colours move in shots that are like others, by their numbers."""

    def of(self, shot: int) -> tuple[StillFile, ...]:
        """Return the stills that a shot follows: its own, then those of shots like it.

        A shot that has none, and is like no other, follows the references.
        """
        own = [file for file in self.files if file.shot == shot]
        alike = next((group for group in self.groups if shot in group), ())
        others = [file for file in self.files if file.shot in alike and file.shot != shot]
        found = sorted(own, key=_by_hand_first) + sorted(others, key=_by_hand_first)
        return tuple(found or self.photos)[:_GIVEN]

    def facts(self) -> Sequence[object]:
        """Return what tells these stills from others: their places in the film and their bytes."""
        files = [(str(file.time), file.sha256, file.by_hand) for file in (*self.files, *self.photos)]
        palettes = [(number, shift.tolist()) for number, shift in sorted(self.palettes.items())]
        return [files, self.groups, palettes]

    def record(self, shot: int) -> list[Mapping[str, Any]]:
        """Return a shot's own stills as plain values for the record."""
        return [file.record() for file in self.files if file.shot == shot]


def _by_hand_first(file: StillFile) -> tuple[bool, Fraction]:
    return not file.by_hand, file.time or Fraction(0)
