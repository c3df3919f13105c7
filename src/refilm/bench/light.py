"""How much planted flicker is left, of the whole picture and of its parts, and whether a fade stays."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.age import Ageing
from refilm.bench.rows import Row
from refilm.bench.scenes import Old, Scene
from refilm.bench.treatments import NONE, Treatment, divided_by_mean, ffmpeg, plain, stage
from refilm.frames import Pixels

GLOBAL, LOCAL = 0.12, 0.06
"""Standard deviation of the planted log gain, of the whole picture and from place to place."""
_CELLS = (6, 5)
"""Parts of the picture, across and down, in which local flicker is measured."""
_FADE = 0.5
"""What a planted fade leaves of the light by the end of the scene."""

_NONE = 0.004
"""Log light that cannot be seen; what is left of less is not told as a share of it."""

Series = NDArray[np.float64]


def treatments() -> tuple[Treatment, ...]:
    """Return what is compared."""
    return (
        NONE,
        plain("divide by the mean", divided_by_mean),
        ffmpeg("deflicker"),
        stage("deflicker"),
    )


def measure(scene: Scene, seed: int) -> Iterator[Row]:
    """Yield what each treatment leaves of the flicker planted on a scene."""
    planted = {
        "flicker": scene.old(Ageing(seed=seed, flicker=GLOBAL)),
        "local flicker": scene.old(Ageing(seed=seed, flicker_local=LOCAL)),
        "flicker on a fade": fading(scene).old(Ageing(seed=seed, flicker=GLOBAL)),
        "no flicker": scene.old(Ageing()),
    }
    for subject, old in planted.items():
        for treatment in treatments():
            yield Row(subject, scene.name, seed, treatment.name, left(old, treatment.work(old)))


def fading(scene: Scene) -> Scene:
    """Return the scene getting darker from beginning to end."""
    lights = np.geomspace(1, _FADE, len(scene.pictures)).astype(np.float32)
    pictures = [picture * light for picture, light in zip(scene.pictures, lights, strict=True)]
    return replace(scene, pictures=tuple(pictures))


def left(old: Old, restored: Sequence[Pixels]) -> dict[str, float]:
    """Return the deviation of log light left, of frames and of their parts, and as a share of before.

    `course_lost` is by how much (natural log) the light's course from start to end differs from the
    clean scene's: a fade that is evened out loses -log of what the fade leaves.
    """
    apart = _light(restored) - _light(old.clean)
    was = _light(old.pictures) - _light(old.clean)
    whole, parts = _swing(apart.mean(axis=1)), _swing(apart)
    return {
        "flicker": whole,
        "local_flicker": parts,
        "flicker_left": whole / max(_swing(was.mean(axis=1)), _NONE),
        "local_flicker_left": parts / max(_swing(was), _NONE),
        "course_lost": abs(_course(apart.mean(axis=1))),
    }


def _light(pictures: Sequence[Pixels]) -> Series:
    """Return the log of the mean light of each part of each picture, (frames, parts)."""
    small = [cv2.resize(picture, _CELLS, interpolation=cv2.INTER_AREA) for picture in pictures]
    return np.log(np.maximum(np.asarray(small, np.float64).reshape(len(small), -1), 1e-4))


def _swing(values: Series) -> float:
    """Return the deviation over time about the straight course, root mean square over all parts."""
    numbers = np.arange(len(values)) - (len(values) - 1) / 2
    columns = values.reshape(len(values), -1)
    around = columns - columns.mean(axis=0)
    slope = numbers @ around / (numbers @ numbers)
    return float(np.sqrt(np.mean((around - numbers[:, None] * slope) ** 2)))


def _course(values: Series) -> float:
    numbers = np.arange(len(values)) - (len(values) - 1) / 2
    return float(numbers @ values / (numbers @ numbers) * (len(values) - 1))
