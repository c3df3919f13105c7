"""The film's own packets out of all its segments, in decoding order, on the result's clock."""

from collections import deque
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from av.packet import Packet
from av.video import VideoStream

from refilm.errors import OutputError
from refilm.film.clip import AnyPacket
from refilm.film.encoding import Target
from refilm.film.packets import StoredPacket, read_header, read_packets, read_ticks
from refilm.frames import FilmInfo


def film_packets(
    segments: Sequence[Path], stream: VideoStream, info: FilmInfo, target: Target, shift: Fraction
) -> Iterator[AnyPacket]:
    """Yield the packets of segments for `stream`, `shift` seconds earlier than they say.

    Frames are decoded in the order of their packets, at the times at which frames are shown, moved
    back so far that none is decoded after it is shown. Raises OutputError for a spoilt segment.
    """
    offset = round(shift / info.time_base)
    duration = max(round(1 / info.rate / info.time_base), 1)
    waiting = _lead(segments, duration, target)
    for segment in segments:
        _check_header(segment, stream)
        for group in _groups(segment, target):
            waiting.extend(sorted(stored.tick for stored in group))
            for stored in group:
                packet = Packet(stored.data)
                packet.stream, packet.time_base = stream, info.time_base
                packet.pts, packet.dts = stored.tick - offset, waiting.popleft() - offset
                packet.duration, packet.is_keyframe = duration, stored.is_key
                yield packet


def _groups(segment: Path, target: Target) -> Iterator[list[StoredPacket]]:
    """Yield packets in runs that are complete in themselves: one by one, or a whole segment."""
    if target.every_frame_is_key:
        yield from ([stored] for stored in read_packets(segment))
    else:
        yield list(read_packets(segment))


def _lead(segments: Sequence[Path], step: int, target: Target) -> deque[int]:
    """Return decoding times before the first frame's: one for each frame that others overtake."""
    if target.every_frame_is_key:
        return deque()
    runs = [ticks for segment in segments if (ticks := read_ticks(segment))]
    delay = max((_overtaken(ticks) for ticks in runs), default=0)
    first = min(runs[0]) if runs else 0
    return deque(first - step * back for back in range(delay, 0, -1))


def _overtaken(ticks: list[int]) -> int:
    """Return how many later frames at most are decoded before a frame that is shown earlier."""
    place = {tick: index for index, tick in enumerate(sorted(ticks))}
    return max(index - place[tick] for index, tick in enumerate(ticks))


def _check_header(segment: Path, stream: VideoStream) -> None:
    if read_header(segment) != (stream.codec_context.extradata or b""):
        raise OutputError(
            f"The segment {segment} was encoded by another version of the encoder than is installed "
            "here: delete it and run the same command again, which renders it anew."
        )
