"""The pictures of a container file in the order they are shown, from the first or from any other."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from refilm.errors import InputError
from refilm.film.losses import Losses
from refilm.film.pixels import Decoded
from refilm.film.probe import picture_stream
from refilm.frames import Timeline

Damage = Callable[[int | None, str], None]
"""Takes a stamp, where known, and what is wrong there: "lost" or "incomplete" for one picture."""

_MISSING = int(Timeline.MISSING)
_SECONDS_BACK = (0, 2, 10, 60)
"""How long before the wanted frame to look for a key frame, in turn."""
_MOST_FAILURES = 1000
"""Reads that may fail in a row before the rest of a file is given up."""

_STUCK = 2
"""Damaged packets in a row after which such a decoder is started afresh at a key frame."""
_STAYS_STUCK = ("vp8", "vp9")
"""Decoders that do not find their feet again by themselves, even at a sound key frame."""


@contextmanager
def opened(path: Path) -> Generator[tuple[InputContainer, VideoStream]]:
    """Open a film file and give its container and its pictures' stream; raises InputError."""
    try:
        # The prefix keeps a colon in a file's name from being read as a protocol.
        container = av.open(f"file:{path}", metadata_errors="replace")
    except FFmpegError as error:
        raise InputError(_why_not(path, error)) from error
    try:
        stream = picture_stream(container)
        if stream is None:
            raise InputError(f"{path} holds no pictures: give a film")
        if stream.codec_context is None:  # pyright: ignore[reportUnnecessaryComparison]
            raise InputError(f"{path} is coded in a way that FFmpeg cannot decode")
        # Threads by whole frames lose good pictures after a damaged packet at the film's end, and
        # make of damage other pixels from run to run; by slices they do neither.
        stream.thread_type = "SLICE"  # pyright: ignore[reportAttributeAccessIssue]
        yield container, stream
    finally:
        container.close()


def _why_not(path: Path, error: FFmpegError) -> str:
    if isinstance(error, PermissionError):
        return f"{path} may not be read: give yourself the right to read it"
    return f"{path} is no film that FFmpeg can read, or its beginning or index is damaged or missing"


@dataclass(frozen=True, slots=True)
class Tape:
    """A container file as a run of pictures; opened anew each time it is played."""

    path: Path

    def play(self, damage: Damage) -> Generator[Decoded]:
        """Yield every picture that can be decoded, in the order shown; tell `damage` of the others."""
        with opened(self.path) as (container, stream):
            yield from _decoded(stream, _packets(container, stream, damage), damage)

    def play_from(self, timeline: Timeline, first: int, stop: int) -> Generator[Decoded]:
        """Yield pictures first..stop-1 of the timeline, bit by bit as `play` yields them there.

        What a decoder makes up for missing parts of damaged pictures alone may differ.
        Raises InputError where the file no longer is what the timeline was made from.
        """
        place = first
        for attempt in (*_SECONDS_BACK, None):
            with closing(self._attempt(timeline, place, attempt)) as pictures:
                for picture in islice(pictures, stop - place):
                    yield picture
                    place += 1
            if place >= stop:
                return
        raise InputError(f"{self.path} has changed: frame {place} is no longer found in it")

    def _attempt(self, timeline: Timeline, place: int, seconds_back: int | None) -> Generator[Decoded]:
        """Yield pictures from `place` on for as long as they are the timeline's."""
        with opened(self.path) as (container, stream):
            if seconds_back is None:
                packets = _packets(container, stream, _ignore)
                pictures = islice(_decoded(stream, packets, _ignore), place, None)
            else:
                pictures = _sought(container, stream, timeline, place, seconds_back)
            for stamp, picture in zip(timeline.stamps[place:], pictures, strict=False):
                if picture.stamp != stamp:
                    return
                yield picture


def _ignore(stamp: int | None, what: str) -> None:
    del stamp, what


def _sought(
    container: InputContainer, stream: VideoStream, timeline: Timeline, place: int, seconds_back: int
) -> Iterator[Decoded]:
    """Yield pictures from `place` on, having found a key frame before it; nothing if none is sure."""
    known = np.flatnonzero(timeline.stamps[: place + 1] != _MISSING)
    if not len(known) or stream.time_base is None:
        return
    target = int(timeline.stamps[known[-1]]) - int(seconds_back / stream.time_base)
    try:
        container.seek(target, stream=stream)
    except FFmpegError:
        return
    packets = _packets(container, stream, _ignore)
    key = next((packet for packet in packets if packet.is_keyframe), None)
    if key is None or key.pts is None:
        return
    at = np.flatnonzero(timeline.stamps == key.pts)
    if len(at) != 1 or at[0] > place:
        return
    pictures = _decoded(stream, _with(key, packets), _ignore)
    yield from islice(_from_key(pictures, key.pts), place - int(at[0]), None)


def _with(
    first: "Packet[VideoStream]", packets: "Iterator[Packet[VideoStream]]"
) -> "Iterator[Packet[VideoStream]]":
    yield first
    yield from packets


def _from_key(pictures: Iterator[Decoded], stamp: int) -> Iterator[Decoded]:
    """Yield the key frame and what follows; nothing where it was lost, or mended from another.

    Pictures shown before the key frame may lean on ones before it that were not decoded.
    """
    key = next((picture for picture in pictures if picture.stamp >= stamp), None)
    if key is None or key.stamp != stamp or key.picture.is_corrupt:
        return
    yield key
    yield from pictures


def _packets(
    container: InputContainer, stream: VideoStream, damage: Damage
) -> "Iterator[Packet[VideoStream]]":
    failures = 0
    while failures < _MOST_FAILURES:
        try:
            for packet in container.demux(stream):
                failures = 0
                yield packet
        except FFmpegError:
            failures += 1
            damage(None, "unreadable")
        else:
            return
    yield cast("Packet[VideoStream]", Packet())


def _decoded(
    stream: VideoStream, packets: "Iterator[Packet[VideoStream]]", damage: Damage
) -> Iterator[Decoded]:
    losses, decoder = Losses(), _Decoder(stream.codec_context)
    for packet in packets:
        if not packet.is_discard:
            _tell(damage, losses.given(packet.pts, packet.size))
        pictures = decoder.pictures(packet)
        if pictures is None and packet.pts is None:
            damage(packet.dts, "lost")
        for picture in pictures or ():
            stamp = _MISSING if picture.pts is None else picture.pts
            losses.shown(stamp)
            if picture.is_corrupt:
                damage(picture.pts, "incomplete")
            yield Decoded(picture, stamp)
    _tell(damage, losses.rest())


def _tell(damage: Damage, lost: list[int]) -> None:
    for stamp in lost:
        damage(stamp, "lost")


class _Decoder:
    """A decoder that goes on after damage."""

    def __init__(self, context: VideoCodecContext) -> None:
        self._context = context
        self._failures = 0

    def pictures(self, packet: "Packet[VideoStream]") -> list[av.VideoFrame] | None:
        """Return the pictures that a packet completes; None where it is damaged."""
        if self._failures >= _STUCK and packet.is_keyframe and self._context.name in _STAYS_STUCK:
            self._context, self._failures = _afresh(self._context), 0
        try:
            pictures = self._context.decode(packet)
        except FFmpegError:
            self._failures += 1
            return None
        self._failures = 0
        return pictures


def _afresh(context: VideoCodecContext) -> VideoCodecContext:
    fresh = VideoCodecContext.create(context.codec.name, "r")
    if not isinstance(fresh, VideoCodecContext):
        return context
    fresh.extradata = context.extradata
    return fresh
