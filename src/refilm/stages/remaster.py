"""Follow coloured stills: what looks alike gets their colours; luma stays unless told otherwise."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from refilm import models
from refilm.chroma import LAB, Plane, colours_of, differences, joined, luma_under, sized
from refilm.findings import Survey
from refilm.flow import luma8
from refilm.frames import FilmInfo, Frame, Pixels
from refilm.job import Job, Still
from refilm.luma import weights_of
from refilm.models import Facts
from refilm.stages._blocks import in_blocks
from refilm.stages._following import tone_curve, toned
from refilm.stages._looking import Looking
from refilm.stages._recolour import Recolour
from refilm.stages._steady import Holder, reach
from refilm.stages.base import Fitting, Stage
from refilm.streams import Neighbourhood, neighbourhoods

_SHORT = {"deepremaster": "deepremaster-colour"}
"""Methods that go by a shorter name than their network."""
_TONES = 192
"""Pixels on the shorter side of the pictures whose tones are compared."""
_SURE = (0.45, 0.85)
"""Confidence from which on a still's colour mixes with the frame's own, and replaces it."""
_PALEST = 0.3
"""Strength of an unsure colour in a frame that has none of its own."""
_LEAST = 1e-3
"""Weight that even the least sure colour has, so that there is always one."""


class Remaster(Stage, Recolour):
    """Follow coloured stills of the film, shot by shot.

    What looks alike gets the colours that it has in the stills; what they do not show keeps the
    colours it had before. Colours follow what moves and are joined to the film's own luma. Where there
    are no stills frames stay as they are, but a method that needs none, deepremaster, colours them.
    """

    invents: ClassVar[str] = "colours"
    task: ClassVar[str] = "colour matching"
    follows_stills: ClassVar[bool] = True

    method: str = Field(
        "refilm-matching",
        description="The network that finds in the stills what a frame shows, such as deepremaster",
    )
    lines: int | None = Field(
        None,
        ge=16,
        le=2160,
        description="Pixels on the shorter side of the pictures in which colours are found; empty for "
        "the size that the network is best at",
    )
    saturation: float = Field(
        1.0, ge=0, le=3, description="How strong the stills' colours are; 0 is grey"
    )
    tone: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Share by which contrast and tones go to those of stills that a person gave",
    )
    steady: float = Field(
        0.5, ge=0, le=2, description="Seconds before and after over which a thing's colour is held"
    )

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage where some shot has no colours of its own, or new ones are asked for."""
        if any(self.takes(shot) for shot in survey.shots):
            return Fitting(self, "shots without colours follow their stills, where they have some")
        return Fitting(None, "the film has colours of its own")

    def networks(self) -> tuple[str, ...]:
        """Return the network that matches frames and stills."""
        return (_SHORT.get(self.method, self.method),)

    @property
    def facts(self) -> Facts:
        """What is known of the network; one that is not in the catalogue is taken for a simple one."""
        known = models.catalogue().get(*self.networks())
        return known.facts if known else Facts()

    def output(self, info: FilmInfo) -> FilmInfo:
        """Return the film in three channels."""
        return replace(info, channels=3)

    def context(self, info: FilmInfo) -> Fraction:
        """Return the time over which colours are held, and of the blocks in which they are found."""
        return (reach(self.steady, info) + self.facts.frames - 1) / info.rate

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield each frame in the colours of the shot's stills, or in the method's own."""
        stills = tuple(job.stills()) if self.takes(job.shot) else ()
        job.note("remaster: stills", len(stills))
        if not stills and not self._colours_alone(job):
            yield from map(_threefold, frames)
            return
        follower = _Follower(self, stills, job)
        for around in neighbourhoods(follower.seen(frames), reach(self.steady, job.info)):
            yield around.frame.with_pixels(follower.painted(around))
        job.note("remaster: confidence", follower.holder.confidence)

    def _colours_alone(self, job: Job) -> bool:
        return self.takes(job.shot) and self.facts.references == "seen"


def _threefold(frame: Frame) -> Frame:
    if frame.channels != 1:
        return frame
    return frame.with_pixels(np.repeat(frame.pixels, 3, axis=2))


class _Follower:
    """Colours the frames of a shot one after another."""

    def __init__(self, stage: Remaster, stills: tuple[Still, ...], job: Job) -> None:
        self._stage, self._job = stage, job
        self._weights = weights_of(job.info)
        self._facts = stage.facts
        network = job.network(*stage.networks())
        self._look = Looking(network, self._facts, stills, job, stage.lines)
        self._curve = tone_curve(stills, job.shot, self._weights, _TONES) if stage.tone else None
        self._found: dict[Fraction, Pixels] = {}
        self.holder = Holder(self._small, self._sure)

    def seen(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield frames as soon as their colours are found."""
        for frame, found in in_blocks(frames, self._job, self._facts.frames, self._look):
            self._found[frame.time] = found
            yield frame

    def painted(self, around: Neighbourhood) -> Pixels:
        """Return the frame in the stills' colours, as the frames around it have them."""
        return self._joined(around.frame.pixels, self.holder.held(around))

    def _small(self, frame: Frame) -> NDArray[np.uint8]:
        """Return a frame's luma in the size of what was found of it."""
        luma = luma_under(frame.pixels, self._weights)
        return luma8(sized(luma, *self._found[frame.time].shape[:2])[:, :, None])

    def _sure(self, frame: Frame) -> Pixels:
        """Return what was found of a frame: colours times confidence, and the confidence."""
        found = self._found.pop(frame.time)
        sure = np.maximum(found[:, :, 2:], np.float32(_LEAST))
        return np.concatenate((found[:, :, :2] * sure, sure), axis=2)

    def _joined(self, pixels: Pixels, found: Pixels) -> Pixels:
        luma = luma_under(pixels, self._weights)
        if self._curve is not None:
            luma = toned(luma, self._curve, self._stage.tone)
        small = sized(luma, *found.shape[:2])
        colours = self._mixed(pixels, found)
        return joined(luma, small, differences(small, colours, self._weights), self._weights)

    def _mixed(self, pixels: Pixels, found: Pixels) -> Pixels:
        """Return a and b, (h, w, 2): those found where they are sure, else the frame's own."""
        sure = found[:, :, 2:]
        theirs = self._stage.saturation * LAB * found[:, :, :2] / sure
        share = shares(sure, _PALEST if pixels.shape[2] == 1 else 0.0)
        own = colours_of(sized(pixels, *found.shape[:2]))
        return np.asarray(own + share * (theirs - own), np.float32)


def shares(confidence: Plane, least: float) -> Plane:
    """Return how much of the stills' colours is taken at a confidence, least..1."""
    low, high = _SURE
    return np.clip((confidence - np.float32(low)) / np.float32(high - low), least, 1)
