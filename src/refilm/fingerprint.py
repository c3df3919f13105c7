"""What tells one piece of work from another, so that results of different work never mix."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

from refilm.version import __version__

LIBRARIES = ("av", "numpy", "opencv-python-headless", "pillow", "torch")
"""What besides our own code can change a pixel."""


def fingerprint(facts: Mapping[str, object]) -> str:
    """Return 16 hex digits that differ as soon as one of the facts does."""
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of refilm and of the libraries that can change a pixel."""
    return {"refilm": __version__} | {name: version(name) for name in LIBRARIES}


@cache
def code_digest() -> str:
    """Return 16 hex digits of refilm's own code, so that a mended stage redoes its segments."""
    digest = hashlib.sha256()
    for name, text in _code(files("refilm")):
        digest.update(name.encode() + text)
    return digest.hexdigest()[:16]


def _code(folder: Traversable) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _code(entry)
        elif entry.name.endswith(".py"):
            yield entry.name, entry.read_bytes()
