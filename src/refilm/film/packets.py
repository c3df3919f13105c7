"""The file of one segment: its coded packets, one after the other, as members of a plain ZIP.

No container of FFmpeg keeps every codec's packets with exact times of any time base. A ZIP does,
stored without compression; its checksums find a segment that the disk has spoilt.
"""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from refilm.errors import OutputError

_HEADER = "header"


@dataclass(frozen=True, slots=True)
class StoredPacket:
    """One coded frame, or what a codec needs to make one."""

    tick: int
    """When the frame is shown, in units of the film's time base."""
    is_key: bool
    data: bytes


class PacketWriter:
    """Writes packets into a file, in the order in which they are decoded."""

    def __init__(self, path: Path) -> None:
        self._file = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED)
        self._count = 0

    def put_header(self, data: bytes) -> None:
        """Write what a decoder must know before the first packet (FFmpeg's extradata)."""
        self._file.writestr(zipfile.ZipInfo(_HEADER), data)

    def put(self, packet: StoredPacket) -> None:
        """Write the next packet."""
        kind = "key" if packet.is_key else "other"
        # ZipInfo's own date is 1980: a file made later must not differ.
        self._file.writestr(zipfile.ZipInfo(f"{self._count:07d} {packet.tick} {kind}"), packet.data)
        self._count += 1

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def read_header(path: Path) -> bytes:
    """Return what `put_header` wrote. Raises OutputError where the file is spoilt."""
    try:
        with zipfile.ZipFile(path) as file:
            return file.read(_HEADER)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise _spoilt(path) from error


def read_ticks(path: Path) -> list[int]:
    """Return the time of each packet, in the order in which they are decoded, without reading them."""
    try:
        with zipfile.ZipFile(path) as file:
            return [int(name.split()[1]) for name in file.namelist() if name != _HEADER]
    except (OSError, zipfile.BadZipFile) as error:
        raise _spoilt(path) from error


def read_packets(path: Path) -> Iterator[StoredPacket]:
    """Yield the packets in the order in which they are decoded.

    Raises OutputError where the file is spoilt.
    """
    try:
        with zipfile.ZipFile(path) as file:
            for name in file.namelist():
                if name != _HEADER:
                    _, tick, kind = name.split()
                    yield StoredPacket(int(tick), kind == "key", file.read(name))
    except (OSError, zipfile.BadZipFile) as error:
        raise _spoilt(path) from error


def read_all(paths: Iterable[Path]) -> Iterator[StoredPacket]:
    """Yield the packets of several files in turn."""
    for path in paths:
        yield from read_packets(path)


def _spoilt(path: Path) -> OutputError:
    return OutputError(
        f"The segment {path} cannot be read back: delete it and run the same command again, "
        "which renders it anew."
    )
