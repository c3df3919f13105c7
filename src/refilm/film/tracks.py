"""One stream beside the film on its way into the result: copied, converted, or left out with a word."""

import io
from collections.abc import Iterator
from typing import Protocol

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import DataStream, Disposition, Stream
from av.subtitles.stream import SubtitleStream

from refilm.film.clip import AnyPacket, Clip, Say, Stamps
from refilm.film.converted import SoundTrack, TextTrack, can_encode
from refilm.film.tags import kept_tags

_SOUND = {"mp4": "aac", "mov": "pcm_s24le", "matroska": "flac"}
"""Codec for sound that a container cannot hold."""
_TEXT = {"mp4": "mov_text", "mov": "mov_text", "matroska": "subrip"}
"""Codec for written subtitles that a container cannot hold."""
_WRITTEN = ("subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text", "microdvd", "subviewer")
_NAMES = {"mp4": "MP4", "mov": "MOV", "matroska": "Matroska"}
_KINDS = {"audio": "sound", "subtitle": "subtitles", "attachment": "attached file", "video": "picture"}


class Track(Protocol):
    """What becomes of one stream's packets."""

    def take(self, packet: AnyPacket, clip: Clip) -> Iterator[AnyPacket]:
        """Yield what the result gets for a packet of the source."""
        ...

    def finish(self, clip: Clip) -> Iterator[AnyPacket]:
        """Yield what is left after the last packet."""
        ...


class CopiedTrack:
    """A stream whose packets go over as they are."""

    def __init__(self, source: Stream, container: OutputContainer) -> None:
        self._stamps = Stamps()
        self._continues = source.type == "subtitle"
        # Matroska itself knows of a run-up, and FFmpeg carries that over.
        into, out_of = container.format.name, source.container.format.name
        self._from_nought = into == "matroska" and "matroska" not in out_of
        self.stream = container.add_stream_from_template(source, opaque=True)

    def take(self, packet: AnyPacket, clip: Clip) -> Iterator[AnyPacket]:
        """Yield the packet itself, on the result's clock."""
        placed = clip.placed(self._stamps.filled(packet), self._continues)
        if placed is not None and self._from_nought:
            placed = _from_nought(placed)
        if placed is not None:
            placed.stream = self.stream
            yield self._stamps.rising(placed)

    def finish(self, clip: Clip) -> Iterator[AnyPacket]:
        """Yield nothing: all went over at once."""
        del clip
        return iter(())


def _from_nought(packet: AnyPacket) -> AnyPacket | None:
    """Return the packet begun at 0 if it began before, None if it was over by then.

    What MP4 has there is the encoder's run-up, which is not played. Matroska would have to move the
    whole film later to hold it.
    """
    begin = packet.pts or 0
    if begin >= 0:
        return packet
    if begin + (packet.duration or 0) <= 0:
        return None
    packet.pts = packet.dts = 0
    return packet


def make_track(source: Stream, container: OutputContainer, say: Say) -> Track | None:
    """Add a stream to the container as well as it can hold it; None, and a word, where it cannot."""
    track = _track(source, container, say)
    if track is None:
        say(f"{_named(source)} is left out: {_why(source, container)}.")
        return None
    track.stream.metadata.update(kept_tags(source.metadata))
    track.stream.disposition = source.disposition
    return track


def _track(
    source: Stream, container: OutputContainer, say: Say
) -> CopiedTrack | SoundTrack | TextTrack | None:
    kind = container.format.name
    if can_hold(kind, source):
        return CopiedTrack(source, container)
    if isinstance(source, AudioStream) and source.codec_context and can_encode(source, _SOUND[kind]):
        say(f"{_named(source)} is converted to {_SOUND[kind]}: {_why(source, container)}.")
        return SoundTrack(source, container, _SOUND[kind], say)
    if isinstance(source, SubtitleStream) and _codec(source) in _WRITTEN:
        say(f"{_named(source)} is converted to {_TEXT[kind]}: {_why(source, container)}.")
        return TextTrack(source, container, _TEXT[kind])
    return None


def can_hold(kind: str, source: Stream) -> bool:
    """Return whether a container takes a stream as it is, found out by trying."""
    if _is_lost_in(kind, source):
        return False
    try:
        with av.open(io.BytesIO(), "w", format=kind) as trial:
            added = trial.add_stream_from_template(source, opaque=True)
            trial.start_encoding()
            if source.type == "data":
                trial.mux(_nothing(added))
    except (ValueError, FFmpegError):
        return False
    return True


def _nothing(stream: Stream) -> AnyPacket:
    packet = Packet(bytes(8))
    packet.stream = stream
    packet.pts = packet.dts = 0
    packet.duration = 1
    return packet


def _is_lost_in(kind: str, source: Stream) -> bool:
    """Return whether a container seems to take a stream, but then nothing plays it."""
    if kind == "mov" and source.disposition & Disposition.attached_pic:
        return True
    if kind == "mp4":
        # FFmpeg can write these into MP4, but television sets and browsers do not play them.
        return _codec(source).startswith("pcm_") or _codec(source) == "vorbis"
    return False


def _codec(stream: Stream) -> str:
    if isinstance(stream, DataStream):
        return stream.name or ""
    return stream.codec_context.name if stream.codec_context else ""


def _why(source: Stream, container: OutputContainer) -> str:
    kept = container.format.name != "matroska" and can_hold("matroska", source)
    advice = "; name the result .mkv to keep it as it is" if kept else ""
    return f"{_NAMES[container.format.name]} does not hold it{advice}"


def _named(stream: Stream) -> str:
    known = (stream.metadata.get(name, "") for name in ("language", "title", "filename"))
    words = [f"stream {stream.index}", _codec(stream), *known]
    kind = _KINDS.get(stream.type, stream.type)
    return f"The {kind} ({', '.join(word for word in words if word)})"
