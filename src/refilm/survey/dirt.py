"""How much of each picture is covered by dirt: what is on one frame and on neither of those around it.

After Kokaram, "Motion Picture Restoration", Springer 1998, chapter 6; along the movement of the whole
picture only, so that where people move nothing is said.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.survey.look import Look
from refilm.survey.motion import Move

Luma = NDArray[np.float32]

_OVER_NOISE = 4.0
"""Dirt stands out by so many times the noise at least."""
_FAINTEST = 0.04
"""Luma by which dirt stands out at least."""
_RESTLESS = 3.0
"""By how many times the unrest around it dirt must stand out besides."""
_OTHER_LIGHT = 0.05
"""Luma that a difference counts at most when two pictures are brought to the same light."""
_AROUND = 1 / 24
"""Share of the width over which light and unrest are averaged."""
_UNLIKE = 1.3
"""By how many times a frame may differ more from those around it than they do from each other."""
_EDGE = 0.04
"""Share of each side that is left out: the gate's edge weaves against the picture."""
_SQUARE = np.ones((3, 3), np.uint8)


class Dirt:
    """Notes the share of every picture that is dirt, once the picture after it has come."""

    def __init__(self) -> None:
        self._rows: list[float] = []
        self._shown = 0
        self._pictures: list[tuple[Luma, Move, float]] = []

    def see(self, look: Look, move: Move, is_new: bool, noise: float) -> None:
        """Take in one frame; one that repeats a picture has that picture's dirt."""
        if not is_new:
            self._shown += 1
            return
        local = move._replace(x=move.x / look.scale_x, y=move.y / look.scale_y)
        self._pictures = [*self._pictures[-2:], (look.luma, local, noise)]
        self._note()
        self._shown = 1

    def _note(self) -> None:
        """Note the share of the picture before the newest for all frames that showed it."""
        share = float("nan")
        if len(self._pictures) == 3 and len({each[0].shape for each in self._pictures}) == 1:
            (before, _, _), (now, arrived, noise), (after, left, _) = self._pictures
            if arrived.trust > 0 and left.trust > 0:
                share = dirty_share(now, moved(before, arrived), moved(after, left, back=True), noise)
        self._rows += [share] * self._shown

    def column(self) -> NDArray[np.float64]:
        """Return the share of every frame, NaN where nothing could be told."""
        return np.array([*self._rows, *[np.nan] * self._shown], np.float64)


def moved(luma: Luma, move: Move, back: bool = False) -> Luma:
    """Return the picture's content moved as `move` says, in the picture's own pixels, or back."""
    height, width = luma.shape
    centre = np.array(((width - 1) / 2, (height - 1) / 2))
    scale, turn = np.exp(move.growth), move.turn
    turned = scale * np.array(((np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))))
    matrix = np.column_stack((turned, centre - turned @ centre + (move.x, move.y)))
    flags = cv2.INTER_LINEAR | (cv2.WARP_INVERSE_MAP if back else 0)
    placed = cv2.warpAffine(luma, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(placed, np.float32)


def dirty_share(now: Luma, before: Luma, after: Luma, noise: float) -> float:
    """Return which share of `now` is lighter or darker than both others, which lie upon it, show.

    NaN where the whole of it is unlike them, as when the camera was jolted and the picture is blurred.
    """
    size = max(round(now.shape[1] * _AROUND), 5) | 1
    before, after = (_in_light_of(now, other, size) for other in (before, after))
    apart = np.abs(before - after)
    stray = np.abs(now - (before + after) * np.float32(0.5))
    if _usual(stray) > _UNLIKE * _usual(apart) + _FAINTEST / 4:
        return float("nan")
    unrest = np.asarray(cv2.blur(apart, (size, size)), np.float32) - np.float32(1.2 * noise + 0.005)
    least = max(_OVER_NOISE * noise, _FAINTEST)
    bar = np.float32(_RESTLESS) * np.maximum(unrest, 0) + np.float32(least)
    high, low = np.maximum(before, after), np.minimum(before, after)
    core = (now - cv2.dilate(high, _SQUARE) > bar) | (cv2.erode(low, _SQUARE) - now > bar)
    rim = np.maximum(now - high, low - now) > bar
    near = np.asarray(cv2.dilate(core.astype(np.uint8), _SQUARE, iterations=2), np.bool_)
    height, width = (round(_EDGE * side) for side in now.shape)
    return float(np.mean((near & rim)[height : -height or None, width : -width or None]))


def _usual(difference: Luma) -> float:
    """Return what nine tenths of a difference stay below: dirt is in the rest."""
    return float(np.percentile(difference[::3, ::3], 90))


def _in_light_of(now: Luma, other: Luma, size: int) -> Luma:
    """Return `other` as light as `now` is around each place."""
    return other + np.asarray(
        cv2.blur(np.clip(now - other, -_OTHER_LIGHT, _OTHER_LIGHT), (size, size)), np.float32
    )
