"""Writes a network's weights as Caffe does: a protocol buffer."""

import struct

import numpy as np


def integer(value):
    """Seven bits in each byte, the lowest first."""
    some = bytearray()
    while value > 0x7F:
        some.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*some, value])


def message(number, content):
    """A field of bytes."""
    return integer(number << 3 | 2) + integer(len(content)) + content


def whole(number, value):
    """A field of an integer."""
    return integer(number << 3) + integer(value)


def blob(values, way="today"):
    """A tensor: as of today, with four sides ("old"), loose ("loose") or of doubles ("doubles")."""
    values = np.asarray(values, np.float32)
    sides = b"".join(map(integer, values.shape))
    shape = message(7, message(1, sides))
    if way == "old":
        four = (1,) * (4 - values.ndim) + values.shape
        shape = b"".join(whole(number, side) for number, side in enumerate(four, 1))
    if way == "loose":
        shape = message(7, b"".join(whole(1, side) for side in values.shape))
        return shape + b"".join(integer(5 << 3 | 5) + struct.pack("<f", each) for each in values.flat)
    if way == "doubles":
        return shape + message(8, values.astype("<f8").tobytes())
    return shape + message(5, values.astype("<f4").tobytes())


def layer(name, kind, *blobs):
    """A layer: its name, kind, what it takes and gives, how it is learnt, and its tensors."""
    said = message(1, name.encode()) + message(2, kind.encode()) + message(3, b"data")
    learnt = message(6, integer(3 << 3 | 5) + struct.pack("<f", 0.0))
    return message(100, said + learnt + b"".join(message(7, each) for each in blobs) + whole(10, 1))


def layer_of_2014(name, *blobs):
    """A layer as files had it in 2014 and before."""
    said = message(2, b"data") + message(4, name.encode()) + whole(5, 4)
    return message(2, said + b"".join(message(6, each) for each in blobs))


def network(*layers):
    """The whole file."""
    return message(1, b"a network") + b"".join(layers)
