"""Getting networks' weights: what is fetched, under which licence, and how far it is."""

import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

import click

from refilm import models
from refilm.cli.watch import clock
from refilm.errors import WeightsError
from refilm.models.sources import Ways
from refilm.progress import Pace

_OFTEN, _SELDOM = 0.2, 10.0
"""Seconds between two lines of progress: on a terminal, where a line is overwritten, and elsewhere."""


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
        fetch(card)


def fetch(card: models.Card, folders: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Fetch a network's weights, from the folders where they lie there, and show how far it is."""
    shown = Progress()
    try:
        return models.store.fetch(card, shown.say, ways=Ways(tuple(folders), heard=shown.heard))
    finally:
        shown.erase()


def say(sentence: str) -> None:
    """Write a sentence to the person, apart from results."""
    click.echo(sentence, err=True)


class Progress:
    """Keeps one line of a download on the terminal, or writes one now and then where there is none."""

    def __init__(self, stream: TextIO | None = None, pause: float | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        usual = _OFTEN if self._live else _SELDOM
        self._pause = usual if pause is None else pause
        self._pace: Pace | None = None
        self._shown = 0.0

    def say(self, sentence: str) -> None:
        """Write a sentence on a line of its own; a new download begins with one."""
        self.erase()
        self._pace = None
        click.echo(sentence, file=self._stream)

    def heard(self, here: int, total: int | None) -> None:
        """Take how many bytes are here and how many there will be, and show it, not too often."""
        if self._pace is None:
            self._pace, self._shown = Pace(total or 0, here), time.monotonic()
        self._pace.step(here - self._pace.done)
        if time.monotonic() - self._shown >= self._pause:
            self._shown = time.monotonic()
            self.erase()
            click.echo(_line(self._pace), file=self._stream, nl=not self._live)
            self._stream.flush()

    def erase(self) -> None:
        """Leave the line."""
        if self._live and self._pace is not None:
            click.echo("\r\033[K", file=self._stream, nl=False)


def _line(pace: Pace) -> str:
    of = f" of {pace.total / 1e6:.1f}" if pace.total else ""
    text = f"  {pace.done / 1e6:.1f}{of} MB, {pace.frames_per_second / 1e6:.1f} MB/s"
    left = pace.seconds_left
    return f"{text}, {clock(left)} left" if pace.total and left is not None else text
