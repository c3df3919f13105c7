"""Films for the survey that lie in memory, and scenes to make them of."""

from fractions import Fraction

import cv2
import numpy as np

from refilm.frames import FilmInfo, Frame, Timeline

RATE = Fraction(16)


class FilmInMemory:
    """What the survey asks of a film."""

    def __init__(self, pictures, rate=RATE, size=None):
        """`size` is the source's width and height where the pictures are already reduced."""
        self.pictures = pictures
        height, width, channels = pictures[0].shape if len(pictures) else (8, 8, 1)
        width, height = size or (width, height)
        count = len(pictures)
        self.info = FilmInfo(width, height, rate, duration=count / rate, channels=channels)
        ticks = np.arange(count)
        self.timeline = Timeline(1 / rate, ticks, ticks, count / rate)
        self.problems = ("one packet was torn",)

    def watch(self, width=None):
        for number, picture in enumerate(self.pictures):
            time = number / self.info.rate
            yield Frame(picture, time, time)

    def read(self, timeline, first, stop, channels=3):
        for number in range(first, stop):
            yield Frame(self.pictures[number], timeline.time(number), timeline.time(number))


def scene(seed, height=180, width=240):
    """Return a textured luma picture, 0.1 to 0.9, with detail from coarse to fine."""
    random = np.random.default_rng(seed)
    picture = np.zeros((height, width), np.float32)
    for cell, weight in ((48, 0.5), (16, 0.3), (6, 0.2)):
        grid = random.random((height // cell + 3, width // cell + 3)).astype(np.float32)
        picture += weight * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(0.1 + 0.8 * (picture - picture.min()) / np.ptp(picture), 0, 1)


def moved(picture, x, y, turn=0.0):
    """Return the picture's content moved by x and y pixels and turned about its centre."""
    height, width = picture.shape
    centre = np.array(((width - 1) / 2, (height - 1) / 2))
    rotation = np.array(((np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))))
    matrix = np.column_stack((rotation, centre - rotation @ centre + (x, y)))
    return cv2.warpAffine(
        picture, matrix, (width, height), flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT
    )


def as_pixels(picture):
    return np.asarray(picture, np.float32).reshape(*picture.shape[:2], -1)


def grain(shape, seed, amount=0.02):
    return np.random.default_rng(seed).normal(0, amount, shape).astype(np.float32)
