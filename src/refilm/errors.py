"""What can go wrong, one class per cause; each carries the exit code of the command line.

RefilmError                1  a fault of refilm itself
├── UsageError             2  the command, plan or option asks for what cannot be
├── InputError             3  the film or picture cannot be read
├── WeightsError           4  a network's weights are missing or not what they should be
├── StoppedError           5  the person stopped the work; it can go on later
├── OutputError            6  the result cannot be written
└── SomeFailedError        7  some films of several failed; the others are done
"""

from typing import ClassVar


class RefilmError(Exception):
    """Any failure that refilm explains in one sentence: what was found, what is allowed, what to do."""

    exit_code: ClassVar[int] = 1


class UsageError(RefilmError):
    """The command, plan or option asks for what cannot be."""

    exit_code = 2


class InputError(RefilmError):
    """The film or picture cannot be read."""

    exit_code = 3


class WeightsError(RefilmError):
    """A network's weights are missing or not what they should be."""

    exit_code = 4


class StoppedError(RefilmError):
    """The person stopped the work; it can go on later."""

    exit_code = 5


class OutputError(RefilmError):
    """The result cannot be written."""

    exit_code = 6


class SomeFailedError(RefilmError):
    """Some films of several failed; the others are done."""

    exit_code = 7
