"""From shots to frames: each is drawn some times while the shutter is open, and the mean is kept.

Haeberli and Akeley, "The Accumulation Buffer", SIGGRAPH 1990: one mean gives smooth edges and
the blur of movement.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from refilm.frames import Coding, FilmInfo, Frame, Pixels
from refilm.sample.canvas import Canvas
from refilm.sample.shots import Take, takes

_EXPOSURES = ((-0.375, -0.125), (0.125, -0.375), (0.375, 0.125), (-0.125, 0.375))
"""Pixels that each exposure is moved by: a turned square, best against steps in level edges."""
_SHUTTER = 0.4
"""Share of a frame's time that the shutter is open."""


def draw(
    seed: int = 1, width: int = 480, height: int = 368, rate: Fraction = Fraction(16)
) -> Iterator[Frame]:
    """Yield the clean frames of the sample film, RGB; the same seed draws the same film."""
    number = 0
    for take in takes(seed):
        for place in range(_count(take, rate)):
            pixels = draw_take(take, place / rate, 1 / rate, width, height)
            yield Frame(pixels, number / rate, number / rate)
            number += 1


def cuts(rate: Fraction = Fraction(16), seed: int = 1) -> tuple[int, ...]:
    """Return the number of the first frame of every shot but the first."""
    counts = [_count(take, rate) for take in takes(seed)]
    return tuple(int(first) for first in np.cumsum(counts)[:-1])


def info(width: int = 480, height: int = 368, rate: Fraction = Fraction(16), seed: int = 1) -> FilmInfo:
    """Return what is known of the sample film."""
    frames = sum(_count(take, rate) for take in takes(seed))
    coding = Coding(pixel_format="rgb24", matrix="gbr", full_range=True)
    duration = frames / rate
    return FilmInfo(width, height, rate, duration=duration, time_base=1 / rate, coding=coding)


def _count(take: Take, rate: Fraction) -> int:
    return round(take.seconds * rate)


def draw_take(take: Take, time: Fraction, step: Fraction, width: int, height: int) -> Pixels:
    """Return what one shot shows at `time` seconds from its start, for a frame `step` seconds long."""
    total = np.zeros((height, width, 3), np.float32)
    for place, offset in enumerate(_EXPOSURES):
        moment = float(time) + place / len(_EXPOSURES) * _SHUTTER * float(step)
        camera = replace(take.camera(moment), width=width, height=height, offset=offset)
        canvas = Canvas(camera)
        take.draw(canvas, moment)
        total += canvas.pixels
    return total / np.float32(255 * len(_EXPOSURES))
