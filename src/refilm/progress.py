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
    """How fast a phase goes and when it will be done."""

    total: int
    done: int = 0
    clock: Callable[[], float] = time.monotonic
    begun: float = field(init=False)
    already: int = field(init=False)
    """Frames that were done before this run: they say nothing of its speed."""

    def __post_init__(self) -> None:
        self.begun = self.clock()
        self.already = self.done

    def step(self, frames: int) -> None:
        """Count frames that are done."""
        self.done += frames

    @property
    def frames_per_second(self) -> float:
        """Frames per second since the phase began; 0 before the first."""
        elapsed = self.clock() - self.begun
        return (self.done - self.already) / elapsed if elapsed > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the phase is done at its mean speed so far; None while nobody can know."""
        speed = self.frames_per_second
        return (self.total - self.done) / speed if speed > 0 else None
