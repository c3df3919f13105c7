"""Where the picture ends and the border, gate or empty edge of the scan begins."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from refilm.findings import Rectangle
from refilm.frames import FilmInfo
from refilm.survey.look import Look

Samples = NDArray[np.uint8]
"""(samples, height, width): looks from all over the film, luma as 8 bits."""

_SAMPLES = 64
"""Looks kept at most; when twice as many have come, every second is let go."""
_DEEPEST = 0.12
"""Share of the picture's width or height that a border takes on one side at most."""
_ENDS = 0.15
"""Share of a line at either end that does not count: rounded corners."""
_DARK = 24
"""8-bit levels by which a border's points are off black, or off white, at most."""
_PLATEAU = 8
"""Lines behind an edge that show how light the picture is there."""
_RISE = 0.8
"""Share of the way from border to picture at which the picture counts as reached: edges are soft."""
_CLEAR = 20
"""8-bit levels by which picture and border differ at least."""
_SEEN = 0.3
"""Share of samples that must show the edge; the others may be too dark to tell."""
_NEARLY_ALL = 90
"""Percentile of the edge's place that is cut to: weave moves it, a torn frame does not count."""
_SHADE = 0.8
"""Share of the light behind it that a line has at most that the edge of the gate shades."""
_SHADED = 0.75
"""Share of a line's points that must be shaded."""
_SHADE_DEEPEST = 0.015
"""Share of the width or height that a shaded edge takes at most."""
_ALWAYS = 0.8
"""Share of samples that must show a shaded edge."""
_CORNER = 4
"""Pixels of the reduced picture on a side of the square that tells whether a corner is rounded off."""
_CORNER_DEEPEST = 0.03
"""Share of the width or height that is cut off more at most to be rid of rounded corners."""

Side = Literal["left", "top", "right", "bottom"]
Depths = dict[Side, int]
"""Lines on each side that are border."""
_SIDES: tuple[Side, ...] = ("left", "top", "right", "bottom")
_CORNERS: tuple[tuple[Side, Side], ...] = tuple(
    (a, d) for a in ("left", "right") for d in ("top", "bottom")
)


class Borders:
    """Keeps looks from all over the film, and finds the border that they share."""

    def __init__(self) -> None:
        self._samples: list[NDArray[np.uint8]] = []
        self._step = 1
        self._scale = (1.0, 1.0)

    def see(self, look: Look) -> None:
        """Take in one frame; keeps some dozens of them in all."""
        self._scale = (look.scale_x, look.scale_y)
        if look.number % self._step:
            return
        self._samples.append(np.clip(look.luma * 255 + 0.5, 0, 255).astype(np.uint8))
        if len(self._samples) == 2 * _SAMPLES:
            self._samples = self._samples[::2]
            self._step *= 2

    def clean(self, info: FilmInfo) -> Rectangle:
        """Return the source's largest rectangle without border, of even size where the film's is."""
        samples = [sample for sample in self._samples if sample.shape == self._samples[-1].shape]
        if not samples or min(samples[0].shape) < 4 * _PLATEAU:
            return Rectangle(0, 0, info.width, info.height)
        stack = np.stack(samples)
        depths: Depths = {side: _depth(_from(side, stack)) for side in _SIDES}
        return _rectangle(_without_corners(stack, depths), self._scale, info)


def _from(side: Side, samples: Samples) -> Samples:
    """Return the samples turned so that lines along `side` are rows, the outermost first."""
    match side:
        case "top":
            return samples
        case "bottom":
            return samples[:, ::-1]
        case "left":
            return samples.transpose(0, 2, 1)
        case "right":
            return samples.transpose(0, 2, 1)[:, ::-1]


def _depth(samples: Samples) -> int:
    """Return how many rows from the top are border or shaded by its edge."""
    edges = [_edge(sample) for sample in samples]
    seen = [edge for edge in edges if edge is not None]
    if len(seen) < _SEEN * len(samples):
        return 0
    border = int(np.ceil(np.percentile(seen, _NEARLY_ALL)))
    shades = [_shaded(sample[border:]) for sample in samples]
    return border + (int(np.median(shades)) if np.mean(np.array(shades) > 0) >= _ALWAYS else 0)


def _shaded(sample: NDArray[np.uint8]) -> int:
    """Return how many rows are darker all along than those a little further in."""
    height, width = sample.shape
    ends, deepest = int(width * _ENDS), max(round(height * _SHADE_DEEPEST), 1)
    rows = sample[: deepest + _PLATEAU, ends : width - ends].astype(np.float64)
    behind = np.median(rows[deepest:], axis=0)
    lit = behind > _DARK
    if np.mean(lit) < 0.5:
        return 0
    share = np.mean(rows[:deepest, lit] < _SHADE * behind[lit], axis=1)
    return int(np.argmin(np.append(share >= _SHADED, False)))


def _edge(sample: NDArray[np.uint8]) -> int | None:
    """Return at which row the picture begins: 0 if it fills the frame, None if nobody can tell."""
    height, width = sample.shape
    deepest, ends = int(height * _DEEPEST), int(width * _ENDS)
    rows = sample[: deepest + _PLATEAU, ends : width - ends]
    dark = _reached(np.percentile(rows, 95, axis=1), deepest)
    return dark if dark != 0 else _reached(np.percentile(255 - rows, 95, axis=1), deepest)


def _reached(brightest: NDArray[np.float64], deepest: int) -> int | None:
    """Return the first row that is as bright as the picture behind the edge; 0 where no border is."""
    if brightest[0] > _DARK:
        return 0
    over = np.nonzero(brightest > brightest[0] + _CLEAR)[0]
    if not len(over) or over[0] > deepest:
        return None
    edge = int(over[0])
    plateau = np.median(brightest[edge + 1 : edge + 1 + _PLATEAU])
    level = brightest[0] + _RISE * (plateau - brightest[0])
    return edge + int(np.argmax(brightest[edge : edge + _PLATEAU] >= level))


def _without_corners(samples: Samples, depths: Depths) -> Depths:
    """Return the depths, made deeper where a rounded gate leaves dark corners."""
    lasting = np.median(samples, axis=0)
    deeper = dict(depths)
    for across, down in _CORNERS:
        if depths[across] or depths[down]:
            turned = lasting[:: -1 if down == "bottom" else 1, :: -1 if across == "right" else 1]
            more = _rounding(turned, depths[across], depths[down])
            deeper[across] = max(deeper[across], depths[across] + more)
            deeper[down] = max(deeper[down], depths[down] + more)
    return deeper


def _rounding(lasting: NDArray[np.float64], left: int, top: int) -> int:
    """Return how much deeper both edges must be for a light top left corner; 0 if that is too much.

    A corner that stays dark further in is no gate's, but something dark in the picture.
    """
    for more in range(round(_CORNER_DEEPEST * min(lasting.shape)) + 1):
        corner = lasting[top + more :, left + more :][:_CORNER, :_CORNER]
        if float(corner.min()) > _DARK:
            return more
    return 0


def _rectangle(depths: Depths, scale: tuple[float, float], info: FilmInfo) -> Rectangle:
    left, right = (_whole(depths[side] * scale[0], info.width) for side in ("left", "right"))
    top, bottom = (_whole(depths[side] * scale[1], info.height) for side in ("top", "bottom"))
    return Rectangle(left, top, info.width - left - right, info.height - top - bottom)


def _whole(pixels: float, size: int) -> int:
    """Return whole pixels to cut off, an even number where the film's size is even."""
    whole = int(np.ceil(pixels))
    return whole + whole % 2 if size % 2 == 0 else whole
