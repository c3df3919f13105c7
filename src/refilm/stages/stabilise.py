"""Take the weave out of the picture and keep the camera's own movement."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import zip_longest
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from refilm.findings import Survey
from refilm.frames import FilmInfo, Frame, Pixels, Shot
from refilm.job import Job
from refilm.stages._edges import Matrix, filled, warped
from refilm.stages._weave import Path, path_of, quick, stability, weave
from refilm.stages.base import Fitting, Stage
from refilm.streams import Neighbourhood, neighbourhoods

_UNSEEN = 0.15
"""Pixels of weave, root mean square, that are left alone."""
_FARTHEST = 0.1
"""Share of the picture's width or height by which a frame is moved at most."""
_MOST_TURN = 0.03
"""Radians by which a frame is turned at most."""
_SHORTEST = 0.03
"""Seconds of smoothing below which no weave would be left to find."""
_NEIGHBOURS = {"fill": 12, "zoom": 3}
"""Frames either side that may fill an empty edge: a weave seldom stays on one side for longer than
the first, and a frame torn so far that the zoom does not hide it stands alone."""
_USUAL = 98
"""Percentile of the frames whose edges the zoom hides; one torn frame must not enlarge a whole shot."""


class Stabilise(Stage):
    """Take the weave out of the picture and keep the camera's own movement."""

    smoothing: float = Field(
        1.0, gt=0, le=10, description="Seconds over which the camera's path is evened out"
    )
    strength: float = Field(1.0, ge=0, le=1, description="Share of the weave that is taken out")
    edges: Literal["zoom", "crop", "fill", "replicate"] = Field(
        "zoom",
        description="What becomes of edges that moved in: each shot enlarged, the film cut smaller, "
        "all filled from neighbouring frames, or the edge drawn out",
    )
    most_zoom: float = Field(
        0.06,
        ge=0.001,
        le=0.5,
        description="Enlargement at most, as a share; where the camera shakes more, less is taken out",
    )
    cut: float = Field(
        0.0,
        ge=0,
        le=0.5,
        description="Share of the size that edges=crop cuts off; filled in by the survey",
    )

    def fitted(self, survey: Survey) -> Fitting:
        """Return the stage as it is, None if the film hardly weaves."""
        pixels = _rms(np.concatenate([self._off(survey, shot) for shot in survey.shots]))
        if pixels < _UNSEEN:
            return Fitting(None, f"the picture stands still to {pixels:.2f} pixels")
        why = f"the picture weaves by {pixels:.1f} pixels, root mean square"
        if self.edges != "crop":
            return Fitting(self, why)
        return Fitting(self.model_copy(update={"cut": self._cut(survey)}), why)

    def output(self, info: FilmInfo) -> FilmInfo:
        """Return the film's own size, or with edges=crop what is left of it, its sides even."""
        if not self.cut:
            return info
        width, height = (max(round(side * (1 - self.cut)) // 2 * 2, 2) for side in _size(info))
        left, top = (info.width - width) // 2, (info.height - height) // 2
        place = info.placement.cropped(left, top)
        return replace(info, width=width, height=height, placement=place)

    def context(self, info: FilmInfo) -> Fraction:
        """Return the time of the frames that may fill edges; nothing where none do."""
        return Fraction(self._neighbours) / info.rate

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield every frame moved back onto the camera's path; times do not change."""
        off = self._off(job.survey, job.shot) * self.strength
        view = _View.of(job.info, job.survey.info)
        zoom = self._zoom(off, view)
        job.note("stabilise: weave taken out, pixels", _rms(off))
        job.note("stabilise: zoom", zoom)
        job.note("stabilise: share of the picture kept", (1 - self.cut) ** 2 / zoom**2)
        path = path_of(job.survey, job.shot)
        job.note("stabilise: stability before", stability(path))
        job.note("stabilise: stability after", stability(path - off))
        placed = _Placed(view, off, path, job, zoom)
        cut = self._window(job.info)
        for around in neighbourhoods(frames, self._neighbours):
            yield around.frame.with_pixels(placed.shown(around)[cut])

    @property
    def _neighbours(self) -> int:
        return _NEIGHBOURS.get(self.edges, 0)

    def _window(self, info: FilmInfo) -> tuple[slice, slice]:
        after = self.output(info)
        left, top = (info.width - after.width) // 2, (info.height - after.height) // 2
        return slice(top, top + after.height), slice(left, left + after.width)

    def _cut(self, survey: Survey) -> float:
        """Return the share of the size without which no shot shows an empty edge."""
        view = _View.of(survey.info, survey.info)
        zooms = [_needed(self._off(survey, shot) * self.strength, view) for shot in survey.shots]
        return 1 - 1 / float(np.clip(max(zooms), 1.0, 1.0 + self.most_zoom))

    def _off(self, survey: Survey, shot: Shot) -> Path:
        """Return by how much each frame of the shot is moved back, in pixels of the source, (n, 3).

        Where a camera shakes so much that its path would leave the picture, only the quick weave
        goes, and the slow shake stays.
        """
        view = _View.of(survey.info, survey.info)
        whole = off = _limited(weave(survey, shot, self.smoothing / 2), survey.info)
        seconds = self.smoothing / 2
        while seconds > _SHORTEST and _needed(off * self.strength, view) > 1 + self.most_zoom:
            off = quick(whole, seconds * float(survey.info.rate))
            seconds *= 0.7
        return off

    def _zoom(self, off: Path, view: "_View") -> float:
        """Return by how much the whole shot is enlarged: 1 is not at all."""
        if self.edges != "zoom":
            return 1.0
        return float(np.clip(_needed(off, view), 1.0, 1.0 + self.most_zoom))


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """Where the source's movements take place in the picture as it is now."""

    half: NDArray[np.float64]
    """(2,): half the picture's width and height as it is now, in its pixels."""
    scale: NDArray[np.float64]
    """(2,): pixels of it to one of the source."""
    pivot: NDArray[np.float64]
    """(2,): the source picture's centre, from the picture's centre as it is now, in its pixels."""

    @classmethod
    def of(cls, info: FilmInfo, source: FilmInfo) -> "_View":
        place = info.placement
        half = np.array((info.width - 1, info.height - 1)) / 2
        scale = np.array((place.scale_x, place.scale_y))
        centre = np.array((source.width - 1, source.height - 1)) / 2
        return cls(half, scale, (centre - (place.left, place.top)) * scale - half)

    def matrix(self, off: NDArray[np.float64], zoom: float) -> NDArray[np.float64]:
        """Return the (2, 3) matrix from a point of the result to the point where it is in the frame."""
        turn = self._turn(off[2]) / zoom
        pivot = self._turn(off[2]) @ -self.pivot + self.pivot
        shift = self.half + pivot + off[:2] * self.scale - turn @ self.half
        return np.column_stack((turn, shift))

    def zooms(self, off: Path) -> NDArray[np.float64]:
        """Return by how much each frame must be enlarged to fill the picture, (n,)."""
        return np.array([self._fills(self.matrix(one, 1.0)) for one in off])

    def _turn(self, angle: float) -> NDArray[np.float64]:
        cosine, sine = np.cos(angle), np.sin(angle)
        ratio = self.scale[1] / self.scale[0]
        return np.array(((cosine, -sine / ratio), (sine * ratio, cosine)))

    def _fills(self, matrix: NDArray[np.float64]) -> float:
        span = np.abs(matrix[:, :2]) @ self.half
        middle = matrix[:, :2] @ self.half + matrix[:, 2] - self.half
        return float(np.max(span / np.maximum(self.half - np.abs(middle), 1e-6)))


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """Puts the frames of one shot where the camera's path wants them."""

    view: _View
    off: Path
    path: Path
    job: Job
    zoom: float

    def shown(self, around: Neighbourhood) -> Pixels:
        """Return the frame moved; its empty edges show what neighbours show there, if there are any."""
        frame = around.frame
        off, path = self._at(self.off, frame), self._at(self.path, frame)
        matrix = self.view.matrix(off, self.zoom)
        near = [one for pair in zip_longest(around.before, around.after) for one in pair if one]
        if not near:
            return warped(frame.pixels, matrix)

        def matrix_of(neighbour: Frame) -> Matrix:
            moved = self._at(self.path, neighbour) - path
            return self.view.matrix(off + moved, self.zoom)

        return filled(frame, matrix, near, matrix_of)

    def _at(self, values: Path, frame: Frame) -> NDArray[np.float64]:
        return _at(values, self.job, frame.origin)


def _size(info: FilmInfo) -> tuple[int, int]:
    return info.width, info.height


def _needed(off: Path, view: _View) -> float:
    """Return by how much a shot must be enlarged so that nearly all its frames fill the picture."""
    return float(np.percentile(view.zooms(off), _USUAL, method="higher"))


def _limited(off: Path, source: FilmInfo) -> Path:
    """Return the weave within bounds, so that a failed estimate cannot throw the picture."""
    bounds = np.array((_FARTHEST * source.width, _FARTHEST * source.height, _MOST_TURN))
    return np.clip(off, -bounds, bounds)


def _at(off: Path, job: Job, origin: Fraction) -> NDArray[np.float64]:
    """Return a shot's figures at a time of the source, between two of its frames in proportion."""
    timeline, shot = job.survey.timeline, job.shot
    before = int(np.clip(timeline.index(origin), shot.first, shot.stop - 1))
    after = min(before + 1, shot.stop - 1)
    start, end = timeline.time(before), timeline.time(after)
    share = float((origin - start) / (end - start)) if end > start else 0.0
    share = min(max(share, 0.0), 1.0)
    return (1 - share) * off[before - shot.first] + share * off[after - shot.first]


def _rms(off: Path) -> float:
    return float(np.sqrt(np.mean(np.sum(off[:, :2] ** 2, axis=1))))
