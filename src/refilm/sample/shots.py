"""The shots of the sample film: what each shows, and how its camera moves."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from refilm.sample.camera import Camera
from refilm.sample.canvas import Canvas
from refilm.sample.group import draw_group
from refilm.sample.park import Stroll, draw_park
from refilm.sample.people import Walk, child, someone
from refilm.sample.square import Gathering, draw_square
from refilm.sample.street import Traffic, draw_street
from refilm.sample.vehicles import Ride


@dataclass(frozen=True)
class Take:
    """One shot: how long it is, where its camera is, and what it draws at each moment."""

    name: str
    seconds: float
    camera: Callable[[float], Camera]
    draw: Callable[[Canvas, float], None]


def takes(seed: int) -> tuple[Take, ...]:
    """Return the shots in their order."""
    return (_crossing(seed), _river(seed), _ride(seed), _tower(seed), _group(seed))


def _crossing(seed: int) -> Take:
    traffic = Traffic(
        walks=tuple(_crowd(seed, 14, (-7.5, 7.5), (9, 34))),
        trams=(Ride((-1.9, 34), -3.2),),
        carriages=(Ride((4.0, 13.0), 2.2, (70, 84, 66)), Ride((-4.6, 40.0), -2.4, (120, 60, 44))),
    )
    camera = Camera((1.2, 1.75, 0), turn=-0.1, tilt=0.06, focal=1.15)
    return Take(
        "crossing",
        2.5,
        lambda _: camera,
        lambda canvas, time: draw_street(canvas, traffic, time, seed),
    )


def _ride(seed: int) -> Take:
    traffic = Traffic(
        walks=tuple(_crowd(seed + 1, 22, (-8, 8), (12, 60))),
        trams=(Ride((-1.9, 62), -4.5, (48, 92, 84)),),
        carriages=(Ride((4.2, 22.0), 1.6), Ride((-4.6, 46.0), -2.4, (60, 66, 92))),
    )

    def camera(time: float) -> Camera:
        return Camera((1.6, 2.5, 4.0 * time), turn=-0.02 + 0.01 * np.sin(time), tilt=0.02, focal=1.05)

    return Take("ride", 2.5, camera, lambda canvas, time: draw_street(canvas, traffic, time, seed))


def _river(seed: int) -> Take:
    stroll = Stroll(
        walks=tuple(_crowd(seed + 2, 8, (-9, 9), (6.5, 9.6), sideways=True)),
        bridge=tuple(_crowd(seed + 3, 12, (-24, 34), (46.4, 46.6), sideways=True)),
        trees=((-8.5, 8.5, 9.0), (7.8, 9.4, 8.0), (-17, 9.0, 10.0), (17, 8.0, 9.5)),
    )

    def camera(time: float) -> Camera:
        return Camera((0, 2.3, 0), turn=-0.42 + 0.3 * time, tilt=0.03, focal=1.05)

    return Take("river", 2.5, camera, lambda canvas, time: draw_park(canvas, stroll, time, seed))


def _tower(seed: int) -> Take:
    gathering = Gathering(
        walks=tuple(_crowd(seed + 4, 18, (-10, 10), (11, 34))),
        trees=((-11, 30, 9.0), (12, 31, 8.0), (-15, 24, 9.0), (15.5, 25, 9.5)),
    )

    def camera(time: float) -> Camera:
        done = np.clip((time - 0.2) / 1.7, 0, 1)
        return Camera(
            (0, 2.0, 0), turn=0.02, tilt=0.78 - 0.72 * done * done * (3 - 2 * done), focal=1.05
        )

    return Take("tower", 2.25, camera, lambda canvas, time: draw_square(canvas, gathering, time, seed))


def _group(seed: int) -> Take:
    passers = tuple(_crowd(seed + 6, 5, (-4, 4), (4.6, 6.4), sideways=True))
    camera = Camera((0, 1.55, 0), tilt=0.0, focal=1.72)
    return Take(
        "group", 2.5, lambda _: camera, lambda canvas, time: draw_group(canvas, passers, time, seed)
    )


def _crowd(
    seed: int,
    count: int,
    across: tuple[float, float],
    along: tuple[float, float],
    sideways: bool = False,
) -> list[Walk]:
    random = np.random.default_rng((seed, 13))
    walks: list[Walk] = []
    for number in range(count):
        person = child(number, seed) if random.random() < 0.12 else someone(number, seed)
        ways = (np.pi / 2, -np.pi / 2) if sideways else (np.pi / 2, -np.pi / 2, 0.0, np.pi)
        heading = float(random.choice(ways) + random.normal(0, 0.12) * (not sideways))
        start = (random.uniform(*across), random.uniform(*along))
        walks.append(Walk(person, start, heading, random.uniform(1.0, 1.5), random.uniform(0, 6.28)))
    return walks
