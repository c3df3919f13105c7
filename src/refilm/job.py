"""All that a stage may ask of the world: what is known of the film, networks, and a place for notes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

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
