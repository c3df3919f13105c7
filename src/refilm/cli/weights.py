"""Getting networks' weights: what is fetched, under which licence, said before it is."""

from collections.abc import Iterable

import click

from refilm import models
from refilm.errors import WeightsError


def fetch_missing(names: Iterable[str]) -> None:
    """Fetch the weights that are not in the store, and show each licence before.

    Raises WeightsError for weights that are not free for every use: they take a person's consent.
    """
    for card in map(models.card, names):
        if models.store.is_here(card):
            continue
        if not card.free:
            raise WeightsError(
                f"{card.name} is not free for every use ({card.weights_licence}); "
                f"read its card and get it with: refilm models fetch {card.name}"
            )
        models.store.fetch(card, say)


def say(sentence: str) -> None:
    """Write a sentence to the person, apart from results."""
    click.echo(sentence, err=True)
