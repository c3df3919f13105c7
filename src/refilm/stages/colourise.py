"""Give black-and-white film colours that such pictures usually have; luma stays as it was."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from refilm.findings import Survey
from refilm.flow import luma8
from refilm.frames import FilmInfo, Frame, Pixels, Shot
from refilm.job import Job, Network
from refilm.luma import weights_of
from refilm.stages._chroma import Plane, Weights, differences, luma_under, reduced, sized
from refilm.stages._joining import joined
from refilm.stages._steady import Motions, Sight, steadied
from refilm.stages.base import Fitting, Stage
from refilm.streams import Neighbourhood, neighbourhoods

_LAB = 100.0
"""CIELAB units of a and b for 1.0 in a colouring network's result."""
_MOST = 12
"""Frames either side that a colour is averaged over at most: more would be no steadier to the eye."""
_LINES = 128
"""Pixels on the shorter side of the picture in which colours are held still."""
_TELLING = ((60.0, 40.0), (0.0, 60.0), (-60.0, 50.0))
"""a and b, CIELAB, of red, yellow and green, which tell how sure the network is."""
_WARM = (2.0, 12.0)
"""Change of a and b, CIELAB, in the middle greys at a warmth of 1."""


class Colourise(Stage):
    """Give black-and-white film colours that such pictures usually have.

    The colours are guesses. They are found on a small picture, follow what moves, and are joined to
    the film's own luma, which does not change.
    """

    invents: ClassVar[str] = "colours"

    method: str = Field("refilm-colour", description="The network that finds the colours")
    render_factor: int = Field(
        12, ge=2, le=64, description="How large the picture is that it looks at, in steps of 16 pixels"
    )
    saturation: float = Field(1.0, ge=0, le=3, description="How strong the colours are; 0 is grey")
    warmth: float = Field(0.0, ge=-1, le=1, description="From cooler, -1, to warmer, 1")
    steady: float = Field(
        0.5, ge=0, le=2, description="Seconds before and after over which a thing's colour is held"
    )
    recolour: Literal["none", "tinted", "all"] = Field(
        "none", description="Which shots that have colours get new ones: tinted or toned ones, or all"
    )
    show: Literal["picture", "confidence"] = Field(
        "picture", description="confidence: from red, a mere guess, to green, sure, over the picture"
    )

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage where some shot has no colours, or new ones are asked for."""
        grey = sum(self._takes(shot) for shot in survey.shots)
        if not grey:
            return Fitting(None, "the film has colours of its own")
        which = "its" if grey == len(survey.shots) else f"{grey} of its {len(survey.shots)}"
        return Fitting(self, f"{which} shots have no colours; those they get are guesses")

    def networks(self) -> tuple[str, ...]:
        """Return the network that finds the colours."""
        return (self.method,)

    def output(self, info: FilmInfo) -> FilmInfo:
        """Return the film in three channels."""
        return replace(info, channels=3)

    def context(self, info: FilmInfo) -> Fraction:
        """Return the time over which colours are held."""
        return self._reach(info) / info.rate

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield each frame in colour; shots that keep their own colours pass as they are."""
        if not self._takes(job.shot):
            yield from frames
            return
        painter = _Painter(self, job.network(self.method), weights_of(job.info))
        for around in neighbourhoods(frames, self._reach(job.info)):
            yield around.frame.with_pixels(painter.painted(around))
        job.note("colourise: confidence", painter.confidence)

    def _takes(self, shot: Shot) -> bool:
        wanted = {"none": shot.monochrome, "tinted": shot.monochrome or shot.tinted, "all": True}
        return wanted[self.recolour]

    def _reach(self, info: FilmInfo) -> int:
        return min(round(self.steady * info.rate), _MOST)

    def toned(self, colours: Pixels, luma: Pixels) -> Pixels:
        """Return a and b, (h, w, 2), as strong and as warm as is wished."""
        middle = 4 * luma * (1 - luma)
        warm = np.float32(self.warmth) * np.asarray(_WARM, np.float32)
        return np.asarray(self.saturation * colours + warm * np.clip(middle, 0, 1), np.float32)


class _Painter:
    """Colours the frames of a shot one after another, and remembers what it found for each."""

    def __init__(self, stage: Colourise, network: Network, weights: Weights) -> None:
        self._stage, self._network, self._weights = stage, network, weights
        self._sights: dict[Fraction, Sight] = {}
        self._motions = Motions()
        self._sure: list[float] = []

    @property
    def confidence(self) -> float:
        """Mean confidence of all that was coloured, 0..1."""
        return float(np.mean(self._sure)) if self._sure else 0.0

    def painted(self, around: Neighbourhood) -> Pixels:
        """Return the frame in colours that agree with those of the frames around it."""
        near = (around.frame, *around.before, *around.after)
        self._sights = {f.time: self._sights.get(f.time) or self._sight(f) for f in near}
        here, before, after = (
            [self._sights[frame.time] for frame in frames]
            for frames in ((around.frame,), around.before, around.after)
        )
        found = steadied(here[0], before, after, self._motions)
        self._sure.append(float(found[:, :, 2].mean()))
        return self._joined(luma_under(around.frame.pixels, self._weights), found)

    def _sight(self, frame: Frame) -> Sight:
        """Return a frame in small, with the colours that the network gives it."""
        luma = luma_under(frame.pixels, self._weights)[:, :, None]
        found = self._network(reduced(luma, 16 * self._stage.render_factor))
        small = reduced(luma, _LINES)
        return Sight(luma8(small), sized(found, *small.shape[:2]))

    def _joined(self, luma: Plane, found: Pixels) -> Pixels:
        small = sized(luma, *found.shape[:2])
        if self._stage.show == "confidence":
            colours = overlay(found[:, :, 2])
        else:
            colours = self._stage.toned(_LAB * found[:, :, :2], small[:, :, None])
        return joined(luma, small, differences(small, colours, self._weights), self._weights)


def overlay(confidence: Plane) -> Pixels:
    """Return a and b, (h, w, 2), of colours that tell how sure something is: red 0, yellow, green 1."""
    steps = np.linspace(0, 1, len(_TELLING))
    sides = [np.interp(confidence, steps, side) for side in zip(*_TELLING, strict=True)]
    return np.asarray(np.dstack(sides), np.float32)
