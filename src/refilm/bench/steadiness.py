"""How still colours hold: a colour film made grey, coloured with and without regard to other frames."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from refilm import models
from refilm.bench.rows import Row, summary
from refilm.bench.takes import Take, apart, drawn, run, takes
from refilm.errors import InputError
from refilm.film import open_film
from refilm.fingerprint import versions
from refilm.flow import disagreement, movement, warp
from refilm.frames import Frame
from refilm.lab import colourfulness, to_lab
from refilm.stages.colourise import Colourise

FRAMES = 32
"""Frames of each shot: two seconds of old film."""
_ASTRAY = 0.5
"""Pixels that motion there and back may miss by where a thing counts as seen in both frames."""


def measure(film: str | None, shots: int = 5, frames: int = FRAMES) -> dict[str, Any]:
    """Return how far colours of things change from frame to frame, and how true and strong they are.

    Each frame is coloured for itself, and held still along motion.

    Raises:
        InputError: No shot of the film has colours.
        WeightsError: The colouring network's weights are not here.
    """
    with TemporaryDirectory() as folder:
        source = open_film(film) if film else drawn(Path(folder))
        found = takes(source, shots, frames, spread=False)
        rows = [row for take in found for row in _rows(take)]
    if not rows:
        raise InputError(f"{film} has no colours to compare with.")
    return {"versions": versions(), "film": film or "the drawn sample", "figures": summary(rows)}


def _rows(take: Take) -> Iterator[Row]:
    network, grey = models.networks(), take.grey()
    ways = {"truth": {}, "each frame for itself": {"steady": 0}, "held still": {}}
    for name, options in ways.items():
        stage = Colourise.model_validate(options)
        frames = take.frames if name == "truth" else list(run(stage, take, grey, network, ()))
        figures = {
            "change along motion": _change(frames, take.frames),
            "colourfulness": float(np.mean([colourfulness(frame.pixels) for frame in frames])),
        }
        yield Row(
            "steadiness", f"shot {take.shot.number + 1}", 0, name, figures | apart(frames, take.frames)
        )


def _change(frames: Sequence[Frame], truth: Sequence[Frame]) -> float:
    """Return by how much a and b, CIELAB, of the same thing mostly change from frame to frame."""
    changes: list[float] = []
    for (before, after), (first, second) in zip(pairwise(frames), pairwise(truth), strict=True):
        moves = movement(second.pixels, first.pixels)
        same = disagreement(moves.there, moves.back) < _ASTRAY
        earlier = warp(to_lab(before.pixels), moves.there, cv2.INTER_CUBIC)
        change = np.abs(to_lab(after.pixels) - earlier)[:, :, 1:].mean(axis=2)
        changes += [float(change[same].mean())] if same.any() else []
    return float(np.mean(changes)) if changes else 0.0
