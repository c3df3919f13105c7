"""Give faded film its blacks and whites back, with one curve for each shot."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from refilm.findings import Survey
from refilm.frames import Frame, Pixels, Shot
from refilm.job import Job
from refilm.stages.base import Fitting, Stage

KNEE = 0.94
"""Luma above which lights, and as far above black below which shades, are bent and not cut off."""
CLEAR = 10
"""Percentile of a shot's black points that counts as its black: some frames are darker by a flaw."""
WORTHWHILE = 0.02
"""A curve that moves neither end by more than this cannot be seen, and is not applied."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A straight tone curve, pixels * gain + offset, bent over near black and near white."""

    gain: float
    offset: float

    def applied(self, pixels: Pixels) -> Pixels:
        """Return the picture seen through the curve; its ends approach black and white softly."""
        straight = pixels * np.float32(self.gain) + np.float32(self.offset)
        room = np.float32(1 - KNEE)
        above = np.maximum(straight - np.float32(KNEE), 0)
        below = np.maximum(room - straight, 0)
        bent = room * (np.tanh(above / room) - np.tanh(below / room))
        return np.clip(straight, room, np.float32(KNEE)) + bent

    def visible(self) -> bool:
        """Say whether the curve changes black or white enough to be seen."""
        return max(abs(self.offset), abs(self.gain + self.offset - 1)) > WORTHWHILE


class Levels(Stage):
    """Mend faded contrast: one steady curve for each shot."""

    black: float = Field(0.02, ge=0, le=0.3, description="Luma that the darkest 1 % shall have")
    white: float = Field(0.94, ge=0.5, le=1, description="Luma that the lightest 1 % shall have")
    strength: float = Field(0.8, ge=0, le=1, description="Share of the way to go; 0 changes nothing")
    most: float = Field(
        1.6, ge=1, le=4, description="Largest stretch of contrast, so that fog stays fog"
    )

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage where some shot is faded."""
        faded = [shot for shot in survey.shots if self.curve(survey, shot).visible()]
        if not faded:
            return Fitting(None, "the film has good blacks and whites as it is")
        count = f"{len(faded)} of {len(survey.shots)} shots" if len(survey.shots) > 1 else "the film"
        verb = "are" if len(faded) > 1 else "is"
        return Fitting(self, f"{count} {verb} faded: black is not black or white is not white")

    def curve(self, survey: Survey, shot: Shot) -> Curve:
        """Return the curve of a shot, from the black and white points of its most contrasty frames.

        Where smoke or fog comes or goes, the clear frames tell how black the film can be.
        """
        span = slice(shot.first, shot.stop)
        black = float(np.percentile(survey.figures.black[span], CLEAR))
        white = float(np.percentile(survey.figures.white[span], 100 - CLEAR))
        gain, offset = self._full(black, white)
        return Curve(1 + self.strength * (gain - 1), self.strength * offset)

    def _full(self, black: float, white: float) -> tuple[float, float]:
        """Return gain and offset of the whole way; contrast is never taken away."""
        darkest, lightest = min(self.black, black), max(self.white, white)
        wanted = (lightest - darkest) / max(white - black, 1e-3)
        gain = min(wanted, self.most)
        # A shot that may not be stretched as far as it could be stays around its own middle, so that
        # night stays dark, snow stays white and fog stays between; only the targets are never passed.
        in_place = (black + white) / 2 * (1 - gain)
        offset = min(max(in_place, darkest - black * gain), lightest - white * gain)
        return gain, offset

    def process(self, frames: Iterable[Frame], job: Job) -> Iterator[Frame]:
        """Apply the shot's curve to each frame."""
        curve = self.curve(job.survey, job.shot)
        job.note("levels: contrast", curve.gain)
        for frame in frames:
            yield frame.with_pixels(curve.applied(frame.pixels)) if curve.visible() else frame
