"""Whether the two fields of a frame, its even and its odd lines, show different moments.

After the idea of FFmpeg's idet filter (https://ffmpeg.org/ffmpeg-filters.html#idet): lines of one
frame are woven with those of the frame beside it, and the pairing that combs least tells the order.
"""

from collections import deque
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from refilm.findings import Interlacing

Luma = NDArray[np.float32]

_CAP = np.float32(0.3)
"""Luma above which a line that sticks out counts no more: a scratch, an edge."""
_COMBED = 0.95
"""A frame combs if its own fields fit no better than this share of how those of two frames fit."""
_ORDERED = 1.08
"""By how many times one order of fields must fit better than the other."""
_MOVES = 1.1
"""By how many times fields of two frames must fit worse than the best pairing: else nothing moves."""
_FEWEST = 6
"""Combed frames below which a film is not interlaced."""
_SHARE = 0.1
"""The same as a share of the moving frames."""
_AGREED = 0.8
"""Share of the combed frames that must tell the same order; chance would be a half."""
_PERIOD = 5
"""Frames after which the 2:3 pattern begins anew: two of them are combed."""
_STRETCH = 50
"""Frames over which one phase of the pattern is looked for: each cut may change it."""
_IN_PATTERN = 0.85
"""Share of the frames that must be as the pattern says."""


class _Seen(NamedTuple):
    number: int
    combed: bool
    top_first: bool


class Fields:
    """Compares fields of frames that follow each other, given at their full height."""

    def __init__(self) -> None:
        self._near: deque[tuple[int, Luma]] = deque(maxlen=3)
        self._seen: list[_Seen] = []

    def see(self, number: int, luma: Luma) -> None:
        """Take in a frame, (height, width); one that does not follow the last begins a new stretch."""
        last = self._near[-1] if self._near else None
        if last is not None and (last[0] != number - 1 or last[1].shape != luma.shape):
            self._near.clear()
        self._near.append((number, luma))
        if len(self._near) == 3 and luma.shape[0] >= 8:
            seen = _compared(number - 1, *(near for _, near in self._near))
            self._seen += [seen] if seen else []

    def found(self) -> Interlacing | None:
        """Return what the fields tell; None where nothing moved, so that nothing can be told."""
        if not self._seen:
            return None
        combed = [seen for seen in self._seen if seen.combed]
        share, top = len(combed) / len(self._seen), sum(seen.top_first for seen in combed)
        agreed = max(top, len(combed) - top) >= _AGREED * len(combed)
        if len(combed) < _FEWEST or share < _SHARE or not agreed:
            return Interlacing(False, None, share, None, len(self._seen))
        order: Literal["top", "bottom"] = "top" if 2 * top > len(combed) else "bottom"
        telecine = "2:3" if _in_pattern(self._seen) else None
        return Interlacing(True, order, share, telecine, len(self._seen))


def _compared(number: int, before: Luma, now: Luma, after: Luma) -> _Seen | None:
    """Return whether the frame in the middle combs, None where that cannot be told."""
    top, bottom = now[0::2], now[1::2]
    own = _combing(top, bottom)
    top_first = (_combing(top, before[1::2]) + _combing(after[0::2], bottom)) / 2
    bottom_first = (_combing(before[0::2], bottom) + _combing(top, after[1::2])) / 2
    best, worst = min(top_first, bottom_first), max(top_first, bottom_first)
    if worst < _MOVES * min(best, own) or worst == 0:
        return None
    if own < _COMBED * best:
        return _Seen(number, False, False)
    return _Seen(number, True, top_first < bottom_first) if worst > _ORDERED * best else None


def _combing(top: Luma, bottom: Luma) -> float:
    """Return by how much lines stick out, at the mean, when two fields are woven into one picture."""
    rows = min(len(bottom), len(top) - 1)
    out = np.abs((top[:rows] + top[1 : rows + 1]) * np.float32(0.5) - bottom[:rows])
    return float(np.minimum(out, _CAP).mean())


def _in_pattern(seen: Sequence[_Seen]) -> bool:
    """Say whether two frames that follow each other in every five are combed, and no others."""
    stretches: dict[int, list[_Seen]] = {}
    for each in seen:
        stretches.setdefault(each.number // _STRETCH, []).append(each)
    right = sum(max(_agreeing(part, phase) for phase in range(_PERIOD)) for part in stretches.values())
    return right >= _IN_PATTERN * len(seen)


def _agreeing(seen: Sequence[_Seen], phase: int) -> int:
    return sum(each.combed == ((each.number + phase) % _PERIOD < 2) for each in seen)
