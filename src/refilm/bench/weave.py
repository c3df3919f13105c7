"""How much planted weave is left in the picture, and whether the camera's own movement is kept."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from refilm.age import Ageing
from refilm.bench.placing import averaged_path, displacements
from refilm.bench.rows import Row
from refilm.bench.scenes import Old, Scene
from refilm.bench.treatments import NONE, Treatment, ffmpeg, plain, stage

_PERCENT = 100 * 2 / 480
"""Weave, percent of the width: 2 pixels, root mean square, at 480 pixels."""
_FEWEST = 3
"""Frames that must have been placed for anything to be said of their path."""


def treatments() -> tuple[Treatment, ...]:
    """Return what is compared."""
    return (
        NONE,
        plain("mean of the last 30 frames (2020 chain)", averaged_path),
        ffmpeg("deshake"),
        stage("stabilise"),
    )


def measure(scene: Scene, seed: int) -> Iterator[Row]:
    """Yield what each treatment leaves of the weave planted on a scene, and on its first picture."""
    for subject, each in (("weave", scene), ("weave, nothing moves", scene.held())):
        old = each.old(Ageing(seed=seed, weave=_PERCENT))
        for treatment in treatments():
            yield Row(subject, each.name, seed, treatment.name, left(old, treatment))


def left(old: Old, treatment: Treatment) -> dict[str, float]:
    """Return the weave left, pixels rms, and how far the picture drifts away from start to end.

    Both are of the restored picture's placement over the clean one's, of which a line is the drift and
    the rest is weave, a camera's own turns that were evened out included; `jump_pixels` is its change
    from frame to frame, which the eye sees first. Frames that nobody can place are a share of all.
    """
    path = displacements(old.clean, treatment.work(old))
    known = ~np.isnan(path[:, 0])
    if known.sum() < _FEWEST:
        return {"lost_frames": float(1 - known.mean())}
    drift, rest = _line(np.flatnonzero(known), path[known])
    return {
        "weave_pixels": float(np.sqrt(np.mean(np.sum(rest**2, axis=1)))),
        "jump_pixels": float(np.sqrt(np.nanmean(np.sum(np.diff(path, axis=0) ** 2, axis=1)))),
        "drift_pixels": float(np.hypot(*drift)) * (len(path) - 1),
        "lost_frames": float(1 - known.mean()),
    }


def _line(
    numbers: NDArray[np.intp], path: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the slope per frame of the line that fits a path best, and the rest of the path."""
    along = numbers - numbers.mean()
    around = path - path.mean(axis=0)
    slope = along @ around / max(float(along @ along), 1.0)
    return slope, around - along[:, None] * slope
