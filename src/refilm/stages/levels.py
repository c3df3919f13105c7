"""Give faded film its blacks and whites back, with one curve for each shot.

Dyes of colour film fade unevenly, so that the darkest and the lightest places of a whole film have
a colour, mostly magenta. Where they do, each channel gets a curve of its own, one for the film: what
is darkest or lightest in one shot may well be coloured, over many shots it is grey.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
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


CAST = 0.08
"""Difference between channels' blacks, or whites, of a film from which on its dyes have faded."""

Numbers = NDArray[np.float64]
"""One number per channel."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Straight tone curves, pixels * gain + offset, bent over near black and near white."""

    gain: Numbers
    """(channels,), or (1,) for all channels alike; so is `offset`."""
    offset: Numbers

    def applied(self, pixels: Pixels) -> Pixels:
        """Return the picture seen through the curve; its ends approach black and white softly."""
        straight = pixels * self.gain.astype(np.float32) + self.offset.astype(np.float32)
        room = np.float32(1 - KNEE)
        above = np.maximum(straight - np.float32(KNEE), 0)
        below = np.maximum(room - straight, 0)
        bent = room * (np.tanh(above / room) - np.tanh(below / room))
        return np.clip(straight, room, np.float32(KNEE)) + bent

    def visible(self) -> bool:
        """Say whether the curve changes black or white enough to be seen."""
        ends = np.abs((self.offset, self.gain + self.offset - 1))
        return bool(ends.max() > WORTHWHILE)


class Levels(Stage):
    """Mend faded contrast and faded dyes: one steady curve for each shot."""

    black: float = Field(0.02, ge=0, le=0.3, description="Luma that the darkest 1 % shall have")
    white: float = Field(0.94, ge=0.5, le=1, description="Luma that the lightest 1 % shall have")
    strength: float = Field(0.8, ge=0, le=1, description="Share of the way to go; 0 changes nothing")
    most: float = Field(
        1.6, ge=1, le=4, description="Largest stretch of contrast, so that fog stays fog"
    )
    channels: bool = Field(
        True, description="Also mend faded dyes of coloured film, each channel by itself; tints stay"
    )

    def fitted(self, survey: Survey) -> Fitting:
        """Return this stage where some shot is faded."""
        faded = [shot for shot in survey.shots if self.curve(survey, shot).visible()]
        if not faded:
            return Fitting(None, "the film has good blacks and whites as it is")
        count = f"{len(faded)} of {len(survey.shots)} shots" if len(survey.shots) > 1 else "the film"
        verb = "are" if len(faded) > 1 else "is"
        dyes = ", and its dyes unevenly" if self.channels and _dyes(survey) is not None else ""
        why = f"{count} {verb} faded{dyes}: black is not black or white is not white"
        return Fitting(self, why)

    def curve(self, survey: Survey, shot: Shot) -> Curve:
        """Return the curve of a shot, from the black and white points of its most contrasty frames.

        Where smoke or fog comes or goes, the clear frames tell how black the film can be.
        """
        span = slice(shot.first, shot.stop)
        dyes = _dyes(survey) if self.channels and _is_coloured(shot) else None
        if dyes is None:
            balance = Curve(np.ones(1), np.zeros(1))
            blacks, whites = survey.figures.black[span], survey.figures.white[span]
        else:
            balance = self._balance(dyes)
            ends = survey.figures.points[span] * balance.gain + balance.offset
            blacks, whites = ends.mean(axis=2).T
        black, white = np.percentile(blacks, CLEAR), np.percentile(whites, 100 - CLEAR)
        gain, offset = self._full(float(black), float(white))
        whole = Curve(balance.gain * gain, balance.offset * gain + offset)
        return Curve(1 + self.strength * (whole.gain - 1), self.strength * whole.offset)

    def _balance(self, dyes: Numbers) -> Curve:
        """Return curves that bring the channels' blacks and whites together; none loses contrast."""
        (blacks, whites), span = dyes, np.ptp(dyes, axis=0)
        gain = np.minimum((whites.max() - blacks.min()) / np.maximum(span, 1e-3), self.most)
        # A channel that may not be stretched as far as it should keeps its whites with the others'.
        return Curve(gain, whites.max() - whites * gain)

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
        job.note("levels: contrast", float(curve.gain.mean()))
        for frame in frames:
            yield frame.with_pixels(curve.applied(frame.pixels)) if curve.visible() else frame


def _is_coloured(shot: Shot) -> bool:
    return not shot.monochrome and not shot.tinted


def _dyes(survey: Survey) -> Numbers | None:
    """Return black and white of each channel, (2, 3), over all coloured shots; None where they agree.

    Every shot has one say: the median over shots of what its most contrasty frames show.
    """
    points = survey.figures.points
    coloured = [shot for shot in survey.shots if _is_coloured(shot)]
    if not coloured or points.shape[2] != 3:
        return None
    ends = [
        (np.percentile(own[:, 0], CLEAR, axis=0), np.percentile(own[:, 1], 100 - CLEAR, axis=0))
        for own in (points[shot.first : shot.stop] for shot in coloured)
    ]
    dyes = np.median(np.array(ends, np.float64), axis=0)
    return dyes if np.ptp(dyes, axis=1).max() > CAST else None
