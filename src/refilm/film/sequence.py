"""A film as numbered picture files."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from refilm.errors import UsageError
from refilm.film.codecs import CODECS
from refilm.film.encoding import Target
from refilm.film.packets import read_all, read_ticks
from refilm.film.safely import complaints, finished

_NUMBER = re.compile(r"%(0?\d*)d")
_USUAL = "%06d"


def write_sequence(
    segments: Sequence[Path], output: Path, target: Target, say: Callable[[str], None]
) -> None:
    """Write every packet of the segments, each a whole picture, into a file of its own.

    `output` holds the number's place ("frames/%05d.png", counted from 1), is a folder, which gets
    "000001.png" and so on, or names one picture. Raises UsageError for several pictures of one name.
    """
    pattern = _pattern(output, target)
    count = sum(len(read_ticks(segment)) for segment in segments)
    if count != 1 and not _NUMBER.search(pattern.name):
        raise UsageError(
            f"{output} names one picture and the film has {count}: "
            f"write {output.with_name(f'{output.stem}-%05d{output.suffix}')}."
        )
    with complaints(pattern.parent):
        pattern.parent.mkdir(parents=True, exist_ok=True)
    for number, packet in enumerate(read_all(segments), 1):
        path = _numbered(pattern, number)
        with finished(path) as part, complaints(path):
            part.write_bytes(packet.data)
    _tell_of_older(pattern, count, say)


def _pattern(output: Path, target: Target) -> Path:
    if output.suffix and not output.is_dir():
        return output
    return output / f"{_USUAL}{CODECS[target.codec].suffixes[0]}"


def _numbered(pattern: Path, number: int) -> Path:
    return pattern.with_name(_NUMBER.sub(lambda place: f"%{place[1]}d" % number, pattern.name))


def _tell_of_older(pattern: Path, count: int, say: Callable[[str], None]) -> None:
    """Say if a longer film's pictures lie where this film's end: players would go on into them."""
    if _NUMBER.search(pattern.name) and _numbered(pattern, count + 1).exists():
        say(
            f"{_numbered(pattern, count + 1)} and what follows it were there before: "
            "they are not of this film."
        )
