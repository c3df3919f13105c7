"""The pictures that a person gives as references: where they lie and which film they are for."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from refilm.errors import InputError
from refilm.frames import Pixels
from refilm.photos import SUFFIXES, read_colours

_GREY = np.asarray([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, eq=False)
class Reference:
    """A picture in colour that a person gave."""

    path: Path
    digest: str
    """SHA-256 of its file."""
    say: Callable[[str], None]

    @property
    def name(self) -> str:
        """What it is called when it is spoken of."""
        return self.path.name

    @property
    def pixels(self) -> Pixels:
        """RGB, (h, w, 3); raises InputError for a picture that cannot be used."""
        return read_colours(self.path, say=self.say)

    @property
    def luma(self) -> Pixels:
        """(h, w, 1)."""
        return (self.pixels @ _GREY)[:, :, None]


def read_references(names: Sequence[str], say: Callable[[str], None]) -> tuple[Reference, ...]:
    """Return the pictures that files and folders name, each once.

    Raises:
        InputError: There is no such file or folder, or a picture cannot be used.
    """
    found: dict[str, Reference] = {}
    for path in expand(names):
        read_colours(path)
        digest = digest_of(path)
        found.setdefault(digest, Reference(path, digest, say))
    return tuple(found.values())


def expand(names: Sequence[str]) -> tuple[Path, ...]:
    """Return the pictures that are meant: a folder stands for all pictures in it.

    Raises:
        InputError: There is no such file or folder, or a folder without pictures.
    """
    pictures: list[Path] = []
    for path in map(Path, names):
        if not path.is_dir():
            pictures.append(path)
            continue
        inside = pictures_in(path)
        if not inside:
            raise InputError(
                f"the folder {path} holds no pictures: give one with PNG, JPEG or TIFF files"
            )
        pictures.extend(inside)
    return tuple(pictures)


def pictures_in(folder: Path) -> tuple[Path, ...]:
    """Return the pictures that lie in a folder itself, by name; none where there is no such folder."""
    if not folder.is_dir():
        return ()
    files = (file for file in sorted(folder.iterdir()) if not file.name.startswith("."))
    return tuple(file for file in files if file.suffix.lower() in SUFFIXES and file.is_file())


def meant_for(film: str, films: Sequence[str], pictures: Sequence[Path]) -> tuple[Path, ...]:
    """Return the pictures that are for one film of several: `reel1.png` is for `reel1-part2.mp4`.

    A picture whose name begins the name of none of the films is for all of them.
    """

    def fits(picture: Path, each: str) -> bool:
        begin = re.escape(picture.stem)
        # "reel1" is no beginning of "reel10".
        end = r"(?!\d)" if picture.stem[-1:].isdigit() else ""
        return re.match(begin + end, Path(each).name) is not None

    return tuple(
        picture
        for picture in pictures
        if fits(picture, film) or not any(fits(picture, each) for each in films)
    )


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file; raises InputError where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
