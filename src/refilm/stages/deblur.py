"""Take away blur of movement or of a bad lens by a network that has seen many sharp pictures."""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from refilm.findings import Survey
from refilm.frames import Frame
from refilm.job import Job
from refilm.stages.base import Fitting, Stage


class Deblur(Stage):
    """Take away blur, each frame on its own; fine detail that comes back is a network's guess.

    What is soft and not blurred by movement, `sharpen` makes crisper without inventing anything.
    """

    task: ClassVar[str] = "deblurring"

    method: str = Field(
        "nafnet", description="The network that takes the blur away, or the path of a network's file"
    )
    iterations: int | None = Field(
        None,
        ge=1,
        le=6,
        description="siun: how many times the picture is halved; more for wider blur; empty for 4",
    )

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage and how soft the film is; the survey cannot tell what softened it."""
        seen = survey.figures.softness
        known = seen[np.isfinite(seen)]
        soft = f": its edges are blurred by {float(np.median(known)):.1f} pixels" if len(known) else ""
        return Fitting(self, f"the plan asks for the network {self.method}{soft}")

    def networks(self) -> tuple[str, ...]:
        """Return the network that takes the blur away."""
        return (self.method,)

    def numbers(self) -> Mapping[str, float]:
        """Return how many times the picture is halved, where that is asked for."""
        return {} if self.iterations is None else {"iterations": self.iterations}

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield each frame as the network makes it."""
        network, numbers = job.network(self.method), self.numbers()
        for frame in frames:
            yield frame.with_pixels(network(frame.pixels, **numbers))
