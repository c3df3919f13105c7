"""A closer look at some stretches of a film whose small pictures have lost its single lines."""

from collections.abc import Callable, Iterator

import numpy as np

from refilm.frames import FilmInfo, Frame, Timeline
from refilm.survey.fields import Fields

_STRETCHES = 6
_FRAMES = 17
"""Frames of a stretch: three rounds of the 2:3 pattern, and one beside each end."""
_HIGHEST = 1152
"""Lines of the highest interlaced format; what has more is no television picture."""

Read = Callable[[Timeline, int, int, int], Iterator[Frame]]


def watch_closely(info: FilmInfo, timeline: Timeline, read: Read, fields: Fields) -> None:
    """Let `fields` see some stretches from all over the film, at full height."""
    if info.height > _HIGHEST:
        return
    for first, stop in stretches(len(timeline)):
        for number, frame in enumerate(read(timeline, first, stop, 1), first):
            fields.see(number, frame.pixels[:, :, 0])


def stretches(frames: int) -> list[tuple[int, int]]:
    """Return first and stop of each stretch; short films are read from end to end, no frame twice."""
    if frames <= _STRETCHES * _FRAMES:
        return [(0, frames)]
    firsts = np.linspace(0, frames - _FRAMES, _STRETCHES).astype(np.int64)
    return [(int(first), int(first) + _FRAMES) for first in firsts]
