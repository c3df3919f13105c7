"""Render one segment: read, stage after stage, trim, write. A pure function of the work and it."""

import json
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from refilm.film import Film, Target, filtered, open_film, target_for, write_segment
from refilm.findings import Survey
from refilm.fingerprint import code_digest, fingerprint, versions
from refilm.frames import FilmInfo, Frame, Segment, Shot
from refilm.job import Job, Network, Still
from refilm.models import Card
from refilm.plan import Plan
from refilm.progress import Watcher
from refilm.segments import cut, span, with_context
from refilm.stills.made import Stills
from refilm.stills.making import (
    Brush,
    colourise_of,
    make_stills,
    matching_of,
    networks_for,
)
from refilm.stills.sharing import palettes
from refilm.stills.source import Source
from refilm.streams import ahead, shared
from refilm.workspace import Workspace, segment_path, write_whole

_NO_PIXELS = {"name", "summary", "source", "references", "palette", "stills", "chain"}
"""Fields of a plan that do not shape the result, or do so through the stills alone."""
AHEAD = 4
"""Frames that decoding and each writer may run ahead: enough to keep two cores busy, little memory."""


@dataclass(frozen=True)
class Step:
    """A stage whose own result is kept too, and how it is stored."""

    number: int
    name: str
    info: FilmInfo
    target: Target


@dataclass(frozen=True)
class Work:
    """All that rendering any segment of one film needs to know."""

    film: Film
    survey: Survey
    plan: Plan
    info: FilmInfo
    """The film as it comes out of the plan."""
    target: Target
    folder: Path
    """Where segments lie; its name is the fingerprint of all that shapes them."""
    cards: tuple[Card, ...] = ()
    """The networks that the plan uses."""
    steps: tuple[Step, ...] = ()
    """The stages whose results are kept too."""
    stills: Stills = field(default_factory=Stills)
    """What the shots' colours follow."""

    def step_path(self, step: Step, segment: Segment) -> Path:
        """Return where a stage's own result for the segment lies."""
        return segment_path(self.folder, segment).with_suffix(f".step{step.number}")

    def is_done(self, segment: Segment) -> bool:
        """Return whether the segment lies there whole, with its notes and steps."""
        path = segment_path(self.folder, segment)
        wanted = [path, path.with_suffix(".json"), *(self.step_path(s, segment) for s in self.steps)]
        return all(file.exists() for file in wanted)


@dataclass
class Notes:
    """Figures that stages give while they work: of each kind the mean and how many."""

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, value: float) -> None:
        """Take one figure."""
        self.values[name].append(float(value))

    def means(self) -> dict[str, float]:
        """Return the mean of each kind of figure."""
        return {name: sum(values) / len(values) for name, values in sorted(self.values.items())}


def stills_of(
    plan: Plan,
    source: Source,
    workspace: Workspace,
    network: Callable[[str], Network],
    cards: Sequence[Card],
    watcher: Watcher,
) -> Stills:
    """Return the stills that a fitted plan's stages follow, made where they are missing; often none."""
    needed = networks_for(plan.stages)
    if not needed:
        return Stills()
    weights = {card.name: [file.sha256 for file in card.files] for card in cards if card.name in needed}
    brush = Brush(colourise_of(plan.stages), matching_of(plan.stages), network, weights)
    shots = _shots(plan, source.survey)
    return make_stills(workspace.stills, source, plan.asked, shots, brush, watcher)


def _shots(plan: Plan, survey: Survey) -> tuple[Shot, ...]:
    """Return the shots that a plan renders."""
    segments = cut(survey, *span(survey, plan.start, plan.end))
    return tuple({segment.shot.number: segment.shot for segment in segments}.values())


def prepare(
    source: Source,
    plan: Plan,
    output: Path,
    workspace: Workspace,
    network: Callable[[str], Network],
    cards: tuple[Card, ...],
    stills: Stills,
    keep_steps: bool,
) -> Work:
    """Return the work of a fitted plan; raises UsageError where its stages do not fit the film."""
    film, survey = source.film, source.survey
    shots = _shots(plan, survey)
    stills = replace(stills, palettes=palettes(plan.stages, source, shots, network))
    infos = plan.infos(shown_as(survey))
    target = target_for(plan.encoding, output, infos[-1], film.info)
    steps = _steps(plan, infos[1:], output, film) if keep_steps else ()
    key = fingerprint(
        {
            "source": source.digest,
            "plan": plan.model_dump(mode="json", exclude=_NO_PIXELS),
            "stills": stills.facts(),
            "target": asdict(target),
            "steps": [asdict(step) for step in steps],
            "networks": [[file.sha256 for file in card.files] for card in cards],
            "versions": versions(),
            "code": code_digest(),
        }
    )
    workspace.write("plan.json", plan.to_json())
    folder = workspace.segments(key)
    return Work(film, survey, plan, infos[-1], target, folder, cards, steps, stills)


def shown_as(survey: Survey) -> FilmInfo:
    """Return the film's facts, with one channel where the survey found no colour in any shot."""
    monochrome = all(shot.monochrome for shot in survey.shots)
    return replace(survey.info, channels=1) if monochrome else survey.info


def _steps(plan: Plan, infos: Sequence[FilmInfo], output: Path, film: Film) -> tuple[Step, ...]:
    named = zip(plan.stages, infos, strict=True)
    return tuple(
        Step(number, stage.name(), info, target_for(plan.encoding, output, info, film.info))
        for number, (stage, info) in enumerate(named)
    )


def render(
    work: Work,
    segment: Segment,
    network: Callable[[str], Network],
    step: Callable[[int], None],
) -> None:
    """Render the segment into its file; `step` is told how many source frames more are done."""
    notes, tally = Notes(), _Tally(work, segment, step)
    path = segment_path(work.folder, segment)
    first, stop = with_context(work.survey, segment, work.plan.context(work.film.info))
    channels = 1 if segment.shot.monochrome else work.film.info.channels
    with ExitStack() as closers:
        source = work.film.read(work.survey.timeline, first, stop, channels)
        frames = closers.enter_context(closing(ahead(source, AHEAD)))
        restored = _through_stages(tally.reading(frames), work, segment, network, notes, closers)
        write_segment(path, tally.writing(trimmed(restored, segment)), work.info, work.target)
    write_whole(path.with_suffix(".json"), json.dumps(notes.means()))


def notes_of(work: Work, segment: Segment) -> dict[str, float]:
    """Return the figures that stages noted while the segment was rendered."""
    path = segment_path(work.folder, segment).with_suffix(".json")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def trimmed(frames: Iterable[Frame], segment: Segment) -> Iterator[Frame]:
    """Yield the frames that belong to the segment itself, without its context."""
    return (frame for frame in frames if segment.start <= frame.origin < segment.end)


class _Tally:
    """Tells how many of a segment's frames are done: a half when one is read, the other when written.

    Stages look some frames ahead. Counted only at the end of them, a segment would seem to begin
    slowly and end fast, and the time left would be told worse than so.
    """

    def __init__(self, work: Work, segment: Segment, step: Callable[[int], None]) -> None:
        self._timeline, self._segment, self._step = work.survey.timeline, segment, step
        self._read = self._written = self._told = segment.first

    def reading(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the frames as they are read, context and all."""
        for frame in frames:
            index = self._timeline.index(frame.origin)
            self._read = min(max(index, self._read), self._segment.stop)
            self._tell()
            yield frame

    def writing(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the segment's own frames as they are written."""
        for frame in frames:
            yield frame
            self._written = self._timeline.index(frame.origin)
            self._tell()
        self._read = self._written = self._segment.stop
        self._tell()

    def _tell(self) -> None:
        done = (self._read + self._written) // 2
        self._step(done - self._told)
        self._told = done


def _through_stages(
    frames: Iterator[Frame],
    work: Work,
    segment: Segment,
    network: Callable[[str], Network],
    notes: Notes,
    closers: ExitStack,
) -> Iterator[Frame]:
    infos = work.plan.infos(shown_as(work.survey))
    kept = {step.number: step for step in work.steps}

    def original(path: str) -> Iterator[Frame]:
        return _original(work, segment, path)

    def stills() -> Sequence[Still]:
        return [file.load() for file in work.stills.of(segment.shot.number)]

    def photos() -> Sequence[Still]:
        return [file.load() for file in work.stills.photos]

    for number, (stage, info) in enumerate(zip(work.plan.stages, infos, strict=False)):
        job = Job(
            info, work.survey, segment.shot, network, original, notes.add, filtered, stills, photos,
            work.stills.palettes.get(segment.shot.number),
        )  # fmt: skip
        frames = stage.restored(frames, job)
        if number in kept:
            frames = closers.enter_context(closing(_kept(frames, work, segment, kept[number])))
    return frames


def _kept(frames: Iterator[Frame], work: Work, segment: Segment, step: Step) -> Generator[Frame]:
    def write(passing: Iterator[Frame]) -> None:
        write_segment(work.step_path(step, segment), trimmed(passing, segment), step.info, step.target)

    return shared(frames, write, AHEAD)


def _original(work: Work, segment: Segment, path: str) -> Iterator[Frame]:
    if path:
        return _shown_during(open_film(path), segment.start, segment.end)
    context = work.plan.context(work.film.info)
    first, stop = with_context(work.survey, segment, context)
    return work.film.read(work.survey.timeline, first, stop, work.film.info.channels)


def _shown_during(film: Film, start: Fraction, end: Fraction) -> Iterator[Frame]:
    """Yield a film's frames that are shown from start to end, and the one shown as they begin."""
    before: Frame | None = None
    for frame in film.watch():
        if frame.time >= end:
            break
        if frame.time > start and before is not None:
            yield before
        before = frame
    if before is not None:
        yield before
