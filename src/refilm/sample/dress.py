"""Hats, coats and collars of people near the camera."""

from functools import cache

import cv2
import numpy as np

from refilm.sample.canvas import Colour
from refilm.sample.looks import Headwear, Look
from refilm.sample.relief import EYES_AT, HALF, HEIGHT, TALL, WIDTH, Map, Places, ellipse, grain, lay
from refilm.sample.textures import Texture, noise

BUST = 900
"""Pixels that shoulders and chest are high in their texture."""
_HATS: dict[Headwear, tuple[float, float, float]] = {
    "bowler": (0.9, 1.28, -1.42),
    "top": (0.86, 1.22, -1.8),
    "cap": (1.04, 0.0, -1.24),
    "wide": (0.86, 1.78, -1.3),
}
"""Half a width of crown and of brim, and how high the crown reaches."""


def put_on_hat(picture: Map, cover: Map, place: Places, look: Look) -> None:
    """Put a hat on a head, in place, its shadow on the forehead."""
    crown, brim, top = _HATS[look.hat]
    base = -0.62
    x = -0.1 * place.turn
    felt = 1 + 0.03 * grain(53, 8)
    tone = (0.62 + 0.5 * np.clip(0.45 + 0.5 * (place.flat - x) / crown, 0, 1.1)) * felt
    colour = np.array(look.hat_colour, np.float32)
    picture *= (1 - 0.45 * np.exp(-(((place.down - base - 0.12) / 0.14) ** 2)))[:, :, None]
    if look.hat == "top":
        side = np.clip((crown + 0.06 * (base - place.down) - np.abs(place.flat - x)) * HALF, 0, 1)
        body = side * np.clip((place.down - top) * TALL, 0, 1) * (place.down < base)
    else:
        body = ellipse(place, x, base, crown, base - top) * (place.down < base + 0.04)
    lay(picture, cover, np.asarray(body, np.float32), colour * tone[:, :, None])
    band = body * ((place.down > base - 0.2) & (look.hat != "cap"))
    lay(
        picture, cover, np.asarray(band, np.float32), np.array(look.band, np.float32) * tone[:, :, None]
    )
    edge = ellipse(place, x, base + 0.02, brim or 0.9, 0.11 if look.hat != "wide" else 0.2)
    lit = (0.72 + 0.4 * np.clip(0.5 + 0.5 * (place.flat - x) / (brim or 0.9), 0, 1))[:, :, None]
    lay(picture, cover, edge, colour * lit * (0.8 + 0.3 * (place.down < base)[:, :, None]))
    if look.hat == "wide":
        _flowers(picture, cover, x, base)


def _flowers(picture: Map, cover: Map, x: float, base: float) -> None:
    random = np.random.default_rng(54)
    colours: tuple[Colour, ...] = ((206, 88, 96), (236, 206, 196), (226, 178, 96), (122, 142, 84))
    flowers = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    for number in range(46):
        across, up = random.uniform(-0.85, 0.85), random.uniform(0.0, 0.3)
        centre = (
            int(WIDTH / 2 + (x + across) * HALF),
            int(EYES_AT + (base - up * (1 - across**2)) * TALL),
        )
        red, green, blue = (part * random.uniform(0.75, 1.1) for part in colours[number % 4])
        tone = (min(red, 255), min(green, 255), min(blue, 255), 255)
        cv2.circle(flowers, centre, int(random.integers(6, 13)), tone, -1, cv2.LINE_AA)
    above = flowers[:, :, 3].astype(np.float32) / 255
    lay(picture, cover, above, flowers[:, :, :3].astype(np.float32))


@cache
def bust(look: Look) -> Texture:
    """Return shoulders in their clothes, twice as wide as a head's texture and `BUST` high."""
    wide, tall = 2 * WIDTH, BUST
    across = ((np.arange(wide, dtype=np.float32) - wide / 2) / HALF)[None]
    down = ((np.arange(tall, dtype=np.float32)) / TALL)[:, None]
    top = (
        0.34
        + 0.3 * np.clip(np.abs(across) / 1.9, 0, 1) ** 1.6
        + np.clip(np.abs(across) - 1.9, 0, 9) ** 2 * 3.2
    )
    neck = (np.abs(across) < 0.52 - 0.06 * down) & (down < 0.75)
    cover = np.clip((down - top) * TALL, 0, 1)
    tone = 0.5 + 0.6 * np.clip(0.5 + 0.22 * across - 0.1 * np.minimum(down - top, 2), 0, 1.1)
    weave = 1 + 0.035 * noise(tall, wide, np.random.default_rng(55), 24, 2)
    picture = np.array(look.coat, np.float32) * (tone * weave)[:, :, None]
    _clothes(picture, look, wide)
    skin = (
        np.array(look.skin, np.float32)
        * (0.42 + 0.3 * np.clip(0.5 + across, 0, 1) + 0 * down)[:, :, None]
    )
    picture = np.where(neck[:, :, None] & (cover[:, :, None] < 0.5), skin, picture)
    cover = np.maximum(cover, neck)
    if not look.lady:
        _collar(picture, cover, wide)
    drawn = np.dstack([np.clip(picture, 0, 255), cover * 255])
    return Texture(drawn.astype(np.uint8))


def _clothes(picture: Map, look: Look, wide: int) -> None:
    albedo = np.zeros((*picture.shape[:2], 4), np.uint8)
    middle = wide // 2
    if look.lady:
        for row in range(70, BUST, 26):
            cv2.ellipse(
                albedo, (middle, row - 30), (150, 46), 0, 20, 160, (240, 234, 222, 90), 5, cv2.LINE_AA
            )
        cv2.circle(albedo, (middle, 78), 13, (196, 150, 70, 255), -1, cv2.LINE_AA)
    else:
        shirt = np.array([(middle - 52, 40), (middle + 52, 40), (middle, 300)])
        cv2.fillPoly(albedo, [shirt], (230, 226, 216, 255), cv2.LINE_AA)
        tie = np.array(
            [
                (middle - 12, 84),
                (middle + 12, 84),
                (middle + 20, 210),
                (middle, 280),
                (middle - 20, 210),
            ]
        )
        cv2.fillPoly(albedo, [tie], (112, 44, 46, 255), cv2.LINE_AA)
        for side in (-1, 1):
            lapel = [
                (middle + side * 54, 44),
                (middle + side * 118, 128),
                (middle + side * 84, 150),
                (middle, 310),
            ]
            tint = tuple(part * (0.8 if side < 0 else 1.15) for part in look.coat)
            cv2.fillPoly(albedo, [np.array(lapel)], (*tint, 255), cv2.LINE_AA)
            cv2.polylines(albedo, [np.array(lapel)], False, (22, 20, 22, 200), 2, cv2.LINE_AA)
    share = albedo[:, :, 3:].astype(np.float32) / 255
    picture += share * (albedo[:, :, :3].astype(np.float32) - picture)


def _collar(picture: Map, cover: Map, wide: int) -> None:
    middle = wide // 2
    collar = np.zeros(cover.shape, np.uint8)
    for side in (-1, 1):
        wing = [
            (middle, 88),
            (middle + side * 58, 24),
            (middle + side * 62, 52),
            (middle + side * 22, 116),
        ]
        cv2.fillPoly(collar, [np.array(wing)], 255, cv2.LINE_AA)
    lay(picture, cover, collar.astype(np.float32) / 255, np.array((238, 234, 226), np.float32))
