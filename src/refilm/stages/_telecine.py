"""Undo 2:3 telecine: find the fields that belong together, and drop the picture shown too often.

After the field matching and decimation of Myrsloth's and tritical's TIVTC, as documented for FFmpeg,
https://ffmpeg.org/ffmpeg-filters.html#fieldmatch; no line is changed, only put beside another.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import FilmInfo, Frame, Pixels
from refilm.job import Job
from refilm.streams import neighbourhoods

Parity = Literal["top", "bottom"]

CYCLE = 5
"""Frames of a telecined film that were made of one picture less."""
STEP = 0.03
"""Luma by which a row must leave both rows beside it to be a tooth of a comb."""
BETTER = 0.7
"""Share of a frame's teeth that another pairing of fields may have at most to be taken."""
PATCH = 16
"""Pixels on a side of the squares in which combs are looked for."""
COMBED = 0.35
"""Share of teeth in some square from which on a picture is combed: fine grass has less."""


def matched(frames: Iterable[Frame], drawn: Iterator[Frame], first: Parity) -> Iterator[Frame]:
    """Yield each frame's first field with the second that belongs to it: its own or a neighbour's.

    Where each pairing is combed, the frame is taken from `drawn`, which has as many.
    """
    for around, instead in zip(neighbourhoods(frames, 1), drawn, strict=True):
        frame = around.frame
        others = [
            _woven(frame.pixels, other.pixels, first) for other in (*around.before, *around.after)
        ]
        own = teeth(frame.pixels)
        found = [(float(own.mean()), own, frame)]
        for pixels in others:
            comb = teeth(pixels)
            found.append((float(comb.mean()) / BETTER, comb, frame.with_pixels(pixels)))
        _, comb, best = min(found, key=lambda each: each[0])
        yield instead if _is_combed(comb) else best


def _woven(here: Pixels, other: Pixels, first: Parity) -> Pixels:
    """Return a picture's first field between the lines of another's second."""
    pixels = here.copy()
    lines = slice(1 if first == "top" else 0, None, 2)
    pixels[lines] = other[lines]
    return pixels


def teeth(pixels: Pixels) -> NDArray[np.float32]:
    """Return 1 where a row stands out from both rows beside it, else 0, (height, width)."""
    grey = pixels[:, :, 0] if pixels.shape[2] == 1 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    up, down = grey[1:-1] - grey[:-2], grey[1:-1] - grey[2:]
    comb = (np.minimum(up, down) > STEP) | (np.maximum(up, down) < -STEP)
    return np.pad(comb, ((1, 1), (0, 0))).astype(np.float32)


def _is_combed(comb: NDArray[np.float32]) -> bool:
    return float(np.asarray(cv2.blur(comb, (PATCH, PATCH))).max()) > COMBED


def decimated(frames: Iterable[Frame], job: Job, after: FilmInfo) -> Iterator[Frame]:
    """Yield the frames without the one of each five that is most like the one before it.

    The fives are counted from the film's first frame. Of one that a cut divides, the part after
    the cut loses the frame: in one case of five that is a picture of its own, its repeat being gone.
    """
    for _, cycle in groupby(_compared(frames, job), lambda each: each[0] // CYCLE):
        yield from _spread(list(cycle), job, after)


def _compared(frames: Iterable[Frame], job: Job) -> Iterator[tuple[int, float, Frame]]:
    """Yield each frame with its number in the film and how much it differs from the one before."""
    before: Pixels | None = None
    for frame in frames:
        differs = float("inf") if before is None else _difference(before, frame.pixels)
        yield job.survey.timeline.index(frame.origin), differs, frame
        before = frame.pixels


def _difference(first: Pixels, second: Pixels) -> float:
    """Return by how much the most different squares of two pictures differ."""
    height, width = first.shape[:2]
    size = (max(width // PATCH, 1), max(height // PATCH, 1))
    small = cv2.resize(np.abs(first - second), size, interpolation=cv2.INTER_AREA)
    return float(np.asarray(small).max())


def _spread(cycle: list[tuple[int, float, Frame]], job: Job, after: FilmInfo) -> Iterator[Frame]:
    whole = cycle[-1][0] % CYCLE == CYCLE - 1
    dropped = min(cycle, key=lambda each: each[1])[0] if whole else None
    start = cycle[0][2].time - cycle[0][0] % CYCLE / job.info.rate
    for number, _, frame in cycle:
        if number == dropped:
            continue
        place = number % CYCLE - (dropped is not None and number > dropped)
        time = start + place / after.rate
        yield replace(frame, time=time // after.time_base * after.time_base)
