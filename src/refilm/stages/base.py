"""What every stage is: options, a promise, and a generator over frames."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from importlib.metadata import entry_points
from inspect import get_annotations
from typing import Annotated, ClassVar, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from refilm.errors import UsageError
from refilm.findings import Survey
from refilm.frames import FilmInfo, Frame
from refilm.job import Job
from refilm.stages.limits import Limited, parsed


class Fitting(NamedTuple):
    """A stage as one film needs it, and why; `stage` is None where the film does not need it."""

    stage: "Stage | None"
    why: str


def _told(text: str) -> str:
    parsed(text)
    return text


class Stage(BaseModel):
    """One step of a restoration.

    A subclass declares its options as pydantic fields (type, default, bounds, description) and
    overrides `process`, and the other methods where they differ. It never opens a file, prints,
    reads the environment, chooses a device or downloads: it asks `job`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    invents: ClassVar[str] = ""
    """What of the picture is a guess after this stage ("colours", "in-between frames"); "" for none."""
    follows_stills: ClassVar[bool] = False
    """It asks its job for the shot's coloured stills, so that they are made before rendering."""

    task: ClassVar[str] = ""
    """What the networks that it may use are for, as their cards say; "" where it names them itself."""

    only: Annotated[str, AfterValidator(_told)] = Field(
        "", description="Shots or times it is limited to: shots 1 3-5, or 0:10-0:20; empty for all"
    )
    otherwise: str = Field(
        "",
        description="Stage that takes its place where weights of its networks are missing, as "
        "sharpen:amount=0.5; empty: missing weights stop the run",
    )
    strength: float = Field(
        1.0, ge=0, le=1, description="Share of its result that is taken; the rest is what it was given"
    )
    """A stage that declares a `strength` of its own applies it itself: mixing pixels would not do."""

    @classmethod
    def name(cls) -> str:
        """Return the stage's name in plans and on the command line."""
        return cls.__name__.lower()

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage as the film needs it, numbers filled in, or None, with the reason."""
        del survey
        return Fitting(self, "asked for by the plan")

    def output(self, info: FilmInfo) -> FilmInfo:
        """Return what this stage makes of a film of that size and rate."""
        return info

    def context(self, info: FilmInfo) -> Fraction:
        """Return how many seconds of the shot this stage must see before and after a stretch."""
        del info
        return Fraction(0)

    def networks(self) -> tuple[str, ...]:
        """Return the names of the networks that this stage will ask its job for."""
        return ()

    def numbers(self) -> Mapping[str, float]:
        """Return the numbers that networks are given with their pictures, which they must take."""
        return {}

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield the restored frames of one stretch of one shot, in rising time."""
        raise NotImplementedError

    @property
    def is_limited(self) -> bool:
        """Whether only a part of the film, or a share of the result, is taken."""
        return bool(self.only) or self._share < 1

    @property
    def _share(self) -> float:
        """The share of the result to mix in: all of it where the stage applies its own strength."""
        declares = next(kind for kind in type(self).__mro__ if "strength" in get_annotations(kind))
        return self.strength if declares is Stage else 1.0

    def check_limits(self, survey: Survey) -> None:
        """Raise UsageError where the film has nothing of what the stage is limited to."""
        parsed(self.only).check(survey, self.name())

    def promised(self, info: FilmInfo) -> FilmInfo:
        """Return `output`; raises UsageError for a limited stage that changes size or rate."""
        after = self.output(info)
        if self.is_limited and _shape(after) != _shape(info):
            raise UsageError(
                f"{self.name()} changes the picture's size or rate, which a film has only one of: "
                "it cannot be limited or blended, so leave out only= and strength=."
            )
        return after

    def restored(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield what `process` makes of the frames inside the stage's limits, others untouched."""
        if not self.is_limited:
            return self.process(frames, job)
        limited = Limited(parsed(self.only), self._share, self.context(job.info))
        return limited.run(self.process, frames, job)


def _shape(info: FilmInfo) -> tuple[int, int, Fraction, Fraction]:
    return info.width, info.height, info.rate, info.sample_aspect


@cache
def catalogue() -> Mapping[str, type[Stage]]:
    """Return every stage by its name: one per file of this package, and those of other packages.

    Other packages register a stage class under the entry point group `refilm.stages`.
    """
    package = importlib.import_module("refilm.stages")
    for module in pkgutil.iter_modules(package.__path__, "refilm.stages."):
        importlib.import_module(module.name)
    for entry in entry_points(group="refilm.stages"):
        entry.load()
    return {stage.name(): stage for stage in sorted(Stage.__subclasses__(), key=lambda s: s.name())}
