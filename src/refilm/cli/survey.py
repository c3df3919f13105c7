"""`refilm survey`: what is wrong with a film, and the plan that would mend it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
import numpy as np

from refilm.cli.watch import LineWatcher
from refilm.cli.words import Rate
from refilm.film import Encoding, open_film
from refilm.findings import Survey
from refilm.frames import Shot
from refilm.outputs import choose_output, workspace_beside
from refilm.plan import Plan
from refilm.progress import Reason
from refilm.workspace import Workspace


@click.command()
@click.argument("film")
@click.option("--plan", default="good", show_default=True, help="The plan to fit to the film.")
@click.option("--rate", type=Rate(), help="Frames per second of loose pictures.")
@click.option("--workspace", type=click.Path(path_type=Path), help="Folder that keeps the survey.")
@click.option("--json", "as_json", is_flag=True, help="Write all that was found as JSON.")
def survey(film: str, plan: str, rate: Fraction | None, workspace: Path | None, as_json: bool) -> None:
    """Look at a film once: its shots, movement, light, repeats and borders, and what would mend it."""
    watcher = LineWatcher(Path(film).name)
    opened = open_film(film, rate=rate, say=watcher.say)
    folder = workspace or workspace_beside(choose_output(film, None, Encoding()))
    with Workspace.opened(folder) as kept:
        found = kept.survey(opened, kept.digest(opened), watcher)
    watcher.close()
    reasons = Plan.load(plan).fitted(found)[1]
    if as_json:
        click.echo(json.dumps(as_values(found, reasons), indent=2, default=str))
    else:
        click.echo("\n".join(_page(found, reasons)))


def as_values(survey: Survey, reasons: tuple[Reason, ...]) -> dict[str, Any]:
    """Return a survey as plain values, with the figures of every frame."""
    figures = asdict(survey.figures)
    return {
        "info": asdict(survey.info),
        "shots": [asdict(shot) for shot in survey.shots],
        "clean": asdict(survey.clean),
        "problems": survey.problems,
        "plan": [reason._asdict() for reason in reasons],
        "times": [float(survey.timeline.time(i)) for i in range(len(survey.timeline))],
        "figures": {name: np.asarray(values).tolist() for name, values in figures.items()},
    }


def _page(survey: Survey, reasons: tuple[Reason, ...]) -> Iterator[str]:
    info = survey.info
    yield f"{info.width}x{info.height}, {float(info.rate):.3f} frames/s, {len(survey.timeline)} frames"
    for shot in survey.shots:
        yield f"  shot {shot.number + 1}: {_shot(survey, shot)}"
    yield from (f"  problem: {problem}" for problem in survey.problems)
    for reason in reasons:
        yield f"  {'do' if reason.used else 'leave out':9} {reason.stage:12} {reason.why}"


def _shot(survey: Survey, shot: Shot) -> str:
    rows = slice(shot.first, shot.stop)
    level = survey.figures.level[rows]
    repeats = int(np.count_nonzero(survey.figures.repeat[rows]))
    colour = "black and white" if shot.monochrome else "colour"
    return (
        f"{float(shot.start):.2f} s to {float(shot.end):.2f} s, {colour}, mean light "
        f"{100 * float(level.mean()):.0f} %, {repeats} repeated frames"
    )
