"""Whether the survey of an aged film finds how noisy, dirty and scratched it is."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.age import Ageing, TrueFrame, age
from refilm.findings import Survey
from refilm.frames import FilmInfo, Frame

_LONG = 0.5
"""Share of the picture's height that is damaged where a scratch, which may skip, runs down it."""
_NEAR = 3
"""Pixels by which the column of a scratch may be missed: it wanders and leans."""
_EACH = 16
"""Frames from one that is looked at for its noise to the next."""

Columns = NDArray[np.float64]


class Masked(Protocol):
    """A truth that knows which pixels of each frame are damaged."""

    @property
    def frames(self) -> Sequence[TrueFrame]:
        """The aged film's frames."""
        ...

    def mask(self, frame: TrueFrame) -> NDArray[np.bool_]:
        """Return which pixels are damaged, (height, width)."""
        ...


def damage(survey: Survey, truth: Masked) -> dict[str, float]:
    """Return how well dirt and scratches are found.

    Dirt as mean shares of the picture, and as the correlation of both over the frames; scratches as
    precision and recall of columns, frame by frame. Everything planted counts as dirt that is no
    long scratch. What cannot be told, as where nothing was planted, is left out.
    """
    masks = (truth.mask(frame) for frame in truth.frames)
    shares, columns = zip(*(_parted(mask) for mask in masks), strict=True)
    true, found = np.array(shares), survey.figures.dirt
    figures = {"dirt_true": float(true.mean()), "dirt_found": float(found.mean())}
    if true.std() > 0 and found.std() > 0:
        figures["dirt_correlation"] = float(np.corrcoef(true, found)[0, 1])
    return figures | _scratches(survey, columns)


def _parted(mask: NDArray[np.bool_]) -> tuple[float, Columns]:
    """Return the share of the picture under dirt, and the columns of the long scratches."""
    spread = cv2.dilate(mask.astype(np.uint8), np.ones((1, 2 * _NEAR + 1), np.uint8))
    long = spread.mean(axis=0) >= _LONG
    edges = np.flatnonzero(np.diff(long, prepend=False, append=False))
    middles = (edges[::2] + edges[1::2] - 1) / 2
    return float(mask[:, ~long].sum() / mask.size), np.asarray(middles, np.float64)


def _scratches(survey: Survey, true: Sequence[Columns]) -> dict[str, float]:
    found = [
        np.array([each.column for each in survey.scratches if each.first <= number < each.stop])
        for number in range(len(true))
    ]
    pairs = list(zip(found, true, strict=True))
    right = [near for one, other in pairs for near in _have_near(one, other)]
    met = [near for one, other in pairs for near in _have_near(other, one)]
    figures = {"scratches_precision": right, "scratches_recall": met}
    return {name: float(np.mean(shares)) for name, shares in figures.items() if shares}


def _have_near(columns: Columns, others: Columns) -> Iterator[bool]:
    for column in columns:
        yield bool((np.abs(others - column) <= _NEAR).any())


def planted_noise(frames: Iterable[Frame], info: FilmInfo, ageing: Ageing) -> float:
    """Return the standard deviation of the grain that ageing plants, luma, where it is seen.

    Frames are aged with grain and without; the difference of both is all grain.
    """
    some = [frame for number, frame in enumerate(frames) if number % _EACH == 0]
    bare = ageing.model_copy(update={"grain": 0.0})
    pairs = zip(age(some, info, ageing), age(some, info, bare), strict=True)
    found: list[float] = []
    for grainy, plain in pairs:
        clear = grainy.inside & ~grainy.mask
        apart = (grainy.frame.pixels - plain.frame.pixels).mean(axis=2)
        found.append(float(apart[clear].std()))
    return float(np.median(found))
