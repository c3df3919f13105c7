"""Which stills there are: frames chosen of each shot, pictures given, moments pointed at."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Literal

from refilm.chroma import reduced
from refilm.frames import Frame, Shot
from refilm.job import Network
from refilm.luma import weights_of
from refilm.photos import is_grey, read_photo
from refilm.progress import Watcher
from refilm.stills.aligning import aligned
from refilm.stills.choose import choose, first_middle_last
from refilm.stills.faces import seen_by
from refilm.stills.folder import Entry, Folder, stem, time_in
from refilm.stills.locate import WIDTH, locate
from refilm.stills.palette import Hint
from refilm.stills.references import Reference, digest_of
from refilm.stills.source import Asked, Source

Say = Callable[[str], None]


def list_chosen(
    folder: Folder,
    source: Source,
    shots: Sequence[Shot],
    asked: Asked,
    network: Callable[[str], Network],
    watcher: Watcher,
) -> None:
    """List the frames that stand for each shot that has none yet; a deleted one is not replaced."""
    same = folder.choice == asked.way
    chosen = [entry for entry in folder.entries if entry.origin == "chosen"]
    for entry in chosen:
        if not same and not entry.by_hand and not entry.gone:
            folder.remove(entry)
    folder.choice = asked.way
    done = {source.survey.shot_at(entry.time).number for entry in chosen if same}
    missing = [shot for shot in shots if shot.number not in done]
    if missing:
        watcher.phase("choose stills", len(missing))
    faces = seen_by(network(asked.faces)) if missing and asked.looks_for_faces else None
    best = asked.choice == "best"
    for shot in missing:
        pick = choose(source.survey, shot, source.luma, faces) if best else first_middle_last(shot)
        # What a person made of a frame chosen before stays, and stands for the frame.
        there = {entry.colour for entry in folder.entries}
        for frame in pick:
            if f"{stem(source.survey, frame)} colour.png" not in there:
                _add(folder, source, frame, "chosen")
        watcher.step()


def list_given(
    folder: Folder, source: Source, given: Sequence[Reference], watcher: Watcher
) -> tuple[Reference, ...]:
    """List references that show a frame of the film, and what a person put into the folder.

    Returns those that show no frame of it. Raises InputError for a picture that cannot be used.
    """
    timed, strays = _added(folder, watcher.say)
    _forget_others(folder, {picture.digest for picture in (*given, *strays)})
    for picture, time in timed:
        _add(folder, source, source.frame_at(time, picture.name), "added", picture)
    _locate(folder, source, (*given, *strays), watcher)
    photos: list[Reference] = []
    for picture in (*given, *strays):
        time = folder.located[picture.digest]
        if time is None:
            photos.append(picture)
        else:
            _list_reference(folder, source, source.survey.timeline.index(time), picture)
    for picture in photos:
        if picture in strays:
            watcher.say(
                f"{picture.name} among the stills shows no frame of the film: used as a reference"
            )
    return tuple(photos)


def list_pointed_at(folder: Folder, source: Source, hints: Sequence[Hint], say: Say) -> None:
    """List a still for each moment that a hint points at, and forget those of hints taken back."""
    frames = {hint.frame(source.survey): hint for hint in hints}
    times = {source.survey.timeline.time(frame) for frame in frames}
    for entry in [each for each in folder.entries if each.origin == "palette"]:
        if entry.time not in times and not entry.by_hand:
            folder.remove(entry)
    for frame, hint in frames.items():
        time = source.survey.timeline.time(frame)
        there = [entry for entry in folder.entries if entry.time == time and not entry.gone]
        if any(entry.by_hand for entry in there):
            say(f'"{hint.text}" is left out: the still of that moment has colours made by hand')
        elif not there:
            # Under another name than a still of that moment that a person deleted.
            entry = _add(folder, source, frame, "palette")
            entry.colour = f"{stem(source.survey, frame)} palette colour.png"


def _forget_others(folder: Folder, digests: set[str]) -> None:
    """Forget references that are no longer given."""
    for entry in [each for each in folder.entries if each.origin == "reference"]:
        if entry.reference not in digests:
            folder.remove(entry)


def _added(folder: Folder, say: Say) -> tuple[list[tuple[Reference, Fraction]], list[Reference]]:
    """Return the pictures in colour that a person added: those whose names tell a time, and others."""
    timed: list[tuple[Reference, Fraction]] = []
    strays: list[Reference] = []
    for path in folder.unlisted():
        if is_grey(read_photo(path, say=say)):
            say(f"{path.name} among the stills is grey and is left out: it has no colours to give")
            continue
        picture = Reference(path, digest_of(path), say)
        time = time_in(path.name)
        if time is None:
            strays.append(picture)
        else:
            timed.append((picture, time))
    return timed, strays


def _locate(folder: Folder, source: Source, pictures: Sequence[Reference], watcher: Watcher) -> None:
    """Look through the film for the frames that pictures show, those that nobody looked for yet."""
    wanted = [picture for picture in pictures if picture.digest not in folder.located]
    if not wanted:
        return
    survey = source.survey
    watcher.phase("find references", len(survey.timeline))

    def watched() -> Iterator[Frame]:
        for frame in source.film.watch(WIDTH):
            yield frame
            watcher.step()

    lumas = [reduced(picture.luma, WIDTH) for picture in wanted]
    found = locate(lumas, watched(), survey.clean, survey.info.width)
    for picture, frame in zip(wanted, found, strict=True):
        folder.located[picture.digest] = None if frame is None else survey.timeline.time(frame)


def _list_reference(folder: Folder, source: Source, frame: int, picture: Reference) -> None:
    listed = [entry for entry in folder.entries if entry.reference == picture.digest]
    if listed:
        return
    entry = _add(folder, source, frame, "reference", picture)
    entry.colour = f"{stem(source.survey, frame)} {picture.path.stem} colour.png"
    luma = source.luma(frame)
    folder.put_frame(entry, luma)
    folder.put_colour(entry, aligned(picture.pixels, luma, weights_of(source.survey.info)))


def _add(
    folder: Folder,
    source: Source,
    frame: int,
    origin: Literal["chosen", "palette", "reference", "added"],
    picture: Reference | None = None,
) -> Entry:
    name = stem(source.survey, frame)
    entry = Entry(
        time=source.survey.timeline.time(frame),
        frame=f"{name}.png",
        colour=f"{name} colour.png",
        origin=origin,
    )
    if picture is not None:
        entry.by_hand, entry.reference, entry.name = True, picture.digest, picture.name
    if picture is not None and origin == "added":
        entry.colour, entry.colour_sha256, entry.written = picture.name, picture.digest, True
    folder.entries.append(entry)
    return entry
