"""`refilm bench`: figures that anyone can measure again."""

import json
from fractions import Fraction
from pathlib import Path

import click

from refilm.bench.speed import measure
from refilm.cli.words import Rate, StageWords
from refilm.plan import StageChange, choose_plan
from refilm.workspace import write_whole


@click.group()
def bench() -> None:
    """Measure refilm on this machine."""


@bench.command()
@click.argument("film")
@click.option("--plan", help="The plan to measure; good when neither it nor a stage is given.")
@click.option("--stage", "stages", multiple=True, type=StageWords(), help="A stage and its options.")
@click.option("--rate", type=Rate(), help="Frames per second of loose pictures.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="JSON file to write as well.")
def speed(
    film: str,
    plan: str | None,
    stages: tuple[StageChange, ...],
    rate: Fraction | None,
    output: Path | None,
) -> None:
    """Time a plan on FILM, in all and stage by stage, with its peak memory."""
    chosen = choose_plan(plan, stages).model_copy(update={"rate": rate})
    figures = json.dumps(measure(film, chosen), indent=2)
    click.echo(figures)
    if output is not None:
        write_whole(output, figures)
