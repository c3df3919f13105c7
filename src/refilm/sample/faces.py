"""Faces near the camera: modelled as a relief that is lit from the upper right.

Horn, "Obtaining shape from shading information", 1975, has it the other way round: a surface is
as light as it turns to the lamp (Lambert), so a relief of nose, brow and lips looks like a face.
"""

from functools import lru_cache

import cv2
import numpy as np

from refilm.sample.dress import put_on_hat
from refilm.sample.looks import Look
from refilm.sample.relief import HALF, TALL, Map, Places, ellipse, grain, lay, places, tint
from refilm.sample.textures import Texture

_LAMP = np.array((0.52, -0.5, 0.7), np.float32)


@lru_cache(maxsize=96)
def head(look: Look, turn: float, lids: float, mouth: float) -> Texture:
    """Return a head, (HEIGHT, WIDTH), turned by `turn` radians to the left.

    Its eyes are shut as far as `lids` and its mouth is open as far as `mouth` says, 0..1.
    """
    place = places(turn)
    relief = _relief(place, look, mouth)
    light = _light(relief)
    albedo = _skin(place, look, mouth)
    _eyes(albedo, light, place, look, lids)
    _hair_of_face(albedo, place, look)
    picture = albedo * light[:, :, None]
    cover = np.clip((0.0 - place.outside) * HALF + 0.5, 0, 1)
    picture, cover = _around(picture, cover, place, look)
    drawn = np.dstack([np.clip(picture, 0, 255), cover * 255])
    return Texture(drawn.astype(np.uint8))


def _relief(place: Places, look: Look, mouth: float) -> Map:
    dome = np.sqrt(np.clip(1 - (place.flat / (place.half * 1.03)) ** 2, 0.003, 1)) * 0.62 * place.half
    dome -= 0.12 * place.down**2
    bumps = 0.055 * place.pair(0.36, -0.2, 0.26, 0.1)
    bumps -= 0.1 * place.pair(0.37, 0.0, 0.2, 0.13)
    bumps += 0.05 * place.pair(0.38, 0.01, 0.13, 0.08)
    ridge = np.clip((place.down + 0.12) / 0.55, 0, 1) * (place.down < 0.46)
    bumps += 0.17 * ridge * np.exp(-((place.across / (0.085 + 0.06 * ridge)) ** 2))
    bumps += 0.1 * place.spot(0, 0.39, 0.13, 0.09) + 0.06 * place.pair(0.14, 0.42, 0.07, 0.06)
    bumps += (0.05 + 0.03 * look.round_cheeks) * place.pair(0.52, 0.3, 0.22, 0.17)
    bumps -= 0.04 * place.pair(0.27, 0.52, 0.06, 0.16)
    bumps += 0.05 * place.spot(0, 0.635, 0.2, 0.035) + 0.065 * place.spot(
        0, 0.74 + 0.05 * mouth, 0.18, 0.045
    )
    bumps -= 0.05 * place.spot(0, 0.83, 0.16, 0.04) - 0.06 * place.spot(0, 0.93, 0.2, 0.09)
    bumps -= 0.02 * place.spot(0, 0.55, 0.05, 0.06)
    return np.asarray(dome + bumps, np.float32)


def _light(relief: Map) -> Map:
    smooth = np.asarray(cv2.GaussianBlur(relief, (0, 0), 1.6), np.float32)
    slope_y, slope_x = np.gradient(smooth * HALF)
    length = np.sqrt(slope_x**2 + slope_y**2 + 1)
    towards = (-slope_x * _LAMP[0] - slope_y * _LAMP[1] + _LAMP[2]) / length
    return np.asarray(0.34 + 0.78 * np.clip(towards, 0, 1) ** 0.9, np.float32)


def _skin(place: Places, look: Look, mouth: float) -> Map:
    rough = grain(51, 32)[:, :, None]
    albedo = np.array(look.skin, np.float32) * (1 + 0.018 * rough)
    red = np.array((214, 128, 108), np.float32)
    blush = 0.3 * place.pair(0.5, 0.34, 0.24, 0.16) + 0.25 * place.spot(0, 0.38, 0.14, 0.1)
    tint(albedo, blush * (1.3 if look.lady else 1), red)
    tint(albedo, 0.45 * place.pair(0.38, 0.02, 0.24, 0.1), np.array(look.skin, np.float32) * 0.62)
    strong = 0.85 if look.lady else 0.5
    lips = np.clip(
        1.3 * place.spot(0, 0.64, 0.21, 0.03) + 1.3 * place.spot(0, 0.74 + 0.05 * mouth, 0.18, 0.045),
        0,
        1,
    )
    tint(albedo, strong * lips, np.array(look.lips, np.float32))
    between = place.spot(0, 0.683 + 0.02 * mouth, 0.22, 0.012 + 0.045 * mouth)
    tint(albedo, np.clip(1.1 * between, 0, 1), np.array((66, 30, 28), np.float32))
    tint(albedo, 0.75 * place.pair(0.085, 0.455, 0.045, 0.02), np.array((74, 42, 36), np.float32))
    return albedo


def _eyes(albedo: Map, light: Map, place: Places, look: Look, lids: float) -> None:
    for side in (-1, 1):
        x = side * 0.37
        along = np.clip(np.abs(place.across - x) / 0.19, 0, 1)
        upper, lower = -0.085 * (1 - along**2) * (1 - lids) + 0.03 * lids, 0.045 * (1 - along**2)
        gap = np.minimum(place.down - upper, lower - place.down) * TALL
        opened = np.clip(gap + 0.5, 0, 1) * (along < 1) * (lids < 0.9)
        tint(albedo, opened, np.array((232, 226, 216), np.float32))
        away = np.hypot((place.across - x) * HALF, (place.down + 0.012) * TALL)
        iris = opened * np.clip(9.5 - away, 0, 1)
        tint(albedo, iris, np.array(look.iris, np.float32))
        tint(albedo, opened * np.clip(4.6 - away, 0, 1), np.array((18, 14, 14), np.float32))
        spark = np.hypot((place.across - x) * HALF - 3, (place.down + 0.03) * TALL)
        tint(albedo, opened * np.clip(2.6 - spark, 0, 1), np.array((255, 255, 250), np.float32) * 1.4)
        lash = np.exp(-(((place.down - upper) * TALL / 2.2) ** 2)) * (along < 1)
        tint(albedo, lash * 0.9, np.array((44, 30, 26), np.float32))
        light += opened * (0.9 - light) * 0.7
    brow = place.pair(0.37, -0.2, 0.2, 0.022 if look.lady else 0.036)
    tint(albedo, 0.85 * np.clip(brow * 1.3, 0, 1), np.array(look.hair, np.float32))


def _hair_of_face(albedo: Map, place: Places, look: Look) -> None:
    strands = grain(52, 12)
    hair = np.array(look.hair, np.float32)
    if look.moustache:
        droop = place.down - 0.575 - 0.3 * np.abs(place.across) ** 1.6
        cover = np.exp(-((droop / 0.062) ** 4)) * (np.abs(place.across) < 0.44)
        cover = np.asarray(cv2.GaussianBlur(cover.astype(np.float32), (0, 0), 1.6)) * look.moustache
        tint(albedo, cover * (0.9 + 0.2 * strands), hair)
    if look.beard:
        jaw = np.clip((place.down - 0.42 - 0.1 * np.cos(place.across * 3)) * 6, 0, 1)
        jaw = np.maximum(
            jaw, np.clip((np.abs(place.flat) / place.half - 0.82) * 9, 0, 1) * (place.down > -0.1)
        )
        around_mouth = 1 - np.clip(1.6 * place.spot(0, 0.69, 0.22, 0.1), 0, 1)
        tint(albedo, look.beard * jaw * around_mouth * np.clip(0.85 + 0.25 * strands, 0, 1), hair)
    fringe = np.clip((-0.62 - place.down + 0.14 * place.across**2) * 14, 0, 1)
    sides = np.clip((np.abs(place.flat) / place.half - 0.88) * 16, 0, 1) * np.clip(
        (0.08 - place.down) * 10, 0, 1
    )
    tint(albedo, np.maximum(fringe, sides) * np.clip(0.92 + 0.12 * strands, 0, 1), hair)


def _around(picture: Map, cover: Map, place: Places, look: Look) -> tuple[Map, Map]:
    """Return the head with ears, hair behind it, and its hat."""
    behind = np.zeros_like(picture)
    below = np.zeros_like(cover)
    for side in (-1, 1) if not look.lady else ():
        ear = ellipse(place, side * 0.97 - 0.25 * place.turn, 0.12, 0.11, 0.21)
        lay(behind, below, ear, np.array(look.skin, np.float32) * (0.66 + 0.2 * (side > 0)))
    if look.lady or look.beard:
        wide = 1.13 if look.lady else 1.0
        hair = ellipse(place, -0.1 * place.turn, -0.3, wide, 0.72)
        shade = 0.55 + 0.5 * np.clip(0.5 + 0.4 * place.flat - 0.3 * place.down, 0, 1)
        lay(behind, below, hair, np.array(look.hair, np.float32) * shade[:, :, None])
    lay(behind, below, cover, picture)
    if look.beard:
        _full_beard(behind, below, place, look)
    if look.hat != "none":
        put_on_hat(behind, below, place, look)
    return behind, below


def _full_beard(picture: Map, cover: Map, place: Places, look: Look) -> None:
    strands = 1 + 0.1 * grain(52, 12)
    shape = ellipse(place, -0.2 * place.turn, 0.78, 0.66, 0.55) * np.clip((place.down - 0.56) * 9, 0, 1)
    shape *= 1 - np.clip(1.4 * place.spot(0, 0.68, 0.2, 0.07), 0, 1)
    light = 0.55 + 0.5 * np.clip(0.5 + 0.6 * place.flat - 0.5 * (place.down - 0.8), 0, 1.1)
    colour = np.array(look.hair, np.float32) * (light * strands)[:, :, None]
    lay(picture, cover, np.asarray(look.beard * shape, np.float32), colour)
