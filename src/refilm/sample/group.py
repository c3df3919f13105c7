"""A group of people close to the camera, who look into it, as people did."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from refilm.sample.canvas import Canvas
from refilm.sample.dress import BUST, bust
from refilm.sample.facades import house
from refilm.sample.faces import head
from refilm.sample.looks import Look
from refilm.sample.people import Walk, walker
from refilm.sample.relief import HEIGHT, WIDTH
from refilm.sample.textures import Texture

_METRE = 780
"""Pixels of a face's texture per metre."""
_STEPS = 40
"""How finely a turn of the head is told apart, steps per radian: each is modelled only once."""


_MOMENTS = 12
"""Times in a second that a head is modelled anew."""


@dataclass(frozen=True)
class Sitter:
    """Someone who is filmed: where they stand and how they move."""

    look: Look
    x: float
    chin: float
    """Height of the chin in metres."""
    z: float
    phase: float


SITTERS = (
    Sitter(
        Look(
            hat="top",
            beard=0.95,
            moustache=0.9,
            hair=(196, 190, 180),
            coat=(52, 50, 54),
            skin=(216, 164, 136),
        ),
        0.52,
        1.56,
        2.75,
        0.4,
    ),
    Sitter(
        Look(hat="bowler", moustache=0.95, coat=(86, 78, 70), hat_colour=(58, 48, 44)),
        -0.5,
        1.53,
        2.6,
        2.0,
    ),
    Sitter(
        Look(
            hat="wide",
            lady=True,
            skin=(236, 192, 166),
            hair=(112, 70, 42),
            hat_colour=(216, 194, 150),
            coat=(92, 116, 148),
            band=(150, 66, 72),
            iris=(78, 98, 116),
        ),
        0.08,
        1.42,
        2.35,
        3.3,
    ),
    Sitter(
        Look(
            hat="cap",
            skin=(234, 184, 154),
            round_cheeks=1.0,
            hair=(128, 86, 48),
            hat_colour=(112, 98, 78),
            coat=(122, 100, 72),
        ),
        -0.2,
        1.1,
        1.95,
        5.1,
    ),
)


def draw_group(canvas: Canvas, passers: tuple[Walk, ...], time: float, seed: int) -> None:
    """Draw the group before a shop, with people passing behind it."""
    canvas.pixels[:] = (150, 150, 152)
    canvas.paste(_shop(seed), (-6.2, 0, 7.4), (12.4, 0, 0), (0, 9.0, 0))
    for walk in passers:
        canvas.figure(walker(walk, time))
    canvas.pixels = np.asarray(
        cv2.GaussianBlur(canvas.pixels, (0, 0), 0.006 * canvas.camera.height), np.uint8
    )
    for sitter in SITTERS:
        _draw_sitter(canvas, sitter, time)


@cache
def _shop(seed: int) -> Texture:
    front = house(24, seed, lit=0.98).front.pixels
    return Texture(np.ascontiguousarray(front[-252:]))


def _draw_sitter(canvas: Canvas, sitter: Sitter, time: float) -> None:
    sway = 0.012 * np.sin(1.3 * time + sitter.phase)
    nod = 0.006 * np.sin(2.1 * time + 1.7 * sitter.phase)
    wide, tall = 2 * WIDTH / _METRE, BUST / _METRE
    chin = sitter.chin + nod
    canvas.paste(
        bust(sitter.look),
        (sitter.x + sway * 0.4 - wide / 2, sitter.chin + 0.06 - tall, sitter.z),
        (wide, 0, 0),
        (0, tall, 0),
    )
    roll = 0.05 * np.sin(1.1 * time + sitter.phase * 2)
    across, up = np.array((np.cos(roll), np.sin(roll), 0)), np.array((-np.sin(roll), np.cos(roll), 0))
    foot = (
        np.array((sitter.x + sway, chin, sitter.z - 0.02))
        - across * WIDTH / _METRE / 2
        - up * 82 / _METRE
    )
    canvas.paste(_head(sitter, time), foot, across * WIDTH / _METRE, up * HEIGHT / _METRE)


def _head(sitter: Sitter, time: float) -> Texture:
    time = np.floor(time * _MOMENTS) / _MOMENTS
    turn = 0.3 * np.sin(0.9 * time + 1.3 * sitter.phase) - 0.12 * np.sign(sitter.x)
    blink = np.clip(1.6 - 9 * abs((time + sitter.phase) % 1.9 - 0.8), 0, 1)
    talk = np.clip(np.sin(4 * time + sitter.phase) * np.sin(1.3 * time + sitter.phase), 0, 1) * 0.8
    return head(sitter.look, round(turn * _STEPS) / _STEPS, round(blink * 3) / 3, round(talk * 4) / 4)
