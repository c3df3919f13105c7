"""Colours the stills of a film, group by group: those made by hand lead, the others follow."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from refilm.chroma import reduced
from refilm.fingerprint import fingerprint
from refilm.frames import Pixels
from refilm.photos import LARGEST, read_photo
from refilm.progress import Watcher
from refilm.stills.colouring import FITS, LINES, Guide, Painter
from refilm.stills.folder import Entry, Folder, Followed
from refilm.stills.likeness import Look, likeness, look_of
from refilm.stills.palette import Hint, Spot
from refilm.stills.references import Reference

_TRIED = 12
"""Pictures that a still is compared with by the network at most: the most alike by their light."""
_NEARLY = 0.1
"""How much worse than the best a picture may fit and still be followed besides."""
_BY_HAND, _OWN = 3, 2
"""Pictures given by a person, and stills coloured before, that lead a still at most."""


@dataclass(frozen=True, slots=True, eq=False)
class _Lead:
    """A picture in colour, as it is compared with stills."""

    guide: Guide
    look: Look
    entry: Entry | None
    """The still that it is; None for a picture that is no frame of the film."""


@dataclass(frozen=True, eq=False)
class Painting:
    """What is needed to colour a film's stills."""

    folder: Folder
    ready: Callable[[], Painter]
    """Gives what colours; asked only where there is something to colour."""
    facts: Mapping[str, object]
    """What tells the painter from others."""
    photos: Sequence[Reference]
    """Pictures that are no frames of the film."""
    hints: Mapping[Fraction, Sequence[Hint]]
    """What a person points at, by the time of the still."""

    def paint(self, groups: Sequence[Sequence[Entry]], watcher: Watcher) -> None:
        """Colour the stills that are not yet coloured as they would be now."""
        stale = [(group, key) for group in groups if not self._is_done(group, key := self._key(group))]
        count = sum(not entry.by_hand for group, _ in stale for entry in group)
        if not count:
            return
        watcher.phase("colour stills", count)
        painter, given = self.ready(), self._given(groups)
        for group, key in stale:
            self._paint(painter, group, key, given, watcher)

    def _key(self, group: Sequence[Entry]) -> str:
        by_hand = [entry for entry in self.folder.used() if entry.by_hand]
        return fingerprint(
            {
                "painter": self.facts,
                "stills": [str(entry.time) for entry in group],
                "by hand": [(str(entry.time), entry.colour_sha256) for entry in by_hand],
                "photos": [photo.digest for photo in self.photos],
                "hints": [hint.text for entry in group for hint in self.hints.get(entry.time, ())],
            }
        )

    def _is_done(self, group: Sequence[Entry], key: str) -> bool:
        return all(entry.by_hand or (entry.written and entry.key == key) for entry in group)

    def _given(self, groups: Sequence[Sequence[Entry]]) -> list[_Lead]:
        """Return all that a person gave: references, and stills with colours made by hand."""
        leads = [
            _Lead(Guide(photo.name, reduced(photo.pixels, LINES), None), look_of(photo.luma), None)
            for photo in self.photos
        ]
        by_hand = [entry for group in groups for entry in group if entry.by_hand]
        return leads + [self._lead(entry) for entry in by_hand]

    def _lead(self, entry: Entry) -> _Lead:
        pixels, luma = read_photo(self.folder.place(entry.colour)), self._luma(entry)
        return _lead(entry.name or entry.colour, pixels, luma, entry)

    def _luma(self, entry: Entry) -> Pixels:
        return read_photo(self.folder.place(entry.frame), LARGEST)[:, :, :1]

    def _paint(
        self,
        painter: Painter,
        group: Sequence[Entry],
        key: str,
        given: Sequence[_Lead],
        watcher: Watcher,
    ) -> None:
        """Colour a group: first what a person points at, then the rest in order of time."""
        own: list[_Lead] = []
        wanted = [entry for entry in group if not entry.by_hand]
        for entry in sorted(wanted, key=lambda each: (each.time not in self.hints, each.time)):
            luma = self._luma(entry)
            look = look_of(luma)
            fits = _fits(painter, luma, look, given)
            taken = _followed(fits, group)
            near = sorted(own, key=lambda lead: -likeness(lead.look, look))[:_OWN]
            guides = [lead.guide for lead in (*(lead for lead, _ in taken), *near)]
            pixels = painter.painted(luma, guides, _leaned_to(fits), self._spots(entry))
            entry.key = key
            entry.follows = [Followed(name=lead.guide.name, fit=fit) for lead, fit in taken]
            self.folder.put_colour(entry, pixels)
            own.append(_lead(entry.colour, pixels, luma, entry))
            watcher.step()

    def _spots(self, entry: Entry) -> list[Spot]:
        return [(hint.x, hint.y, hint.colour) for hint in self.hints.get(entry.time, ())]


def _fits(
    painter: Painter, luma: Pixels, look: Look, given: Sequence[_Lead]
) -> list[tuple[_Lead, float]]:
    """Return what a person gave and how well each fits a still, the best first."""
    tried = sorted(given, key=lambda lead: -likeness(lead.look, look))[:_TRIED]
    fits = [(lead, painter.fit(luma, lead.guide)) for lead in tried]
    return sorted(fits, key=lambda pair: -pair[1])


def _followed(fits: Sequence[tuple[_Lead, float]], group: Sequence[Entry]) -> list[tuple[_Lead, float]]:
    """Return those that are followed: what fits, about as well as the best, and stills of the group."""
    least = max(fits[0][1] - _NEARLY, FITS) if fits else FITS
    return [(lead, fit) for lead, fit in fits if fit >= least or lead.entry in group][:_BY_HAND]


def _lead(name: str, pixels: Pixels, luma: Pixels, entry: Entry) -> _Lead:
    """Return a still as a lead, in small: many are held at once."""
    guide = Guide(name, reduced(pixels, LINES), reduced(luma, LINES))
    return _Lead(guide, look_of(luma), entry)


def _leaned_to(fits: Sequence[tuple[_Lead, float]]) -> list[Guide]:
    """Return the photos whose general colours count: those that fit, or all where none does."""
    photos = [(lead, fit) for lead, fit in fits if lead.entry is None]
    fitting = [lead.guide for lead, fit in photos if fit >= FITS]
    return fitting or [lead.guide for lead, _ in photos]
