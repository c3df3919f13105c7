"""How much planted dirt is found and how well it is mended, and what else is changed."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from refilm.age import Ageing
from refilm.bench.rows import Row
from refilm.bench.scenes import Old, Scene
from refilm.bench.treatments import NONE, Treatment, ffmpeg, median_of_three, plain, stage
from refilm.frames import Pixels

SEEN = 4 / 255
"""Luma by which a pixel must change to count as changed."""
DIRT = 0.5
"""Percent of the picture under dirt, mean."""


def treatments() -> tuple[Treatment, ...]:
    """Return what is compared."""
    return (
        NONE,
        plain("median of three frames", median_of_three),
        ffmpeg("removegrain=m0=2"),
        stage("clean"),
    )


def measure(scene: Scene, seed: int, damage: Path | None) -> Iterator[Row]:
    """Yield how each treatment does on dirt of real outlines (those in `damage`) and drawn ones."""
    film = Ageing(seed=seed, weave=0.3, flicker=0.04, flicker_local=0.02, grain=0.035)
    outlines = {"drawn dirt": None} | ({"real dirt": damage} if damage else {})
    for kind, folder in outlines.items():
        dirt = {"dirt": DIRT, "outlines": folder}
        yield from _measured(kind, scene, Ageing(seed=seed), dirt)
        yield from _measured(f"{kind}, weave, flicker, grain", scene, film, dirt)


def _measured(subject: str, scene: Scene, ageing: Ageing, dirt: Mapping[str, object]) -> Iterator[Row]:
    old = scene.old(ageing.model_copy(update=dirt))
    spotless = [each.frame.pixels for each in scene.aged(ageing)]
    for treatment in treatments():
        figures = left(old, spotless, treatment.work(old))
        yield Row(subject, scene.name, ageing.seed, treatment.name, figures)


def left(old: Old, spotless: Sequence[Pixels], restored: Sequence[Pixels]) -> dict[str, float]:
    """Return precision and recall of what was changed, and how near the mended picture comes.

    `spotless` is the same old film without dirt. Dirt that cannot be seen, dark on dark, and a rim of
    one pixel around dirt count neither for nor against. `clean_changed` is the share of clean pixels
    changed, `error_left` the mean error under the dirt after, as a share of that before.
    """
    right = wrong = missed = clean = 0
    before = after = 0.0
    for truth, pure, picture in zip(old.truth, spotless, restored, strict=True):
        soiled = np.abs(truth.frame.pixels - pure)[:, :, 0]
        mask = truth.mask & (soiled > SEEN)
        dirty = (truth.mask | (soiled > SEEN)).astype(np.uint8)
        rim = np.asarray(cv2.dilate(dirty, np.ones((3, 3), np.uint8))) > 0
        touched = np.abs(picture - truth.frame.pixels)[:, :, 0] > SEEN
        right, missed = right + int((touched & mask).sum()), missed + int((~touched & mask).sum())
        wrong, clean = wrong + int((touched & ~rim).sum()), clean + int((~rim).sum())
        before += float(soiled[mask].sum())
        after += float(np.abs(picture - pure)[:, :, 0][mask].sum())
    return {
        "precision": right / max(right + wrong, 1),
        "recall": right / max(right + missed, 1),
        "clean_changed": wrong / max(clean, 1),
        "error_left": after / max(before, 1e-9),
    }
