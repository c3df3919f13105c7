"""`refilm stills`: the frames that stand for each shot of a film, and their colours."""

import json
from fractions import Fraction
from pathlib import Path

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from refilm.cli.options import led, options_of
from refilm.cli.survey import clock
from refilm.cli.watch import LineWatcher
from refilm.cli.words import Rate
from refilm.film import Encoding
from refilm.outputs import choose_output, workspace_beside
from refilm.plan import Plan
from refilm.restore import colour_stills
from refilm.stills.made import StillFile, Stills


@click.command()
@click.argument("film")
@click.option("--plan", default="good", show_default=True, help="The plan that gives the colours.")
@led
@click.option("--rate", type=Rate(), help="Frames per second of loose pictures.")
@options_of(Plan, Plan.model_fields.keys() - {"faces", "shots"})
@click.option("--workspace", type=click.Path(path_type=Path), help="Folder to work in.")
@click.option("--json", "as_json", is_flag=True, help="Write the stills as JSON.")
def stills(
    film: str,
    plan: str,
    references: tuple[str, ...],
    palette: tuple[str, ...],
    rate: Fraction | None,
    faces: str | None,
    shots: str | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Make the stills that stand for each shot, in a folder where you can change them.

    Delete those that you do not like, correct colours in any program for pictures, or add pictures of
    your own; then restore the film in the same workspace.
    """
    asked = Plan.load(plan).led_by(references, palette)
    changes = {
        "source": film, "rate": rate,
        "faces": faces or asked.faces, "shots": shots or asked.shots,
    }  # fmt: skip
    asked = asked.model_copy(update=changes).with_stills()
    folder = workspace or workspace_beside(choose_output(film, None, Encoding()))
    watcher = LineWatcher(Path(film).name)
    try:
        made = colour_stills(asked, folder, watcher)
    finally:
        watcher.close()
    if as_json:
        rows = [{**file.record(), "shot": (file.shot or 0) + 1} for file in made.files]
        click.echo(json.dumps({"folder": str(folder / "stills"), "stills": rows}, indent=2))
        return
    if made.files:
        Console().print(_table(made))
    else:
        click.echo("No shot needs stills: the film has colours of its own, or all were deleted.")
    click.echo(str(folder / "stills"))


def _table(made: Stills) -> Table:
    table = Table("Shot", "Time", "Picture", "Colours", "Follows", box=SIMPLE, pad_edge=False)
    for file in made.files:
        table.add_row(*map(Text, _cells(file)))
    return table


def _cells(file: StillFile) -> tuple[str, ...]:
    follows = ", ".join(f"{name} ({100 * fit:.0f} %)" for name, fit in file.follows)
    colours = "by hand" if file.by_hand else "guessed"
    time = clock(float(file.time or 0))
    return str((file.shot or 0) + 1), time, file.colour.name, colours, follows
