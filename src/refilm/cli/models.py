"""`refilm models`: which networks there are, their licences, and their weights."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from refilm import models as networks
from refilm.cli.weights import say
from refilm.errors import UsageError


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Write the cards as JSON.")
@click.pass_context
def models(context: click.Context, as_json: bool) -> None:
    """List the networks: task, size, licences, and whether their weights are here."""
    if context.invoked_subcommand is not None:
        return
    if as_json:
        cards = [{**asdict(card), "here": networks.store.is_here(card)} for card in _cards()]
        click.echo(json.dumps(cards, indent=2))
        return
    Console().print(_table())


def _cards() -> list[networks.Card]:
    return list(networks.catalogue().values())


def _table() -> Table:
    table = Table("Network", "Task", "Size", "Code", "Weights", "Here", "From")
    for card in _cards():
        size = sum(file.size or 0 for file in card.files)
        table.add_row(
            card.name,
            card.task,
            f"{size / 1e6:.0f} MB" if size else "?",
            card.code_licence,
            card.weights_licence,
            "yes" if networks.store.is_here(card) else "no",
            str(card.files[0].sources[0]),
        )
    return table


@models.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--accept-licence", multiple=True, metavar="NAME", help="Accept this network's licence.")
def fetch(names: tuple[str, ...], accept_licence: tuple[str, ...]) -> None:
    """Get weights, after showing their licence; what is not free for every use is asked for."""
    for card in map(networks.card, names):
        say(f"{card.name}: {card.summary}\n  code {card.code_licence}, weights {card.weights_licence}")
        if not card.free and card.name not in accept_licence:
            click.confirm("  These weights are not free for every use. Accept?", abort=True, err=True)
        for path in networks.store.fetch(card, say):
            click.echo(str(path))


@models.command()
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
def add(name: str, file: Path) -> None:
    """Take weights from a FILE that you already have, with the same checks as a download."""
    if file.is_dir():
        raise UsageError(f"{file} is a folder; give the file of weights itself.")
    click.echo(str(networks.store.add(networks.card(name), file)))
