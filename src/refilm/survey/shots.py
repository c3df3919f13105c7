"""Where one take ends and the next begins.

PySceneDetect's adaptive detector (https://www.scenedetect.com) proposes cuts; each is believed only
if the pictures before it and those after it really show different things, whatever a single
flash, burst of dust, splice or change of exposure does to the frames at the cut itself.
"""

from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

from refilm.survey.look import Look

CLASSIC = "classic"
"""What finding cuts this way is called, where a network could do it too."""
_SIZE = (96, 72)
"""Width and height of the pictures that are compared: dust and weave are smaller than a pixel."""
_ADAPTIVE = 2.0
"""How many times its neighbours' difference a frame must differ by to be looked at as a cut."""
_LEAST = 10.0
"""Smallest such difference, in 8-bit levels of pictures brought to one contrast."""
_AROUND = 3
"""Frames on each side of a cut that must all differ from those on the other side."""
_ALIKE = 0.5
"""Pictures on two sides of a cut are less alike than this, as a share of how alike neighbours are."""
_REPEATED = 0.998
"""Likeness from which on a picture is the one before shown again: its grain is alike too, which says
nothing of how alike two pictures of a take are."""
_REACH = 6
"""Pixels that pictures may be shifted by to find them alike."""
_SHORTEST = Fraction(1, 4)
"""Seconds that a take lasts at least."""
_FLAT = 1.5
"""8-bit levels of detail below which a picture is empty: leader, or black between takes."""


class Shots:
    """Finds the cuts of the film as its frames pass."""

    def __init__(self, rate: Fraction) -> None:
        self.cuts: list[int] = []
        """The first frame of every shot but the first."""
        self.passages: list[int] = []
        """None: other transitions than cuts are looked for elsewhere."""
        self._rate = rate
        self._shortest = shortest(rate)
        # The shortest take is kept below: a proposal that is not believed must not hide the next.
        self._detector = AdaptiveDetector(
            _ADAPTIVE, 1, window_width=_AROUND - 1, min_content_val=_LEAST, luma_only=True
        )
        self._recent: dict[int, NDArray[np.float32]] = {}

    def see(self, look: Look) -> None:
        """Take in one frame; a cut is found when the last of the frames after it has come."""
        small = _levelled(look)
        self._recent[look.number] = _details(small)
        self._recent.pop(look.number - 2 * _AROUND, None)
        place = FrameTimecode(look.number, fps=self._rate)
        for proposed in self._detector.process_frame(place, np.repeat(small[:, :, None], 3, axis=2)):
            cut = proposed.frame_num
            if cut - (self.cuts or [0])[-1] >= self._shortest and self._is_cut(cut):
                self.cuts.append(cut)

    def _is_cut(self, cut: int) -> bool:
        before = [self._recent[n] for n in range(cut - _AROUND, cut) if n in self._recent]
        after = [self._recent[n] for n in range(cut, cut + _AROUND) if n in self._recent]
        across = max(_likeness(one, other) for one in before for other in after)
        within = [_likeness(*pair) for side in (before, after) for pair in pairwise(side)]
        new = [likeness for likeness in within if likeness < _REPEATED]
        return across < _ALIKE * float(np.median(new or [1.0]))


def shortest(rate: Fraction) -> int:
    """Return how many frames a take lasts at least."""
    return max(round(_SHORTEST * rate), 2)


def _levelled(look: Look) -> NDArray[np.uint8]:
    """Return a small picture, its mean and contrast brought to fixed values against flicker."""
    small = np.asarray(cv2.resize(look.inner(), _SIZE, interpolation=cv2.INTER_AREA), np.float32)
    gain = 50 / max(float(small.std()), 0.02)
    return np.clip((small - small.mean()) * gain + 128.5, 0, 255).astype(np.uint8)


def _details(small: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return what is left without the broad light and shade, which all outdoor takes share."""
    picture = np.asarray(cv2.GaussianBlur(small.astype(np.float32), (0, 0), 1.0), np.float32)
    return picture - np.asarray(cv2.GaussianBlur(picture, (0, 0), 8.0), np.float32)


def _likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the correlation of two pictures' details at the best small shift, 0..1."""
    if min(one.std(), other.std()) < _FLAT:
        return float(max(one.std(), other.std()) < _FLAT)
    part = one[_REACH:-_REACH, _REACH:-_REACH]
    return max(float(cv2.matchTemplate(other, part, cv2.TM_CCOEFF_NORMED).max()), 0.0)
