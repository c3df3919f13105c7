"""The street: house fronts either side, cobbles, tram rails, people, a tram and carriages."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from refilm.sample.canvas import Canvas, Colour
from refilm.sample.facades import House, house
from refilm.sample.people import Walk, walker, walker_shadow
from refilm.sample.sky import draw_sky
from refilm.sample.textures import Texture, rough
from refilm.sample.vehicles import Ride, carriage_shadow, draw_carriage, draw_tram, tram_shadow

HALF = 9.0
"""Metres from the middle of the street to the house fronts."""
_KERB = 6.2
"""Metres from the middle to the pavement."""
_TILE = 12.0
_GROUND_METRE = 32
_END = 190.0
SUN = (-0.55, 0.35)
"""Metres x, z that sunlight moves per metre down: it comes from the right, over the shoulder."""
_RAILS = (-2.6, -1.2, 0.9, 2.3)


@dataclass(frozen=True)
class Traffic:
    """All that moves in the street."""

    walks: tuple[Walk, ...] = ()
    trams: tuple[Ride, ...] = ()
    carriages: tuple[Ride, ...] = ()


def draw_street(canvas: Canvas, traffic: Traffic, time: float, seed: int) -> None:
    """Draw the street and its traffic, far things first."""
    draw_sky(canvas, time, seed)
    _ground(canvas, seed)
    _shadows(canvas, traffic, time, seed)
    _end_of_street(canvas, seed)
    _houses(canvas, seed)
    _movers(canvas, traffic, time, seed)


@dataclass(frozen=True)
class _Plot:
    side: int
    """-1 left, 1 right."""
    start: float
    """z in metres where its front begins."""
    house: House


@cache
def _plots(seed: int) -> tuple[_Plot, ...]:
    plots: list[_Plot] = []
    for side in (-1, 1):
        start, number = -14.0, 0 if side < 0 else 40
        while start < _END:
            built = house(number, seed, lit=1.04 if side < 0 else 0.6)
            plots.append(_Plot(side, start, built))
            start += built.width
            number += 1
    return tuple(sorted(plots, key=lambda plot: -plot.start))


def _ground(canvas: Canvas, seed: int) -> None:
    first = np.floor(canvas.camera.place[2] / _TILE) * _TILE
    for tile in reversed(range(int((_END + 30) / _TILE))):
        z = first + tile * _TILE
        canvas.paste(_paving(seed), (-HALF - 1, 0, z), (2 * HALF + 2, 0, 0), (0, 0, _TILE))


@cache
def _paving(seed: int) -> Texture:
    random = np.random.default_rng((seed, 3))
    rows, columns = round(_TILE * _GROUND_METRE), round((2 * HALF + 2) * _GROUND_METRE)
    ground = rough(rows, columns, (168, 158, 142), 0.05, random, 96)
    _cobbles(ground, random)
    for side in (-1, 1):
        _pavement(ground, side, random)
    middle = columns / 2
    for rail in _RAILS:
        at = round(middle + rail * _GROUND_METRE)
        ground[:, at - 1 : at + 2] = (202, 204, 208)
        ground[:, at + 2 : at + 4] = (62, 56, 52)
    return Texture(np.clip(ground, 0, 255).astype(np.uint8))


def _cobbles(ground: NDArray[np.float32], random: np.random.Generator) -> None:
    rows, columns = ground.shape[:2]
    # Twice as long as wide, across the street: seen from eye height they look square.
    for number, top in enumerate(range(0, rows, 16)):
        for left in range(-(number % 2) * 5, columns, 10):
            ground[top : top + 16, max(left, 0) : max(left + 9, 0)] *= random.uniform(0.86, 1.12)
        ground[top + 7] *= 0.68


def _pavement(ground: NDArray[np.float32], side: int, random: np.random.Generator) -> None:
    rows, columns = ground.shape[:2]
    kerb = round(columns / 2 + side * _KERB * _GROUND_METRE)
    part = ground[:, kerb:] if side > 0 else ground[:, :kerb]
    part[:] = rough(rows, part.shape[1], (196, 188, 172), 0.04, random, 64)
    part[20::48] *= 0.75
    part[:, ::44] *= 0.78
    ground[:, kerb - 5 : kerb + 5] = (214, 208, 194)
    ground[:, kerb - 9 * side - 4 : kerb - 9 * side + 4] *= 0.55


def _shadows(canvas: Canvas, traffic: Traffic, time: float, seed: int) -> None:
    for plot in _plots(seed):
        if plot.side > 0:
            _house_shadow(canvas, plot)
    for walk in traffic.walks:
        walker_shadow(canvas, walk, time, SUN)
    for ride in traffic.trams:
        tram_shadow(canvas, ride, time, SUN)
    for ride in traffic.carriages:
        carriage_shadow(canvas, ride, time, SUN)
    canvas.lay_shadows()


def _house_shadow(canvas: Canvas, plot: _Plot) -> None:
    built = plot.house
    reach, along = built.height * SUN[0], built.height * SUN[1]
    near, far = plot.start, plot.start + built.width
    canvas.shade(
        [
            (HALF, 0, near),
            (HALF, 0, far),
            (HALF + reach, 0, far + along),
            (HALF + reach, 0, near + along),
        ]
    )


def in_shade(x: float, z: float, seed: int) -> bool:
    """Return whether a point of the ground lies in the shade of the houses on the right."""
    for plot in _plots(seed):
        if plot.side > 0:
            up = (x - HALF) / SUN[0]
            at = z - up * SUN[1]
            if plot.start <= at < plot.start + plot.house.width:
                return up < plot.house.height
    return False


def _houses(canvas: Canvas, seed: int) -> None:
    for plot in _plots(seed):
        built = plot.house
        if canvas.camera.depth((plot.side * HALF, 0, plot.start + built.width)) < 0.5:
            continue
        _side_wall(canvas, plot)
        x = plot.side * HALF
        far = plot.start + built.width
        if plot.side < 0:
            canvas.paste(built.front, (x, 0, plot.start), (0, 0, built.width), (0, built.height, 0))
        else:
            canvas.paste(built.front, (x, 0, far), (0, 0, -built.width), (0, built.height, 0))
        _stand_out(canvas, plot)


def _end_of_street(canvas: Canvas, seed: int) -> None:
    z = _END + 25
    for place, number in enumerate((60, 61, 62, 63)):
        built = house(number, seed, lit=1.0)
        canvas.paste(built.front, (-26 + 13 * place, 0, z), (13, 0, 0), (0, 12, 0))
    canvas.face([(-4, 0, z - 1), (4, 0, z - 1), (4, 46, z - 1), (-4, 46, z - 1)], (198, 178, 146))
    canvas.face([(-4, 0, z - 1), (-2, 0, z - 1), (-2, 46, z - 1), (-4, 46, z - 1)], (164, 146, 120))
    for up in (30, 46):
        canvas.face(
            [(-5, up, z - 1), (5, up, z - 1), (5, up + 2, z - 1), (-5, up + 2, z - 1)], (220, 206, 178)
        )
    canvas.face([(-3, 48, z - 1), (3, 48, z - 1), (2.4, 56, z - 1), (-2.4, 56, z - 1)], (206, 188, 156))
    canvas.face([(-3, 56, z - 1), (3, 56, z - 1), (0, 70, z - 1)], (96, 128, 118))


def _side_wall(canvas: Canvas, plot: _Plot) -> None:
    x, z, tall = plot.side * HALF, plot.start, plot.house.height
    out = plot.side * 9
    light = 0.55 if plot.side < 0 else 0.66
    red, green, blue = (part * light for part in plot.house.wall)
    canvas.face([(x, 0, z), (x + out, 0, z), (x + out, tall, z), (x, tall, z)], (red, green, blue))


def _stand_out(canvas: Canvas, plot: _Plot) -> None:
    """Draw the cornice and the awnings, which stand out from a front."""
    built, x = plot.house, plot.side * HALF
    near, far, top = plot.start, plot.start + built.width, built.height
    edge = x - plot.side * 0.55
    light = 1.0 if plot.side < 0 else 0.62
    trim = (226 * light, 216 * light, 200 * light)
    canvas.face(
        [(x, top - 0.5, near), (x, top - 0.5, far), (edge, top - 0.1, far), (edge, top - 0.1, near)],
        (84, 74, 66),
    )
    canvas.face(
        [
            (edge, top - 0.15, near),
            (edge, top - 0.15, far),
            (edge, top + 0.25, far),
            (edge, top + 0.25, near),
        ],
        trim,
    )
    canvas.face(
        [
            (x, top - 0.5, near),
            (edge, top - 0.15, near),
            (edge, top + 0.25, near),
            (x, top + 0.25, near),
        ],
        trim,
    )
    _awning(canvas, plot, light)


def _awning(canvas: Canvas, plot: _Plot, light: float) -> None:
    x, reach = plot.side * HALF, -plot.side * 1.7
    cloth = _cloth(plot.house.awning, round(plot.house.width / 0.55), light)
    start, along = plot.start + 0.4, plot.house.width - 0.8
    canvas.paste(cloth, (x + reach, 2.75, start), (0, 0, along), (-reach, 0.8, 0))
    canvas.paste(cloth, (x + reach, 2.48, start), (0, 0, along), (0, 0.28, 0))


@cache
def _cloth(colour: Colour, stripes: int, light: float) -> Texture:
    pale = np.array((228, 220, 200), np.float32)
    row = np.array([pale if stripe % 2 else colour for stripe in range(stripes | 1)], np.float32)
    fold = np.linspace(1.05, 0.85, 24, dtype=np.float32)[:, None, None]
    cloth = np.repeat(row[None], 24, 0) * fold * light
    return Texture(np.clip(cloth.repeat(16, 1), 0, 255).astype(np.uint8))


def _movers(canvas: Canvas, traffic: Traffic, time: float, seed: int) -> None:
    drawn: list[tuple[float, Callable[[], None]]] = []
    for walk in traffic.walks:
        light = _light(*walk.place(time), seed)
        drawn.append((walk.place(time)[1], partial(_walk, canvas, walk, time, light)))
    drawn += [(ride.front(time), partial(draw_tram, canvas, ride, time)) for ride in traffic.trams]
    for ride in traffic.carriages:
        light = _light(ride.start[0], ride.front(time), seed)
        drawn.append((ride.front(time), partial(draw_carriage, canvas, ride, time, light)))
    for _, draw in sorted(drawn, key=lambda thing: -thing[0]):
        draw()


def _walk(canvas: Canvas, walk: Walk, time: float, light: float) -> None:
    canvas.figure(walker(walk, time), light)


def _light(x: float, z: float, seed: int) -> float:
    return 0.68 if in_shade(x, z, seed) else 1.0
