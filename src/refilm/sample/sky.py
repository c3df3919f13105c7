"""The sky: blue above, pale at the horizon, with clouds that drift."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.sample.camera import Camera
from refilm.sample.canvas import Canvas
from refilm.sample.textures import noise

_TURN = 620
"""Pixels of sky per radian."""
_HEIGHT, _WIDTH = 900, 1900


def draw_sky(canvas: Canvas, time: float, seed: int) -> None:
    """Fill the picture with sky; below the horizon its lower edge goes on."""
    aside, up = _directions(canvas.camera)
    columns = np.asarray(_WIDTH / 2 + aside * _TURN + time * 3, np.float32)
    rows = np.asarray(_HEIGHT - up * _TURN, np.float32)
    drawn = cv2.remap(_sky(seed), columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    canvas.pixels = np.asarray(drawn, np.uint8)


def _directions(camera: Camera) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return in which direction each pixel looks, radians to the right and upward, (height, width)."""
    rows, columns = np.mgrid[: camera.height, : camera.width]
    places = np.stack([columns, rows, np.ones_like(rows)], axis=-1, dtype=np.float64)
    looks = places @ np.linalg.inv(camera.lens).T @ camera.rotation
    aside = np.arctan2(looks[..., 0], looks[..., 2])
    return aside, np.arctan2(looks[..., 1], np.hypot(looks[..., 0], looks[..., 2]))


@cache
def _sky(seed: int) -> NDArray[np.uint8]:
    random = np.random.default_rng((seed, 5))
    height = np.linspace(1, 0, _HEIGHT, dtype=np.float32)[:, None, None]
    low, high = np.array((226, 222, 208), np.float32), np.array((118, 156, 202), np.float32)
    sky = low + (high - low) * height**0.75
    puffs = noise(_HEIGHT // 2, _WIDTH // 2, random, 260, 3)
    puffs = np.asarray(cv2.resize(puffs, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC))
    cover = np.clip((puffs - 0.1) * 0.8, 0, 1)[:, :, None]
    under = np.roll(puffs, -14, 0)[:, :, None]
    cloud = np.array((250, 248, 242), np.float32) - np.clip(puffs[:, :, None] - 0.4 * under, 0, 2) * 26
    return np.clip(sky + cover * (0.45 + 0.55 * height) * (cloud - sky), 0, 255).astype(np.uint8)
