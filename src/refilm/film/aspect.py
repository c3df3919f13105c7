"""The display size of a Matroska film, which PyAV has no way to give to FFmpeg.

FFmpeg's Matroska writer takes the shape of pixels from a field that PyAV does not reach
(https://github.com/PyAV-Org/PyAV/issues/764). So the film is written with a display rotation, which
PyAV can set, and the rotation's bytes are then overwritten by the display size, which needs no more
room. Elements: RFC 9559, https://www.rfc-editor.org/rfc/rfc9559
"""

import zlib
from fractions import Fraction
from pathlib import Path

from av.video import VideoStream

from refilm.errors import RefilmError

_TRACKS = bytes.fromhex("1654ae6b")
_CHECKSUM = bytes.fromhex("bf84")
_ROTATION = bytes.fromhex("76708b767588")
"""The beginning of a Projection element of 11 bytes that holds nothing but an 8-byte roll."""
_ROLL_BYTES = 8
_UNIT_UNKNOWN, _UNIT_PIXELS = bytes.fromhex("54b28104"), bytes.fromhex("54b28100")
"""DisplayUnit, which FFmpeg writes as unknown for pixels of unknown shape."""
_SEARCHED = 1 << 20
"""Bytes from the file's beginning within which the film's description lies."""
_LARGEST = 0xFFFF


def hold_room(stream: VideoStream) -> None:
    """Have a Matroska stream keep room in its description for `write_display_size`."""
    stream.set_display_rotation(90)


def write_display_size(path: Path, width: int, height: int, sample_aspect: Fraction) -> None:
    """Write the size at which a Matroska film of `width` x `height` pixels is shown.

    Its stream must have gone through `hold_room`. Raises RefilmError where the room is not found.
    """
    with path.open("r+b") as file:
        head = bytearray(file.read(_SEARCHED))
        place = head.find(_ROTATION)
        tracks = head.rfind(_TRACKS, 0, max(place, 0))
        if tracks < 0:
            raise RefilmError("This FFmpeg writes Matroska in a way that refilm does not know.")
        room = len(_ROTATION) + _ROLL_BYTES
        head[place : place + room] = _display_size(width, height, sample_aspect, room)
        head[tracks:place] = head[tracks:place].replace(_UNIT_UNKNOWN, _UNIT_PIXELS, 1)
        _renew_checksum(head, tracks)
        file.seek(0)
        file.write(head)


def _display_size(width: int, height: int, sample_aspect: Fraction, room: int) -> bytes:
    shown = min(max(round(width * sample_aspect), 1), _LARGEST)
    size = b"\x54\xb0\x82" + shown.to_bytes(2, "big") + b"\x54\xba\x82" + height.to_bytes(2, "big")
    # A Void element fills what is left.
    return size + b"\xec" + bytes([0x80 | (room - len(size) - 2)]) + bytes(room - len(size) - 2)


def _renew_checksum(head: bytearray, tracks: int) -> None:
    """Count the CRC-32 anew that stands first in the Tracks element at `tracks`."""
    size_place = tracks + len(_TRACKS)
    size, length = _size_at(head, size_place)
    begin = size_place + length
    if not head.startswith(_CHECKSUM, begin):
        return
    covered = head[begin + 6 : begin + size]
    head[begin + 2 : begin + 6] = zlib.crc32(covered).to_bytes(4, "little")


def _size_at(head: bytearray, place: int) -> tuple[int, int]:
    """Return an element's size and how many bytes say it: leading zero bits count the latter."""
    length = 9 - head[place].bit_length()
    number = int.from_bytes(head[place : place + length], "big")
    return number & ((1 << (7 * length)) - 1), length
