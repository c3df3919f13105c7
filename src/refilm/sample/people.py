"""People who walk: limbs that swing, coats, skirts and hats of about 1900."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from refilm.sample.camera import Points
from refilm.sample.canvas import Canvas, Colour, Part, balls

Hat = Literal["bowler", "top", "boater", "cap", "wide"]
_SWING = 0.42
"""Radians that a leg swings either way."""
_STRIDE = 4 * 0.5 * np.sin(_SWING)
"""Way that two steps make, in body heights: so feet stay where they are set down."""
_SHOE: Colour = (38, 30, 26)


@dataclass(frozen=True)
class Person:
    """How someone looks."""

    tall: float = 1.74
    """Metres."""
    skirt: bool = False
    coat: Colour = (58, 54, 56)
    lower: Colour = (66, 62, 62)
    hat: Hat = "bowler"
    hat_colour: Colour = (40, 36, 36)
    skin: Colour = (226, 176, 146)
    carries: bool = False
    """Whether they carry a bag."""


def someone(number: int, seed: int) -> Person:
    """Return the person of that number among the people of the town."""
    random = np.random.default_rng((seed, 11, number))
    if random.random() < 0.42:
        return _lady(random)
    return _gentleman(random)


def _lady(random: np.random.Generator) -> Person:
    coats: tuple[Colour, ...] = (
        (222, 214, 200),
        (122, 62, 70),
        (86, 106, 132),
        (196, 170, 120),
        (92, 110, 84),
    )
    skirts: tuple[Colour, ...] = (
        (74, 70, 84),
        (110, 84, 70),
        (206, 196, 178),
        (70, 88, 110),
        (120, 58, 66),
    )
    hats: tuple[Colour, ...] = ((214, 190, 140), (70, 52, 60), (190, 96, 90), (226, 218, 206))
    return Person(
        tall=random.uniform(1.56, 1.7),
        skirt=True,
        coat=coats[random.integers(len(coats))],
        lower=skirts[random.integers(len(skirts))],
        hat="wide",
        hat_colour=hats[random.integers(len(hats))],
        carries=bool(random.random() < 0.5),
    )


def _gentleman(random: np.random.Generator) -> Person:
    coats: tuple[Colour, ...] = ((54, 50, 54), (92, 78, 64), (76, 84, 92), (112, 98, 78), (60, 66, 58))
    hats: tuple[Hat, ...] = ("bowler", "bowler", "boater", "top", "cap")
    hat = hats[random.integers(len(hats))]
    coat = coats[random.integers(len(coats))]
    colour: Colour = (222, 200, 148) if hat == "boater" else (44, 38, 38)
    red, green, blue = (part * 0.84 for part in coat)
    tall = random.uniform(1.66, 1.84)
    return Person(tall=tall, coat=coat, lower=(red, green, blue), hat=hat, hat_colour=colour)


def child(number: int, seed: int) -> Person:
    """Return a child of the town."""
    return replace(someone(number, seed), tall=1.2, hat="cap", hat_colour=(96, 78, 60))


@dataclass(frozen=True)
class Walk:
    """A person on their way: seen from above they go from `start` towards `heading`."""

    person: Person
    start: tuple[float, float]
    """x, z in metres at time 0."""
    heading: float
    """Radians: 0 away from the camera, a quarter turn to the right."""
    speed: float = 1.25
    """Metres per second; 0 for someone who stands."""
    phase: float = 0.0

    def place(self, time: float) -> tuple[float, float]:
        """Return x, z at that time in seconds."""
        way = self.speed * time
        return self.start[0] + way * np.sin(self.heading), self.start[1] + way * np.cos(self.heading)


def walker_shadow(canvas: Canvas, walk: Walk, time: float, sun: tuple[float, float]) -> None:
    """Cast the shadow of someone walking."""
    for part, _ in walker(walk, time):
        if len(part) > 1:
            canvas.shadow(part, sun)


@lru_cache(maxsize=128)
def walker(walk: Walk, time: float) -> tuple[Part, ...]:
    """Return someone walking as bodies in the scene."""
    person, tall = walk.person, walk.person.tall
    phase = walk.phase + 2 * np.pi * walk.speed * time / (_STRIDE * tall)
    figure = _Figure(phase, min(walk.speed / 0.8, 1))
    parts = figure.legs(person) + figure.arms(person) + figure.trunk(person) + figure.head(person)
    placed = _standing(np.concatenate([part for part, _ in parts]), walk, time)
    ends = np.cumsum([len(part) for part, _ in parts])
    return tuple(zip(np.split(placed, ends[:-1]), (colour for _, colour in parts), strict=True))


def _standing(balls: Points, walk: Walk, time: float) -> Points:
    """Return balls of a figure (right, up, ahead in body heights) where the person is."""
    x, z = walk.place(time)
    sine, cosine = np.sin(walk.heading), np.cos(walk.heading)
    across, up, ahead, radius = (balls * walk.person.tall).T
    return np.stack(
        [x + across * cosine + ahead * sine, up, z - across * sine + ahead * cosine, radius], 1
    )


class _Figure:
    """A body in one pose, in body heights: right, up, ahead, radius."""

    def __init__(self, phase: float, going: float) -> None:
        self.phase = phase
        self.going = going
        self.bob = 0.012 * np.cos(2 * phase) * self.going

    def legs(self, person: Person) -> list[Part]:
        """Return both legs, or a skirt with the feet under it."""
        both = [self._leg(side, self.phase + turn) for side, turn in ((0.045, 0.0), (-0.045, np.pi))]
        if not person.skirt:
            return [(leg, person.lower) for leg in both] + [(self._shoe(leg), _SHOE) for leg in both]
        sway = 0.03 * np.sin(self.phase) * self.going
        hem = [(0.11, 0.035, 0.05 + sway, 0.03), (-0.11, 0.035, -0.05 + sway, 0.03)]
        hem += [(0.0, 0.035, 0.13 + sway, 0.03), (0.0, 0.035, -0.14 + sway, 0.03)]
        skirt = balls((0, 0.6 + self.bob, 0, 0.062), (0, 0.45, 0, 0.09), *hem)
        return [(self._shoe(leg), _SHOE) for leg in both] + [(skirt, person.lower)]

    def _leg(self, side: float, phase: float) -> Points:
        thigh = _SWING * np.sin(phase) * self.going
        shin = thigh - (0.05 + 0.75 * max(0.0, np.cos(phase))) * self.going
        hip = np.array((side, 0.51 + self.bob, 0))
        knee = hip + 0.235 * np.array((0, -np.cos(thigh), np.sin(thigh)))
        ankle = knee + 0.23 * np.array((0, -np.cos(shin), np.sin(shin)))
        return balls((*hip, 0.056), (*knee, 0.04), (*ankle, 0.03))

    def _shoe(self, leg: Points) -> Points:
        x, y, z = leg[-1, :3]
        return balls((x, y - 0.016, z - 0.01, 0.024), (x, y - 0.024, z + 0.075, 0.018))

    def arms(self, person: Person) -> list[Part]:
        """Return both arms, their hands and what they carry."""
        parts: list[Part] = []
        for side, turn in ((0.115, np.pi), (-0.115, 0.0)):
            swing = 0.45 * np.sin(self.phase + turn) * self.going
            shoulder = np.array((side, 0.8 + self.bob, 0))
            elbow = shoulder + 0.165 * np.array((side * 0.6, -np.cos(swing), np.sin(swing)))
            hand = elbow + 0.15 * np.array((0, -np.cos(swing + 0.35), np.sin(swing + 0.35)))
            parts.append((balls((*shoulder, 0.042), (*elbow, 0.033), (*hand, 0.026)), person.coat))
            parts.append((balls((*(hand - (0, 0.02, 0)), 0.024)), person.skin))
            if person.carries and side > 0:
                x, y, z = hand
                bag = balls((x, y - 0.09, z + 0.06, 0.04), (x, y - 0.09, z - 0.06, 0.04))
                parts.append((bag, (110, 72, 44)))
        return parts

    def trunk(self, person: Person) -> list[Part]:
        """Return the body in its coat."""
        up = self.bob
        shoulders = [(0.085, 0.79 + up, 0, 0.045), (-0.085, 0.79 + up, 0, 0.045)]
        if person.skirt:
            return [
                (balls(*shoulders, (0, 0.72 + up, 0.03, 0.075), (0, 0.6 + up, 0, 0.062)), person.coat)
            ]
        tails = [(0.06, 0.4 + up, -0.01, 0.055), (-0.06, 0.4 + up, -0.01, 0.055)]
        chest = (0, 0.7 + up, 0.02, 0.085)
        return [(balls(*shoulders, chest, *tails), person.coat)]

    def head(self, person: Person) -> list[Part]:
        """Return neck, head, hair and hat."""
        up = self.bob
        neck = balls((0, 0.84 + up, 0, 0.03), (0, 0.87 + up, 0.005, 0.03))
        face = balls((0, 0.925 + up, 0.012, 0.054), (0, 0.895 + up, 0.02, 0.042))
        hair = balls((0, 0.935 + up, -0.016, 0.054), (0, 0.905 + up, -0.02, 0.045))
        parts = [(neck, (228, 222, 212)), (hair, (74, 54, 40)), (face, person.skin)]
        return parts + [(part, person.hat_colour) for part in _hat(person.hat, 0.96 + up)]


def _hat(kind: Hat, up: float) -> list[Points]:
    """Return a hat's brim and crown, `up` being where it sits."""
    wide, tall, round_ = {
        "bowler": (0.075, 0.04, 0.05),
        "top": (0.078, 0.11, 0.05),
        "boater": (0.09, 0.03, 0.052),
        "cap": (0.05, 0.012, 0.058),
        "wide": (0.125, 0.04, 0.055),
    }[kind]
    angles = np.arange(8) * np.pi / 4
    brim = [(wide * np.cos(a), up, 0.01 + wide * np.sin(a), 0.008) for a in angles]
    crown = [(0.0, up, 0.0, round_), (0.0, up + tall, 0.0, round_ * 0.92)]
    return [balls(*crown), balls(*brim)]
