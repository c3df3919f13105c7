"""How a file of weights is known to be the right one: by its size and hashes, and by its stamp.

A file is hashed once. Beside it lies a stamp with its hashes, size and time of change; while size and
time agree the file is not hashed again. Where nobody has published a hash, the stamp of the first copy
that was taken is what later copies are held to.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from refilm.models.card import WeightsFile

BLOCK = 1 << 20
"""Bytes read at once."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is compared of a file."""

    size: int
    sha256: str
    md5: str


def blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield all bytes of a stream, some at a time."""
    while block := stream.read(BLOCK):
        yield block


def measured(path: Path) -> Facts:
    """Return the facts of a file, which is read to its end; raises OSError where it cannot be."""
    size, sha256, md5 = 0, hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        for block in blocks(stream):
            size += len(block)
            sha256.update(block)
            md5.update(block)
    return Facts(size, sha256.hexdigest(), md5.hexdigest())


def fault(file: WeightsFile, found: Facts, place: Path) -> str:
    """Return what is wrong with a copy of `file`, whose place in the store is given; "" for nothing."""
    if file.size not in (None, found.size):
        return f"has {found.size} bytes where {file.name} has {file.size}"
    if file.sha256 not in (None, found.sha256):
        return f"is not {file.name}: its sha256 is {found.sha256} and not {file.sha256}"
    if file.md5 not in (None, found.md5):
        return f"is not {file.name}: its md5 is {found.md5} and not {file.md5}"
    first = None if file.sha256 or file.md5 else _stamped(place)
    if first is not None and first.sha256 != found.sha256:
        return (
            f"is not the {file.name} that was taken first: its sha256 is {found.sha256} and not "
            f"{first.sha256}; delete {stamp_of(place)} if this one is meant from now on"
        )
    return ""


def stamp_of(path: Path) -> Path:
    """Return where the stamp of a file lies."""
    return path.with_name(f"{path.name}.checked")


def stamp(path: Path, found: Facts) -> None:
    """Write down what was found of a file, so that it need not be hashed again."""
    words = json.dumps({**asdict(found), "changed": path.stat().st_mtime_ns})
    # A store that many share may not be ours to write to: then the file is hashed each time.
    with suppress(OSError):
        stamp_of(path).write_text(words, encoding="utf-8")


def known(path: Path) -> Facts | None:
    """Return the facts of a file by its stamp; None where it has changed since, or has none."""
    found, now = _stamped(path), path.stat()
    same = found is not None and (found.size, _changed(path)) == (now.st_size, now.st_mtime_ns)
    return found if same else None


def _stamped(path: Path) -> Facts | None:
    said = _read(path)
    try:
        return Facts(int(str(said["size"])), str(said["sha256"]), str(said["md5"]))
    except (KeyError, ValueError):
        return None


def _changed(path: Path) -> object:
    return _read(path).get("changed")


def _read(path: Path) -> dict[str, object]:
    try:
        return dict(json.loads(stamp_of(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}
