"""What a film's file holds beside the film: sound, subtitles, chapters, fonts, and where they go."""

import errno
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.error import EOFError as EndOfFile
from av.error import FFmpegError, InvalidDataError
from av.stream import Discard, Disposition, Stream
from av.video.stream import VideoStream

from refilm.film.clip import AnyPacket, Clip, Say
from refilm.film.probe import picture_stream
from refilm.film.tags import clipped_chapters
from refilm.film.tracks import Track, make_track

_AROUND = Fraction(10)
"""Seconds around a span that are read too: subtitles begin before it, streams lie apart."""
_COVERS = {"png": ("cover.png", "image/png"), "mjpeg": ("cover.jpg", "image/jpeg")}
"""Name and kind by which Matroska players know a cover."""
_FAILURES = 100
"""Read errors in a row after which a file counts as ended."""


@contextmanager
def opened(path: Path | None) -> Generator["Companions"]:
    """Open the other streams of a film; None has none."""
    if path is None:
        yield Companions(None)
        return
    with av.open(str(path)) as container:
        yield Companions(container)


@dataclass(frozen=True, slots=True)
class Companions:
    """All in a film's file but the film itself."""

    source: InputContainer | None

    @property
    def start(self) -> Fraction:
        """Time of the first packet of any stream; 0 where nobody knows."""
        known = self.source.start_time if self.source is not None else None
        return Fraction(known or 0, 1_000_000)

    @property
    def tags(self) -> Mapping[str, str]:
        """Title, comment and whatever else the file says of the film."""
        return self.source.metadata if self.source is not None else {}

    def tell_of_silence(self, say: Say) -> None:
        """Say what picture files cannot take along, if there is any."""
        streams = self.source.streams if self.source is not None else ()
        kinds = {"audio": "sound", "subtitle": "subtitles"}
        lost = dict.fromkeys(kinds[stream.type] for stream in streams if stream.type in kinds)
        if lost:
            say(f"Picture files hold no {' or '.join(lost)}: write a film to keep the source's.")

    def add_to(self, container: OutputContainer, clip: Clip, say: Say) -> Mapping[int, Track]:
        """Add all that the container can hold, converting what must be, before its first packet.

        Returns what to do with the packets of each stream of the source, by the stream's index.
        """
        if self.source is None:
            return {}
        tracks: dict[int, Track] = {}
        film = picture_stream(self.source)
        for stream in self.source.streams:
            if film is not None and stream is film:
                _describe_film(container, film, whole=clip.start is None)
            elif not (_is_written_anew(stream) or _attached(stream, container)):
                track = make_track(stream, container, say)
                if track is not None:
                    tracks[stream.index] = track
        chapters: list[Any] = list(self.source.chapters())
        container.set_chapters(clipped_chapters(chapters, clip.shift, clip.start, clip.end))
        return tracks

    def packets(self, tracks: Mapping[int, Track], clip: Clip, say: Say) -> Iterator[AnyPacket]:
        """Yield the packets for the result, with its stamps, about in the order of their times."""
        if self.source is None or not tracks:
            return
        for stream in self.source.streams:
            stream.discard = Discard.default if stream.index in tracks else Discard.all
        _seek(self.source, clip)
        for packet in _demuxed(self.source, say):
            if clip.is_over(packet, _AROUND):
                break
            if packet.stream_index in tracks:
                yield from tracks[packet.stream_index].take(packet, clip)
        for track in tracks.values():
            yield from track.finish(clip)


def _describe_film(container: OutputContainer, source: VideoStream, whole: bool) -> None:
    film = container.streams.video[0]
    names = ["language", "title", "handler_name"]
    if whole and film.codec_context.framerate == source.average_rate:
        names.append("timecode")
    film.metadata.update({name: source.metadata[name] for name in names if name in source.metadata})
    film.disposition = source.disposition


def _is_written_anew(stream: Stream) -> bool:
    # QuickTime keeps chapter titles and the timecode in streams, which FFmpeg makes by itself.
    return stream.type == "data" and (stream.discard == Discard.all or "timecode" in stream.metadata)


def _attached(stream: Stream, container: OutputContainer) -> bool:
    """Attach a cover to a Matroska film, which has no streams for such; return if it was one."""
    if container.format.name != "matroska" or not stream.disposition & Disposition.attached_pic:
        return False
    name, kind = _COVERS.get(stream.codec_context.name if stream.codec_context else "", ("cover", ""))
    with av.open(stream.container.name) as again:
        picture = next(again.demux(again.streams[stream.index]))
        container.add_attachment(name, kind or "application/octet-stream", bytes(picture))
    return True


def _seek(source: InputContainer, clip: Clip) -> None:
    if clip.start is None or clip.start <= _AROUND:
        return
    try:
        source.seek(int((clip.start - _AROUND) * 1_000_000))
    except FFmpegError as error:
        # A stream that cannot be sought in is read from its beginning.
        if error.errno not in (errno.EPERM, errno.ESPIPE, errno.ENOSYS):
            raise


def _demuxed(source: InputContainer, say: Say) -> Iterator[AnyPacket]:
    """Yield the packets that can be read, saying once if some cannot."""
    failures = 0
    while failures < _FAILURES:
        try:
            for packet in source.demux():
                failures = 0
                if packet.size:
                    yield packet
            return
        except EndOfFile:
            return
        except InvalidDataError:
            if failures == 0:
                say("Some of the film's sound or subtitles cannot be read: the result lacks them.")
            failures += 1
