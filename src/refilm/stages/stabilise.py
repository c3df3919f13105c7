"""Take the weave out of the picture and keep the camera's own movement."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from refilm.findings import Survey
from refilm.frames import FilmInfo, Frame, Pixels, Shot
from refilm.job import Job
from refilm.stages._weave import Path, weave
from refilm.stages.base import Fitting, Stage

_UNSEEN = 0.15
"""Pixels of weave, root mean square, that are left alone."""
_FARTHEST = 0.1
"""Share of the picture's width or height by which a frame is moved at most."""
_MOST_TURN = 0.03
"""Radians by which a frame is turned at most."""
_SHORTEST = 0.05
"""Seconds of smoothing below which no weave would be left to find."""
_USUAL = 98
"""Percentile of the frames whose edges the zoom hides; one torn frame must not enlarge a whole shot."""


class Stabilise(Stage):
    """Take the weave out of the picture and keep the camera's own movement."""

    smoothing: float = Field(
        1.0, gt=0, le=10, description="Seconds over which the camera's path is evened out"
    )
    strength: float = Field(1.0, ge=0, le=1, description="Share of the weave that is taken out")
    edges: Literal["zoom", "replicate"] = Field(
        "zoom",
        description="What hides edges that moved in: the whole shot enlarged, or the edge drawn out",
    )
    most_zoom: float = Field(
        0.06,
        ge=0.001,
        le=0.5,
        description="Enlargement at most, as a share; where the camera shakes more, less is taken out",
    )

    def fitted(self, survey: Survey) -> Fitting:
        """Return the stage as it is, None if the film hardly weaves."""
        pixels = _rms(np.concatenate([self._off(survey, shot) for shot in survey.shots]))
        if pixels < _UNSEEN:
            return Fitting(None, f"the picture stands still to {pixels:.2f} pixels")
        return Fitting(self, f"the picture weaves by {pixels:.1f} pixels, root mean square")

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield every frame moved back onto the camera's path; times do not change."""
        off = self._off(job.survey, job.shot) * self.strength
        view = _View.of(job.info, job.survey.info)
        zoom = self._zoom(off, view)
        job.note("stabilise: weave taken out, pixels", _rms(off))
        job.note("stabilise: zoom", zoom)
        for frame in frames:
            matrix = view.matrix(_at(off, job, frame.origin), zoom)
            yield frame.with_pixels(_warped(frame.pixels, matrix))

    def _off(self, survey: Survey, shot: Shot) -> Path:
        """Return by how much each frame of the shot is moved back, in pixels of the source, (n, 3).

        Where a camera shakes so much that its path over the full time would leave the picture, the
        path is evened out over a shorter one: the quick weave goes, the shake stays.
        """
        view = _View.of(survey.info, survey.info)
        seconds = self.smoothing / 2
        while True:
            off = _limited(weave(survey, shot, seconds), survey.info)
            if seconds <= _SHORTEST or _needed(off * self.strength, view) <= 1 + self.most_zoom:
                return off
            seconds *= 0.7

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


def _needed(off: Path, view: _View) -> float:
    """Return by how much a shot must be enlarged so that nearly all its frames fill the picture."""
    return float(np.percentile(view.zooms(off), _USUAL, method="higher"))


def _limited(off: Path, source: FilmInfo) -> Path:
    """Return the weave within bounds, so that a failed estimate cannot throw the picture."""
    bounds = np.array((_FARTHEST * source.width, _FARTHEST * source.height, _MOST_TURN))
    return np.clip(off, -bounds, bounds)


def _at(off: Path, job: Job, origin: Fraction) -> NDArray[np.float64]:
    """Return the weave at a time of the source, between two of its frames in proportion."""
    timeline, shot = job.survey.timeline, job.shot
    before = int(np.clip(timeline.index(origin), shot.first, shot.stop - 1))
    after = min(before + 1, shot.stop - 1)
    start, end = timeline.time(before), timeline.time(after)
    share = float((origin - start) / (end - start)) if end > start else 0.0
    share = min(max(share, 0.0), 1.0)
    return (1 - share) * off[before - shot.first] + share * off[after - shot.first]


def _warped(pixels: Pixels, matrix: NDArray[np.float64]) -> Pixels:
    height, width, channels = pixels.shape
    moved = cv2.warpAffine(
        pixels,
        matrix,
        (width, height),
        flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(moved, np.float32).reshape(height, width, channels)


def _rms(off: Path) -> float:
    return float(np.sqrt(np.mean(np.sum(off[:, :2] ** 2, axis=1))))
