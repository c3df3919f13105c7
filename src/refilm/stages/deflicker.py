"""Even out brightness that jumps from frame to frame, of the whole picture and of its parts.

The survey tells how light goes along time in each part of the picture, by what frames show in
common; what strays from its steady course is taken away.
"""

from collections.abc import Iterable, Iterator

from pydantic import Field

from refilm.findings import Survey
from refilm.frames import Frame
from refilm.job import Job
from refilm.stages._light import LEAST_LOCAL, ShotLight, drawing, lit
from refilm.stages.base import Fitting, Stage


class Deflicker(Stage):
    """Even out brightness that jumps from frame to frame."""

    strength: float = Field(1.0, ge=0, le=1, description="Share of the flicker to take away")
    seconds: float = Field(
        1.6, gt=0, le=10, description="Changes of light that take longer than this are kept"
    )
    local: bool = Field(True, description="Also even out parts of the picture")

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage where the light of some shot jumps visibly."""
        lights = (ShotLight.of(survey, shot, self.seconds) for shot in survey.shots)
        uneven = [light for light in lights if light.is_uneven(self.local)]
        if not uneven:
            return Fitting(None, "the brightness is steady from frame to frame")
        whole, parts = (max(light.jump for light in uneven), max(light.local_jump for light in uneven))
        more = f", that of its parts by {parts:.1%} more" if self.local and parts >= LEAST_LOCAL else ""
        return Fitting(self, f"the brightness jumps by about {whole:.1%} from frame to frame{more}")

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Yield each frame as bright as its time wants it."""
        light = ShotLight.of(job.survey, job.shot, self.seconds)
        if not light.is_uneven(self.local):
            yield from frames
            return
        drawn = drawing(job.info, job.survey.info, light.parts.shape[1:])
        for frame in frames:
            change = light.change(_place(frame, job), self.local).scaled(self.strength)
            yield frame.with_pixels(lit(frame.pixels, change, drawn))


def _place(frame: Frame, job: Job) -> int:
    """Return the number of the frame in its shot."""
    place = job.survey.timeline.index(frame.origin) - job.shot.first
    return min(max(place, 0), job.shot.stop - job.shot.first - 1)
