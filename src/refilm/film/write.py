"""Write one segment: its frames encoded into one file, whole or not at all."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from refilm.errors import RefilmError
from refilm.film.container import open_encoder
from refilm.film.encoding import Target
from refilm.film.packets import PacketWriter, StoredPacket
from refilm.film.pixels import Decoded, to_picture
from refilm.film.safely import complaints, finished
from refilm.frames import FilmInfo, Frame, Pixels
from refilm.streams import ahead

_AHEAD = 4
"""Frames that the stages may run ahead of the encoder."""


def write_segment(path: Path, frames: Iterable[Frame], info: FilmInfo, target: Target) -> int:
    """Encode frames into the file `path` and return how many there were.

    The frames are made on a thread of their own, a few ahead of the encoder. Until all is written
    the file has another name; it is taken away when anything fails. The same frames always give the
    same bytes. Raises OutputError where the disk does not take it, and whatever `frames` raises.
    """
    with finished(path) as part, closing(ahead(frames, _AHEAD)) as ready:
        with complaints(path):
            file = PacketWriter(part)
        try:
            return _encode(path, ready, info, target, file)
        finally:
            with complaints(path):
                file.close()


def _encode(
    path: Path, frames: Iterator[Frame], info: FilmInfo, target: Target, file: PacketWriter
) -> int:
    encoder = open_encoder(info, target)
    with complaints(path):
        file.put_header(encoder.extradata or b"")
    count = 0
    for frame in frames:
        picture = _stamped(frame, info, target)
        with complaints(path):
            _put(file, encoder, picture)
        count += 1
    with complaints(path):
        _put(file, encoder, None)
    return count


def _put(file: PacketWriter, encoder: VideoCodecContext, picture: av.VideoFrame | None) -> None:
    for packet in encoder.encode(picture):
        file.put(StoredPacket(packet.pts or 0, packet.is_keyframe, bytes(packet)))


def _stamped(frame: Frame, info: FilmInfo, target: Target) -> av.VideoFrame:
    picture = _picture(frame, target)
    picture.pts = _ticks(frame, info)
    picture.time_base = info.time_base
    picture.pict_type = PictureType.NONE
    return picture


def _ticks(frame: Frame, info: FilmInfo) -> int:
    ticks = frame.time / info.time_base
    if ticks.denominator != 1:
        raise RefilmError(
            f"A frame at {frame.time} s does not fit the film's clock of {info.time_base} s: "
            "the last stage promises another time base than it keeps."
        )
    return int(ticks)


def _picture(frame: Frame, target: Target) -> av.VideoFrame:
    """Return the picture to encode: the decoder's own, to the bit, where no stage changed the frame."""
    raw = frame.raw
    if isinstance(raw, Decoded) and _fits(raw.picture, target):
        return raw.picture
    pixels = _linear(frame.pixels) if target.coding.transfer == "linear" else frame.pixels
    return to_picture(_padded(pixels, target), target.pixel_format, target.coding)


def _linear(pixels: Pixels) -> Pixels:
    """Return the light that gamma-coded pixels stand for, by the sRGB curve (IEC 61966-2-1)."""
    curved = np.power((np.maximum(pixels, 0) + np.float32(0.055)) / np.float32(1.055), np.float32(2.4))
    return np.where(pixels <= np.float32(0.04045), pixels / np.float32(12.92), curved)


def _fits(picture: av.VideoFrame, target: Target) -> bool:
    found = (picture.width, picture.height, picture.format.name)
    return found == (target.width, target.height, target.pixel_format)


def _padded(pixels: Pixels, target: Target) -> Pixels:
    height, width = pixels.shape[:2]
    if (width, height) == (target.width, target.height):
        return pixels
    return np.pad(pixels, ((0, target.height - height), (0, target.width - width), (0, 0)), mode="edge")
