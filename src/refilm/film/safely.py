"""Files that are there whole or not at all, and what the disk says where they cannot be."""

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from av.error import FFmpegError

from refilm.errors import OutputError

_REASONS = {
    errno.ENOSPC: "the disk is full; make room, then run the same command again to go on",
    errno.EDQUOT: "your quota of the disk is used up; make room, then run the same command again",
    errno.EROFS: "the disk is read-only; choose another output",
    errno.EACCES: "the folder does not allow it; choose another output",
    errno.EPERM: "the folder does not allow it; choose another output",
    errno.ENOENT: "its folder is not there; make it or choose another output",
    errno.ENOTDIR: "what should be its folder is a file; choose another output",
    errno.EISDIR: "there is a folder of that name; choose another output",
}


@contextmanager
def finished(path: Path) -> Generator[Path]:
    """Give a `.part` beside `path` to write, and rename it to `path` only if all went well.

    The bytes are on the disk before the name is: a broken run never leaves half a file under it.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        with complaints(path):
            _to_disk(part)
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def complaints(path: Path) -> Generator[None]:
    """Turn what the disk or FFmpeg say against writing `path` into an OutputError of one sentence."""
    try:
        yield
    except (OSError, FFmpegError) as error:
        number = error.errno or 0
        reason = _REASONS.get(number, (error.strerror or str(error)).lower())
        raise OutputError(f"{path} cannot be written: {reason}.") from error
