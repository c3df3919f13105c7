"""Give black-and-white film colours that such pictures usually have; luma stays as it was.

How networks are called says `refilm.models.colouring`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from refilm import models
from refilm.bands import shifted
from refilm.chroma import LAB, Plane, differences, joined, luma_under, reduced, sized
from refilm.errors import UsageError
from refilm.findings import Survey
from refilm.flow import luma8
from refilm.frames import FilmInfo, Frame, Pixels
from refilm.job import Job, Network
from refilm.lab import lightness
from refilm.luma import weights_of
from refilm.models import Facts
from refilm.stages._recolour import Recolour
from refilm.stages._steady import Holder, reach
from refilm.stages.base import Fitting, Stage
from refilm.streams import Neighbourhood, neighbourhoods

_LINES = 128
"""Pixels on the shorter side of the picture in which colours are held still."""
_TELLING = ((60.0, 40.0), (0.0, 60.0), (-60.0, 50.0))
"""a and b, CIELAB, of red, yellow and green, which tell how sure the network is."""
_WARM = (2.0, 12.0)
"""Change of a and b, CIELAB, in the middle greys at a warmth of 1."""


class Colourise(Stage, Recolour):
    """Give black-and-white film colours that such pictures usually have.

    The colours are guesses. They are found on a small picture, follow what moves, and are joined to
    the film's own luma, which does not change. Networks that take photos are given a person's
    references, and those stills of the shot that have colours made by hand.
    """

    invents: ClassVar[str] = "colours"
    task: ClassVar[str] = "colourisation"

    method: str = Field("refilm-colour", description="The network that finds the colours")
    render_factor: int | None = Field(
        None,
        ge=2,
        le=64,
        description="How large the picture is that it looks at, in steps of 16 pixels; empty for the "
        "size that it was made for",
    )
    saturation: float = Field(1.0, ge=0, le=3, description="How strong the colours are; 0 is grey")
    warmth: float = Field(0.0, ge=-1, le=1, description="From cooler, -1, to warmer, 1")
    steady: float = Field(
        0.5, ge=0, le=2, description="Seconds before and after over which a thing's colour is held"
    )
    every: int = Field(
        2,
        ge=1,
        le=4,
        description="The network looks at one of so many frames, and where the picture jumps; the "
        "others have the colours of those around. At 1 it looks at all",
    )
    shared: bool = Field(
        default=True,
        description="Shots of the same place or people share a palette",
    )
    show: Literal["picture", "confidence"] = Field(
        "picture",
        description="confidence: from red, a mere guess, to green, sure, over the picture; only where "
        "the network tells how sure it is",
    )

    @model_validator(mode="after")
    def _can_be_shown(self) -> Self:
        if (
            self.show == "confidence"
            and self.method in models.catalogue()
            and not self.facts.confidence
        ):
            raise ValueError(_no_confidence(self.method))
        return self

    @property
    def facts(self) -> Facts:
        """What is known of the network; one that is not in the catalogue is taken for a simple one."""
        known = models.catalogue().get(self.method)
        return known.facts if known else Facts()

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage where some shot has no colours, or new ones are asked for."""
        grey = sum(self.takes(shot) for shot in survey.shots)
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
        """Return the time over which colours are held, and the frame before: is it looked at?"""
        return (reach(self.steady, info) + 1) / info.rate

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield each frame in colour; shots that keep their own colours pass as they are."""
        if not self.takes(job.shot):
            yield from frames
            return
        painter = _Painter(self, self._network(job), job)
        for around in neighbourhoods(frames, reach(self.steady, job.info)):
            yield around.frame.with_pixels(painter.painted(around))
        if painter.holder.is_confident:
            job.note("colourise: confidence", painter.holder.confidence)

    def _network(self, job: Job) -> Network:
        if not self.facts.photos:
            return job.network(self.method)
        by_hand = [still for still in job.stills() if still.by_hand and still.time is not None]
        photos = [photo.picture for photo in (*by_hand, *job.photos())]
        return self.led(job.network(self.method), photos)

    def led(self, network: Network, photos: Sequence[Pixels]) -> Network:
        """Return the network with photos at hand, RGB, where there are some and it takes them."""
        return network.given(*photos) if photos and self.facts.photos else network

    def pause(self, info: FilmInfo) -> Fraction:
        """Return the seconds from one frame that is looked at to the next; 0 for all."""
        return self.every / info.rate if reach(self.steady, info) >= self.every > 1 else Fraction(0)

    def found(self, network: Network, *pictures: Pixels) -> Pixels:
        """Return what a network finds of luma, (H, W, 1), and hints: see `models.colouring`."""
        if self.render_factor is None:
            return network(*pictures)
        return network(*pictures, render_factor=self.render_factor)

    def guessed(self, network: Network, luma: Pixels) -> tuple[Plane, Pixels]:
        """Return luma in the size of what a network finds of it, (h, w), and a and b, (h, w, 2)."""
        found = self.found(network, luma)
        return sized(luma, *found.shape[:2])[:, :, 0], LAB * found[:, :, :2]

    def toned(self, colours: Pixels, luma: Pixels) -> Pixels:
        """Return a and b, (h, w, 2), as strong and as warm as is wished."""
        middle = 4 * luma * (1 - luma)
        warm = np.float32(self.warmth) * np.asarray(_WARM, np.float32)
        return np.asarray(self.saturation * colours + warm * np.clip(middle, 0, 1), np.float32)


class _Painter:
    """Colours the frames of a shot one after another."""

    def __init__(self, stage: Colourise, network: Network, job: Job) -> None:
        self._stage, self._network, self._palette = stage, network, job.palette
        self._weights = weights_of(job.info)
        self.holder = Holder(self._small, self._found, stage.pause(job.info))

    def painted(self, around: Neighbourhood) -> Pixels:
        """Return the frame in colours that agree with those of the frames around it."""
        luma = luma_under(around.frame.pixels, self._weights)
        return self._joined(luma, self.holder.held(around))

    def _small(self, frame: Frame) -> NDArray[np.uint8]:
        """Return a frame's luma in the size in which colours are held."""
        return luma8(reduced(luma_under(frame.pixels, self._weights)[:, :, None], _LINES))

    def _found(self, frame: Frame) -> Pixels:
        """Return the colours that the network gives a frame, in that size."""
        luma = luma_under(frame.pixels, self._weights)[:, :, None]
        found = self._stage.found(self._network, luma)
        return sized(found, *reduced(luma, _LINES).shape[:2])

    def _joined(self, luma: Plane, found: Pixels) -> Pixels:
        small = sized(luma, *found.shape[:2])
        if self._stage.show == "confidence":
            colours = overlay(self._confidence(found))
        else:
            colours = self._stage.toned(self._agreed(LAB * found[:, :, :2], small), small[:, :, None])
        return joined(luma, small, differences(small, colours, self._weights), self._weights)

    def _agreed(self, colours: Pixels, small: Plane) -> Pixels:
        """Return a and b as shots that are like this one have them, if there are any."""
        if self._palette is None:
            return colours
        return shifted(colours, np.asarray(lightness(small), np.float32), self._palette)

    def _confidence(self, found: Pixels) -> Plane:
        if found.shape[2] < 3:
            raise UsageError(_no_confidence(self._stage.method) + ".")
        return found[:, :, 2]


def _no_confidence(network: str) -> str:
    return f"{network} does not tell how sure it is of its colours, so leave out show=confidence"


def overlay(confidence: Plane) -> Pixels:
    """Return a and b, (h, w, 2), of colours that tell how sure something is: red 0, yellow, green 1."""
    steps = np.linspace(0, 1, len(_TELLING))
    sides = [np.interp(confidence, steps, side) for side in zip(*_TELLING, strict=True)]
    return np.asarray(np.dstack(sides), np.float32)
