"""What every stage is: options, a promise, and a generator over frames."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from importlib.metadata import entry_points
from typing import ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict

from refilm.findings import Survey
from refilm.frames import FilmInfo, Frame
from refilm.job import Job


class Fitting(NamedTuple):
    """A stage as one film needs it, and why; `stage` is None where the film does not need it."""

    stage: "Stage | None"
    why: str


class Stage(BaseModel):
    """One step of a restoration.

    A subclass declares its options as pydantic fields (type, default, bounds, description) and
    overrides `process`, and the other methods where they differ. It never opens a file, prints,
    reads the environment, chooses a device or downloads: it asks `job`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    invents: ClassVar[str] = ""
    """What of the picture is a guess after this stage ("colours", "in-between frames"); "" for none."""

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

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield the restored frames of one stretch of one shot, in rising time."""
        raise NotImplementedError


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
