"""Cuts a large picture into tiles that are worked on one by one and put together without a seam."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from refilm.frames import Pixels


class Span(NamedTuple):
    """One tile's part of a side, in pixels: it sees first..stop-1 and keeps kept_first..kept_stop-1."""

    first: int
    stop: int
    kept_first: int
    kept_stop: int

    def seen(self) -> slice:
        """Return the pixels that the tile is made from."""
        return slice(self.first, self.stop)

    def place(self, scale: int) -> slice:
        """Return where the kept pixels go in the whole result."""
        return slice(self.kept_first * scale, self.kept_stop * scale)

    def kept(self, scale: int) -> slice:
        """Return where the kept pixels lie in the tile's own result."""
        return slice((self.kept_first - self.first) * scale, (self.kept_stop - self.first) * scale)


def spans(side: int, tile: int, margin: int, step: int) -> Iterator[Span]:
    """Yield the tiles along one side: each sees at most about `tile` pixels, `margin` of them on loan.

    Tiles begin at multiples of `step`, so that a network that works on blocks of that size finds
    the same blocks as in the whole picture.
    """
    loan = -(-margin // step) * step
    kept = max((tile - 2 * loan) // step * step, step)
    for first in range(0, side, kept):
        stop = min(first + kept, side)
        yield Span(max(first - loan, 0), min(stop + loan, side), first, stop)


def in_tiles(
    pictures: list[Pixels],
    work: Callable[[list[Pixels]], Pixels],
    *,
    tile: int,
    margin: int,
    step: int,
    scale: int,
) -> Pixels:
    """Return what `work` makes of pictures of one size, given to it tile by tile.

    Args:
        pictures: Pictures of one size.
        work: Makes a picture `scale` times as wide and high out of pictures.
        tile: Pixels on a side that a tile should not exceed.
        margin: Pixels around a tile that have a say in it.
        step: Tiles begin at multiples of this.
        scale: How much larger the result is.
    """
    height, width = pictures[0].shape[:2]
    result: Pixels | None = None
    for rows in spans(height, tile, margin, step):
        for columns in spans(width, tile, margin, step):
            piece = work([picture[rows.seen(), columns.seen()] for picture in pictures])
            if result is None:
                result = np.empty((height * scale, width * scale, piece.shape[2]), np.float32)
            result[rows.place(scale), columns.place(scale)] = piece[
                rows.kept(scale), columns.kept(scale)
            ]
    if result is None:
        raise ValueError("A picture without pixels cannot be cut into tiles")
    return result
