"""Trams, carriages and horses."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from refilm.sample.camera import Points
from refilm.sample.canvas import Canvas, Colour, Part, balls
from refilm.sample.textures import Texture, letter, noise

_CREAM: Colour = (232, 220, 186)
_IRON: Colour = (44, 42, 44)


@dataclass(frozen=True)
class Ride:
    """A vehicle on its way along z: `start` is x, z of its front's middle at time 0."""

    start: tuple[float, float]
    speed: float
    """Metres per second into the picture; below 0 it comes towards the camera."""
    colour: Colour = (150, 50, 42)

    def front(self, time: float) -> float:
        """Return z of the front's middle at that time."""
        return self.start[1] + self.speed * time


_TRAM = (2.3, 3.0, 8.0)
"""Width, height, length in metres."""
_FLOOR = 0.55


def draw_tram(canvas: Canvas, ride: Ride, time: float) -> None:
    """Draw a tram that runs along z."""
    wide, tall, long = _TRAM
    ahead = 1.0 if ride.speed < 0 else -1.0
    x, z = ride.start[0], ride.front(time)
    near, far = (z, z + long) if ahead > 0 else (z - long, z)
    front, side = _tram_textures(ride.colour)
    left, right = x - wide / 2, x + wide / 2
    for bogie in (near + 1.6, far - 1.6):
        for edge in (left + 0.15, right - 0.15):
            draw_wheel(canvas, (edge, 0.36, bogie), 0.36, time * ride.speed / 0.36, _IRON, 0.08)
    if canvas.camera.place[0] > right:
        canvas.paste(side, (right, _FLOOR, near), (0, 0, long), (0, tall, 0))
    if canvas.camera.place[0] < left:
        canvas.paste(side, (left, _FLOOR, far), (0, 0, -long), (0, tall, 0))
    canvas.paste(front, (left, _FLOOR, near), (wide, 0, 0), (0, tall, 0))
    _tram_roof(canvas, left, right, near, far)
    lamp = balls((x, 1.35, near - 0.08, 0.16))
    canvas.body(lamp, (250, 240, 200))
    canvas.body(balls((x - 0.7, 0.5, near - 0.2, 0.12), (x + 0.7, 0.5, near - 0.2, 0.12)), (70, 50, 40))


def _tram_roof(canvas: Canvas, left: float, right: float, near: float, far: float) -> None:
    top = _FLOOR + _TRAM[1]
    eaves = [(left - 0.12, top, near - 0.5), (right + 0.12, top, near - 0.5)]
    back = [(right + 0.12, top, far + 0.4), (left - 0.12, top, far + 0.4)]
    canvas.face(np.array(eaves + back), (120, 110, 96))
    ridge = [(left + 0.4, top + 0.42, near + 0.1), (right - 0.4, top + 0.42, near + 0.1)]
    canvas.face(np.array([*eaves, ridge[1], ridge[0]]), (206, 196, 168))
    canvas.line(np.array(eaves), 0.09, (96, 60, 46))
    for edge, inner in ((left - 0.12, left + 0.4), (right + 0.12, right - 0.4)):
        slope = [(edge, top, near - 0.5), (inner, top + 0.42, near + 0.1)]
        canvas.face(
            np.array([*slope, (inner, top + 0.42, far - 0.2), (edge, top, far + 0.4)]), (186, 176, 150)
        )


def tram_shadow(canvas: Canvas, ride: Ride, time: float, sun: tuple[float, float]) -> None:
    """Cast a tram's shadow."""
    wide, tall, long = _TRAM
    x, z = ride.start[0], ride.front(time)
    near, far = (z, z + long) if ride.speed < 0 else (z - long, z)
    corners = [
        (x + side * wide / 2, up, end, 0.02)
        for side in (-1, 1)
        for up in (0.2, tall)
        for end in (near, far)
    ]
    canvas.shadow(np.array(corners), sun)


@cache
def _tram_textures(colour: Colour) -> tuple[Texture, Texture]:
    return Texture(_tram_face(colour, 230, 3)), Texture(_tram_face(colour, 800, 9))


def _tram_face(colour: Colour, width: int, windows: int) -> NDArray[np.uint8]:
    face = np.zeros((300, width, 3), np.float32)
    face[:] = _CREAM
    face[165:] = colour
    face[165:169] = (226, 190, 96)
    face[262:266] = (226, 190, 96)
    face[284:] = _IRON
    pitch = width / windows
    for window in range(windows):
        left, right = round(window * pitch) + 9, round((window + 1) * pitch) - 9
        glass = np.linspace(0.7, 1.25, 104, dtype=np.float32)[:, None, None]
        face[50:154, left:right] = glass * np.array((72, 86, 98), np.float32)
        face[46:50, left - 3 : right + 3] = (110, 66, 44)
        face[154:160, left - 3 : right + 3] = (110, 66, 44)
        face[176:254, left:right] *= 0.86
    face[12:38, round(width * 0.2) : round(width * 0.8)] = (36, 40, 52)
    letter(face, "CITY  LINE" if windows > 3 else "17 PARK", 34, 0.9, (240, 226, 176))
    rough = noise(300, width, np.random.default_rng(3), 64, 4)[:, :, None]
    return np.clip(face * (1 + 0.025 * rough), 0, 255).astype(np.uint8)


def draw_wheel(
    canvas: Canvas,
    hub: tuple[float, float, float],
    radius: float,
    angle: float,
    colour: Colour,
    rim: float,
) -> None:
    """Draw a wheel that stands along z, turned by `angle`."""
    angles = np.linspace(0, 2 * np.pi, 25)
    canvas.line(_circle(hub, radius, angles), rim, colour)
    for spoke in range(5):
        ends = np.array((spoke * np.pi / 5, spoke * np.pi / 5 + np.pi)) + angle
        canvas.line(_circle(hub, radius, ends), rim * 0.6, colour)


def _circle(hub: tuple[float, float, float], radius: float, angles: NDArray[np.float64]) -> Points:
    flat = [np.zeros_like(angles), radius * np.cos(angles), radius * np.sin(angles)]
    return np.array(hub) + np.stack(flat, 1)


def draw_carriage(canvas: Canvas, ride: Ride, time: float, light: float = 1.0) -> None:
    """Draw a carriage with its horse and driver, in so much light."""
    ahead = 1.0 if ride.speed > 0 else -1.0
    x, z = ride.start[0], ride.front(time)
    coach = z - ahead * 3.4
    parts: list[tuple[float, Callable[[], None]]] = [
        (z - ahead * 1.0, lambda: _horse(canvas, x, z - ahead * 1.0, ahead, ride, time, light)),
        (coach + ahead * 0.9, lambda: _axle(canvas, x, coach + ahead * 0.9, 0.46, ride, time)),
        (coach, lambda: canvas.figure(_coach(x, coach, ahead, ride.colour), light)),
        (coach - ahead * 0.7, lambda: _axle(canvas, x, coach - ahead * 0.7, 0.62, ride, time)),
    ]
    for _, draw in sorted(parts, key=lambda part: -part[0]):
        draw()


def _axle(canvas: Canvas, x: float, z: float, radius: float, ride: Ride, time: float) -> None:
    for edge in (x - 0.78, x + 0.78):
        draw_wheel(canvas, (edge, radius, z), radius, time * ride.speed / radius, (72, 54, 42), 0.07)


def _coach(x: float, z: float, ahead: float, colour: Colour) -> list[Part]:
    """Return the coach's box, its folding hood and its driver."""
    box = [
        (x + a, up, z + ahead * b, 0.1) for a in (-0.52, 0.52) for up, b in ((0.75, -0.8), (1.2, -0.9))
    ]
    box += [(x + a, up, z + ahead * b, 0.1) for a in (-0.5, 0.5) for up, b in ((0.7, 0.6), (1.0, 0.75))]
    arch = ((1.25, -0.95), (1.75, -0.9), (2.1, -0.6), (2.15, -0.15), (1.9, -0.1), (1.3, -0.3))
    hood = [(x + a, up, z + ahead * b, 0.06) for a in (-0.55, 0.55) for up, b in arch]
    shafts = [
        balls((x + a, 0.85, z + ahead * 0.8, 0.03), (x + a, 1.05, z + ahead * 3.1, 0.03))
        for a in (-0.28, 0.28)
    ]
    parts: list[Part] = [(np.array(box), colour), (np.array(hood), (66, 58, 56))]
    return parts + [(shaft, (92, 64, 44)) for shaft in shafts] + _driver(x, z + ahead * 0.5)


def _driver(x: float, z: float) -> list[Part]:
    body = balls((x - 0.15, 1.25, z, 0.13), (x + 0.15, 1.25, z, 0.13), (x, 1.72, z, 0.2))
    hat = balls((x, 2.14, z, 0.1), (x, 2.3, z, 0.1))
    return [(body, (84, 76, 72)), (balls((x, 2.04, z, 0.11)), (222, 172, 142)), (hat, (44, 38, 38))]


def _horse(
    canvas: Canvas, x: float, z: float, ahead: float, ride: Ride, time: float, light: float
) -> None:
    brown: Colour = (122, 78, 50)
    phase = time * abs(ride.speed) * 2.6
    bob = 0.03 * np.sin(2 * phase)
    legs = [
        _horse_leg(x + side, z + ahead * along, ahead, phase + turn)
        for side, along, turn in (
            (0.17, 0.55, 0.0),
            (-0.17, 0.55, np.pi),
            (0.17, -0.5, np.pi),
            (-0.17, -0.5, 0.0),
        )
    ]
    trunk = balls((x, 1.22 + bob, z + ahead * 0.5, 0.3), (x, 1.2 + bob, z - ahead * 0.5, 0.32))
    neck = balls((x, 1.36 + bob, z + ahead * 0.6, 0.2), (x, 1.82 + bob, z + ahead * 0.95, 0.12))
    head = balls((x, 1.88 + bob, z + ahead * 0.97, 0.13), (x, 1.58 + bob, z + ahead * 1.3, 0.075))
    tail = balls((x, 1.3 + bob, z - ahead * 0.8, 0.07), (x, 0.75, z - ahead * 0.95, 0.05))
    ears = balls(
        (x - 0.07, 2.0 + bob, z + ahead * 0.93, 0.035), (x + 0.07, 2.0 + bob, z + ahead * 0.93, 0.035)
    )
    parts = [(leg, brown) for leg in legs]
    parts += [(tail, (48, 34, 26)), (trunk, brown), (neck, brown), (head, brown), (ears, (90, 58, 40))]
    canvas.figure(parts, light)


def _horse_leg(x: float, z: float, ahead: float, phase: float) -> Points:
    swing = 0.4 * np.sin(phase)
    bend = swing - 0.7 * max(0.0, np.cos(phase))
    knee = (x, 1.05 - 0.5 * np.cos(swing), z + ahead * 0.5 * np.sin(swing))
    hoof = (x, knee[1] - 0.5 * np.cos(bend), knee[2] + ahead * 0.5 * np.sin(bend))
    return balls((x, 1.1, z, 0.13), (*knee, 0.075), (*hoof, 0.06))


def carriage_shadow(canvas: Canvas, ride: Ride, time: float, sun: tuple[float, float]) -> None:
    """Cast the shadow of a carriage and its horse."""
    ahead = 1.0 if ride.speed > 0 else -1.0
    x, z = ride.start[0], ride.front(time)
    horse = [
        (x, 1.2, z - ahead * 0.5, 0.3),
        (x, 1.2, z - ahead * 1.5, 0.3),
        (x, 0.1, z - ahead * 1.0, 0.2),
    ]
    canvas.shadow(np.array([*horse, (x, 1.9, z, 0.15)]), sun)
    coach = z - ahead * 3.4
    corners = [
        (x + a, up, coach + b, 0.1) for a in (-0.6, 0.6) for up in (0.3, 2.1) for b in (-0.9, 0.8)
    ]
    canvas.shadow(np.array(corners), sun)
