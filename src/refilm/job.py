"""All that a stage may ask of the world: what is known of the film, networks, and a place for notes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from refilm.bands import Shift
from refilm.errors import RefilmError
from refilm.findings import Survey
from refilm.frames import FilmInfo, Frame, Pixels, Shot


class Network(Protocol):
    """A network with its weights, on the device it runs on; takes and gives ordinary pixels.

    Padding to the network's step, tiles, one channel for three, precision and device are its own
    business: pictures of any size go in, pictures of the promised size come out.
    """

    def __call__(self, *pictures: Pixels, **numbers: float) -> Pixels:
        """Return the network's picture for these pictures and numbers."""
        ...

    def given(self, *references: Pixels) -> "Network":
        """Return this network with references at hand, at which it looks once and not at every call.

        Only networks that take references can; each says in its own file what a reference holds.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """A coloured picture that stands for a shot, or for others like it."""

    picture: Pixels
    """RGB, of any size."""
    time: Fraction | None = None
    """When the source shows this frame; None for a picture that is no frame of the film."""
    luma: Pixels | None = None
    """What the source shows then, one channel, of the film's size; None for other pictures."""
    by_hand: bool = False
    """A person gave it or its colours; else a network coloured it."""


def _no_stills() -> Sequence[Still]:
    return ()


def _no_filters(pictures: Iterable[Pixels], graph: str) -> Iterator[Pixels]:
    del pictures
    raise RefilmError(f'the filter "{graph}" is asked of a job that was made without filters')


@dataclass(frozen=True, slots=True)
class Job:
    """One stage's work on one stretch of film."""

    info: FilmInfo
    """The film as it reaches this stage."""
    survey: Survey
    shot: Shot
    """The shot that all frames of this stretch belong to."""
    network: Callable[[str], Network]
    """Gives a network by its name in the catalogue; raises WeightsError where weights are missing."""
    original: Callable[[str], Iterator[Frame]]
    """Gives the frames that a film, by its path, shows during this stretch; "" is the source."""
    note: Callable[[str, float], None]
    """Takes a figure for the film's record: what it is, and how much."""
    filtered: Callable[[Iterable[Pixels], str], Iterator[Pixels]] = _no_filters
    """Gives what FFmpeg's filter graph (of one input and one output) makes of pictures in order."""
    stills: Callable[[], Sequence[Still]] = _no_stills
    """Gives the coloured stills that the shot follows, its own first, then those of shots like it."""
    photos: Callable[[], Sequence[Still]] = _no_stills
    """Gives the pictures in colour that a person gave and that are no frames of the film."""
    palette: Shift | None = None
    """By how much guessed colours of the shot move to agree with those of shots like it, if any are."""
