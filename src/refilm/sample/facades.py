"""House fronts of about 1900: windows, cornices, shops and their signs."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from refilm.sample.canvas import Colour
from refilm.sample.textures import Texture, letter, noise

METRE = 28
"""Pixels of texture per metre."""
_SIGNS = (
    "BAKERY",
    "HATS & CAPS",
    "PHOTOGRAPHS",
    "HOTEL",
    "TEA ROOM",
    "BOOKS",
    "PIANOS",
    "SHOES",
    "THEATRE",
    "FLOWERS",
    "CLOCKS",
    "GROCER",
)
_WALLS: tuple[Colour, ...] = (
    (176, 96, 74),
    (205, 178, 138),
    (152, 126, 104),
    (188, 150, 104),
    (168, 160, 150),
    (142, 84, 66),
    (214, 200, 172),
)
_AWNINGS: tuple[Colour, ...] = ((164, 52, 44), (52, 96, 74), (190, 140, 52), (58, 78, 120))
_WARES: tuple[Colour, ...] = (
    (206, 152, 92),
    (232, 214, 178),
    (166, 74, 58),
    (92, 104, 92),
    (118, 92, 72),
)
_TRIM: Colour = (226, 216, 196)


@dataclass(frozen=True)
class House:
    """A house: its front, and what stands out from it."""

    width: float
    height: float
    """Metres."""
    front: Texture
    awning: Colour
    wall: Colour


@cache
def house(number: int, seed: int, lit: float = 1.0) -> House:
    """Return house `number` of the town; `lit` is how much light its front gets, 1 being the sun's."""
    random = np.random.default_rng((seed, 7, number))
    storeys = int(random.integers(1, 6))
    bays = int(random.integers(3, 6))
    width, height = bays * 2.3 + 1.2, 4.2 + storeys * 3.4 + 1.3
    wall = _WALLS[number % len(_WALLS)]
    front = _wall(width, height, wall, random)
    for storey in range(storeys):
        _storey(front, storey, bays, height, random)
    _shop(front, width, height, _SIGNS[number % len(_SIGNS)], random)
    _cornice(front)
    shaded = np.clip(front * np.array(_light(lit), np.float32), 0, 255).astype(np.uint8)
    return House(width, height, Texture(shaded), _AWNINGS[number % len(_AWNINGS)], wall)


def _light(lit: float) -> Colour:
    # Shade is lit by the sky alone, so it is bluer.
    return lit, 0.03 + 0.97 * lit, 0.1 + 0.92 * lit


def _wall(
    width: float, height: float, colour: Colour, random: np.random.Generator
) -> NDArray[np.float32]:
    rows, columns = round(height * METRE), round(width * METRE)
    rough = noise(rows, columns, random, 48, 2)[:, :, None]
    front = np.array(colour, np.float32) * (1 + 0.06 * rough)
    front[::7] *= 0.93
    streaks = noise(4, columns, random, 32, 4)[:1, :, None]
    return np.asarray(front * (1 + 0.03 * streaks), np.float32)


def _storey(
    front: NDArray[np.float32], storey: int, bays: int, height: float, random: np.random.Generator
) -> None:
    base = round((height - 4.2 - 3.4 * storey) * METRE)
    _box(front, 0, base - 8, front.shape[1], base, _TRIM, 0.9)
    _box(front, 0, base, front.shape[1], base + 5, (60, 50, 44), 0.35)
    pitch = front.shape[1] / bays
    for bay in range(bays):
        middle = (bay + 0.5) * pitch
        _window(front, round(middle), base - 24, random)


def _window(front: NDArray[np.float32], middle: int, sill: int, random: np.random.Generator) -> None:
    half, tall = 16, 54
    left, right, top = middle - half, middle + half, sill - tall
    _box(front, left - 5, top - 5, right + 5, sill, _TRIM, 0.85)
    _box(front, left - 9, top - 12, right + 9, top - 5, _TRIM, 1)
    _box(front, left - 7, top - 5, right + 7, top - 2, (50, 42, 38), 0.5)
    _box(front, left - 8, sill, right + 8, sill + 6, _TRIM, 1)
    _box(front, left - 8, sill + 6, right + 8, sill + 11, (50, 42, 38), 0.45)
    glass = np.linspace(0.55, 1.0, tall, dtype=np.float32)[:, None, None] * np.array(
        (74, 84, 96), np.float32
    )
    front[top:sill, left:right] = glass * random.uniform(0.6, 1.15)
    if random.random() < 0.55:
        _box(front, left, top, right, top + int(random.integers(10, 34)), (212, 202, 180), 0.8)
    _box(front, left, top, right, top + 5, (24, 22, 24), 0.6)
    _box(front, middle - 1, top, middle + 1, sill, (222, 214, 198), 0.9)
    _box(front, left, sill - tall // 2 - 1, right, sill - tall // 2 + 1, (222, 214, 198), 0.9)


def _shop(
    front: NDArray[np.float32], width: float, height: float, sign: str, random: np.random.Generator
) -> None:
    ground = round(height * METRE)
    _box(front, 0, ground - 110, front.shape[1], ground, (70, 56, 46), 0.75)
    panes = max(round(width / 2.4), 2)
    pitch = front.shape[1] / panes
    door = int(random.integers(panes))
    for pane in range(panes):
        left, right = round(pane * pitch) + 8, round((pane + 1) * pitch) - 8
        low = ground - (4 if pane == door else 24)
        _box(front, left, ground - 78, right, low, (46, 50, 54), 1)
        _box(front, left, ground - 78, right, ground - 62, (96, 108, 116), 0.7)
        if pane != door:
            _wares(front, left, right, low, random)
    _box(front, 6, ground - 114, front.shape[1] - 6, ground - 84, (38, 44, 42), 1)
    letter(front, sign, ground - 90, 0.75, (232, 206, 130))


def _wares(
    front: NDArray[np.float32], left: int, right: int, low: int, random: np.random.Generator
) -> None:
    for place in range(left + 4, right - 8, 9):
        red, green, blue = np.array(_WARES[random.integers(len(_WARES))]) * random.uniform(0.7, 1.1)
        _box(
            front, place, low - int(random.integers(6, 22)), place + 6, low - 2, (red, green, blue), 0.8
        )


def _cornice(front: NDArray[np.float32]) -> None:
    width = front.shape[1]
    for top, low, colour in ((0, 10, _TRIM), (10, 16, (150, 140, 124)), (16, 24, _TRIM)):
        _box(front, 0, top, width, low, colour, 1)
    _box(front, 0, 24, width, 34, (40, 34, 30), 0.5)
    for place in range(6, width - 8, 18):
        _box(front, place, 24, place + 8, 34, _TRIM, 0.9)


def _box(
    front: NDArray[np.float32], left: int, top: int, right: int, low: int, colour: Colour, cover: float
) -> None:
    part = front[max(top, 0) : max(low, 0), max(left, 0) : max(right, 0)]
    part += cover * (np.array(colour, np.float32) - part)
