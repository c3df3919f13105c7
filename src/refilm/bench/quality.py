"""How good refilm is, where the truth is known: clean film made old and restored, beside other ways."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from refilm.bench import cuts, dirt, grain, light, weave
from refilm.bench.rows import Row, summary
from refilm.bench.scenes import Scene, scenes
from refilm.film import Encoding, Film, open_film
from refilm.fingerprint import versions
from refilm.sample import cuts as sample_cuts
from refilm.sample import write_sample
from refilm.survey import survey_film

SUBJECTS = ("survey", "weave", "light", "dirt", "grain")
FRAMES = 40
"""Frames of each shot at most: as long as shots of the sample are."""
FEW = 12
"""Frames of each shot on which dirt and grain are measured: pixels are many enough."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured."""

    only: tuple[str, ...] = SUBJECTS
    """What of `SUBJECTS`."""
    seeds: tuple[int, ...] = (1, 2, 3)
    """Each ages the film in another way."""
    shots: int = 5
    """Shots at most, from the first one on."""
    frames: int = FRAMES
    """Frames of each shot at most."""


def measure(
    film: str | None, damage: Path | None = None, extent: Extent | None = None
) -> dict[str, Any]:
    """Return figures on a clean film, or without one on the drawn sample, made old.

    `damage` is a folder of outlines of real damage; without it dirt is drawn only. The film's own
    cuts are taken for true where it is not the sample.
    """
    extent = extent or Extent()
    with TemporaryDirectory() as folder:
        source = open_film(film) if film else _drawn(Path(folder))
        rows = [*_of_film(source, film is None, extent), *_of_scenes(source, damage, extent)]
    return {
        "versions": versions(),
        "film": film or "the drawn sample",
        "seeds": list(extent.seeds),
        "figures": summary(rows),
        "rows": [_entry(row) for row in rows],
    }


def _of_film(film: Film, drawn: bool, extent: Extent) -> Iterator[Row]:
    if "survey" not in extent.only:
        return
    found = survey_film(film)
    edges = sample_cuts() if drawn else tuple(shot.first for shot in found.shots[1:])
    for seed in extent.seeds:
        yield from cuts.measure(film, found, edges, seed)


def _of_scenes(film: Film, damage: Path | None, extent: Extent) -> Iterator[Row]:
    measures: dict[str, Callable[[Scene, int], Iterator[Row]]] = {
        "weave": weave.measure,
        "light": light.measure,
        "dirt": lambda scene, seed: dirt.measure(scene.begun(FEW), seed, damage),
        "grain": lambda scene, seed: grain.measure(scene.begun(FEW), seed),
    }
    wanted = [work for name, work in measures.items() if name in extent.only]
    if wanted:
        for scene in scenes(film, extent.shots, extent.frames):
            for seed, work in product(extent.seeds, wanted):
                yield from work(scene, seed)


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
