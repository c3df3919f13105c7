"""Downloads a file from the web, and goes on where an earlier try broke off.

What has come lies in a part; beside it is written from where it came and by which mark the server
knows this very content (RFC 9110, 8.8). The next try asks for the rest on condition that the mark still
holds (RFC 9110, 13.1.5); where it does not, or the server gives no marks, the part begins anew.
"""

import json
import re
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError

from refilm.errors import WeightsError
from refilm.models.checks import BLOCK
from refilm.version import __version__

Heard = Callable[[int, int | None], None]
"""Takes how many bytes are here, and how many there will be where that is known."""

PATIENCE = 60.0
"""Seconds without a single byte after which an address is given up."""
_PIECE, _BEYOND = 206, 416
"""The server's words for: here is the piece that was asked for; there is nothing from there on."""


@dataclass(frozen=True)
class Part:
    """A file that is on its way here."""

    path: Path

    @property
    def length(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def note(self) -> Path:
        """Where it is written from where the part comes, and by which mark."""
        return self.path.with_name(f"{self.path.name}.json")

    def mark(self, address: str) -> str:
        """Return the mark of what is here from that address; "" where nothing can be gone on with."""
        try:
            said = dict(json.loads(self.note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return ""
        return str(said.get("mark", "")) if said.get("address") == address and self.length else ""

    def begin(self, address: str, mark: str) -> None:
        """Forget what is here, and write down what comes now."""
        self.path.write_bytes(b"")
        self.note.write_text(json.dumps({"address": address, "mark": mark}), encoding="utf-8")

    def forget(self) -> None:
        """Remove what is here, as far as that can be done."""
        for path in (self.path, self.note):
            with suppress(OSError):
                path.unlink(missing_ok=True)


class _BrokenError(Exception):
    """The connection did not hold; a new one may."""


def download(
    address: str, part: Part, size: int | None, heard: Heard, patience: float = PATIENCE
) -> None:
    """Bring what lies at an address into a part, as often asking anew as each time more has come.

    Args:
        address: Where the file lies on the web.
        part: Where it is put; what an earlier try left there is gone on with.
        size: Bytes that it has, where that is known.
        heard: Told after each block.
        patience: Seconds without a single byte after which the address is given up.

    Raises:
        WeightsError: The address does not give the file; what has come of it stays in the part.
        OSError: The part cannot be written.
    """
    if not address.startswith(("https://", "http://")):
        raise WeightsError(f"{address} is not a web address")
    while True:
        before = part.length
        try:
            return _take(address, part, size, heard, patience)
        except _BrokenError as error:
            if part.length <= before:
                raise WeightsError(f"{address} cannot be downloaded: {error}") from error


def _take(address: str, part: Part, size: int | None, heard: Heard, patience: float) -> None:
    with _asked(address, part, patience) as answer:
        here = _going_on(answer, part)
        total = _total(answer, here)
        if size is not None and total not in (None, size):
            raise WeightsError(f"{address} has {total} bytes where {size} are expected")
        if not here:
            part.begin(address, _mark(answer.headers))
        with part.path.open("ab") as out:
            while block := _block(answer):
                out.write(block)
                here += len(block)
                heard(here, total or size)
    if total is not None and here < total:
        raise _BrokenError(f"it broke off after {here} of {total} bytes")


def _asked(address: str, part: Part, patience: float) -> HTTPResponse:
    """Return the server's answer, to the question for what is not here yet where that can be asked."""
    wishes = {"User-Agent": f"refilm/{__version__}"}
    if mark := part.mark(address):
        wishes |= {"Range": f"bytes={part.length}-", "If-Range": mark}
    try:
        answer = urllib.request.urlopen(
            urllib.request.Request(address, headers=wishes), timeout=patience
        )
    except HTTPError as error:
        error.close()
        if error.code == _BEYOND and mark:
            part.forget()
            return _asked(address, part, patience)
        raise WeightsError(f"{address} answers {error.code}, {error.reason}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise _BrokenError(str(getattr(error, "reason", error)) or type(error).__name__) from error
    if answer.headers.get_content_type() == "text/html":
        answer.close()
        raise WeightsError(f"{address} gives a page for a browser and not the file")
    return answer


def _going_on(answer: HTTPResponse, part: Part) -> int:
    """Return how many bytes of the part the answer follows: all, or none where it begins anew."""
    if answer.status != _PIECE:
        return 0
    begins = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    if begins and int(begins[1]) == part.length:
        return part.length
    part.forget()
    raise _BrokenError("it gives another piece than was asked for")


def _total(answer: HTTPResponse, here: int) -> int | None:
    length = answer.headers.get("Content-Length")
    return None if length is None else here + int(length)


def _mark(headers: Message) -> str:
    """Return what the server calls this content by; a weak tag does not promise the same bytes."""
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")


def _block(answer: HTTPResponse) -> bytes:
    # read1 returns what has come, so that a slow server is heard of before a whole block is here.
    try:
        return answer.read1(BLOCK)
    except (OSError, HTTPException) as error:
        raise _BrokenError(str(error) or type(error).__name__) from error
