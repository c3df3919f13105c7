"""The networks: which there are, their weights, and how to run them.

A network is one file, `<name>.py`, and beside it its cards, `<name>.toml` (see `card`). The file
defines `build(card, *weights)`, which returns the torch module filled with what its files hold (see
`weights.fill`); how it is called then says `runtime.TorchNetwork`. Where there is more to do than to
call it, sizes and colour spaces say, the file also defines `path(card, module)`, which returns the
`job.Network` that stages call, and `read(path)` where its files are not read as weights are. Nothing
else names a network. A name can also be the path of a file (see `community`). Only `load`, what
`networks` returns and the card of such a file import torch.
"""

import difflib
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from refilm.errors import UsageError, WeightsError
from refilm.job import Network
from refilm.models import community, store
from refilm.models.card import (
    Address,
    Card,
    Facts,
    Package,
    Page,
    Shipped,
    Training,
    WeightsFile,
    read_cards,
)

if TYPE_CHECKING:
    import torch

__all__ = [
    "Address", "Card", "Facts", "Package", "Page", "Shipped", "Training", "WeightsFile",
    "card", "catalogue", "is_here", "is_known", "load", "networks", "store",
]  # fmt: skip


@cache
def catalogue() -> Mapping[str, Card]:
    """Return every network's card by its name: those of this package and those of other packages.

    Another package registers its network's module under the entry point group `refilm.models`, and
    lays its cards beside it.
    """
    found: dict[str, Card] = {}
    for card in (card for module in _modules() for card in _cards_beside(module)):
        if card.name in found:
            raise WeightsError(
                f"Two networks are called {card.name}: one of {found[card.name].module} and one of "
                f"{card.module}. Uninstall the package that brings one of them."
            )
        found[card.name] = card
    return {name: with_files(card, found) for name, card in sorted(found.items())}


def with_files(card: Card, known: Mapping[str, Card]) -> Card:
    """Return the card, with the files of the network whose weights it shares; raises WeightsError."""
    owner = known.get(card.shares)
    if bool(card.files) == bool(card.shares) or (card.shares and (owner is None or not owner.files)):
        raise WeightsError(
            f"The card of {card.name} must name either its files or a network whose files it shares."
        )
    return card if owner is None else replace(card, files=owner.files)


def _modules() -> Iterator[str]:
    for sheet in sorted(files(__name__).iterdir(), key=lambda file: file.name):
        if sheet.name.endswith(".toml"):
            yield f"{__name__}.{sheet.name.removesuffix('.toml')}"
    for entry in entry_points(group="refilm.models"):
        yield entry.module


def _cards_beside(module: str) -> tuple[Card, ...]:
    package, _, name = module.rpartition(".")
    return read_cards(files(package) / f"{name}.toml", module)


def card(name: str) -> Card:
    """Return the card of that name, or one made from the file whose path it is.

    Raises:
        UsageError: No network has that name.
        WeightsError: There is no such file, or no network that it fits.
    """
    if name in catalogue():
        return catalogue()[name]
    if community.is_path(name):
        return community.card(name, _for_files())
    near = difflib.get_close_matches(name, catalogue(), n=1)
    advice = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(catalogue())}."
    raise UsageError(f"There is no network called {name}. {advice}")


def _for_files() -> tuple[str, ...]:
    """Return the modules of networks for the tasks that a file of one's own may be for."""
    fit = [card.module for card in catalogue().values() if card.task in community.TASKS]
    return tuple(dict.fromkeys(fit))


def is_known(name: str) -> bool:
    """Return whether there is a network of that name, or a file with that path."""
    return name in catalogue() or community.is_here(name)


def is_here(name: str) -> bool:
    """Return whether the weights of the network of that name are on this computer, unchecked."""
    if name not in catalogue() and community.is_path(name):
        return community.is_here(name)
    return store.is_here(card(name))


def load(name: str, weights: Path | str | Sequence[Path | str] = ()) -> "torch.nn.Module":
    """Return a network with its weights, ready to run on the processor.

    What its `forward` takes and returns says its class; of published networks it is what the published
    code does.

    Args:
        name: The network's name in the catalogue, or the path of a file.
        weights: File or files to take instead of those in the store, in the card's order; these are
            not checked against the card, so that weights of one's own can be used.

    Raises:
        UsageError: No network has that name.
        WeightsError: The weights are missing, damaged, or not those of this network.
    """
    chosen = card(name)
    from refilm.models.weights import read

    given = [weights] if isinstance(weights, (Path, str)) else weights
    module = _module(chosen)
    states = [getattr(module, "read", read)(Path(file)) for file in given or store.paths(chosen)]
    return module.build(chosen, *states).eval()


def _module(card: Card) -> ModuleType:
    return importlib.import_module(card.module)


def networks(
    weights: Mapping[str, Path | str | Sequence[Path | str]] | None = None,
) -> Callable[[str], Network]:
    """Return what gives a network by its name, loaded once and on the best device of this computer.

    Args:
        weights: For networks by their names, files to take instead of those in the store, as in `load`.
    """
    given = weights or {}

    @cache
    def network(name: str) -> Network:
        chosen, module = card(name), load(name, given.get(name, ()))
        from refilm.models.runtime import TorchNetwork

        path = getattr(_module(chosen), "path", None)
        return path(chosen, module) if path else TorchNetwork(module, chosen.facts)

    return network
