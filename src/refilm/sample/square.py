"""A square with a clock tower, a fountain, flags and pigeons."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.sample.canvas import Canvas, balls
from refilm.sample.facades import house
from refilm.sample.nature import draw_bird, draw_flag, draw_tree, tree_shadow
from refilm.sample.people import Walk, walker, walker_shadow
from refilm.sample.sky import draw_sky
from refilm.sample.textures import Texture, rough

_SUN = (-0.55, 0.3)
_BACK = 44.0
_TOWER = (2.0, 38.0, 7.0, 34.0)
"""x of its middle, z of its front, width and height of the tower."""


@dataclass(frozen=True)
class Gathering:
    """Who is in the square."""

    walks: tuple[Walk, ...]
    trees: tuple[tuple[float, float, float], ...]
    birds: int = 9


def draw_square(canvas: Canvas, gathering: Gathering, time: float, seed: int) -> None:
    """Draw the square, far things first."""
    draw_sky(canvas, time, seed)
    _ground(canvas, gathering, time, seed)
    _row(canvas, seed)
    _tower(canvas, time)
    _fountain(canvas, time)
    _company(canvas, gathering, time)
    for bird in range(gathering.birds):
        _fly(canvas, bird, time)


def _ground(canvas: Canvas, gathering: Gathering, time: float, seed: int) -> None:
    for z in range(36, -13, -12):
        canvas.paste(_setts(seed), (-36, 0, z), (36, 0, 0), (0, 0, 12))
        canvas.paste(_setts(seed), (0, 0, z), (36, 0, 0), (0, 0, 12))
    for x, z, tall in gathering.trees:
        tree_shadow(canvas, (x, z), tall, _SUN)
    for walk in gathering.walks:
        walker_shadow(canvas, walk, time, _SUN)
    canvas.shadow(balls((-4, 0.4, 22, 2.6), (-4, 0.1, 22, 2.6)), _SUN)
    canvas.lay_shadows()


@cache
def _setts(seed: int) -> Texture:
    random = np.random.default_rng((seed, 41))
    ground = rough(384, 1152, (186, 174, 152), 0.06, random, 128)
    for number, top in enumerate(range(0, 384, 8)):
        ground[top] *= 0.76
        for left in range((number % 2) * 5, 1152, 10):
            ground[top : top + 8, left : left + 9] *= random.uniform(0.9, 1.08)
            ground[top : top + 8, left + 9 : left + 10] *= 0.8
    return Texture(np.clip(ground, 0, 255).astype(np.uint8))


def _row(canvas: Canvas, seed: int) -> None:
    x = -44.0
    for number in range(120, 133):
        built = house(number, seed, lit=1.0)
        canvas.paste(built.front, (x, 0, _BACK), (built.width, 0, 0), (0, built.height, 0))
        eaves = [(x, built.height, _BACK), (x + built.width, built.height, _BACK)]
        ridge = [(x + built.width, built.height + 2.6, _BACK + 4), (x, built.height + 2.6, _BACK + 4)]
        canvas.face(eaves + ridge, (104, 78, 70) if number % 2 else (92, 92, 96))
        for stack in (0.2, 0.8):
            foot = x + stack * built.width
            canvas.body(
                balls(
                    (foot, built.height + 1, _BACK + 3, 0.4), (foot, built.height + 4, _BACK + 3, 0.4)
                ),
                (150, 92, 74),
            )
        x += built.width


def _tower(canvas: Canvas, time: float) -> None:
    x, z, wide, tall = _TOWER
    half = wide / 2
    canvas.face(
        [(x - half, 0, z + wide), (x - half, 0, z), (x - half, tall, z), (x - half, tall, z + wide)],
        (128, 118, 104),
    )
    canvas.paste(_tower_face(), (x - half, 0, z), (wide, 0, 0), (0, tall, 0))
    for up, out in ((12.5, 0.35), (22.0, 0.35), (tall, 0.7)):
        edge = [
            (x - half - out, up, z - out),
            (x + half + out, up, z - out),
            (x + half + out, up + 0.5, z - out),
            (x - half - out, up + 0.5, z - out),
        ]
        canvas.face(edge, (222, 212, 192))
        canvas.face([edge[0], edge[1], (x + half, up - 0.5, z), (x - half, up - 0.5, z)], (98, 88, 78))
    _hands(canvas, x, tall - 6.2, z - 0.15, time)
    apex = (x, tall + 11, z + half)
    left, right, back = (
        (x - half - 0.5, tall + 0.5, z - 0.5),
        (x + half + 0.5, tall + 0.5, z - 0.5),
        (x - half - 0.5, tall + 0.5, z + wide),
    )
    canvas.face([left, back, apex], (58, 84, 78))
    canvas.face([left, right, apex], (92, 128, 116))
    canvas.face([((left[0] + right[0]) / 2 + 0.4, left[1], left[2]), right, apex], (108, 146, 132))
    draw_flag(canvas, (x, tall + 10.6, z + half), 5.0, time)


def _hands(canvas: Canvas, x: float, y: float, z: float, time: float) -> None:
    minute = 0.9 + time * 0.01
    for angle, long, thick in ((minute, 1.9, 0.16), (minute / 12 + 1.05, 1.25, 0.24)):
        canvas.line(
            [(x, y, z), (x + long * np.sin(angle), y + long * np.cos(angle), z)], thick, (34, 34, 38)
        )


@cache
def _tower_face() -> Texture:
    random = np.random.default_rng(43)
    height, width, metre = 34 * 22, 7 * 22, 22
    stone = rough(height, width, (202, 184, 152), 0.05, random, 64)
    for number, top in enumerate(range(0, height, 11)):
        stone[top] *= 0.84
        for left in range((number % 2) * 12, width, 24):
            stone[top : top + 11, left] *= 0.86
    face = np.clip(stone, 0, 255).astype(np.uint8)
    middle = width // 2
    for low in (33.0, 27.5, 19.0, 14.0):
        _arch(face, middle, round(low * metre), 20 if low > 20 else 14)
    clock = (middle, round(6.2 * metre))
    cv2.circle(face, clock, 56, (96, 82, 64), -1, cv2.LINE_AA)
    cv2.circle(face, clock, 51, (238, 230, 208), -1, cv2.LINE_AA)
    for hour in range(12):
        way = np.array((np.sin(hour * np.pi / 6), -np.cos(hour * np.pi / 6)))
        ends = [(np.array(clock) + way * part).astype(int).tolist() for part in (39, 47)]
        cv2.line(face, ends[0], ends[1], (40, 38, 40), 4, cv2.LINE_AA)
    return Texture(face)


def _arch(face: NDArray[np.uint8], middle: int, low: int, half: int) -> None:
    for grow, colour in ((5, (222, 208, 178)), (0, (62, 66, 74))):
        cv2.rectangle(face, (middle - half - grow, low - 62), (middle + half + grow, low), colour, -1)
        cv2.ellipse(
            face, (middle, low - 62), (half + grow, half + grow), 0, 180, 360, colour, -1, cv2.LINE_AA
        )


def _fountain(canvas: Canvas, time: float) -> None:
    x, z = -4.0, 22.0
    angles = np.linspace(0, 2 * np.pi, 13)[:-1]
    for radius, low, tall, colour in (
        (2.6, 0.0, 0.5, (206, 196, 176)),
        (2.3, 0.5, 0.06, (120, 148, 156)),
    ):
        rim = [
            (x + radius * np.cos(a), up, z + radius * np.sin(a), 0.05)
            for a in angles
            for up in (low, low + tall)
        ]
        canvas.body(np.array(rim), colour)
    canvas.body(balls((x, 0.4, z, 0.3), (x, 1.9, z, 0.2)), (196, 186, 168))
    canvas.body(
        np.array([(x + 0.9 * np.cos(a), 1.9, z + 0.9 * np.sin(a), 0.08) for a in angles]),
        (206, 196, 176),
    )
    for jet in range(60):
        life = (jet / 60 * 7.3 + time * 1.1) % 1.0
        angle = jet * 2.4
        reach, rise = 1.9 * life, 2.0 + 3.4 * life - 4.6 * life**2
        place = (x + reach * np.cos(angle), max(rise, 0.55), z + reach * np.sin(angle), 0.045)
        canvas.body(balls(place), (236, 240, 242))


def _company(canvas: Canvas, gathering: Gathering, time: float) -> None:
    things = [(walk.place(time)[1], walk) for walk in gathering.walks]
    for z, thing in sorted(
        [*things, *((tree[1], tree) for tree in gathering.trees)], key=lambda thing: -thing[0]
    ):
        if isinstance(thing, Walk):
            canvas.figure(walker(thing, time))
        else:
            draw_tree(canvas, (thing[0], z), thing[2], round(thing[0] * 7) + 400, time)


def _fly(canvas: Canvas, bird: int, time: float) -> None:
    angle = 0.9 * time + bird * 0.37 + np.sin(bird * 5.1)
    radius = 7 + 2 * np.sin(bird * 3.3)
    height = 24 - 4.2 * time + 3 * np.sin(bird * 1.7 + time)
    place = (1 + radius * np.cos(angle), height, 27 + radius * 0.4 * np.sin(angle))
    draw_bird(canvas, place, 13 * time + bird * 1.9)
