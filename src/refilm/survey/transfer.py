"""How the film's pictures came to its frame rate, and how fast it may really have been taken.

A frame that is a mix of the pictures around it has no grain of its own: it is told by how well a mix
explains it. Speeds after Brownlow, "Silent Films: What Was the Right Speed?", Sight and Sound 1980.
"""

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from refilm.findings import Cadence, Interlacing, Transfer
from refilm.frames import FilmInfo
from refilm.survey.look import Look

Luma = NDArray[np.float32]

_CROP = 256
"""Pixels on a side of the middle of the picture that is looked at: enough grain to tell."""
_MOVES = 0.008
"""Root mean square luma by which the pictures on both sides must differ."""
_SHARES = (0.12, 0.88)
"""Share of the later picture in a mix."""
_EXPLAINED = 0.4
"""Share of a frame's difference to the nearer picture that a mix may leave."""
_OWN = 0.6
"""What a mix leaves of a frame with grain of its own, at least."""
_SOME = 0.05
"""Share of mixed frames from which on they are no accident."""
_COMMON = (12, 16, 18, 20, 24)
"""Pictures per second that films were taken at."""
_NEAR = 0.03
"""Share by which a rate may miss such a speed."""
_SOUND_TO_VIDEO = 0.8
"""Share of new pictures where 24 a second are shown at 30, whatever the file says of its rate."""
_EVEN = 0.005
"""What such a share may miss that by."""
_FILM_RATES = (23.976, 24.0, 25.0, 29.97, 30.0)
"""Rates that films were copied at, picture by picture, whatever they were taken at."""


class Blends:
    """Notes of every frame how much of it a mix of its neighbours leaves unexplained."""

    def __init__(self) -> None:
        self._near: deque[Luma] = deque(maxlen=3)
        self._left: list[float] = []

    def see(self, look: Look, is_new: bool) -> None:
        """Take in one frame; one that repeats a picture shows what is known already."""
        if not is_new:
            self._left.append(float("nan"))
            return
        luma = look.luma
        top, left = (max(size - _CROP, 0) // 2 for size in luma.shape)
        self._near.append(luma[top : top + _CROP, left : left + _CROP])
        shapes = {each.shape for each in self._near}
        whole = len(self._near) == 3 and len(shapes) == 1
        self._left.append(unexplained(*self._near) if whole else float("nan"))

    def share(self) -> float:
        """Return the share of frames that are mixes.

        Where nearly every frame is explained by those around it, things move smoothly and have no
        grain; a mix stands between pictures that are not.
        """
        left = np.array(self._left)
        known = left[~np.isnan(left)]
        if len(known) < 3:
            return 0.0
        mixed = known < _EXPLAINED
        own = known > _OWN
        beside = np.concatenate(([False], own[:-1])) | np.concatenate((own[1:], [False]))
        return float(np.mean(mixed & beside))


def unexplained(before: Luma, now: Luma, after: Luma) -> float:
    """Return what the best mix of both neighbours leaves, as a share of the smaller difference to them.

    NaN where the neighbours are nearly equal; 1 where the best mix is one of them alone.
    """
    step, change = (after - before).ravel(), (now - before).ravel()
    power = float(step @ step)
    if power < _MOVES**2 * step.size:
        return float("nan")
    share = float(change @ step) / power
    if not _SHARES[0] < share < _SHARES[1]:
        return 1.0
    rest = change - np.float32(share) * step
    nearer = min(float(change @ change), float(np.square(change - step).sum()))
    return float(np.sqrt(float(rest @ rest) / max(nearer, 1e-12)))


def transfer(
    info: FilmInfo,
    cadence: Cadence | None,
    interlacing: Interlacing | None,
    blended: float,
    monochromes: Sequence[bool],
) -> Transfer:
    """Return how the film seems to have come to its rate, with a careful guess of its true speed."""
    rate = float(info.rate)
    if interlacing is not None and interlacing.telecine:
        return Transfer(
            blended,
            "24 to 30",
            0.8 * rate,
            0.9,
            "its fields follow the 2:3 pattern of film on television",
        )
    if cadence is not None and cadence.rate > 0 and (cadence.regular or blended < _SOME):
        return _by_repeats(float(cadence.rate), rate, blended, cadence.regular)
    if blended >= _SOME:
        share = f"{100 * blended:.0f} % of the frames"
        why = f"{share} are mixes of two pictures: the rate was changed by blending"
        return Transfer(blended, "blended", None, 0.3, why)
    if not all(monochromes):
        return Transfer(blended, "", rate, 0.5, "each frame is a picture of its own, in colour")
    if any(abs(rate - known) < 0.01 for known in _FILM_RATES):
        why = (
            "each frame is a picture of its own: right for sound film; silent film was taken at 16 "
            "to 20 and moves too fast like this. Look how people walk"
        )
        return Transfer(blended, "", None, 0.1, why)
    return Transfer(blended, "", rate, 0.3, "each frame is a picture of its own")


def _by_repeats(pictures: float, rate: float, blended: float, regular: bool) -> Transfer:
    if regular and abs(pictures / rate - _SOUND_TO_VIDEO) < _EVEN:
        why = "four of five frames are new pictures, as when 24 a second are copied to 30"
        return Transfer(blended, "24 to 30", 24.0, 0.8, why)
    near = min(_COMMON, key=lambda speed: abs(speed - pictures))
    common = abs(near - pictures) < _NEAR * pictures
    speed = float(near) if common else pictures
    pattern = f"{speed:.3g} to {rate:.3g}"
    if regular:
        why = f"{pictures:.4g} pictures a second were spread over {rate:.4g} frames in an even pattern"
        return Transfer(blended, pattern, pictures, 0.8 if common else 0.6, why)
    why = f"without repeated frames {pictures:.4g} pictures a second are left, in no even pattern"
    return Transfer(blended, pattern if common else "", pictures, 0.4 if common else 0.2, why)
