"""Who is told how the work goes on: sentences, phases and frames; and how long it will take."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Reason(NamedTuple):
    """Why a stage is part of a fitted plan, or why it was left out."""

    stage: str
    used: bool
    why: str


class Watcher:
    """Takes news of one film's work; this one keeps silent, and its subclasses show the news."""

    def say(self, sentence: str) -> None:
        """Take something that the person should know."""

    def planned(self, reasons: Sequence[Reason]) -> None:
        """Take which stages will run, and why each does or does not."""

    def phase(self, name: str, total: int, done: int = 0) -> None:
        """Take the name of what begins now, how many frames it has and how many are done already."""

    def step(self, frames: int = 1) -> None:
        """Take that so many frames more are done; raises StoppedError to stop the work."""


class Heard(Watcher):
    """Passes all news on to another watcher and keeps the sentences for the film's record."""

    def __init__(self, listener: Watcher) -> None:
        self.sentences: list[str] = []
        self.planned = listener.planned
        self.phase = listener.phase
        self.step = listener.step
        self._tell = listener.say

    def say(self, sentence: str) -> None:
        """Pass a sentence on, once."""
        if sentence not in self.sentences:
            self.sentences.append(sentence)
            self._tell(sentence)


@dataclass
class Pace:
    """How fast a phase goes and when it will be done.

    The clock starts with the first frame that is done: what comes before it is setting up, which
    says nothing of the frames to come.
    """

    total: int
    done: int = 0
    clock: Callable[[], float] = time.monotonic
    _begun: float | None = field(default=None, init=False)
    _timed: int = field(default=0, init=False)

    def step(self, frames: int) -> None:
        """Count frames that are done."""
        self.done += frames
        if self._begun is None:
            self._begun = self.clock()
        else:
            self._timed += frames

    @property
    def frames_per_second(self) -> float:
        """Frames per second since the first; 0 before the second."""
        elapsed = 0.0 if self._begun is None else self.clock() - self._begun
        return self._timed / elapsed if elapsed > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the phase is done at its mean speed so far; None while nobody can know."""
        speed = self.frames_per_second
        return (self.total - self.done) / speed if speed > 0 else None
