"""`refilm survey`: what is wrong with a film, and the plan that would mend it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import click
import numpy as np
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from refilm.cli.options import options_of
from refilm.cli.watch import LineWatcher
from refilm.cli.words import Rate
from refilm.film import Encoding, open_film
from refilm.findings import Cadence, Hair, Interlacing, Scratch, Survey
from refilm.outputs import choose_output, workspace_beside
from refilm.plan import Plan
from refilm.progress import Reason
from refilm.settling import check_shots
from refilm.workspace import Workspace

Words = tuple[tuple[float, str], ...]
"""Words for a figure: each for values below its number."""

_NEVER = float("inf")
_SURENESS: Words = (
    (0.25, "a guess"),
    (0.5, "possible"),
    (0.75, "likely"),
    (_NEVER, "nearly certain"),
)
_FLICKER: Words = ((0.01, "steady"), (0.03, "flickers a little"), (_NEVER, "flickers"))
_CONTRAST: Words = ((0.5, "faded"), (0.75, "a little pale"), (_NEVER, "full"))
_GRAIN: Words = ((0.004, "hardly any"), (0.012, "fine"), (0.03, "clear"), (_NEVER, "strong"))
_EDGES: Words = ((0.7, "sharp"), (1.5, "a little soft"), (_NEVER, "soft"))
_BLOCKS: Words = ((0.001, "no blocks to be seen"), (0.004, "blocks show"), (_NEVER, "strong blocks"))
_NAMED = 4
"""Scratches or hairs that are named one by one."""
_MOMENTS = 8
"""Flashes whose times are named."""
_FOUND = (
    "conditions",
    "scratches",
    "hairs",
    "transitions",
    "flashes",
    "interlacing",
    "transfer",
)


@click.command()
@click.argument("film")
@click.option("--plan", default="good", show_default=True, help="The plan to fit to the film.")
@click.option("--rate", type=Rate(), help="Frames per second of loose pictures.")
@options_of(Plan, Plan.model_fields.keys() - {"shots"})
@click.option("--workspace", type=click.Path(path_type=Path), help="Folder that keeps the survey.")
@click.option("--json", "as_json", is_flag=True, help="Write all that was found as JSON.")
def survey(
    film: str,
    plan: str,
    rate: Fraction | None,
    shots: str | None,
    workspace: Path | None,
    as_json: bool,
) -> None:
    """Look at a film once: its shots, light, grain, damage and speed, and what would mend it."""
    asked = Plan.load(plan)
    shots = shots or asked.shots
    check_shots(shots)
    watcher = LineWatcher(Path(film).name)
    opened = open_film(film, rate=rate, say=watcher.say)
    folder = workspace or workspace_beside(choose_output(film, None, Encoding()))
    with Workspace.opened(folder) as kept:
        found = kept.survey(opened, kept.digest(opened), watcher, shots)
    watcher.close()
    reasons = asked.fitted(found)[1]
    if as_json:
        click.echo(json.dumps(as_values(found, reasons), indent=2, default=str))
    else:
        console = Console()
        for table in _page(found, reasons):
            console.print(table)


def as_values(survey: Survey, reasons: tuple[Reason, ...]) -> dict[str, Any]:
    """Return a survey as plain values, with the figures of every frame."""
    figures = asdict(survey.figures)
    return {
        "info": asdict(survey.info),
        "shots": [asdict(shot) for shot in survey.shots],
        "clean": asdict(survey.clean),
        "problems": survey.problems,
        "cadence": None if survey.cadence is None else _cadence(survey.cadence),
        **{name: _plain(getattr(survey, name)) for name in _FOUND},
        "plan": [reason._asdict() for reason in reasons],
        "times": [float(survey.timeline.time(i)) for i in range(len(survey.timeline))],
        "figures": {name: np.asarray(values).tolist() for name, values in figures.items()},
    }


def _plain(found: object) -> object:
    """Return a finding, or some of them, as plain values."""
    if isinstance(found, tuple):
        return [_plain(each) for each in cast("tuple[object, ...]", found)]
    return asdict(found) if is_dataclass(found) and not isinstance(found, type) else found


def _cadence(cadence: Cadence) -> dict[str, Any]:
    return {**asdict(cadence), "times": cadence.times.tolist()}


def _page(survey: Survey, reasons: tuple[Reason, ...]) -> Iterator[Table]:
    film = Table("What was found", "", show_header=False, box=None, pad_edge=False)
    film.add_column(no_wrap=True)
    for label, words in _film(survey):
        film.add_row(label, words)
    yield film
    yield _shots(survey)
    plan = Table("Plan", "", "Why", box=SIMPLE, pad_edge=False)
    for reason in reasons:
        plan.add_row("do" if reason.used else "leave out", Text(reason.stage), reason.why)
    yield plan


def _film(survey: Survey) -> Iterator[tuple[str, str]]:
    """Yield a label and a sentence for each thing that a person may wish to know of the film."""
    info = survey.info
    seconds = float(survey.timeline.end - survey.timeline.time(0))
    size = f"{info.width}x{info.height} pixels, {float(info.rate):.5g} frames a second"
    yield "film", f"{size}, {len(survey.timeline)} frames, {clock(seconds)}"
    yield "shots", _joins(survey)
    yield "speed", _speed(survey)
    if survey.conditions:
        yield from _looks(survey)
    yield "dots and blotches", _dirt(survey)
    yield "scratches", _scratches(survey)
    yield "hair in the gate", _hairs(survey)
    yield "edge", _edge(survey)
    yield "fields", _fields(survey.interlacing)
    if survey.flashes:
        yield "flashes", _times(survey, survey.flashes)
    for problem in survey.problems:
        yield "problem", problem


def _joins(survey: Survey) -> str:
    kinds = [shot.start_kind for shot in survey.shots[1:]]
    parts = [f"{kinds.count(kind)} {kind}s" for kind in ("cut", "dissolve", "fade") if kind in kinds]
    return f"{len(survey.shots)}" + (f" ({', '.join(parts)} between them)" if parts else "")


def _speed(survey: Survey) -> str:
    found = survey.transfer
    if found is None:
        return "nobody looked"
    if found.speed is None:
        return f"not known: {found.why}"
    sure = _word(found.confidence, _SURENESS)
    return f"{found.speed:.4g} pictures a second ({sure}): {found.why}"


def _looks(survey: Survey) -> Iterator[tuple[str, str]]:
    conditions = survey.conditions
    yield "colour", ", ".join(dict.fromkeys(each.colour for each in conditions))
    grain, width, contrast, flicker = (
        float(np.median([getattr(each, name) for each in conditions]))
        for name in ("noise", "softness", "contrast", "flicker")
    )
    yield "light", f"{_word(flicker, _FLICKER)} (by {100 * flicker:.1f} % from frame to frame)"
    yield "contrast", f"{_word(contrast, _CONTRAST)} ({100 * contrast:.0f} % of what a screen shows)"
    yield "grain", f"{_word(grain, _GRAIN)} ({100 * grain:.1f} % of full light)"
    yield "sharpness", f"{_word(width, _EDGES)} (edges are blurred by {width:.1f} pixels)"
    blocks = float(np.median(survey.figures.blocking)) if len(survey.figures.blocking) else 0.0
    yield "compression", f"{_word(blocks, _BLOCKS)} ({100 * blocks:.2f} % of full light)"


def _dirt(survey: Survey) -> str:
    dirt = survey.figures.dirt
    if not len(dirt):
        return "nobody looked"
    worst = int(np.argmax(dirt))
    where = clock(float(survey.timeline.time(worst)))
    return (
        f"about {100 * dirt.mean():.2f} % of the picture, most at {where} ({100 * dirt[worst]:.1f} %)"
    )


def _scratches(survey: Survey) -> str:
    found = sorted(survey.scratches, key=lambda each: each.first - each.stop)
    named = [
        f"{'light' if each.light else 'dark'} at column {each.column:.0f}, {_span(survey, each)}"
        for each in found[:_NAMED]
    ]
    return _listed(named, len(found), "none that last")


def _hairs(survey: Survey) -> str:
    named = [
        f"at column {each.place.left}, line {each.place.top}, {_span(survey, each)}"
        for each in survey.hairs[:_NAMED]
    ]
    return _listed(named, len(survey.hairs), "none that stands still while the picture weaves")


def _listed(named: list[str], count: int, none: str) -> str:
    if not count:
        return none
    more = f"; and {count - len(named)} more" if count > len(named) else ""
    return f"{count}: {'; '.join(named)}{more}"


def _span(survey: Survey, thing: Scratch | Hair) -> str:
    first, stop = (float(survey.timeline.time(n)) for n in (thing.first, thing.stop))
    return f"{clock(first)} to {clock(stop)}"


def _times(survey: Survey, frames: tuple[int, ...]) -> str:
    named = [clock(float(survey.timeline.time(frame))) for frame in frames[:_MOMENTS]]
    more = f" and {len(frames) - _MOMENTS} more" if len(frames) > _MOMENTS else ""
    return f"{len(frames)} frames: {', '.join(named)}{more}"


def _edge(survey: Survey) -> str:
    info, clean = survey.info, survey.clean
    right = info.width - clean.left - clean.width
    bottom = info.height - clean.top - clean.height
    sides = {"left": clean.left, "right": right, "top": clean.top, "bottom": bottom}
    cut = [f"{pixels} {side}" for side, pixels in sides.items() if pixels]
    return (
        f"border or rounded corners: {', '.join(cut)} pixels" if cut else "the picture fills the frame"
    )


def _fields(found: Interlacing | None) -> str:
    if found is None:
        return "nothing moves, so that nobody can tell"
    if not found.interlaced:
        return "whole pictures, not interlaced"
    pattern = ", in the 2:3 pattern of film on television" if found.telecine else ""
    share = f"{100 * found.combed:.0f} % of moving frames are combed"
    return f"interlaced, {found.order} field first: {share}{pattern}"


def _shots(survey: Survey) -> Table:
    heads = ("Shot", "From", "To", "Begins with", "Colour", "Flicker", "Grain", "Dirt", "Repeats")
    table = Table(*heads, box=SIMPLE, pad_edge=False)
    for number, shot in enumerate(survey.shots):
        rows = slice(shot.first, shot.stop)
        repeats = int(np.count_nonzero(survey.figures.repeat[rows]))
        cells = [clock(float(shot.start)), clock(float(shot.end)), shot.start_kind]
        if number < len(survey.conditions):
            each = survey.conditions[number]
            shares = (each.flicker, each.noise, each.dirt)
            cells += [each.colour, *(f"{100 * share:.1f} %" for share in shares)]
        else:
            cells += ["black and white" if shot.monochrome else "colour", "", "", ""]
        table.add_row(Text(f"shot {shot.number + 1}:"), *cells, str(repeats))
    return table


def _word(value: float, steps: Words) -> str:
    """Return the word for a value: that of the first step which it is below."""
    return next(word for below, word in steps if value < below)


def clock(seconds: float) -> str:
    """Return a time as people write it: 1:02.5, or 1:00:02.5 after an hour."""
    tenths = round(seconds * 10)
    hours, minutes, rest = tenths // 36000, tenths // 600 % 60, tenths % 600 / 10
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"
