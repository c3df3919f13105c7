"""The pictures that a network is trained on, and those kept to judge it by."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.errors import InputError

KEPT = 300
"""Pictures kept for validation where nothing else is said."""
SUFFIXES = (".jpg", ".jpeg", ".png")


class Split(NamedTuple):
    """Pictures by what they are for."""

    training: tuple[Path, ...]
    validation: tuple[Path, ...]


def split(folders: Iterable[Path], kept: int) -> Split:
    """Return the pictures in folders, `kept` of them for validation and never trained on.

    Which these are depends on the files' names alone: they are those whose names have the smallest
    SHA-256. So they stay the same whatever else lies in the folders, unless it is kept itself.

    Raises:
        InputError: A folder cannot be read, or there are fewer than `kept` pictures.
    """
    ordered = sorted(_pictures(folders), key=_rank)
    if len(ordered) < kept:
        raise InputError(
            f"There are {len(ordered)} pictures ({', '.join(SUFFIXES)}), but {kept} are kept for "
            f"validation; give folders with more pictures."
        )
    return Split(tuple(ordered[kept:]), tuple(ordered[:kept]))


def _pictures(folders: Iterable[Path]) -> list[Path]:
    found: dict[str, Path] = {}
    for folder in folders:
        try:
            paths = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
        except OSError as error:
            raise InputError(f"{folder} cannot be read: {error.strerror}.") from error
        found |= {path.name: path for path in paths}
    return list(found.values())


def _rank(path: Path) -> str:
    return hashlib.sha256(path.name.encode()).hexdigest()


def read(path: Path) -> NDArray[np.uint8]:
    """Return a picture in 8-bit sRGB, (H, W, 3).

    Raises:
        InputError: It cannot be read as a picture.
    """
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    found = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if found is None:
        raise InputError(f"{path} is not a picture that can be read.")
    return np.asarray(found[..., ::-1], np.uint8)
