"""All that is measured while a film passes once."""

from collections import deque

import numpy as np

from refilm.frames import FilmInfo
from refilm.job import Network
from refilm.survey.blocking import Blocking
from refilm.survey.borders import Borders
from refilm.survey.cuts import LearntShots
from refilm.survey.dirt import Dirt
from refilm.survey.fields import Fields
from refilm.survey.gains import Gains
from refilm.survey.grain import Grain
from refilm.survey.hairs import Hairs
from refilm.survey.joins import Dissolves
from refilm.survey.light import Light
from refilm.survey.look import Look
from refilm.survey.motion import Motion
from refilm.survey.scratches import Scratches
from refilm.survey.shots import Shots
from refilm.survey.softness import Softness
from refilm.survey.tint import Tints
from refilm.survey.transfer import Blends

_STILL = 0.4 / 255
"""Difference to the frame before below which a frame shows nothing new."""
_REPEATED = 0.2
"""The same as a share of what frames differ by of late."""
_LATE = 8
"""Frames that "of late" means."""


class Gathering:
    """Some dozens of numbers per frame, and a few pictures at a time."""

    def __init__(self, info: FilmInfo, network: Network | None = None) -> None:
        """Prepare for a film; a network that is given finds its cuts."""
        self.rate = info.rate
        self.height = info.height
        """Rows of the pictures that were seen: fewer than the film has where they are reduced."""
        self.light, self.motion, self.tints = Light(), Motion(), Tints()
        self.gains = Gains()
        self.shots = LearntShots(info.rate, network) if network else Shots(info.rate)
        self.dissolves, self.borders = Dissolves(info.rate), Borders()
        self.grain, self.softness, self.blocking = Grain(), Softness(), Blocking()
        self.dirt, self.scratches, self.hairs = Dirt(), Scratches(info.rate), Hairs(info.rate)
        self.fields, self.blends = Fields(), Blends()
        self._late: deque[float] = deque(maxlen=_LATE)

    def see(self, look: Look) -> None:
        """Measure one frame."""
        self.height = look.luma.shape[0]
        alone = (self.light, self.motion, self.tints, self.shots, self.dissolves, self.borders)
        for measure in (*alone, self.blocking):
            measure.see(look)
        self._compare(look)
        if look.scale_y == 1:
            self.fields.see(look.number, look.luma)

    def _compare(self, look: Look) -> None:
        """Measure what tells only against the picture before."""
        move, is_new = self.motion.rows[-1], self._is_new(look)
        self.gains.see(look, move)
        self.grain.see(look, move, is_new)
        self.softness.see(look, self.grain.latest)
        self.dirt.see(look, move, is_new, self.grain.latest)
        self.scratches.see(look, move.x, is_new)
        self.hairs.see(look, move, is_new)
        self.blends.see(look, is_new)

    def _is_new(self, look: Look) -> bool:
        """Say whether the frame shows another picture than the one before."""
        if look.number == 0:
            return True
        difference = self.light.rows[-1][3]
        usual = float(np.median(self._late)) if self._late else 0.0
        is_new = difference > max(_STILL, _REPEATED * usual)
        if is_new:
            self._late.append(difference)
        return is_new
