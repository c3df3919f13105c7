"""Restore a film: read this first. Look at it once, plan, render each segment, join, record."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from refilm.film import Target, join, open_film
from refilm.frames import FilmInfo, Segment
from refilm.job import Network
from refilm.models import card, networks
from refilm.outputs import check_output, record_path, step_output, workspace_beside
from refilm.plan import Plan
from refilm.progress import Heard, Watcher
from refilm.record import labels, make_record
from refilm.render import Work, notes_of, prepare, render, stills_of
from refilm.segments import cut, span
from refilm.settling import check_networks, settled, sighted
from refilm.stills.made import Stills
from refilm.stills.making import check_asked
from refilm.stills.source import Source
from refilm.workspace import Workspace, is_joining, segment_path, write_whole

Runner = Callable[[Callable[[Segment], None], Iterable[Segment]], Iterable[None]]
"""Anything shaped like `map`: the builtin, or a pool's."""


@dataclass(frozen=True)
class Wishes:
    """How a restoration is run; nothing here changes a pixel of its result."""

    workspace: Path | None = None
    """Folder for survey, segments and log; None is one beside the output."""
    keep_steps: bool = False
    """Write each stage's own film beside the output too."""
    overwrite: bool = False
    """Replace an output that is there already."""
    runner: Runner = map


def restore(
    plan: Plan,
    output: Path,
    wishes: Wishes | None = None,
    watcher: Watcher | None = None,
    network: Callable[[str], Network] | None = None,
) -> Path:
    """Restore the film that `plan` names into `output` and return the path of its record.

    A run that was broken off goes on where it stopped, with the same result to the bit. `network`
    gives networks of the caller's own by name, in place of all in the catalogue. Raises InputError,
    UsageError, WeightsError, OutputError, or StoppedError when the watcher stops it.
    """
    wishes, heard = wishes or Wishes(), Heard(watcher or Watcher())
    begun = time.monotonic()
    film = open_film(plan.source, rate=plan.rate, say=heard.say)
    folder = wishes.workspace or workspace_beside(output)
    check_output(output, film, wishes.overwrite or is_joining(folder))
    plan, changes = settled(plan, film, output, network)
    with Workspace.opened(folder) as workspace:
        digest = workspace.digest(film)
        survey = workspace.survey(film, digest, heard, plan.shots, network)
        for sentence in (*survey.problems, *changes):
            heard.say(sentence)
        fitted, reasons = plan.fitted(survey)
        fitted = sighted(fitted, network, heard.say)
        heard.planned(reasons)
        segments = cut(survey, *span(survey, plan.start, plan.end))
        source = Source(film, survey, digest)
        cards = () if network else tuple(card(name) for name in fitted.networks())
        network = network or networks()
        stills = stills_of(fitted, source, workspace, network, cards, heard)
        work = prepare(source, fitted, output, workspace, network, cards, stills, wishes.keep_steps)

        for note in work.target.notes:
            heard.say(note)
        _render_missing(work, segments, network, wishes.runner, heard)
        with workspace.joining():
            _join_all(work, segments, output, heard)

        record = make_record(
            work, reasons, digest, [(s, notes_of(work, s)) for s in segments], heard.sentences
        )
        record["seconds_taken"] = round(time.monotonic() - begun, 1)
        write_whole(record_path(output), json.dumps(record, indent=2))
        workspace.forget_segments()
    return record_path(output)


def colour_stills(
    plan: Plan,
    folder: Path,
    watcher: Watcher | None = None,
    network: Callable[[str], Network] | None = None,
) -> Stills:
    """Return the stills of the film that a plan names, made in a workspace's folder where they lack.

    `network` gives networks of the caller's own. Raises as `restore` does.
    """
    heard = Heard(watcher or Watcher())
    film = open_film(plan.source, rate=plan.rate, say=heard.say)
    check_asked(plan.asked, film.info)
    if network is None:
        check_networks(plan)
    plan = sighted(plan, network, heard.say)
    cards = () if network else tuple(card(name) for name in plan.networks())
    with Workspace.opened(folder) as workspace:
        digest = workspace.digest(film)
        survey = workspace.survey(film, digest, heard, plan.shots, network)
        source = Source(film, survey, digest)
        return stills_of(plan, source, workspace, network or networks(), cards, heard)


def _render_missing(
    work: Work,
    segments: tuple[Segment, ...],
    network: Callable[[str], Network],
    runner: Runner,
    watcher: Watcher,
) -> None:
    missing = [segment for segment in segments if not work.is_done(segment)]
    frames = sum(segment.stop - segment.first for segment in segments)
    left = sum(segment.stop - segment.first for segment in missing)
    if missing:
        # Loaded before the clock of the phase starts, which would else take it for slow frames.
        for card in work.cards:
            network(card.name)
    watcher.phase("restore", frames, frames - left)
    for _ in runner(partial(render, work, network=network, step=watcher.step), missing):
        pass


def _join_all(work: Work, segments: tuple[Segment, ...], output: Path, watcher: Watcher) -> None:
    watcher.phase("join", 1 + len(work.steps))
    paths = [segment_path(work.folder, segment) for segment in segments]
    _join(work, segments, paths, work.info, work.target, output, watcher)
    for step in work.steps:
        paths = [work.step_path(step, segment) for segment in segments]
        film = step_output(output, step.number, step.name)
        film.parent.mkdir(parents=True, exist_ok=True)
        _join(work, segments, paths, step.info, step.target, film, watcher)


def _join(
    work: Work,
    segments: tuple[Segment, ...],
    paths: list[Path],
    info: FilmInfo,
    target: Target,
    output: Path,
    watcher: Watcher,
) -> None:
    whole = len(work.survey.timeline) == segments[-1].stop and segments[0].first == 0
    join(
        paths,
        output,
        info=info,
        target=target,
        copy_from=work.film.path,
        span=None if whole else (segments[0].start, segments[-1].end),
        metadata=labels(work.plan),
        say=watcher.say,
    )
    watcher.step()
