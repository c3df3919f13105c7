"""Which frames only repeat the one before, and at what even rate the pictures were taken.

Silent film was taken at 16 to 20 frames a second, sound film at 24; to be shown at 24, 25 or 30,
pictures were shown twice in a pattern. A repeat is told by its difference to the frame before: it
has no new grain and no weave, so a fraction of what its neighbours differ by.
"""

from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from refilm.findings import Cadence
from refilm.frames import Timeline

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

_LONGEST = 4
"""Repeats in a row at most: a picture shown more than five times over is a still picture."""
_SURE = 0.2
"""Share of its neighbours' difference below which a frame of a moving scene is a repeat."""
_MOVING = 3 / 255
"""Difference that only a moving or restless scene's frames have."""
_LIKELY = 0.3
"""Share below which a frame may be a repeat, if it falls into a regular pattern."""
_RESTLESS = 0.4 / 255
"""Difference below which the scene, or its coding, stands still: nothing but equality counts."""
_COARSEST = 1.2 / 255
"""Difference that coding makes of a repeat at most, key frames aside."""
_COARSEST_SHARE = 0.12
"""The same as a share of what its neighbours differ by, where that is more."""
_EQUAL = 0.01 / 255
"""Difference below which two frames are equal but for rounding."""
_MOST_PARTS = 30
"""Frames after which a regular pattern starts anew at the latest."""
_STRETCH = 240
"""Frames in which one pattern is looked for; a longer shot may change its phase in between."""
_KEPT_TO = 0.75
"""Share of a pattern's repeats that must be found, and of those found that must be in the pattern."""
_FEWEST = 3
"""Repeats below which there is no pattern."""
_EVEN = 1.3
"""Frames by which pictures may leave an even spacing: a pattern leaves it by 1, a careless one more."""
_STEADY = 0.2
"""Frames by which stamps may leave an even clock: containers round to milliseconds."""


def repeats(difference: Numbers, firsts: list[int]) -> Flags:
    """Return which frames repeat the one before, given each one's difference to it (0..1).

    `firsts` are the first frames of the shots; they never repeat anything.
    """
    found = np.zeros(len(difference), np.bool_)
    for first, stop in zip(firsts, [*firsts[1:], len(difference)], strict=True):
        found[first + 1 : stop] = _in_shot(difference[first + 1 : stop])
    return found


def _in_shot(difference: Numbers) -> Flags:
    """Return which frames repeat: alone where that is sure, else as part of a regular pattern."""
    either, both = _beside(difference)
    coded = difference < np.maximum(_COARSEST, _COARSEST_SHARE * either)
    sure = coded & (difference < _SURE * both) & (both > _MOVING)
    restless = coded & (difference < _LIKELY * either) & (either > _RESTLESS)
    equal = (difference < _EQUAL) & (either > 3 * _EQUAL)
    likely = sure | restless | equal
    found = sure.copy()
    for start in range(0, len(difference), _STRETCH):
        found[start : start + _STRETCH] |= _in_pattern(likely[start : start + _STRETCH])
    return found


def _beside(difference: Numbers) -> tuple[Numbers, Numbers]:
    """Return the smaller of the two differences that flank the run of small ones around each frame.

    Where the shot begins or ends within the run, the first result goes by the other side; the second
    is the frame's own difference, for a picture that only begins to move looks the same.
    """
    before = np.array([_flank(difference[:n][::-1], own) for n, own in enumerate(difference)])
    after = np.array([_flank(difference[n + 1 :], own) for n, own in enumerate(difference)])
    smaller = np.minimum(before, after)
    either = np.where(np.isfinite(smaller), smaller, difference)
    both = np.where(np.isfinite(np.maximum(before, after)), smaller, difference)
    return either, both


def _flank(beside: Numbers, own: float) -> float:
    """Return the first of the differences beside a frame that is clearly larger than its own.

    Its own where all are small, infinity where the shot ends before that can be told.
    """
    level = own
    for difference in beside[:_LONGEST]:
        # What is still small may be a repeat too, of a picture shown three times or more.
        if (level == own or level < _COARSEST) and difference * _LIKELY > level:
            level = float(difference)
    if level > own:
        return level
    return own if len(beside) >= _LONGEST else float("inf")


def _in_pattern(likely: Flags) -> Flags:
    """Return the likely repeats that one regular pattern explains, and the gaps it must have filled.

    A place of the pattern without a likely repeat counts as one if the pattern holds on both sides
    of it: a coder's fresh key frame hides a repeat, a scan does not change its pattern for one frame.
    """
    nothing = np.zeros_like(likely)
    if np.count_nonzero(likely) < _FEWEST:
        return nothing
    pattern = max((_best_phase(likely, kept) for kept in _near(likely)), key=lambda found: found[0])
    if pattern[0] < _KEPT_TO:
        return nothing
    places = np.nonzero(pattern[1])[0]
    hit = likely[places]
    around = np.concatenate(([True], hit, [True]))
    between = around[:-2] & around[2:]
    found = nothing.copy()
    found[places[hit | between]] = True
    return found


def _near(likely: Flags) -> list[Fraction]:
    """Return the shares of kept frames that could explain so many repeats."""
    share = 1 - np.count_nonzero(likely) / len(likely)
    near = [
        kept for kept in _shares() if abs(float(kept) - share) <= 0.4 * (1 - share) + 2 / len(likely)
    ]
    return near or [min(_shares(), key=lambda kept: abs(float(kept) - share))]


@cache
def _shares() -> tuple[Fraction, ...]:
    shares = {Fraction(kept, parts) for parts in range(2, _MOST_PARTS + 1) for kept in range(1, parts)}
    return tuple(
        sorted((share for share in shares if share >= Fraction(1, _LONGEST + 1)), reverse=True)
    )


def _best_phase(likely: Flags, kept: Fraction) -> tuple[float, Flags]:
    """Return how well repeats in a pattern of `kept` agree with `likely`, 0..1, and that pattern."""
    steps = np.arange(len(likely) + 1)[None, :] * kept.numerator + np.arange(kept.denominator)[:, None]
    patterns = np.diff(steps // kept.denominator, axis=1) == 0
    hits = (patterns & likely).sum(axis=1)
    most = np.maximum(patterns.sum(axis=1), np.count_nonzero(likely))
    agreement = hits / np.maximum(most, 1)
    best = int(np.argmax(agreement))
    return float(agreement[best]), patterns[best]


def even_share(repeat: Flags) -> Fraction | None:
    """Return the share of frames that are kept if those are evenly spaced, None if they are not."""
    places = np.nonzero(~repeat)[0]
    if np.count_nonzero(repeat) < _FEWEST:
        return None
    numbers = np.arange(len(places))
    slope = float(np.polyfit(numbers, places, 1)[0])
    near = {Fraction(1 / slope).limit_denominator(parts) for parts in range(2, _MOST_PARTS + 1)} - {0}
    spans = {kept: float(np.ptp(places - numbers / float(kept))) for kept in near}
    best = min(near, key=lambda kept: (round(spans[kept], 6), kept.denominator))
    return best if spans[best] <= _EVEN else None


def cadence(repeat: Flags, firsts: list[int], timeline: Timeline, rate: Fraction) -> Cadence | None:
    """Return how the film's pictures are spread over its frames, None where no frame is a repeat.

    `rate` is the film's frames per second.
    """
    if not repeat.any():
        return None
    own = (timeline.ticks - timeline.ticks[0]) * float(timeline.time_base)
    shown = own[np.maximum.accumulate(np.where(repeat, 0, np.arange(len(repeat))))]
    if float(np.ptp(own * float(rate) - np.arange(len(own)))) > _STEADY:
        return Cadence(rate * int((~repeat).sum()) / len(repeat), False, shown)
    kept = even_share(repeat)
    if kept is not None:
        return Cadence(rate * kept, True, (np.cumsum(~repeat) - 1) / float(rate * kept))
    for first, stop in zip(firsts, [*firsts[1:], len(repeat)], strict=True):
        if even_share(repeat[first:stop]) is not None:
            shown[first:stop] = own[first] + _spread(repeat[first:stop]) / float(rate)
    return Cadence(rate * int((~repeat).sum()) / len(repeat), False, shown)


def _spread(repeat: Flags) -> Numbers:
    """Return where in a run of frames its pictures begin when they fill it evenly."""
    number = np.cumsum(~repeat) - 1
    return np.asarray(number * (len(repeat) / float(number[-1] + 1)), np.float64)
