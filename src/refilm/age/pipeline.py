"""From a clean film to an old one, in the order in which a film gets old.

1. The camera: its stock sees some colours or none, its lens and later copies are soft. The
   picture sways in the gate as it is exposed, copied and scanned: all of that is one shift.
2. The emulsion: grain, then fading, and the border of the gate.
3. The strip: dirt and scratches lie on top of the faded picture, as dark or as bright as can be.
4. The projector or scanner: hairs in its gate, its lamp and shutter flicker.
5. The video: wrong speed, frames repeated or dropped.

The shift comes before the grain although grain moves with the film: grain is new on every frame,
so nobody can tell, and grain that was interpolated would be softer on some frames than on others.
Compression comes last of all, with the writing: see `refilm.age.writing`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from refilm.age.ageing import Ageing
from refilm.age.cadence import aged_info, film_number, showings
from refilm.age.dirt import draw_dirt
from refilm.age.emulsion import exposed, faded, grained, softened
from refilm.age.flicker import Light, flicker
from refilm.age.gate import draw_hairs, framed
from refilm.age.layer import Layer, laid_over
from refilm.age.scratches import draw_scratches
from refilm.age.weave import Shift, weave
from refilm.frames import FilmInfo, Frame, Pixels


@dataclass(frozen=True, slots=True, eq=False)
class Aged:
    """One frame of the aged film, and the truth about it."""

    frame: Frame
    """What is to be seen; both its times are on the aged film's clock. Pixels in 0..1."""
    clean: Frame
    """What the camera saw, where it saw it: the clean frame, at its own times."""
    mask: NDArray[np.bool_]
    """(height, width): pixels of `frame` under dirt, scratches or hair."""
    inside: NDArray[np.bool_]
    """(height, width): pixels of `frame` within the border."""
    shift: Shift
    """Where the clean picture lies in the aged one."""
    light: Light
    """How much lighter or darker the frame was made, as a whole and from place to place."""
    number: int
    """Number of the film frame, 0 being the film's first."""
    repeat: bool
    """Whether the video shows the same film frame as just before."""


def age(frames: Iterable[Frame], info: FilmInfo, ageing: Ageing) -> Iterator[Aged]:
    """Yield the frames of the aged film; holds one of them at a time.

    What happens to a frame depends on nothing but the seed and its number, which is told from its
    time and `info` (what is known of the clean film): a stretch comes out as it does in the whole.
    """
    after = aged_info(info, ageing)
    for clean in frames:
        number = film_number(clean.time, info)
        shown = tuple(showings(number, info, ageing))
        if not shown:
            continue
        aged = _aged(clean, number, info, ageing)
        for place in shown:
            yield _at(aged, place / after.rate, repeat=place != shown[0])


def _aged(clean: Frame, number: int, info: FilmInfo, ageing: Ageing) -> Aged:
    height, width = clean.pixels.shape[:2]
    shift = weave(number, width, ageing)
    light = flicker(number, ageing)
    pixels, inside = _developed(clean.pixels, number, shift, ageing)
    layer = Layer(height, width)
    _draw_damage(layer, number, info, ageing)
    damaged, mask = laid_over(pixels, layer)
    lit = np.clip(light.on(damaged), 0, 1)
    return Aged(
        clean.with_pixels(lit), clean, mask & inside, inside, shift, light, number, repeat=False
    )


def _developed(
    pixels: Pixels, number: int, shift: Shift, ageing: Ageing
) -> tuple[Pixels, NDArray[np.bool_]]:
    seen = softened(shift.placed(exposed(pixels, ageing.stock)), ageing)
    return framed(faded(grained(seen, number, ageing), ageing), shift, ageing)


def _draw_damage(layer: Layer, number: int, info: FilmInfo, ageing: Ageing) -> None:
    rate = float(ageing.played_at or info.rate)
    draw_dirt(layer, number, ageing)
    draw_scratches(layer, number, rate, ageing)
    draw_hairs(layer, number, rate, ageing)


def _at(aged: Aged, time: Fraction, repeat: bool) -> Aged:
    frame = Frame(aged.frame.pixels, time, time)
    return Aged(frame, aged.clean, aged.mask, aged.inside, aged.shift, aged.light, aged.number, repeat)
