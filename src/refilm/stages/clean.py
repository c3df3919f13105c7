"""Take away dirt, dust and hairs that lie on single frames, and scratches that run down the film."""

from collections.abc import Iterable, Iterator
from fractions import Fraction

import cv2
import numpy as np
from pydantic import Field

from refilm.flow import Flow, dense_flow
from refilm.frames import FilmInfo, Frame, Pixels
from refilm.job import Job
from refilm.stages._dirt import Mask, Neighbour, coarse, find_dirt, moved_onto, settled
from refilm.stages.base import Stage
from refilm.streams import Neighbourhood, neighbourhoods

REACH = 4
"""Frames either side in which a frame that shows another picture is looked for."""


class Clean(Stage):
    """Take away dirt, dust and hairs that lie on single frames."""

    strength: float = Field(
        0.5, ge=0, le=1, description="From 0, only what is beyond doubt, to 1, faint specks too"
    )

    def context(self, info: FilmInfo) -> Fraction:
        """Return the time of the frames that are compared with each other."""
        return REACH / info.rate

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield each frame with its dirt replaced by what the frames around it show there."""
        motions = Motions()
        repaired = seen = 0
        for around in neighbourhoods(frames, REACH):
            motions.forget(around)
            others = neighbours(around, job, motions)
            seen += around.frame.pixels.shape[0] * around.frame.pixels.shape[1]
            if others is None:
                yield around.frame
                continue
            mask = find_dirt(around.frame.pixels, *others, self.strength)
            repaired += int(mask.sum())
            yield repaired_frame(around.frame, mask, *others)
        job.note("clean: repaired pixels", repaired / max(seen, 1))


class Motions:
    """Flow between frames, found once for each pair."""

    def __init__(self) -> None:
        self._coarse: dict[Fraction, "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]"] = {}
        self._flows: dict[tuple[Fraction, Fraction], Flow] = {}

    def forget(self, around: Neighbourhood) -> None:
        """Drop what belongs to frames that have passed."""
        oldest = around.before[-1].time if around.before else around.frame.time
        self._coarse = {time: kept for time, kept in self._coarse.items() if time >= oldest}
        self._flows = {pair: kept for pair, kept in self._flows.items() if min(pair) >= oldest}

    def between(self, first: Frame, second: Frame) -> Flow:
        """Return the flow from `first` to `second` at full size, calm under dirt."""
        height, width, _ = first.pixels.shape
        return settled(self._flow(first, second), self._flow(second, first), height, width)

    def _flow(self, first: Frame, second: Frame) -> Flow:
        pair = (first.time, second.time)
        if pair not in self._flows:
            self._flows[pair] = dense_flow(self._small(first), self._small(second))
        return self._flows[pair]

    def _small(self, frame: Frame) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
        if frame.time not in self._coarse:
            self._coarse[frame.time] = coarse(frame.pixels)
        return self._coarse[frame.time]


def neighbours(around: Neighbourhood, job: Job, motions: Motions) -> tuple[Neighbour, Neighbour] | None:
    """Return two frames that show other pictures, moved onto the frame; None where there are not two.

    A repeat of the frame carries the same dirt, so it is passed over.
    """
    before = _other_pictures(around.frame, around.before, job)
    after = _other_pictures(around.frame, around.after, job)
    pair = (before[0], after[0]) if before and after else (before or after)[:2]
    if len(pair) < 2:
        return None
    now = around.frame
    first, second = (
        moved_onto(now.pixels, other.pixels, motions.between(now, other)) for other in pair
    )
    return first, second


def _other_pictures(frame: Frame, near: tuple[Frame, ...], job: Job) -> list[Frame]:
    """Return one frame for each other picture of `near`, the nearest first."""
    found: dict[int, Frame] = {}
    for other in near:
        found.setdefault(_picture(other, job), other)
    found.pop(_picture(frame, job), None)
    return list(found.values())


def _picture(frame: Frame, job: Job) -> int:
    """Return the number of the picture a frame shows: that of the last frame that is no repeat."""
    index = job.survey.timeline.index(frame.origin)
    while index > job.shot.first and job.survey.figures.repeat[index]:
        index -= 1
    return index


def repaired_frame(frame: Frame, mask: Mask, first: Neighbour, second: Neighbour) -> Frame:
    """Return the frame with the masked places taken from its neighbours; the rest is untouched."""
    if not mask.any():
        return frame
    square = np.ones((3, 3), np.uint8)
    wide = np.asarray(cv2.dilate(mask.astype(np.uint8), square), np.float32)
    soft = np.asarray(cv2.blur(wide, (3, 3)), np.float32) * wide
    share = np.maximum(soft, mask)[:, :, None]
    fill: Pixels = (first.pixels + second.pixels) / 2
    mended = frame.pixels + share * (fill - frame.pixels)
    return frame.with_pixels(np.where(share > 0, mended, frame.pixels).astype(np.float32))
