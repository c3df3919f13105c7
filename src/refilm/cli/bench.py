"""`refilm bench`: figures that anyone can measure again."""

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import click

from refilm.bench import (
    following,
    likeness,
    memory,
    networks,
    quality,
    remaster,
    speed,
    steadiness,
    survey,
)
from refilm.cli.words import Rate, StageWords
from refilm.plan import choose_plan
from refilm.stages.wording import StageChange
from refilm.training.judging import INSIDE
from refilm.training.pictures import KEPT
from refilm.workspace import write_whole

_FILM = click.argument("film")
_PLAN = click.option("--plan", help="The plan to measure; good when no stage is given either.")
_STAGE = click.option("--stage", "stages", multiple=True, type=StageWords(), help="A stage.")
_RATE = click.option("--rate", type=Rate(), help="Frames per second of loose pictures.")
_PICTURES = click.option(
    "--pictures", "folders", multiple=True, required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder of colour photographs; may be given several times.",
)  # fmt: skip
_OUTPUT = click.option("-o", "--output", type=click.Path(path_type=Path), help="JSON file to write.")


@click.group()
def bench() -> None:
    """Measure refilm on this machine."""


@bench.command("speed")
@_FILM
@_PLAN
@_STAGE
@_RATE
@_OUTPUT
def measure_speed(
    film: str,
    plan: str | None,
    stages: tuple[StageChange, ...],
    rate: Fraction | None,
    output: Path | None,
) -> None:
    """Time a plan on FILM, in all and stage by stage, with its peak memory."""
    chosen = choose_plan(plan, stages).model_copy(update={"rate": rate})
    _show(speed.measure(film, chosen), output)


@bench.command("memory")
@_FILM
@_PLAN
@_STAGE
@_RATE
@_OUTPUT
@click.option("--times", type=click.IntRange(2), default=10, show_default=True)
def measure_memory(
    film: str,
    plan: str | None,
    stages: tuple[StageChange, ...],
    rate: Fraction | None,
    output: Path | None,
    times: int,
) -> None:
    """Compare the memory that FILM takes with that of a film so many TIMES as long."""
    chosen = choose_plan(plan, stages).model_copy(update={"rate": rate})
    _show(memory.measure(film, chosen, times), output)


@bench.command("quality")
@click.option("--film", help="A clean film to make old; the drawn sample where none is given.")
@click.option("--only", multiple=True, type=click.Choice(quality.SUBJECTS),
              help="What is measured; everything where not said.")  # fmt: skip
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True,
              help="How often it is made old, each time otherwise.")  # fmt: skip
@click.option("--damage", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Folder of scan_*.json with outlines of real damage.")  # fmt: skip
@_OUTPUT
def measure_quality(
    film: str | None, only: tuple[str, ...], seeds: int, damage: Path | None, output: Path | None
) -> None:
    """Make a clean film old, restore it, and compare with the truth and with other ways."""
    extent = quality.Extent(only or quality.SUBJECTS, tuple(range(1, seeds + 1)))
    _show(quality.measure(film, damage, extent), output)


@bench.command("survey")
@click.option("--film", help="A clean film to make old; the drawn sample where none is given.")
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True,
              help="How often it is made old, each time otherwise.")  # fmt: skip
@_OUTPUT
def measure_survey(film: str | None, seeds: int, output: Path | None) -> None:
    """Make a clean film old, survey it, and compare what was found with the truth."""
    _show(survey.measure(film, seeds), output)


@bench.command("colour")
@_PICTURES
@click.option("--kept", type=click.IntRange(1), default=KEPT, show_default=True,
              help="How many are measured: as many as training kept out, or fewer.")  # fmt: skip
@click.option("--inside", type=click.IntRange(32), default=INSIDE, show_default=True,
              help="Short side at which the network sees them, in pixels.")  # fmt: skip
@click.option("--weights", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="A file of weights to measure instead of those that come with refilm.")  # fmt: skip
@_OUTPUT
def measure_colour(
    folders: tuple[Path, ...], kept: int, inside: int, weights: Path | None, output: Path | None
) -> None:
    """Colour photographs whose colours are known, and compare with grey and with the truth."""
    from refilm.bench import colour

    _show(colour.measure(folders, kept, inside=inside, weights=weights), output)


@bench.command("likeness")
@_PICTURES
@click.option("--kept", type=click.IntRange(2), default=likeness.PICTURES, show_default=True,
              help="How many are measured.")  # fmt: skip
@_OUTPUT
def measure_likeness(folders: tuple[Path, ...], kept: int, output: Path | None) -> None:
    """See how well two views of one place are told from those of others."""
    _show(likeness.measure(folders, kept), output)


@bench.command("matching")
@_PICTURES
@click.option("--kept", type=click.IntRange(2), default=likeness.PICTURES, show_default=True,
              help="How many are measured.")  # fmt: skip
@click.option("--film", help="A film with colours; the drawn sample where none is given.")
@_OUTPUT
def measure_matching(
    folders: tuple[Path, ...], kept: int, film: str | None, output: Path | None
) -> None:
    """See how often colours taken from references are right, by how sure the network is."""
    from refilm.bench import matching

    _show(matching.measure(folders, kept, film), output)


@bench.command("steadiness")
@click.option("--film", help="A film with colours; the drawn sample where none is given.")
@click.option("--shots", type=click.IntRange(1), default=5, show_default=True,
              help="Shots at most, from the first one on.")  # fmt: skip
@click.option("--frames", type=click.IntRange(2), default=steadiness.FRAMES, show_default=True,
              help="Frames of each shot at most, its first ones.")  # fmt: skip
@_OUTPUT
def measure_steadiness(film: str | None, shots: int, frames: int, output: Path | None) -> None:
    """Make a colour film grey, colour it, and see how still the colours hold."""
    _show(steadiness.measure(film, shots, frames), output)


@bench.command("references")
@_FILM
@click.option("--reference", "references", multiple=True, required=True, metavar="PICTURE",
              help="A picture in colour to follow, or a folder of them.")  # fmt: skip
@_OUTPUT
def measure_references(film: str, references: tuple[str, ...], output: Path | None) -> None:
    """Colour FILM after references, and see how far its shots have their colours."""
    _show(following.measure(film, references), output)


@bench.command("remaster")
@click.option("--film", help="A film with colours; the drawn sample where none is given.")
@click.option("--shots", type=click.IntRange(1), default=5, show_default=True,
              help="Shots at most, from the first one on.")  # fmt: skip
@click.option("--frames", type=click.IntRange(2), default=remaster.FRAMES, show_default=True,
              help="Frames of each shot at most, spread evenly over it.")  # fmt: skip
@_OUTPUT
def measure_remaster(film: str | None, shots: int, frames: int, output: Path | None) -> None:
    """Make a colour film grey, give it one true still a shot, and compare with the truth."""
    _show(remaster.measure(film, shots, frames), output)


@bench.command("network")
@click.argument("name")
@click.option("--width", type=click.IntRange(1), default=640, show_default=True, help="Pixels.")
@click.option("--height", type=click.IntRange(1), default=480, show_default=True, help="Pixels.")
@click.option("--pictures", type=click.IntRange(1),
              help="Pictures it is called with; as many frames as it takes if not said.")  # fmt: skip
@click.option("--references", type=click.IntRange(0), default=0, show_default=True,
              help="RGB pictures that it is given before.")  # fmt: skip
@click.option("--number", "numbers", type=(str, float), multiple=True,
              help="A number that it takes, by its name: --number lines 720.")  # fmt: skip
@_OUTPUT
def measure_network(
    name: str,
    width: int,
    height: int,
    pictures: int | None,
    references: int,
    numbers: tuple[tuple[str, float], ...],
    output: Path | None,
) -> None:
    """Time one call of the network NAME with random pictures, and measure its peak memory."""
    call = networks.Call(width, height, pictures, references, dict(numbers))
    _show(networks.measure(name, call), output)


def _show(figures: Mapping[str, object], output: Path | None) -> None:
    text = json.dumps(figures, indent=2)
    click.echo(text)
    if output is not None:
        write_whole(output, text)
