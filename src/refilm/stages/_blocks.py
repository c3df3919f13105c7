"""Works on several frames at once, in blocks that overlap and are blended.

Blocks lie on a grid that begins with the shot. So a stretch of it, with its context, is cut into the
same blocks as a longer one.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from refilm.frames import Frame, Pixels
from refilm.job import Job

Work = Callable[[Sequence[Frame]], Sequence[Pixels]]
"""Returns what is found of each frame of a block, all in one size."""


class Grid:
    """Which of a shot's frames lie in which blocks, and with which say."""

    def __init__(self, job: Job, size: int) -> None:
        """Lay blocks of `size` frames over the job's shot, each half over the next, rounded down."""
        self._timeline, self._shot, self._size = job.survey.timeline, job.shot, size
        self._rate = job.info.rate / job.survey.info.rate
        self._overlap = size // 2
        self._step = size - self._overlap
        frames = -(-(job.shot.stop - job.shot.first) * self._rate // 1)
        # A block that would show no more frames than those of the one before is left out.
        self._last = max(-(-(frames - size) // self._step), 0)

    def number(self, frame: Frame) -> int:
        """Return the frame's place in the shot, in frames of the film as it reaches the stage."""
        index = self._timeline.index(frame.origin)
        begun, ended = self._timeline.time(index), self._timeline.time(index + 1)
        along = index - self._shot.first + Fraction(frame.origin - begun) / (ended - begun)
        return max(int(along * self._rate // 1), 0)

    def blocks(self, number: int) -> range:
        """Return the blocks that show the frame of that number."""
        first = max((number - self._size) // self._step + 1, 0)
        return range(min(first, self._last), min(number // self._step, self._last) + 1)

    def share(self, number: int, block: int) -> float:
        """Return the block's share in the frame of that number: less towards the block's ends."""
        weights = {each: self._weight(number - each * self._step) for each in self.blocks(number)}
        return weights[block] / sum(weights.values())

    def _weight(self, place: int) -> int:
        return max(min(place + 1, self._size - place, self._overlap + 1), 1)


def in_blocks(
    frames: Iterable[Frame], job: Job, size: int, work: Work
) -> Iterator[tuple[Frame, Pixels]]:
    """Yield each frame with what `work` finds of it, blended from all blocks that show it.

    A stage that uses it sees `size` - 1 frames either side. Blocks have fewer frames at the ends of a
    stretch, and where an earlier stage left some out.
    """
    grid = Grid(job, size)
    blender = _Blender(grid, work)
    for frame in frames:
        number = grid.number(frame)
        yield from blender.before(grid.blocks(number).start)
        blender.take(frame, number)
    yield from blender.rest()


@dataclass(eq=False)
class _Waiting:
    """A frame of which something is still to be found."""

    frame: Frame
    number: int
    blocks: range
    found: Pixels | None = None


class _Blender:
    """Works on block after block, and holds the frames that are not finished."""

    def __init__(self, grid: Grid, work: Work) -> None:
        self._grid, self._work = grid, work
        self._waiting: deque[_Waiting] = deque()
        self._block = 0

    def take(self, frame: Frame, number: int) -> None:
        """Take the next frame."""
        self._waiting.append(_Waiting(frame, number, self._grid.blocks(number)))

    def before(self, stop: int) -> Iterator[tuple[Frame, Pixels]]:
        """Work on the blocks before `stop`, and yield the frames that are in none of the others."""
        while self._waiting and self._block < stop:
            self._find()
            self._block += 1
            while self._waiting and self._waiting[0].blocks.stop <= self._block:
                done = self._waiting.popleft()
                assert done.found is not None
                yield done.frame, done.found
        self._block = max(self._block, stop)

    def rest(self) -> Iterator[tuple[Frame, Pixels]]:
        """Work on all blocks that are left."""
        if self._waiting:
            yield from self.before(self._waiting[-1].blocks.stop)

    def _find(self) -> None:
        shown = [each for each in self._waiting if self._block in each.blocks]
        if not shown:
            return
        for each, found in zip(shown, self._work([each.frame for each in shown]), strict=True):
            part = np.float32(self._grid.share(each.number, self._block)) * found
            each.found = part if each.found is None else each.found + part
