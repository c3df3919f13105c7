"""Write the pages of docs/ that are told by the code itself: stages, networks, commands, plans.

Run `python docs/generate.py`, or `make docs`; a test holds the pages to what this would write. With
a folder as argument the pages are written there.
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from refilm import models
from refilm.cli import program
from refilm.cli.stages import limits
from refilm.plan import Plan, presets
from refilm.stages.base import Stage, catalogue

FOLDER = Path(__file__).parent
NOTICE = "<!-- Written by docs/generate.py from the code. -->"


def pages() -> dict[str, str]:
    """Return every generated page by its file name."""
    return {
        "stages.md": _page("Stages", (_stage(kind) for kind in catalogue().values())),
        "networks.md": _page("Networks", (_network(card) for card in models.catalogue().values())),
        "commands.md": _page("Commands", _commands(program, "refilm")),
        "plans.md": _page("Plans", (_plan(name) for name in presets())),
    }


def _page(title: str, parts: Iterator[str]) -> str:
    return "\n\n".join([f"# {title}", NOTICE, *parts]) + "\n"


def _stage(kind: type[Stage]) -> str:
    lines = [f"## {kind.name()}", "", inspect.cleandoc(kind.__doc__ or ""), ""]
    if kind.invents:
        lines += [f"Invents: {kind.invents}.", ""]
    if kind.model_fields:
        lines += ["| option | default | meaning |", "|---|---|---|"]
    for name, field in kind.model_fields.items():
        lines.append(f"| `{name}` | `{field.default}` | {field.description}{limits(field)} |")
    return "\n".join(lines)


def _network(card: models.Card) -> str:
    rows = {
        "task": ", ".join((card.task, *card.also)),
        "paper": card.paper,
        "licence of the code": card.code_licence,
        "licence of the weights": card.weights_licence,
        "free for every use": "yes" if card.free else "no",
        "invents": card.invents or "nothing",
        "weights": "; ".join(_file(file) for file in card.files),
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    parts = [f"## {card.name}", card.summary, f"| | |\n|---|---|\n{table}"]
    if card.differs:
        differences = "\n".join(f"- {sentence}" for sentence in card.differs)
        parts.append(f"Differs from the published program:\n\n{differences}")
    return "\n\n".join(parts)


def _file(file: models.WeightsFile) -> str:
    size = f"{file.size / 1e6:.0f} MB" if file.size else "size unknown"
    hashes = {"its published sha256": file.sha256, "its published md5": file.md5}
    held_to = next((name for name, value in hashes.items() if value), "the first copy taken")
    return f"{file.name} ({size}, held to {held_to}) from {' or '.join(map(str, file.sources))}"


def _plan(name: str) -> str:
    return f"## {name}\n\n{Plan.load(name).summary}\n\n```toml\n{presets()[name]}```"


def _commands(command: click.Command, words: str) -> Iterator[str]:
    context = click.Context(command, info_name=words, terminal_width=100, max_content_width=100)
    yield f"## {words}\n\n```text\n{command.get_help(context)}\n```"
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from _commands(below, f"{words} {name}")


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for file, text in pages().items():
        (folder / file).write_text(text, encoding="utf-8")
