"""Trees whose leaves move, smoke, birds and flags."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.sample.camera import NEAR, Points
from refilm.sample.canvas import Canvas, Colour, balls, blend

_LEAVES = 1400


def draw_tree(canvas: Canvas, foot: tuple[float, float], tall: float, number: int, time: float) -> None:
    """Draw a tree that stands at x, z, `tall` metres high."""
    x, z = foot
    canvas.body(balls((x, -0.2, z, 0.028 * tall), (x, 0.5 * tall, z, 0.018 * tall)), (104, 82, 62))
    for side, up in ((-0.16, 0.72), (0.17, 0.7), (0.02, 0.85)):
        branch = balls((x, 0.4 * tall, z, 0.014 * tall), (x + side * tall, up * tall, z, 0.006 * tall))
        canvas.body(branch, (96, 76, 58))
    _draw_leaves(canvas, _leaves(number) * tall + (x, 0, z), 0.0185 * tall, number, time)


def _draw_leaves(canvas: Canvas, leaves: Points, size: float, number: int, time: float) -> None:
    sway = np.sin(1.7 * time + leaves[:, 0] * 0.9 + leaves[:, 1] * 1.3 + number)
    flutter = np.sin(5.1 * time + np.arange(len(leaves)) * 2.4)
    moved = leaves + np.stack([0.07 * sway + 0.03 * flutter, 0.03 * flutter, 0 * sway], 1)
    seen = canvas.camera.seen(moved)
    if (seen[:, 2] < NEAR).any():
        return
    places = canvas.camera.pixels(seen)
    radius = size * canvas.camera.size(float(seen[:, 2].mean()))
    if (places.max(0) < -radius).any() or places[:, 0].min() > canvas.camera.width + radius:
        return
    depth = float(seen[:, 2].mean())
    canvas.dots(places, radius * _sizes(number), _greens(number), depth)


@cache
def _leaves(number: int) -> Points:
    """Return leaves of a tree one metre high, the inner and shaded ones first."""
    random = np.random.default_rng((17, number))
    clumps = np.array(
        [(0, 0.78, 0, 0.2), (-0.19, 0.64, 0, 0.17), (0.2, 0.62, 0, 0.17), (0.03, 0.55, 0, 0.19)]
    )
    own = clumps[random.integers(len(clumps), size=_LEAVES)]
    way = random.standard_normal((_LEAVES, 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    leaves = own[:, :3] + way * own[:, 3:] * random.uniform(0.55, 1.05, (_LEAVES, 1))
    return leaves[np.argsort(_towards_light(leaves))]


def _towards_light(leaves: Points) -> NDArray[np.float64]:
    return 0.45 * leaves[:, 0] + 0.8 * leaves[:, 1] - 0.5 * leaves[:, 2]


@cache
def _greens(number: int) -> NDArray[np.float64]:
    random = np.random.default_rng((18, number))
    lights = np.clip(np.linspace(-0.1, 1, _LEAVES) + random.normal(0, 0.16, _LEAVES), 0, 1)
    return np.array([_leaf_colour(light) for light in lights])


@cache
def _sizes(number: int) -> NDArray[np.float64]:
    return np.random.default_rng((19, number)).uniform(0.45, 1.1, _LEAVES)


def _leaf_colour(light: float) -> Colour:
    return 44 + 112 * light, 62 + 104 * light, 36 + 44 * light


def tree_shadow(
    canvas: Canvas, foot: tuple[float, float], tall: float, sun: tuple[float, float]
) -> None:
    """Cast the shadow of a tree."""
    x, z = foot
    canvas.shadow(balls((x, 0, z, 0.03 * tall), (x, 0.5 * tall, z, 0.03 * tall)), sun)
    for dx, up, radius in ((0, 0.78, 0.2), (-0.19, 0.64, 0.17), (0.2, 0.62, 0.17)):
        canvas.shadow(
            balls((x + dx * tall, up * tall, z, radius * tall), (x, 0.55 * tall, z, 0.15 * tall)), sun
        )


def draw_smoke(canvas: Canvas, mouth: tuple[float, float, float], wind: float, time: float) -> None:
    """Draw smoke that rises from a point and drifts with the wind, metres per second."""
    for puff in range(14):
        life = (puff / 14 + time * 0.22) % 1.0
        turn = np.sin(puff * 12.9898) * 3
        x = mouth[0] + wind * life * 4 + 0.5 * life * np.sin(turn + time)
        y = mouth[1] + 3.4 * life**0.7 + 0.3 * np.cos(turn)
        _puff(canvas, (x, y, mouth[2]), 0.28 + 1.3 * life, 0.62 * (1 - life) * min(life * 8, 1))


def _puff(canvas: Canvas, place: tuple[float, float, float], radius: float, cover: float) -> None:
    seen = canvas.camera.seen(np.array([place]))
    if seen[0, 2] < NEAR:
        return
    x, y = canvas.camera.pixels(seen)[0]
    reach = radius * canvas.camera.size(float(seen[0, 2]))
    left, top = max(int(x - reach), 0), max(int(y - reach), 0)
    right, low = (
        min(int(x + reach) + 1, canvas.camera.width),
        min(int(y + reach) + 1, canvas.camera.height),
    )
    if right <= left or low <= top:
        return
    away = np.hypot(np.arange(left, right)[None] - x, np.arange(top, low)[:, None] - y) / reach
    mask = np.asarray(255 * cover * np.clip(1 - away**2, 0, 1) ** 1.5, np.uint8)
    grey = np.empty((*mask.shape, 3), np.uint8)
    grey[:] = (208, 204, 200)
    blend(canvas.pixels[top:low, left:right], grey, mask)


def draw_bird(canvas: Canvas, place: tuple[float, float, float], phase: float) -> None:
    """Draw a bird on the wing."""
    x, y, z = place
    rise = 0.22 * np.sin(phase)
    wings = np.array(
        [(x - 0.42, y + rise, z), (x - 0.16, y + 0.07, z), (x, y, z), (x + 0.16, y + 0.07, z)]
    )
    canvas.line(np.vstack([wings, (x + 0.42, y + rise, z)]), 0.07, (78, 80, 88))
    canvas.body(balls((x - 0.02, y, z - 0.12, 0.06), (x + 0.02, y, z + 0.12, 0.05)), (104, 106, 114))


def draw_flag(canvas: Canvas, foot: tuple[float, float, float], tall: float, time: float) -> None:
    """Draw a flag of three stripes that waves on its pole."""
    x, y, z = foot
    canvas.line(np.array([(x, y, z), (x, y + tall, z)]), 0.09, (222, 214, 200))
    along = np.linspace(0, 0.75 * tall, 12)
    wave = 0.11 * tall * (along / along[-1]) * np.sin(along * 6 / tall - 5 * time)
    stripes: tuple[Colour, ...] = ((178, 52, 48), (232, 226, 210), (52, 72, 128))
    for stripe, colour in enumerate(stripes):
        top = y + tall - stripe * 0.14 * tall
        upper = np.stack([x + along, top + wave * 0.5, z + wave], 1)
        lower = upper - (0, 0.14 * tall, 0)
        canvas.face(np.vstack([upper, lower[::-1]]), colour)


def foliage(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """Return a wall of far-off leaves as a texture with an uneven upper edge, (h, w, 4)."""
    random = np.random.default_rng((seed, 23))
    picture = np.zeros((height, width, 4), np.uint8)
    crest = 0.3 + 0.13 * np.sin(np.arange(width) / 31) + 0.09 * np.sin(np.arange(width) / 11.3 + 1)
    for _ in range(height * width // 90):
        x = int(random.integers(width))
        depth = random.random() ** 0.7
        y = (crest[x] + (1.05 - crest[x]) * depth) * height
        light = np.clip(1.05 - 0.9 * depth + random.normal(0, 0.18), 0, 1)
        colour = (*_leaf_colour(float(light)), 255)
        cv2.circle(picture, (x, int(y)), int(random.integers(3, 8)), colour, -1, cv2.LINE_AA)
    return picture
