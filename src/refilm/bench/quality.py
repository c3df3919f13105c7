"""How good refilm is, where the truth is known: clean film made old and restored, beside other ways."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from refilm.bench import cuts, dirt, grain, light, weave
from refilm.bench.rows import Row, summary
from refilm.bench.scenes import scenes
from refilm.film import Encoding, Film, open_film
from refilm.fingerprint import versions
from refilm.sample import cuts as sample_cuts
from refilm.sample import write_sample
from refilm.survey import survey_film

FRAMES = 40
"""Frames of each shot at most: as long as shots of the sample are."""
FEW = 12
"""Frames of each shot on which dirt and grain are measured: pixels are many enough."""
SHOTS = 5
"""Shots that are looked at, from the first one on."""


def measure(
    film: str | None,
    seeds: Sequence[int],
    damage: Path | None = None,
    frames: int = FRAMES,
    shots: int = SHOTS,
) -> dict[str, Any]:
    """Return figures on a clean film, or without one on the drawn sample, aged with each seed.

    `damage` is a folder of outlines of real damage; without it dirt is drawn only. The film's own
    cuts are taken for true where it is not the sample.
    """
    with TemporaryDirectory() as folder:
        source = open_film(film) if film else _drawn(Path(folder))
        rows = list(_rows(source, film is None, seeds, damage, (shots, frames)))
    return {
        "versions": versions(),
        "film": film or "the drawn sample",
        "seeds": list(seeds),
        "figures": summary(rows),
        "rows": [_entry(row) for row in rows],
    }


def _rows(
    film: Film, drawn: bool, seeds: Sequence[int], damage: Path | None, most: tuple[int, int]
) -> Iterator[Row]:
    found = survey_film(film)
    edges = sample_cuts() if drawn else tuple(shot.first for shot in found.shots[1:])
    for seed in seeds:
        yield from cuts.measure(film, found, edges, seed)
    for scene in scenes(film, *most):
        for seed in seeds:
            yield from weave.measure(scene, seed)
            yield from light.measure(scene, seed)
            yield from dirt.measure(scene.begun(FEW), seed, damage)
            yield from grain.measure(scene.begun(FEW), seed)


def _drawn(folder: Path) -> Film:
    path = folder / "sample.mkv"
    write_sample(path, encoding=Encoding(codec="ffv1"), say=_silent)
    return open_film(path)


def _silent(sentence: str) -> None:
    del sentence


def _entry(row: Row) -> dict[str, Any]:
    return {
        "planted": row.subject,
        "scene": row.scene,
        "seed": row.seed,
        "treatment": row.treatment,
        **row.figures,
    }
