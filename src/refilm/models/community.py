"""A network by the path of its file: weights that a person brought, whoever made them.

Our own networks are tried first; then those of others (see `foreign`). The card is made from the file.
"""

import hashlib
import importlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from refilm.errors import WeightsError
from refilm.models.card import Card, Facts, Own, WeightsFile

if TYPE_CHECKING:
    from torch import nn

SUFFIXES = (".pth", ".safetensors", ".onnx")
"""How names end that are paths, though there be no such file."""
ENLARGING, RESTORING = ("upscaling",), ("denoising", "deblurring")
"""What networks by path are for: by whether they enlarge, since no file tells more."""
TASKS = (*ENLARGING, *RESTORING)
_FOREIGN = "refilm.models.foreign"


def is_path(name: str) -> bool:
    """Return whether a network's name is the path of a file."""
    return Path(name).suffix.lower() in SUFFIXES or Path(name).expanduser().is_file()


def is_here(name: str) -> bool:
    """Return whether the file lies there."""
    return Path(name).expanduser().is_file()


def card(name: str, modules: Sequence[str] = ()) -> Card:
    """Return the card of the network in a file.

    Args:
        name: The file's path; "~" is the person's own folder.
        modules: The Python modules of the networks that may read it. Those that can define
            `facts(module)`, which says what callers must know of a network by its size.

    Raises:
        WeightsError: There is no such file, or no network that it fits.
    """
    path = Path(name).expanduser().absolute()
    if not path.is_file():
        raise WeightsError(
            f"There is no file {name}. Give the path of a network's weights ({', '.join(SUFFIXES)}), "
            "or one of the names that `refilm models` lists."
        )
    there = path.stat()
    # A file that was changed since is another one.
    return _card(name, path, tuple(modules), there.st_size, there.st_mtime_ns)


@lru_cache
def _card(name: str, path: Path, modules: tuple[str, ...], size: int, changed: int) -> Card:
    del changed
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    file = WeightsFile(name=path.name, size=size, sha256=digest, sources=(Own(own=str(path)),))
    draft = _draft(name, file)
    module, network = _read(draft, path, modules)
    facts: Facts = importlib.import_module(module).facts(network)
    task, *also = ENLARGING if facts.scale > 1 else RESTORING
    return replace(draft, module=module, facts=facts, task=task, also=tuple(also))


def _draft(name: str, file: WeightsFile) -> Card:
    return Card(
        name=name,
        task="",
        summary="A network of one's own.",
        paper="not known: weights of one's own",
        code_licence="not known: weights of one's own",
        weights_licence="not known: weights of one's own",
        free=False,
        # Nobody knows what it was trained for, so what it draws is not taken for the film's.
        invents="detail",
        files=(file,),
        module=_FOREIGN,
    )


def _read(draft: Card, path: Path, modules: Sequence[str]) -> tuple[str, "nn.Module"]:
    """Return the module that can read the file, and the network that it makes."""
    if path.suffix.lower() != ".onnx":
        from refilm.models.weights import read

        weights = read(path)
        for name in dict.fromkeys(modules):
            module = importlib.import_module(name)
            try:
                if hasattr(module, "facts"):
                    return name, module.build(draft, weights)
            except WeightsError:
                continue
    return _FOREIGN, importlib.import_module(_FOREIGN).build(draft, path)
