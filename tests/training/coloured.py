"""Photographs as training tests need them, drawn: skies are blue and smooth, fields green and rough."""

import cv2
import numpy as np

from refilm.training.recipe import Phase, Recipe

TINY = Recipe(
    warmup=2,
    body=Phase("body", size=32, batch=4, edges=False, falls=False),
    finish=Phase("finish", size=32, batch=4, edges=True, falls=True),
)
"""A recipe for seconds."""


def landscape(number, height=48, width=64):
    """Return a picture in 8-bit sRGB: a smooth blue sky over rough green."""
    chance = np.random.default_rng(number)
    horizon = int(chance.integers(height // 3, 2 * height // 3))
    picture = np.zeros((height, width, 3), np.float32)
    picture[:horizon] = (110, 160, 230)
    picture[horizon:] = (70, 140, 50)
    picture[horizon:] += chance.normal(0, 25, (height - horizon, width, 1))
    return np.clip(picture + chance.normal(0, 8), 0, 255).astype(np.uint8)


def photographs(folder, count):
    """Write so many landscapes into a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        cv2.imwrite(str(folder / f"scene-{number:03}.png"), landscape(number)[..., ::-1])
    return folder
