"""Take away dirt, dust and hairs that lie on single frames, and scratches that run down the film.

The classic method repairs what it finds; a network draws the luma of the whole picture anew.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from refilm import models
from refilm.chroma import luma_under
from refilm.findings import Survey
from refilm.flow import Flow, dense_flow
from refilm.frames import FilmInfo, Frame, Pixels
from refilm.job import Job
from refilm.luma import luma, weights_of
from refilm.stages._blocks import in_blocks
from refilm.stages._dirt import find_dirt
from refilm.stages._harm import harmless
from refilm.stages._neighbour import Mask, Neighbour, coarse, gone_astray, moved_onto, settled
from refilm.stages._scratches import Columns, expected, lasting, lines, without_lines
from refilm.stages.base import Fitting, Stage
from refilm.streams import Neighbourhood, neighbourhoods

_NETWORKS = {"deepremaster": ("deepremaster-restore",)}
"""The networks of methods that are some."""
REACH = 4
"""Frames either side in which a frame that shows another picture is looked for."""
FEWEST_TOLD = 24
"""Frames below which a film may have its dirt on others: it is never said to be clean."""
WIDEST_TOLD = 960
"""Pixels above which specks are lost in the survey's reduced pictures."""
SHARE_TOLD = 0.9
"""Share of a shot's frames whose movement must be known where the survey is believed."""
SEEN = 0.5 / 255
"""Change of a channel below which rounding to eight bits hides it."""
UNLIKE = 0.06
"""Luma by which the two neighbours may differ where dirt is replaced by the mean of both."""


class Clean(Stage):
    """Take away dirt, dust and hairs that lie on single frames, and lasting scratches.

    deepremaster, a network, draws luma anew without these, without noise and fading, and keeps colours.
    """

    method: Literal["classic", "deepremaster"] = Field(
        "classic",
        description="classic: repairs only what it finds; deepremaster: a network that draws luma anew",
    )
    strength: float = Field(
        0.5,
        ge=0,
        le=1,
        description="classic: from 0, only what is beyond doubt, to 1, faint specks too",
    )
    scratches: bool = Field(
        True, description="classic: also take away thin upright scratches that stay for many frames"
    )
    show: bool = Field(
        False, description="Give the mask of what was repaired, white on black, instead of the picture"
    )

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage, None where the survey saw no speck, scratch or hair on a whole film."""
        if self.networks():
            return Fitting(self, "the plan asks for luma that a network draws anew")
        dirt = survey.figures.dirt
        if not _told(survey):
            return Fitting(self, "nobody can tell beforehand that this film has no dirt")
        marks_found = len(survey.scratches) + len(survey.hairs)
        if not dirt.any() and not marks_found:
            return Fitting(None, f"not one of {len(dirt)} frames shows dirt, a scratch or a hair")
        share = 100 * float(dirt.mean())
        return Fitting(
            self, f"dirt on at least {share:.2g} % of the picture; clean frames stay as they are"
        )

    def context(self, info: FilmInfo) -> Fraction:
        """Return the time of the frames that are compared with each other, or lie in one block."""
        if self.networks():
            return (self._block - 1) / info.rate
        return (2 if self.scratches else 1) * REACH / info.rate

    def networks(self) -> tuple[str, ...]:
        """Return the network's name, where the method is one."""
        return _NETWORKS.get(self.method, ())

    @property
    def _block(self) -> int:
        """Frames that the network takes at once."""
        return models.card(*self.networks()).facts.frames

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield each frame with its dirt replaced by what the frames around it show there."""
        work = self._restored if self.networks() else self._cleaned
        return _marked(frames, job, work) if self.show else work(frames, job)

    def _restored(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield each frame with luma that a network drew; colours stay as far from it as they were."""
        network, weights = job.network(*self.networks()), weights_of(job.info)

        def drawn(block: Sequence[Frame]) -> list[Pixels]:
            found = network(*(luma_under(frame.pixels, weights)[:, :, None] for frame in block))
            return np.split(found, len(block), axis=2)

        for frame, found in in_blocks(frames, job, self._block, drawn):
            change = found - luma_under(frame.pixels, weights)[:, :, None]
            pixels = found if frame.channels == 1 else frame.pixels + change
            yield frame.with_pixels(np.asarray(pixels, np.float32))

    def _cleaned(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        even = self._unscratched(frames, job) if self.scratches else frames
        motions = Motions()
        repaired, seen = 0, 0
        for around in neighbourhoods(even, REACH):
            motions.forget(around)
            mended, count = self._mended(around, job, motions)
            repaired, seen = repaired + count, seen + mended.pixels[:, :, 0].size
            yield mended
        job.note("clean: repaired pixels", repaired / max(seen, 1))

    def _mended(self, around: Neighbourhood, job: Job, motions: "Motions") -> tuple[Frame, int]:
        """Return the frame without its dirt, and how many pixels were dirt."""
        mask, others = found_dirt(around, job, motions, self.strength)
        return without_dirt(around.frame, mask, *others) if others else (around.frame, 0)

    def _unscratched(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        known: dict[Fraction, Columns] = {}
        taken, seen = 0, 0
        for around in neighbourhoods(frames, REACH):
            near = (around.frame, *around.before, *around.after)
            known = {f.time: known[f.time] if f.time in known else _lines(f, job) for f in near}
            now, *others = known.values()
            columns = lasting(now, others)
            taken, seen = taken + len(columns), seen + 1
            pixels = around.frame.pixels
            yield around.frame.with_pixels(without_lines(pixels, columns)) if columns else around.frame
        job.note("clean: scratches in a frame", taken / max(seen, 1))


def _marked(
    frames: Iterable[Frame], job: Job, work: Callable[[Iterable[Frame], Job], Iterator[Frame]]
) -> Iterator[Frame]:
    """Yield for each frame the mask of what `work` changes on it, in as many channels."""
    given: deque[Frame] = deque()

    def passing() -> Iterator[Frame]:
        for frame in frames:
            given.append(frame)
            yield frame

    for after in work(passing(), job):
        yield after.with_pixels(marks(given.popleft().pixels, after.pixels))


def _told(survey: Survey) -> bool:
    """Say whether the survey could have seen dirt: on enough frames of every shot, and of that size."""
    figures = survey.figures
    if survey.info.width > WIDEST_TOLD or len(figures.dirt) < FEWEST_TOLD:
        return False
    shots = (figures.trust[shot.first + 1 : shot.stop] for shot in survey.shots)
    return all(len(trust) > 1 and float(np.mean(trust > 0)) > SHARE_TOLD for trust in shots)


def _lines(frame: Frame, job: Job) -> Columns:
    number = job.survey.timeline.index(frame.origin)
    return lines(luma(frame.pixels), expected(job.survey.scratches, number, job.info))


def marks(before: Pixels, after: Pixels) -> Pixels:
    """Return 1 where a picture was changed visibly, else 0, in as many channels as it has."""
    changed = np.abs(after - before).max(axis=2, keepdims=True) > SEEN
    return np.repeat(changed.astype(np.float32), before.shape[2], axis=2)


class Motions:
    """Flow between frames, found once for each pair."""

    def __init__(self) -> None:
        self._coarse: dict[Fraction, NDArray[np.uint8]] = {}
        self._flows: dict[tuple[Fraction, Fraction], Flow] = {}

    def forget(self, around: Neighbourhood) -> None:
        """Drop what belongs to frames that have passed."""
        oldest = around.before[-1].time if around.before else around.frame.time
        self._coarse = {time: kept for time, kept in self._coarse.items() if time >= oldest}
        self._flows = {pair: kept for pair, kept in self._flows.items() if min(pair) >= oldest}

    def moved(self, frame: Frame, other: Frame) -> Neighbour:
        """Return `other` moved onto `frame`, along a flow that is calm under dirt."""
        height, width, _ = frame.pixels.shape
        there, back = self._flow(frame, other), self._flow(other, frame)
        flow = settled(there, back, height, width)
        return moved_onto(frame.pixels, other.pixels, flow, gone_astray(there, back, height, width))

    def _flow(self, first: Frame, second: Frame) -> Flow:
        pair = (first.time, second.time)
        if pair not in self._flows:
            self._flows[pair] = dense_flow(self._small(first), self._small(second))
        return self._flows[pair]

    def _small(self, frame: Frame) -> NDArray[np.uint8]:
        if frame.time not in self._coarse:
            self._coarse[frame.time] = coarse(frame.pixels)
        return self._coarse[frame.time]


def found_dirt(
    around: Neighbourhood, job: Job, motions: Motions, strength: float
) -> tuple[Mask, tuple[Neighbour, Neighbour] | None]:
    """Return where dirt lies on the frame, and the neighbours, moved onto it, that tell and mend it.

    Nothing is found, and there are no neighbours, where fewer than two other pictures are near.
    A repeat of the frame carries the same dirt, so it is passed over.
    """
    frame = around.frame
    before = _other_pictures(frame, around.before, job)
    after = _other_pictures(frame, around.after, job)
    pair = (before[0], after[0]) if before and after else tuple((before or after)[:2])
    if len(pair) < 2:
        return np.zeros(frame.pixels.shape[:2], np.bool_), None
    first, second = (motions.moved(frame, other) for other in pair)
    both_sides = bool(before and after)
    return find_dirt(frame.pixels, first, second, strength, both_sides), (first, second)


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


def without_dirt(frame: Frame, mask: Mask, first: Neighbour, second: Neighbour) -> tuple[Frame, int]:
    """Return the frame with those masked places repaired that it does no harm to, and their pixels."""
    if not mask.any():
        return frame, 0
    mended = repaired_frame(frame, mask, first, second).pixels
    good = harmless(frame.pixels, mended, mask, first, second)
    near = np.asarray(cv2.dilate(good.astype(np.uint8), np.ones((3, 3), np.uint8)), np.bool_)
    return frame.with_pixels(np.where(near[:, :, None], mended, frame.pixels)), int(good.sum())


def repaired_frame(frame: Frame, mask: Mask, first: Neighbour, second: Neighbour) -> Frame:
    """Return the frame with the masked places taken from its neighbours; the rest is untouched."""
    if not mask.any():
        return frame
    square = np.ones((3, 3), np.uint8)
    wide = np.asarray(cv2.dilate(mask.astype(np.uint8), square), np.float32)
    soft = np.asarray(cv2.blur(wide, (3, 3)), np.float32) * wide
    share = np.maximum(soft, mask)[:, :, None]
    fill = _filling(frame.pixels, wide, first.pixels, second.pixels)
    mended = np.where(share > 0, frame.pixels + share * (fill - frame.pixels), frame.pixels)
    return frame.with_pixels(np.asarray(mended, np.float32))


def _filling(now: Pixels, dirty: NDArray[np.float32], first: Pixels, second: Pixels) -> Pixels:
    """Return the mean of the neighbours; where they differ, the one that suits what is around."""
    size = max(now.shape[0] // 24, 5) | 1
    clean = 1 - dirty
    weight = np.asarray(cv2.blur(clean, (size, size)), np.float32) + np.float32(1e-3)
    around = np.asarray(cv2.blur(luma(now) * clean, (size, size)), np.float32) / weight
    one, two = luma(first), luma(second)
    nearer = np.where((np.abs(one - around) < np.abs(two - around))[:, :, None], first, second)
    alike = (np.abs(one - two) < UNLIKE)[:, :, None]
    return np.asarray(np.where(alike, (first + second) / 2, nearer), np.float32)
