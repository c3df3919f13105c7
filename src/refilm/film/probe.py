"""What a container says of the film in it, checked against its first packets and first picture."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from refilm.errors import InputError
from refilm.film import colours
from refilm.film.planes import has_alpha, is_grey, layout_of
from refilm.film.upright import Turn, upright_size
from refilm.frames import Coding, FilmInfo
from refilm.luma import knows

RATE_WHERE_UNKNOWN = Fraction(16)
"""Frames per second of most silent film, taken where nothing tells the rate."""
_SLOWEST, _FASTEST = Fraction(1, 10), Fraction(1000)
"""Frames per second between which a stated rate is believed."""
_FINE = Fraction(1, 10000)
"""Seconds that ticks are at most long, so that a wrong stamp finds room between its neighbours."""
_MOST_PACKETS, _FEWEST_PACKETS, _MOST_BYTES = 250, 16, 1 << 26
_DEEPEST = 16
_NARROWEST, _WIDEST = Fraction(1, 16), Fraction(16)
_CHROMA_LOCATIONS = {
    "mjpeg": "center",
    "mpeg1video": "center",
    "h261": "center",
    "h263": "center",
    "flv": "center",
    "webp": "center",
    "dvvideo": "topleft",
}
"""What FFmpeg's decoders say where it is fixed; PyAV does not hand on what others say."""


_WITH_STATED_LENGTH = {"mov", "mp4", "matroska", "webm", "avi", "asf", "mxf"}
"""Containers whose header tells how long the film is; of others FFmpeg makes a guess."""


@dataclass(frozen=True, slots=True, eq=False)
class Probed:
    """What the beginning of a film told."""

    info: FilmInfo
    stamp_base: Fraction
    """Seconds per unit of the film's own stamps."""
    stated_end: Fraction | None
    """Time at which the film's pictures end by its header; None where it does not say."""
    stamps_count: bool
    """False where the stamps would show the film at an impossible speed."""


@dataclass(frozen=True, slots=True, eq=False)
class _Beginning:
    picture: av.VideoFrame
    stamps: list[int]


def picture_stream(container: InputContainer) -> VideoStream | None:
    """Return the container's film, None where it has none; cover art is not film."""
    cover = Disposition.attached_pic
    return next((s for s in container.streams.video if not s.disposition & cover), None)


def probe(
    container: InputContainer,
    stream: VideoStream,
    path: Path,
    rate: Fraction | None,
    say: Callable[[str], None],
) -> Probed:
    """Return what a film's header and beginning tell; raises InputError where nothing decodes."""
    beginning = _beginning(container, stream, path)
    picture, turn = beginning.picture, Turn.of(beginning.picture)
    base = stream.time_base or Fraction(1, 90000)
    gaps = [b - a for a, b in pairwise(beginning.stamps) if b > a]
    found = _rate(stream, gaps, base, rate, say)
    start = (picture.pts or 0) * base
    end = _stated_end(container, stream, base)
    info = FilmInfo(
        *upright_size(picture),
        rate=found,
        start=start,
        duration=max(end - start, Fraction(0)) if end is not None else Fraction(0),
        time_base=base / fineness(base),
        sample_aspect=_aspect(stream.sample_aspect_ratio, turn),
        variable_rate=_varies(gaps),
        interlaced=picture.interlaced_frame or stream.codec_context.field_order > 1,
    )
    coding = coding_of(picture, stream.codec_context.name)
    stamps_count = not gaps or median(gaps) * base * _FASTEST >= 1
    if not stamps_count:
        say("the film's time stamps are impossibly close: its frames are taken as evenly spaced")
    return Probed(described(info, coding, say), base, end, stamps_count)


def fineness(base: Fraction) -> int:
    """Return how many ticks refilm makes of one unit of a film's own clock."""
    return max(-(-base // _FINE), 1)


def _beginning(container: InputContainer, stream: VideoStream, path: Path) -> _Beginning:
    picture: av.VideoFrame | None = None
    stamps: list[int] = []
    size = 0
    try:
        for count, packet in enumerate(container.demux(stream)):
            size += packet.size
            if packet.pts is not None:
                stamps.append(packet.pts)
            picture = picture or _first_picture(stream, packet)
            enough = count >= _MOST_PACKETS or (count >= _FEWEST_PACKETS and size > _MOST_BYTES)
            if picture is not None and enough:
                break
    except FFmpegError:
        # What comes later is read, and reported, when the film is watched.
        pass
    if picture is None:
        raise InputError(f"no picture of {path} can be decoded: it is damaged or not complete")
    return _Beginning(picture, sorted(stamps))


def _first_picture(stream: VideoStream, packet: "Packet[VideoStream]") -> av.VideoFrame | None:
    try:
        return next(iter(stream.decode(packet)), None)
    except FFmpegError:
        return None


def _rate(
    stream: VideoStream,
    gaps: list[int],
    base: Fraction,
    asked: Fraction | None,
    say: Callable[[str], None],
) -> Fraction:
    """Return the rate that the header states and the stamps confirm, else what the stamps tell."""
    stated = [stream.average_rate, stream.guessed_rate, stream.base_rate]
    sane = [rate for rate in stated if rate is not None and _SLOWEST <= rate <= _FASTEST]
    measured = _measured(gaps, base)
    if measured is None:
        return _rate_without_stamps(sane, asked, say)
    if asked is not None:
        say("the film has time stamps of its own: the rate given is not used")
    if _varies(gaps):
        counted = stream.frames and stream.average_rate in sane
        return sane[0] if counted else measured
    return next((rate for rate in sane if abs(rate / measured - 1) < Fraction(1, 20)), measured)


def _measured(gaps: list[int], base: Fraction) -> Fraction | None:
    if not gaps:
        return None
    middle = median(gaps) if not _varies(gaps) else Fraction(sum(gaps), len(gaps))
    rate = 1 / (Fraction(middle) * base)
    return rate if _SLOWEST <= rate <= _FASTEST else None


def _rate_without_stamps(
    sane: list[Fraction], asked: Fraction | None, say: Callable[[str], None]
) -> Fraction:
    if asked is not None:
        return asked
    if sane:
        return sane[0]
    say(
        f"the film does not tell its frame rate: taken as {RATE_WHERE_UNKNOWN} frames per second; "
        "give --rate to change"
    )
    return RATE_WHERE_UNKNOWN


def _varies(gaps: list[int]) -> bool:
    """Return whether distances between frames differ by more than the rounding of stamps."""
    if not gaps:
        return False
    spread = max(gaps) - min(gaps)
    return spread > 2 and spread * 10 > sum(gaps) / len(gaps)


def _stated_end(container: InputContainer, stream: VideoStream, base: Fraction) -> Fraction | None:
    start = (stream.start_time or 0) * base
    if not _WITH_STATED_LENGTH & set(container.format.name.split(",")):
        return None
    if stream.duration is not None and stream.duration > 0:
        return start + stream.duration * base
    alone = len(container.streams) == 1
    if alone and container.duration is not None and container.duration > 0:
        return start + Fraction(container.duration, av.time_base)
    return _tagged_end(stream.metadata.get("DURATION", ""), start)


def _tagged_end(tag: str, start: Fraction) -> Fraction | None:
    """Return the end by the tag that Matroska's writers leave: hours:minutes:seconds."""
    try:
        hours, minutes, seconds = tag.split(":")
        return start + int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds)
    except ValueError:
        return None


def _aspect(stated: Fraction | None, turn: Turn) -> Fraction:
    if stated is None or not _NARROWEST <= stated <= _WIDEST:
        return Fraction(1)
    return 1 / stated if turn.swapped else stated


def coding_of(picture: av.VideoFrame, codec: str) -> Coding:
    """Return how a picture's numbers mean colours, by what its decoder says."""
    name = picture.format.name
    return Coding(
        pixel_format=name,
        matrix=colours.name_of(picture.colorspace, colours.MATRICES),
        full_range=_full_range(picture, codec),
        primaries=colours.name_of(picture.color_primaries, colours.PRIMARIES),
        transfer=colours.name_of(picture.color_trc, colours.TRANSFERS),
        chroma_location=_CHROMA_LOCATIONS.get(codec, colours.UNKNOWN),
    )


_LIMITED_GREY_CODECS = ("h264", "hevc", "vp9", "libdav1d", "av1", "mpeg2video", "mpeg4")


def _full_range(picture: av.VideoFrame, codec: str) -> bool:
    """Return whether black is 0; where the film is silent, as swscale and players take it."""
    if picture.color_range in (colours.LIMITED_RANGE, colours.FULL_RANGE):
        return picture.color_range == colours.FULL_RANGE
    layout = layout_of(picture.format.name)
    if layout is not None and layout.kind == "grey":
        return codec not in _LIMITED_GREY_CODECS
    return picture.format.is_rgb or picture.format.name.startswith("yuvj")


def described(info: FilmInfo, coding: Coding, say: Callable[[str], None]) -> FilmInfo:
    """Return the info with all that follows from a pixel format; say what of it is not kept."""
    if has_alpha(coding.pixel_format):
        say("the film's transparency is left out")
    if coding.matrix not in (colours.UNKNOWN, "gbr") and not knows(coding.matrix):
        say(f"refilm does not know the colour matrix {coding.matrix}: colours may be off")
    return replace(
        info,
        channels=1 if is_grey(coding.pixel_format) else 3,
        bit_depth=_depth(coding.pixel_format),
        coding=coding,
    )


def _depth(pixel_format: str) -> int:
    layout = layout_of(pixel_format)
    if layout is not None and layout.depth == 0:
        return _DEEPEST
    bits = max(component.bits for component in av.VideoFormat(pixel_format).components)
    return min(max(bits, 8), _DEEPEST)
