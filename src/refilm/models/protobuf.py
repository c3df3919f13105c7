"""Reads protocol buffers without what they were described by, and without running anything.

The format is told by https://protobuf.dev/programming-guides/encoding: a message is a row of fields,
each a number and a kind, then its value. What the numbers mean, says who wrote the file.
"""

from collections.abc import Iterator
from typing import NamedTuple

VARINT, EIGHT, LENGTH, FOUR = 0, 1, 2, 5
"""Kinds of values: an integer of any length, 8 bytes, a length and so many bytes, 4 bytes."""
_BYTES = {EIGHT: 8, FOUR: 4}


class Field(NamedTuple):
    """One field of a message."""

    number: int
    kind: int
    value: int
    """The integer, or how many bytes there are."""
    content: memoryview
    """The bytes of any other value."""


def integers(message: memoryview, number: int) -> list[int]:
    """Return the integers of a message's field, packed into one or one each; raises ValueError."""
    found: list[int] = []
    for field in fields(message):
        if field.number == number and field.kind == LENGTH:
            place = 0
            while place < len(field.content):
                value, place = _integer(field.content, place)
                found.append(value)
        elif field.number == number:
            found.append(field.value)
    return found


def fields(message: memoryview) -> Iterator[Field]:
    """Yield the fields of a message in order; raises ValueError where it is none."""
    place = 0
    while place < len(message):
        tag, place = _integer(message, place)
        number, kind = tag >> 3, tag & 7
        if kind in (VARINT, LENGTH):
            value, place = _integer(message, place)
        elif kind in _BYTES:
            value = _BYTES[kind]
        else:
            raise ValueError(f"it is no protocol buffer: there is no kind {kind} of values")
        length = 0 if kind == VARINT else value
        if place + length > len(message):
            raise ValueError("it is cut off")
        yield Field(number, kind, value, message[place : place + length])
        place += length


def _integer(message: memoryview, place: int) -> tuple[int, int]:
    """Return an integer, seven bits in each byte and the lowest first, and the place after it."""
    value = shift = 0
    while place < len(message):
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
    raise ValueError("it is cut off")
