"""Times for frames whose own stamps are missing, repeated, going back or jumping."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Literal

from refilm.frames import Timeline

Flaw = Literal["", "missing", "repeated", "backward", "jump", "restart", "gap"]

LOOK_AHEAD = 8
"""Stamps looked at beyond the present one, to tell a wrong stamp from a clock that was set anew."""

_MISSING = int(Timeline.MISSING)


@dataclass(frozen=True, slots=True)
class Mended:
    """When a frame is shown, and what was wrong with its own stamp."""

    tick: int
    flaw: Flaw = ""


def mended(
    stamps: Iterable[int], step: Fraction, longest_gap: int, fineness: int = 1
) -> Iterator[Mended]:
    """Yield each frame's tick, strictly rising; good stamps keep their time.

    There are `fineness` ticks to one stamp. `step` is the nominal distance of frames in ticks; a
    gap of more than `longest_gap` ticks is closed. A wrong stamp is put evenly between its
    neighbours. Runs at most `LOOK_AHEAD` stamps ahead of what it yields.
    """
    clock = _Clock(step, longest_gap, fineness)
    source = iter(stamps)
    window = deque(islice(source, LOOK_AHEAD + 1))
    while window:
        yield clock.tell(window)
        window.popleft()
        window.extend(islice(source, 1))


class _Clock:
    """What mending remembers: the frame before, and how far the film's own clock was moved."""

    def __init__(self, step: Fraction, longest_gap: int, fineness: int) -> None:
        self._step = step
        self._longest_gap = longest_gap
        self._fineness = fineness
        self._moved = 0
        self._tick: int | None = None
        self._exact = Fraction(0)
        self._stamp = _MISSING

    def tell(self, window: deque[int]) -> Mended:
        """Return when the first frame of the window is shown; the others come after it."""
        flaw = self._flaw(window)
        if flaw in ("restart", "gap"):
            self._moved += round(self._exact + self._step) - self._own(window[0])
        trusted = flaw in ("", "restart", "gap")
        self._exact = Fraction(self._own(window[0])) if trusted else self._between(window)
        tick = round(self._exact)
        self._tick = tick if self._tick is None else max(tick, self._tick + 1)
        self._exact = max(self._exact, Fraction(self._tick) - Fraction(1, 2))
        self._stamp = window[0]
        return Mended(self._tick, flaw)

    def _own(self, stamp: int) -> int:
        return stamp * self._fineness + self._moved

    def _flaw(self, window: deque[int]) -> Flaw:
        if window[0] == _MISSING:
            return "missing"
        own = self._own(window[0])
        ahead = [self._own(stamp) for stamp in islice(window, 1, None) if stamp != _MISSING]
        if self._tick is None:
            return "jump" if ahead and ahead[0] < own else ""
        if own <= self._tick:
            return self._flaw_behind(window[0], ahead, self._tick)
        if ahead and self._tick < ahead[0] < own:
            return "jump"
        return "gap" if own - self._tick > self._longest_gap else ""

    def _flaw_behind(self, stamp: int, ahead: list[int], last: int) -> Flaw:
        if stamp == self._stamp:
            return "repeated"
        stays_behind = bool(ahead) and all(other <= last for other in ahead)
        return "restart" if stays_behind else "backward"

    def _between(self, window: deque[int]) -> Fraction:
        """Return an even place between the frame before and the next good stamp."""
        for places, stamp in enumerate(islice(window, 1, None), 1):
            if stamp == _MISSING:
                continue
            later = self._own(stamp)
            if self._tick is None:
                return later - places * self._step
            if self._tick < later <= self._tick + self._longest_gap:
                return self._exact + (later - self._exact) / (places + 1)
        return Fraction(0) if self._tick is None else self._exact + self._step
