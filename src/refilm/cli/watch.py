"""News of the work for people (one line per film) and for programs (one JSON object per line)."""

import json
import sys
import time
from collections.abc import Sequence
from typing import TextIO

import click

from refilm.errors import RefilmError
from refilm.progress import Pace, Reason, Watcher

_OFTEN = 0.2
_SELDOM = 10.0
"""Seconds between two looks at the pace: on a terminal, where a line is overwritten, and elsewhere."""


class LineWatcher(Watcher):
    """Keeps one line of progress on the terminal, or writes one now and then where there is none."""

    def __init__(self, film: str, stream: TextIO | None = None) -> None:
        self.film = film
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.pace = Pace(0)
        self.name = ""
        self.shown = 0.0

    def say(self, sentence: str) -> None:
        """Write a sentence on a line of its own."""
        self._erase()
        click.echo(f"{self.film}: {sentence}", file=self.stream)

    def planned(self, reasons: Sequence[Reason]) -> None:
        """Write what will be done, and why."""
        for reason in reasons:
            mark = "+" if reason.used else "-"
            self.say(f"{mark} {reason.stage}: {reason.why}")

    def phase(self, name: str, total: int, done: int = 0) -> None:
        """Begin a new phase on the line."""
        self.name, self.pace = name, Pace(total, done)
        self._show()

    def step(self, frames: int = 1) -> None:
        """Count frames and renew the line, not too often."""
        self.pace.step(frames)
        if time.monotonic() - self.shown > (_OFTEN if self.live else _SELDOM):
            self._show()

    def failed(self, error: RefilmError) -> None:
        """Leave the error to the command line, which writes it last."""

    def close(self) -> None:
        """Leave the line."""
        self._erase()

    def _show(self) -> None:
        self.shown = time.monotonic()
        text = f"{self.film}: {self.name} {self.pace.done}/{self.pace.total} frames"
        if self.pace.seconds_left is not None:
            text += (
                f", {self.pace.frames_per_second:.1f} frames/s, {clock(self.pace.seconds_left)} left"
            )
        self._erase()
        click.echo(text, file=self.stream, nl=not self.live)
        self.stream.flush()

    def _erase(self) -> None:
        if self.live:
            click.echo("\r\033[K", file=self.stream, nl=False)


class JsonWatcher(Watcher):
    """Writes each piece of news as one JSON object on a line of its own."""

    def __init__(self, film: str, stream: TextIO | None = None) -> None:
        self.film = film
        self.stream = stream or sys.stdout
        self.pace = Pace(0)
        self.name = ""
        self.shown = 0.0

    def say(self, sentence: str) -> None:
        """Write a sentence."""
        self.write("said", sentence=sentence)

    def planned(self, reasons: Sequence[Reason]) -> None:
        """Write what will be done, and why."""
        self.write("plan", stages=[reason._asdict() for reason in reasons])

    def phase(self, name: str, total: int, done: int = 0) -> None:
        """Write that a phase begins."""
        self.name, self.pace = name, Pace(total, done)
        self._show()

    def step(self, frames: int = 1) -> None:
        """Count frames and write how far it is, not too often."""
        self.pace.step(frames)
        if time.monotonic() - self.shown > _OFTEN:
            self._show()

    def failed(self, error: RefilmError) -> None:
        """Write what went wrong."""
        self.write("error", exit_code=error.exit_code, sentence=str(error))

    def close(self) -> None:
        """Have nothing to tidy up."""

    def write(self, event: str, **facts: object) -> None:
        """Write one piece of news."""
        news = {"event": event, "film": self.film, **facts}
        click.echo(json.dumps(news, default=str), file=self.stream)

    def _show(self) -> None:
        self.shown = time.monotonic()
        left = self.pace.seconds_left
        self.write(
            "progress",
            phase=self.name,
            done=self.pace.done,
            total=self.pace.total,
            frames_per_second=round(self.pace.frames_per_second, 2),
            seconds_left=None if left is None else round(left, 1),
        )


def clock(seconds: float) -> str:
    """Return seconds as people read them: 42 s, 3:05 min, 2:03 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"
