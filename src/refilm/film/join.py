"""Join segments into the film: packets copied, never encoded again, beside all else the source had."""

import heapq
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

from av.container import OutputContainer

from refilm.film.aspect import write_display_size
from refilm.film.assembled import film_packets
from refilm.film.clip import AnyPacket, Clip, Say
from refilm.film.companions import opened
from refilm.film.container import add_film, lacks_shape, open_container
from refilm.film.encoding import Target
from refilm.film.safely import complaints, finished
from refilm.film.sequence import write_sequence
from refilm.film.tags import film_tags
from refilm.frames import FilmInfo

_BROADCAST = Fraction(60)
"""Seconds: a clock that starts later is a recorder's, on which no player would find the beginning."""
_SETTINGS = {
    # A second, not FFmpeg's ten: what waits for a sparse subtitle is whole frames in memory.
    "max_interleave_delta": "1000000",
}
_QUICKTIME = {"movflags": "+faststart", "movie_timescale": "90000"}
"""The index first, so that films play while they load; starts to the tick, not the millisecond."""


def join(
    segments: Sequence[Path],
    output: Path,
    *,
    info: FilmInfo,
    target: Target,
    copy_from: Path | None,
    span: tuple[Fraction, Fraction] | None,
    metadata: Mapping[str, str],
    say: Say,
) -> None:
    """Write segments, in their order, as one film or as picture files.

    All streams of `copy_from` but its film come along, with chapters, languages and titles;
    `metadata` is added to what it says of itself. With `span` (from, to, seconds on the source's
    clock) only what lies inside comes, and `from` becomes 0. `say` takes a sentence for all that
    could not be kept as it was. Until all is written the file has another name. Raises OutputError
    where the disk does not take it or a segment is spoilt.
    """
    if target.container == "pictures":
        with opened(copy_from) as source:
            source.tell_of_silence(say)
        write_sequence(segments, output, target, say)
        return
    with finished(output) as part:
        with opened(copy_from) as source, _written(part, output, target) as container:
            clip = _clip(source.start, span, say)
            stream = add_film(container, info, target)
            tracks = source.add_to(container, clip, say)
            container.metadata.update(film_tags(source.tags, metadata))
            film = film_packets(segments, stream, info, target, clip.shift)
            _mux(container, (film, source.packets(tracks, clip, say)), output)
        if lacks_shape(info, target):
            write_display_size(part, target.width, target.height, info.sample_aspect)


@contextmanager
def _written(part: Path, output: Path, target: Target) -> Generator[OutputContainer]:
    settings = _SETTINGS | (_QUICKTIME if target.container in ("mp4", "mov") else {})
    with complaints(output):
        container = open_container(part, target.container, settings)
    try:
        yield container
    finally:
        with complaints(output):
            container.close()


def _clip(start: Fraction, span: tuple[Fraction, Fraction] | None, say: Say) -> Clip:
    if span is not None:
        return Clip(span[0], *span)
    if start < _BROADCAST:
        return Clip(Fraction(0), None, None)
    say(f"The film's clock starts at {float(start):.3f} s: the result's starts at 0.")
    return Clip(start, None, None)


def _mux(container: OutputContainer, streams: Iterable[Iterable[AnyPacket]], output: Path) -> None:
    with complaints(output):
        container.start_encoding()
    for packet in heapq.merge(*streams, key=_decoding_time):
        with complaints(output):
            container.mux(packet)


def _decoding_time(packet: AnyPacket) -> Fraction:
    return (packet.dts or 0) * packet.time_base
