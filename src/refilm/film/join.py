"""Join segments into the film: packets copied, never encoded again, beside all else the source had."""

import heapq
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

from av.container import OutputContainer
from av.packet import Packet
from av.video import VideoStream

from refilm.errors import OutputError
from refilm.film.aspect import write_display_size
from refilm.film.clip import AnyPacket, Clip, Say
from refilm.film.companions import Companions, opened
from refilm.film.container import add_film, open_container
from refilm.film.encoding import Target
from refilm.film.packets import StoredPacket, read_header, read_packets, read_ticks
from refilm.film.safely import complaints, finished
from refilm.film.sequence import write_sequence
from refilm.film.tags import film_tags
from refilm.frames import FilmInfo

_BROADCAST = Fraction(60)
"""Seconds: a clock that starts later is a recorder's, on which no player would find the beginning."""
_QUICKTIME = {"movflags": "+faststart", "movie_timescale": "90000"}
_SETTINGS = {
    # A second, not ten: what waits for a sparse subtitle is whole frames in memory.
    "max_interleave_delta": "1000000",
}


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

    All streams of `copy_from` but its film come along, with chapters, languages and titles. With
    `span` (from, to, seconds on the film's clock) only what lies inside does, and `from` becomes 0.
    `say` takes a sentence for all that could not be kept as it was. Until all is written the file
    has another name. Raises OutputError where the disk does not take it or a segment is spoilt.
    """
    if target.container == "pictures":
        write_sequence(segments, output, target, say)
        return
    with finished(output) as part, ExitStack() as closers:
        source = closers.enter_context(opened(copy_from))
        clip = _clip(source.start, span, say)
        with complaints(output):
            container = open_container(part, target.container, _settings(target))
        try:
            _fill(container, segments, source, clip, info, target, metadata, say, output)
        finally:
            with complaints(output):
                container.close()
        if target.container == "matroska" and info.sample_aspect != 1:
            write_display_size(part, target.width, target.height, info.sample_aspect)


def _settings(target: Target) -> dict[str, str]:
    return {**_SETTINGS, **(_QUICKTIME if target.container in ("mp4", "mov") else {})}


def _clip(start: Fraction, span: tuple[Fraction, Fraction] | None, say: Say) -> Clip:
    if span is not None:
        return Clip(span[0], *span)
    if start < _BROADCAST:
        return Clip(Fraction(0), None, None)
    say(f"The film's clock starts at {float(start):.3f} s: the result's starts at 0.")
    return Clip(start, None, None)


def _fill(
    container: OutputContainer,
    segments: Sequence[Path],
    source: Companions,
    clip: Clip,
    info: FilmInfo,
    target: Target,
    metadata: Mapping[str, str],
    say: Say,
    output: Path,
) -> None:
    stream = add_film(container, info, target)
    tracks = source.add_to(container, clip, say)
    container.metadata.update(film_tags(source.tags, metadata))
    with complaints(output):
        container.start_encoding()
    film = _film_packets(segments, stream, info, target, clip)
    for packet in heapq.merge(film, source.packets(tracks, clip, say), key=_decoding_time):
        with complaints(output):
            container.mux(packet)


def _decoding_time(packet: AnyPacket) -> Fraction:
    return (packet.dts or 0) * packet.time_base


def _film_packets(
    segments: Sequence[Path], stream: VideoStream, info: FilmInfo, target: Target, clip: Clip
) -> Iterator[AnyPacket]:
    """Yield the film's packets in decoding order, each with its stamps on the result's clock."""
    offset = round(clip.shift / info.time_base)
    step = max(round(1 / info.rate / info.time_base), 1)
    waiting = _lead(segments, step, target)
    for segment in segments:
        _check_header(segment, stream)
        for group in _groups(segment, target):
            waiting.extend(sorted(stored.tick for stored in group))
            for stored in group:
                yield _packet(stored, stream, waiting.popleft() - offset, step, offset, info)


def _packet(
    stored: StoredPacket, stream: VideoStream, decoded: int, step: int, offset: int, info: FilmInfo
) -> AnyPacket:
    packet = Packet(stored.data)
    packet.stream = stream
    packet.time_base = info.time_base
    packet.pts, packet.dts, packet.duration = stored.tick - offset, decoded, step
    packet.is_keyframe = stored.is_key
    return packet


def _groups(segment: Path, target: Target) -> Iterator[list[StoredPacket]]:
    """Yield packets in runs that are complete in themselves: one by one, or a whole segment."""
    if target.every_frame_is_key:
        yield from ([stored] for stored in read_packets(segment))
    else:
        yield list(read_packets(segment))


def _lead(segments: Sequence[Path], step: int, target: Target) -> deque[int]:
    """Return decoding times before the first frame's, one for each frame that others overtake.

    Frames are decoded in the order of their packets, at the times at which frames are shown, moved
    back so far that none is decoded after it is shown.
    """
    if target.every_frame_is_key:
        return deque()
    ticks = [read_ticks(segment) for segment in segments]
    delay = max((_overtaken(run) for run in ticks), default=0)
    first = min((min(run) for run in ticks if run), default=0)
    return deque(first - step * back for back in range(delay, 0, -1))


def _overtaken(ticks: list[int]) -> int:
    place = {tick: index for index, tick in enumerate(sorted(ticks))}
    return max((index - place[tick] for index, tick in enumerate(ticks)), default=0)


def _check_header(segment: Path, stream: VideoStream) -> None:
    if read_header(segment) != (stream.codec_context.extradata or b""):
        raise OutputError(
            f"The segment {segment} was encoded by another version of the encoder than is installed "
            "here: delete it and run the same command again, which renders it anew."
        )
