"""One stream beside the film on its way into the result: copied, converted, or left out with a word."""

import io
from collections.abc import Iterator
from typing import Protocol

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.stream import Stream
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
        self.stream = container.add_stream_from_template(source, opaque=True)

    def take(self, packet: AnyPacket, clip: Clip) -> Iterator[AnyPacket]:
        """Yield the packet itself, on the result's clock."""
        placed = clip.placed(self._stamps.filled(packet), self._continues)
        if placed is not None:
            placed.stream = self.stream
            yield self._stamps.rising(placed)

    def finish(self, clip: Clip) -> Iterator[AnyPacket]:
        """Yield nothing: all went over at once."""
        del clip
        return iter(())


def make_track(source: Stream, container: OutputContainer, say: Say) -> Track | None:
    """Add a stream to the container as well as it can hold it; None, and a word, where it cannot."""
    track = _track(source, container, say)
    if track is None:
        say(f"{_named(source)} is left out: {_why(container)}.")
        return None
    track.stream.metadata.update(kept_tags(source.metadata))
    track.stream.disposition = source.disposition
    return track


def _track(
    source: Stream, container: OutputContainer, say: Say
) -> CopiedTrack | SoundTrack | TextTrack | None:
    kind = container.format.name
    if _can_hold(kind, source):
        return CopiedTrack(source, container)
    if isinstance(source, AudioStream) and source.codec_context and can_encode(source, _SOUND[kind]):
        say(f"{_named(source)} is converted to {_SOUND[kind]}: {_why(container)}.")
        return SoundTrack(source, container, _SOUND[kind], say)
    if isinstance(source, SubtitleStream) and _codec(source) in _WRITTEN:
        say(f"{_named(source)} is converted to {_TEXT[kind]}: {_why(container)}.")
        return TextTrack(source, container, _TEXT[kind])
    return None


def _can_hold(kind: str, source: Stream) -> bool:
    """Return whether a container takes a stream as it is, found out by trying."""
    if kind == "mp4" and _is_silent_in_mp4(_codec(source)):
        return False
    try:
        with av.open(io.BytesIO(), "w", format=kind) as trial:
            trial.add_stream_from_template(source, opaque=True)
            trial.start_encoding()
    except (ValueError, FFmpegError):
        return False
    return True


def _is_silent_in_mp4(codec: str) -> bool:
    # FFmpeg can write these into MP4, but television sets and browsers do not play them.
    return codec.startswith("pcm_") or codec == "vorbis"


def _codec(stream: Stream) -> str:
    return stream.codec_context.name if stream.codec_context else ""


def _why(container: OutputContainer) -> str:
    kind = container.format.name
    advice = "" if kind == "matroska" else "; name the result .mkv to keep it as it is"
    return f"{_NAMES[kind]} does not hold it{advice}"


def _named(stream: Stream) -> str:
    known = (stream.metadata.get(name, "") for name in ("language", "title", "filename"))
    words = [f"stream {stream.index}", _codec(stream), *known]
    kind = _KINDS.get(stream.type, stream.type)
    return f"The {kind} ({', '.join(word for word in words if word)})"
