"""A park by a river: a stone bridge, a steamer, trees, and people on the quay."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.sample.canvas import Canvas, Colour, balls
from refilm.sample.facades import house
from refilm.sample.nature import draw_smoke, draw_tree, foliage, tree_shadow
from refilm.sample.people import Walk, walker, walker_shadow
from refilm.sample.sky import draw_sky
from refilm.sample.textures import Texture, rough

QUAY = 11.0
"""z in metres where the quay ends and the water begins."""
_BRIDGE = 46.0
_FAR = 74.0
_SUN = (-0.7, 0.25)
_WATER: Colour = (86, 112, 118)


@dataclass(frozen=True)
class Stroll:
    """Who is out in the park."""

    walks: tuple[Walk, ...]
    bridge: tuple[Walk, ...]
    """Those who cross the bridge: only their x counts."""
    trees: tuple[tuple[float, float, float], ...]
    """x, z and height of each tree."""


def draw_park(canvas: Canvas, stroll: Stroll, time: float, seed: int) -> None:
    """Draw the park, far things first."""
    draw_sky(canvas, time, seed)
    _far_bank(canvas, seed)
    for mirrored in (True, False):
        # What stands in the water hides the water behind it: it is drawn again over its reflection.
        _bridge(canvas, stroll, time)
        _steamer(canvas, -15 + 2.6 * time, 33.0)
        if mirrored:
            _reflect(canvas, time)
    draw_smoke(canvas, (-14.8 + 2.6 * time, 5.7, 33.0), -1.4, time)
    _quay(canvas, stroll, time, seed)
    _company(canvas, stroll, time)


def _far_bank(canvas: Canvas, seed: int) -> None:
    canvas.paste(_wood(seed), (-130, 0, _FAR + 12), (260, 0, 0), (0, 17, 0))
    x = -60.0
    for number in range(80, 92):
        built = house(number, seed, lit=0.9)
        if number % 3:
            canvas.paste(built.front, (x, 0, _FAR + 4), (built.width, 0, 0), (0, built.height * 0.8, 0))
            _roof(canvas, x, built.width, built.height * 0.8)
        x += built.width + (0 if number % 3 else 5)
    canvas.paste(_wood(seed + 1), (-110, 0, _FAR), (200, 0, 0), (0, 5.0, 0))
    canvas.face([(-140, 0, _FAR), (140, 0, _FAR), (140, 1.3, _FAR), (-140, 1.3, _FAR)], (150, 140, 124))


def _roof(canvas: Canvas, x: float, width: float, base: float) -> None:
    z = _FAR + 4
    roof = [
        (x - 0.3, base, z),
        (x + width + 0.3, base, z),
        (x + width - 1.5, base + 3, z + 3),
        (x + 1.5, base + 3, z + 3),
    ]
    canvas.face(roof, (112, 74, 62))


@cache
def _wood(seed: int) -> Texture:
    return Texture(foliage(150, 1500, seed))


def _bridge(canvas: Canvas, stroll: Stroll, time: float) -> None:
    for walk in stroll.bridge:
        raised = [(part + np.array((0, 6.2, 0, 0)), colour) for part, colour in walker(walk, time)]
        canvas.figure(raised)
    canvas.paste(_masonry(), (-26, 0, _BRIDGE), (66, 0, 0), (0, 7.4, 0))
    for place in range(-26, 41, 11):
        canvas.body(balls((place, 7.4, _BRIDGE, 0.12), (place, 9.6, _BRIDGE, 0.08)), (60, 60, 58))
        canvas.body(balls((place, 9.9, _BRIDGE, 0.3)), (244, 236, 206))


@cache
def _masonry() -> Texture:
    random = np.random.default_rng(31)
    height, width, metre = 178, 1584, 24
    stone = rough(height, width, (186, 172, 148), 0.06, random, 64)
    for number, top in enumerate(range(0, height, 12)):
        stone[top] *= 0.78
        for left in range((number % 2) * 14, width, 28):
            stone[top : top + 12, left] *= 0.8
            stone[top : top + 12, left : left + 28] *= random.uniform(0.93, 1.06)
    stone[:10] = (206, 194, 172)
    stone[26:32] = (210, 198, 176)
    stone[32:36] *= 0.6
    cover = _arches(height, width, metre)
    ring = np.asarray(cv2.dilate(255 - cover, np.ones((15, 15), np.uint8)), np.uint8) > 0
    stone[ring] *= 1.1
    return Texture(np.dstack([np.clip(stone, 0, 255).astype(np.uint8), cover]))


def _arches(height: int, width: int, metre: int) -> NDArray[np.uint8]:
    cover = np.full((height, width), 255, np.uint8)
    for middle in range(int(5.5 * metre), width, 11 * metre):
        cv2.ellipse(
            cover,
            (middle, height),
            (int(4.4 * metre), int(5.0 * metre)),
            0,
            180,
            360,
            0,
            -1,
            cv2.LINE_AA,
        )
    return cover


def _steamer(canvas: Canvas, x: float, z: float) -> None:
    hull = [(x - 5, 0, z), (x + 5, 0, z), (x + 6.2, 1.5, z), (x - 5.6, 1.3, z)]
    canvas.face(hull, (58, 50, 52))
    canvas.face(
        [(x - 5.6, 1.15, z), (x + 6.1, 1.35, z), (x + 6.2, 1.55, z), (x - 5.6, 1.35, z)], (196, 60, 48)
    )
    canvas.face([(x - 4, 1.35, z), (x + 3, 1.35, z), (x + 3, 2.9, z), (x - 4, 2.9, z)], (230, 222, 200))
    for place in np.arange(-3.5, 2.6, 1.1):
        canvas.face(
            [
                (x + place, 1.8, z),
                (x + place + 0.6, 1.8, z),
                (x + place + 0.6, 2.5, z),
                (x + place, 2.5, z),
            ],
            (66, 78, 88),
        )
    canvas.face(
        [(x - 4.3, 2.9, z), (x + 3.3, 2.9, z), (x + 3.3, 3.1, z), (x - 4.3, 3.1, z)], (150, 112, 80)
    )
    canvas.body(balls((x + 0.3, 3.0, z, 0.36), (x + 0.2, 5.4, z, 0.34)), (62, 54, 54))
    canvas.body(balls((x + 0.25, 4.7, z, 0.37), (x + 0.22, 5.0, z, 0.37)), (196, 60, 48))


def _reflect(canvas: Canvas, time: float) -> None:
    """Draw the river: all that is above the waterline, upside down and broken by ripples."""
    camera = canvas.camera
    height = camera.place[1]
    shore = camera.horizon + height / _FAR * camera.focal * camera.height
    rows = np.arange(max(int(shore), 0), camera.height, dtype=np.float32)
    if not len(rows):
        return
    below = np.maximum(rows - camera.horizon, 1)[:, None]
    away = height * camera.focal * camera.height / below
    across = (
        (np.arange(camera.width, dtype=np.float32) - camera.width / 2)[None]
        * away
        / (camera.focal * camera.height)
    )
    across = across + camera.turn * away
    slope = 0.6 * np.sin(2.3 * away + 0.5 * across - 2.4 * time) + 0.4 * np.sin(
        1.1 * across + 5.1 * away + 3.1 * time
    )
    slope += 0.35 * np.sin(0.37 * across * away / 9 - 1.7 * time)
    strength = np.minimum(below * 0.11, 9)
    source_y = 2 * shore - rows[:, None] + slope * strength * 1.5
    source_x = np.arange(camera.width, dtype=np.float32)[None] + slope * strength * 0.5
    mirrored = cv2.remap(
        canvas.pixels,
        np.asarray(source_x, np.float32),
        np.asarray(np.clip(source_y, 0, shore - 1), np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    share = np.clip(0.28 + 0.1 * slope + below / camera.height * 0.6, 0, 0.75)[:, :, None]
    water = np.asarray(mirrored, np.float32) * (1 - share) + share * np.array(_WATER, np.float32)
    canvas.pixels[int(rows[0]) :] = np.clip(water + 9 * slope[:, :, None], 0, 255)


def _quay(canvas: Canvas, stroll: Stroll, time: float, seed: int) -> None:
    for x in range(-30, 30, 6):
        canvas.paste(_flags(seed), (x, 0, -1), (6, 0, 0), (0, 0, QUAY + 1))
    for x, z, tall in stroll.trees:
        tree_shadow(canvas, (x, z), tall, _SUN)
    for walk in stroll.walks:
        walker_shadow(canvas, walk, time, _SUN)
    canvas.lay_shadows()
    iron: Colour = (66, 74, 70)
    for x in range(-30, 31, 2):
        post = balls((x, 0, QUAY - 0.3, 0.07), (x, 0.95, QUAY - 0.3, 0.06))
        canvas.figure([(post, iron), (balls((x, 1.05, QUAY - 0.3, 0.1)), iron)])
    for up in (0.35, 0.9):
        canvas.line([(x, up, QUAY - 0.3) for x in range(-30, 31, 3)], 0.06, iron)


@cache
def _flags(seed: int) -> Texture:
    random = np.random.default_rng((seed, 37))
    stone = rough(384, 192, (204, 190, 160), 0.06, random, 96)
    for number, top in enumerate(range(0, 384, 32)):
        stone[top : top + 2] *= 0.8
        for left in range((number % 2) * 24, 192, 48):
            stone[top : top + 32, left : left + 2] *= 0.82
            stone[top : top + 32, left : left + 48] *= random.uniform(0.94, 1.05)
    return Texture(np.clip(stone, 0, 255).astype(np.uint8))


def _company(canvas: Canvas, stroll: Stroll, time: float) -> None:
    things = [(walk.place(time)[1], walk) for walk in stroll.walks]
    for z, thing in sorted(
        [*things, *((tree[1], tree) for tree in stroll.trees)], key=lambda thing: -thing[0]
    ):
        if isinstance(thing, Walk):
            canvas.figure(walker(thing, time))
        else:
            draw_tree(canvas, (thing[0], z), thing[2], round(thing[0] * 7) + 400, time)
