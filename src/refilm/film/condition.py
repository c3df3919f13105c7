"""What is wrong with a film file, gathered while it is watched, and told in sentences with times."""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction

from refilm.film.mending import Flaw, Mended

_ONE_PLACE = Fraction(1)
"""Seconds between two damaged frames up to which they are told of as one place."""
_RECENT = 8
"""Places looked at for a new damage to belong to: it is told of a little late."""
_TOLD = 20
"""Places of damage told one by one."""

_SENTENCES: dict[Flaw, str] = {
    "missing": "had no time stamp and was put between its neighbours",
    "repeated": "repeated the time stamp of the frame before and was put between its neighbours",
    "backward": "had a time stamp that goes back and was put between its neighbours",
    "jump": "had a time stamp far off and was put between its neighbours",
    "restart": "began the film's clock anew, which was set to go on",
    "gap": "came after a pause of more than a minute, which was closed",
}


@dataclass(slots=True)
class _Place:
    """A stretch of damage."""

    start: Fraction
    end: Fraction
    counts: Counter[str] = field(default_factory=Counter[str])

    def sentence(self) -> str:
        told = {
            "lost": "could not be decoded",
            "incomplete": "could be decoded only in part",
            "unreadable": "times the file could not be read",
        }
        parts: list[str] = []
        for kind, words in told.items():
            if count := self.counts[kind]:
                unit = "" if kind == "unreadable" else ("frame " if count == 1 else "frames ")
                parts.append(f"{count} {unit}{words}")
        return f"the film is damaged {_span(self.start, self.end)}: {', '.join(parts)}"


def _span(start: Fraction, end: Fraction) -> str:
    first, last = f"{float(start):.1f} s", f"{float(end):.1f} s"
    return f"at {first}" if first == last else f"from {first} to {last}"


@dataclass(slots=True)
class Condition:
    """Gathers damage and flaws of stamps."""

    places: list[_Place] = field(default_factory=list[_Place])
    flaws: dict[Flaw, _Place] = field(default_factory=dict[Flaw, _Place])
    others: list[str] = field(default_factory=list[str])

    def damaged(self, time: Fraction, kind: str) -> None:
        """Note damage at a time: "lost", "incomplete" or "unreadable"."""
        recent = reversed(self.places[-_RECENT:])
        place = next((place for place in recent if _near(place, time)), None)
        if place is None:
            place = _Place(time, time)
            self.places.append(place)
        place.start, place.end = min(place.start, time), max(place.end, time)
        place.counts[kind] += 1

    def stamped(self, frame: Mended, time: Fraction) -> None:
        """Note what was wrong with a frame's stamp."""
        if not frame.flaw:
            return
        run = self.flaws.setdefault(frame.flaw, _Place(time, time))
        run.end = time
        run.counts[frame.flaw] += 1

    def other(self, sentence: str) -> None:
        """Note any other problem, once."""
        if sentence not in self.others:
            self.others.append(sentence)

    def sentences(self, frames: int) -> tuple[str, ...]:
        """Return all problems of a film of that many frames as sentences."""
        places = sorted(self.places, key=lambda place: place.start)
        damage = [place.sentence() for place in places[:_TOLD]]
        if len(places) > _TOLD:
            damage.append(f"the film is damaged at {len(places) - _TOLD} more places")
        flaws = [_flaw_sentence(flaw, run, frames) for flaw, run in self.flaws.items()]
        return (*damage, *flaws, *self.others)


def _flaw_sentence(flaw: Flaw, run: _Place, frames: int) -> str:
    count = run.counts[flaw]
    if flaw == "missing" and count == frames:
        return "the film has no time stamps: its frames are taken as evenly spaced"
    who = "1 frame" if count == 1 else f"{count} frames"
    return f"{who} {_span(run.start, run.end)} {_SENTENCES[flaw]}"


def _near(place: _Place, time: Fraction) -> bool:
    return place.start - _ONE_PLACE <= time <= place.end + _ONE_PLACE
