"""How well the survey finds out what is the matter with films, where that is known."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from refilm.bench import cuts, joints
from refilm.bench.rows import summary
from refilm.bench.scenes import scenes
from refilm.film import Encoding, Film, open_film
from refilm.fingerprint import versions
from refilm.sample import cuts as sample_cuts
from refilm.sample import write_sample
from refilm.survey import survey_film

FRAMES = 60
"""Frames of each shot at most that are joined in other ways."""
SHOTS = 8
"""Shots at most that are joined in other ways."""


def measure(film: str | None, seeds: int) -> dict[str, Any]:
    """Return figures on a clean film, or without one on the drawn sample, made old `seeds` times.

    Made old in whole: cuts, repeats, motion, noise, dirt and scratches. Its first shots joined
    again: cuts under flashes, flicker, splices and bursts of dust, and dissolves and fades. A film's
    own cuts are taken for true where it is not the sample.
    """
    with TemporaryDirectory() as folder:
        source = open_film(film) if film else _drawn(Path(folder))
        found = survey_film(source)
        edges = tuple(shot.first for shot in found.shots[1:]) if film else sample_cuts()
        shots = list(scenes(source, SHOTS, FRAMES))
        rows = [
            row
            for seed in range(1, seeds + 1)
            for each in (cuts.measure(source, found, edges, seed), joints.measure(shots, seed))
            for row in each
        ]
    return {
        "versions": versions(),
        "film": film or "the drawn sample",
        "seeds": seeds,
        "figures": summary(rows),
    }


def _drawn(folder: Path) -> Film:
    path = folder / "sample.mkv"
    write_sample(path, encoding=Encoding(codec="ffv1"), say=_silent)
    return open_film(path)


def _silent(sentence: str) -> None:
    del sentence
