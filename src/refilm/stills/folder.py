"""The folder of stills: what refilm put there, and what a person did with it since.

A still is two pictures: "shot-003 0-01-02.500.png", as the film shows it, and beside it
"shot-003 0-01-02.500 colour.png". `stills.json` lists those that refilm made. So a picture that is
listed but gone was deleted, one whose bytes differ was edited, and one that is not listed was added.
"""

import hashlib
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from refilm.errors import InputError, OutputError
from refilm.findings import Survey
from refilm.frames import Pixels
from refilm.photos import png_of, write_png
from refilm.stills.references import digest_of, pictures_in
from refilm.workspace import write_whole

SHEET = "contact sheet.png"
GOOD = "good"
"""Folder inside: where it holds pictures, only the stills of these names are used."""
_TIME = re.compile(r"(?<![\d-])(\d{1,2})-(\d\d)-(\d\d(?:\.\d+)?)(?![\d-])")


class Followed(BaseModel):
    """A picture that a still's colours follow."""

    name: str
    fit: float
    """Mean confidence of the match, 0..1."""


class Entry(BaseModel):
    """A still as it is listed."""

    time: Fraction
    """Seconds on the film's own clock."""
    frame: str
    """File with what the film shows."""
    colour: str
    """File with its colours."""
    origin: Literal["chosen", "palette", "reference", "added"]
    reference: str = ""
    """SHA-256 of the picture that the colours are from."""
    name: str = ""
    """What that picture was called where the person gave it."""
    frame_sha256: str = ""
    colour_sha256: str = ""
    """Of the file as refilm wrote it, or as it was found when a person had changed it."""
    written: bool = False
    """The file was there: if it no longer is, a person deleted it."""
    key: str = ""
    """What it was coloured with; "" where refilm did not colour it."""
    by_hand: bool = False
    """A person gave it or its colours."""
    gone: bool = False
    """A person deleted it."""
    follows: list[Followed] = Field(default_factory=list[Followed])


class _List(BaseModel):
    film: str
    """SHA-256 of the film."""
    choice: str = ""
    """How frames were chosen; "" before any were."""
    entries: list[Entry] = Field(default_factory=list[Entry])
    located: dict[str, Fraction | None] = Field(default_factory=dict[str, Fraction | None])
    """Of pictures, by SHA-256, the time of the frame that they show; None where none is like them."""


class Folder:
    """The stills of one film on disk."""

    def __init__(self, path: Path, film: str) -> None:
        """Open the folder, made if needed, and see what changed in it since refilm left it.

        Args:
            path: Where it is.
            film: SHA-256 of the film.

        Raises:
            InputError: It holds a person's stills of another film.
            OutputError: It cannot be made.
        """
        self.path = path
        self._list = self._read(film)
        for entry in self.entries:
            self._notice(entry)

    @property
    def entries(self) -> list[Entry]:
        """All stills that are listed, those that a person deleted too."""
        return self._list.entries

    @property
    def located(self) -> dict[str, Fraction | None]:
        """Of pictures, by SHA-256, the time of the frame that they show; None for no frame."""
        return self._list.located

    @property
    def choice(self) -> str:
        """How frames were chosen; "" before any were."""
        return self._list.choice

    @choice.setter
    def choice(self, choice: str) -> None:
        self._list.choice = choice

    def _read(self, film: str) -> _List:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            text = (self.path / "stills.json").read_text(encoding="utf-8")
            kept = _List.model_validate_json(text)
        except FileNotFoundError:
            return _List(film=film)
        except ValidationError as error:
            raise InputError(
                f"{self.path / 'stills.json'} is damaged: move the folder {self.path} away, and put "
                "pictures of your own into the new one"
            ) from error
        except OSError as error:
            raise OutputError(f"The folder {self.path} cannot be used: {error.strerror}.") from error
        return kept if kept.film == film else self._renewed(kept, film)

    def _renewed(self, kept: _List, film: str) -> _List:
        """Return an empty list in place of another film's; what refilm made of that one is removed."""
        self._list = kept
        for entry in kept.entries:
            self._notice(entry)
        if any(entry.by_hand and not entry.gone for entry in kept.entries):
            raise InputError(
                f"the stills in {self.path} belong to another film and some were made by hand: "
                "move the folder away, or work elsewhere with --workspace"
            )
        for entry in list(kept.entries):
            self.remove(entry)
        return _List(film=film)

    def _notice(self, entry: Entry) -> None:
        """See whether a still was deleted, put back or changed."""
        found = self.find(entry.colour)
        entry.gone = entry.written and found is None
        if found is None:
            return
        digest = digest_of(found)
        if digest != entry.colour_sha256:
            entry.by_hand, entry.key, entry.colour_sha256 = True, "", digest
            entry.follows = []
            # From now on it is the person's own, whatever it was made from.
            entry.origin = "added" if entry.origin == "reference" else entry.origin
        entry.written = True

    def find(self, name: str) -> Path | None:
        """Return where a picture lies: among the good ones or beside the list; None where nowhere."""
        places = (self.path / GOOD / name, self.path / name)
        return next((place for place in places if place.exists()), None)

    def place(self, name: str) -> Path:
        """Return where a picture lies, or is to lie."""
        return self.find(name) or self.path / name

    def unlisted(self) -> Iterator[Path]:
        """Yield the pictures that a person added."""
        listed = {name for entry in self.entries for name in (entry.frame, entry.colour)} | {SHEET}
        for folder in (self.path, self.path / GOOD):
            yield from (file for file in pictures_in(folder) if file.name not in listed)

    def used(self) -> list[Entry]:
        """Return the stills that count, in order of time: not the deleted ones, good ones if named."""
        good = {file.name for file in pictures_in(self.path / GOOD)}
        given = {entry.time for entry in self.entries if entry.by_hand and not entry.gone}
        return sorted(
            (
                entry
                for entry in self.entries
                if not entry.gone
                and (not good or entry.origin == "reference" or good & {entry.frame, entry.colour})
                and (entry.by_hand or entry.time not in given)
            ),
            key=lambda entry: (entry.time, entry.colour),
        )

    def put_frame(self, entry: Entry, luma: Pixels) -> None:
        """Write what the film shows at a still's time."""
        entry.frame_sha256 = write_png(self.place(entry.frame), luma)

    def has_frame(self, entry: Entry) -> bool:
        """Return whether the picture of what the film shows is there as refilm wrote it."""
        found = self.find(entry.frame)
        return found is not None and digest_of(found) == entry.frame_sha256

    def put_colour(self, entry: Entry, pixels: Pixels) -> None:
        """Write a still's colours.

        The list knows of each step before it is done: a run that is broken off here takes neither its
        own picture for a person's, nor a missing one for deleted.
        """
        there = self.find(entry.colour)
        entry.written = False
        if there is not None:
            self.save()
            there.unlink()
        entry.colour_sha256 = hashlib.sha256(png_of(pixels)).hexdigest()
        self.save()
        write_png(there or self.path / entry.colour, pixels)
        entry.written = True

    def remove(self, entry: Entry) -> None:
        """Forget a still and delete what refilm wrote of it; a picture that a person made stays."""
        self._list.entries = [other for other in self.entries if other is not entry]
        if entry.origin != "added" and (entry.origin == "reference" or not entry.by_hand):
            self.place(entry.colour).unlink(missing_ok=True)
        if not any(other.frame == entry.frame for other in self.entries):
            (self.path / entry.frame).unlink(missing_ok=True)

    def save(self) -> None:
        """Write the list."""
        write_whole(self.path / "stills.json", self._list.model_dump_json(indent=1))


def stem(survey: Survey, frame: int) -> str:
    """Return a still's name, "shot-003 0-01-02.500": its shot and its time from the first frame."""
    time = survey.timeline.time(frame)
    number = survey.shot_at(time).number + 1
    thousandths = round(1000 * (time - survey.timeline.time(0)))
    minutes, rest = divmod(thousandths, 60_000)
    return f"shot-{number:03d} {minutes // 60}-{minutes % 60:02d}-{rest / 1000:06.3f}"


def time_in(name: str) -> Fraction | None:
    """Return the seconds after the film's first frame that a picture's name tells, if it does."""
    found = _TIME.search(Path(name).stem)
    if found is None:
        return None
    hours, minutes, seconds = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)
