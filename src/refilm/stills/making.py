"""Makes a film's stills, or takes those that are there: frames that stand for each shot, coloured."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from refilm import models
from refilm.findings import Survey
from refilm.fingerprint import code_digest
from refilm.frames import FilmInfo, Shot
from refilm.job import Network
from refilm.luma import weights_of
from refilm.photos import LARGEST, ignore, read_photo
from refilm.progress import Watcher
from refilm.stages.base import Stage
from refilm.stages.colourise import Colourise
from refilm.stills.colouring import Painter
from refilm.stills.folder import SHEET, Entry, Folder
from refilm.stills.groups import MATCHING, Match, View, grouped, matched_by
from refilm.stills.listing import list_chosen, list_given, list_pointed_at
from refilm.stills.made import StillFile, Stills
from refilm.stills.painting import Painting
from refilm.stills.palette import Hint, hint
from refilm.stills.references import Reference, read_references
from refilm.stills.sheet import write_sheet
from refilm.stills.source import Asked, Source

_ALIKE = "refilm-alike"
"""The network that finds in a photo the palette of what a still shows."""


@dataclass(frozen=True, eq=False)
class Brush:
    """What colours stills."""

    stage: Colourise
    """As the plan has it: stills and frames without one look alike."""
    matching: str
    """The name of the network that carries colours from one picture to another."""
    network: Callable[[str], Network]
    """Gives a network by its name."""
    facts: Mapping[str, object]
    """What tells these networks from others: the SHA-256 of their weights."""

    def painter(self, survey: Survey) -> Painter:
        """Return what colours stills of the surveyed film; raises WeightsError."""
        colour, alike, matching = map(self.network, (self.stage.method, _ALIKE, self.matching))
        return Painter(self.stage, colour, alike, matching, weights_of(survey.info))


def colourise_of(stages: Iterable[Stage]) -> Colourise:
    """Return the stage by which stills are coloured: the plan's own, or the usual one."""
    return next(
        (stage for stage in stages if isinstance(stage, Colourise)), Colourise.model_validate({})
    )


def networks_for(stages: Sequence[Stage]) -> tuple[str, ...]:
    """Return the names of the networks that stills need; none where no stage follows stills."""
    if not any(stage.follows_stills for stage in stages):
        return ()
    return (*colourise_of(stages).networks(), _ALIKE, matching_of(stages))


def matching_of(stages: Iterable[Stage]) -> str:
    """Return the name of the network that matches stills: that of the stage that follows them.

    One that does not say how sure it is cannot tell which pictures fit: then it is the usual one.
    """
    names = (name for stage in stages if stage.follows_stills for name in stage.networks())
    return next(filter(_tells_what_fits, names), MATCHING)


def _tells_what_fits(name: str) -> bool:
    known = models.catalogue().get(name)
    return known is None or known.facts.references == "matched"


def check_asked(asked: Asked, info: FilmInfo) -> None:
    """Refuse what cannot be done for a film of that size, before it is looked at.

    Raises InputError for a reference that cannot be used, UsageError for a hint that points beside
    the picture.
    """
    read_references(asked.references, ignore)
    for text in asked.palette:
        hint(text).check(info)


def make_stills(
    path: Path, source: Source, asked: Asked, shots: Sequence[Shot], brush: Brush, watcher: Watcher
) -> Stills:
    """Return the stills of a film in a folder, in which what is missing or out of date is made anew.

    What a person did there holds: deleted stills stay away, changed or added pictures are taken.

    Args:
        path: The folder.
        source: The film.
        asked: References, hints, and which frames are chosen.
        shots: Those that need stills; of these only those that `brush.stage` colours get them.
        brush: What colours them.
        watcher: Hears what is used for which shots.

    Raises:
        InputError: A picture cannot be used, or the folder holds a person's stills of another film.
        UsageError: A hint points at a place or time that the film does not have.
    """
    hints = [hint(text) for text in asked.palette]
    for each in hints:
        each.frame(source.survey)
    references = read_references(asked.references, watcher.say)
    folder = Folder(path, source.digest)
    photos = list_given(folder, source, references, watcher)
    wanted = [shot for shot in shots if _is_coloured(brush.stage, source.survey, shot)]
    list_chosen(folder, source, wanted, asked, brush.network, watcher)
    list_pointed_at(folder, source, hints, watcher.say)
    for entry in folder.used():
        if not folder.has_frame(entry):
            folder.put_frame(entry, source.luma(source.survey.timeline.index(entry.time)))
    groups = _groups(folder, source.survey, matched_by(brush.network(brush.matching)))
    _paint(folder, source.survey, photos, hints, groups, brush, watcher)
    folder.save()
    return _finished(folder, source.survey, photos, hints, groups, watcher)


def _is_coloured(stage: Colourise, survey: Survey, shot: Shot) -> bool:
    return stage.fitted(replace(survey, shots=(shot,))).stage is not None


def _groups(folder: Folder, survey: Survey, match: Match) -> tuple[tuple[int, ...], ...]:
    """Return the numbers of shots that are alike, by their stills."""
    views: dict[int, list[View]] = {}
    for entry in folder.used():
        luma = read_photo(folder.place(entry.frame), LARGEST)[:, :, :1]
        views.setdefault(survey.shot_at(entry.time).number, []).append(View.of(luma))
    return grouped(views, match)


def _paint(
    folder: Folder,
    survey: Survey,
    photos: Sequence[Reference],
    hints: Sequence[Hint],
    groups: Sequence[Sequence[int]],
    brush: Brush,
    watcher: Watcher,
) -> None:
    pointed: dict[Fraction, list[Hint]] = {}
    for each in hints:
        pointed.setdefault(survey.timeline.time(each.frame(survey)), []).append(each)
    entries = folder.used()
    lots = [
        [entry for entry in entries if survey.shot_at(entry.time).number in group] for group in groups
    ]
    facts = {
        "stage": brush.stage.model_dump(mode="json", exclude={"only", "strength", "steady"}),
        "networks": brush.facts,
        "code": code_digest(),
    }
    painting = Painting(folder, lambda: brush.painter(survey), facts, photos, pointed)
    painting.paint(lots, watcher)


def _finished(
    folder: Folder,
    survey: Survey,
    photos: Sequence[Reference],
    hints: Sequence[Hint],
    groups: tuple[tuple[int, ...], ...],
    watcher: Watcher,
) -> Stills:
    pointed = {survey.timeline.time(each.frame(survey)) for each in hints}
    files = tuple(_file(folder, survey, entry, entry.time in pointed) for entry in folder.used())
    general = tuple(StillFile(photo.path, photo.digest, by_hand=True) for photo in photos)
    stills = Stills(files, groups, general)
    for sentence in _told(stills):
        watcher.say(sentence)
    if files:
        first = survey.timeline.time(0)
        write_sheet(folder.path / SHEET, files, [_caption(file, first) for file in files])
    return stills


def _file(folder: Folder, survey: Survey, entry: Entry, pointed_at: bool) -> StillFile:
    # A still that was made from a reference is the reference itself.
    itself = ((entry.name, 1.0),) if entry.origin == "reference" else ()
    return StillFile(
        colour=folder.place(entry.colour),
        sha256=entry.colour_sha256,
        by_hand=entry.by_hand or pointed_at,
        time=entry.time,
        frame=folder.place(entry.frame),
        shot=survey.shot_at(entry.time).number,
        follows=(*itself, *((each.name, each.fit) for each in entry.follows)),
    )


def _caption(file: StillFile, first: Fraction) -> str:
    seconds = float((file.time or first) - first)
    by_hand = ", by hand" if file.by_hand else ""
    return f"shot {(file.shot or 0) + 1}  {int(seconds // 60)}:{seconds % 60:05.2f}{by_hand}"


def _told(stills: Stills) -> list[str]:
    """Return a sentence for each picture given: which shots follow it, and how well it fits."""
    followed: dict[str, dict[int, float]] = {photo.colour.name: {} for photo in stills.photos}
    for file in stills.files:
        for name, fit in file.follows:
            shots = followed.setdefault(name, {})
            shots[file.shot or 0] = max(fit, shots.get(file.shot or 0, 0.0))
    return [_sentence(name, shots) for name, shots in followed.items()]


def _sentence(name: str, shots: Mapping[int, float]) -> str:
    if not shots:
        return f"{name} fits no shot: only its general colours are used, a little"
    best, worst = (round(100 * each(shots.values())) for each in (max, min))
    fits = f"{best} %" if best == worst else f"{worst} to {best} %"
    listed = ", ".join(str(number + 1) for number in sorted(shots))
    return f"{name} is followed by shot{'s' if len(shots) > 1 else ''} {listed} (fits {fits})"
