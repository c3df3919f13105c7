"""How well the survey finds cuts, repeats and damage of films that were aged with the truth kept."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from refilm.age import Truth, preset, read_truth, write_aged
from refilm.film import Encoding, open_film
from refilm.findings import Survey
from refilm.sample import cuts, write_sample
from refilm.survey import survey_film

SEEDS = (1, 2, 3)
PRESETS = ("typical", "ruined")
NEAR = 1
"""Frames by which a cut may be missed."""


def measure(seeds: Sequence[int] = SEEDS, presets: Sequence[str] = PRESETS) -> dict[str, Any]:
    """Return for aged sample films, and all of them together, how well the survey found the truth.

    Cuts and repeats as F1 (van Rijsbergen 1979); dirt as shares of the picture and as the
    correlation of both over the frames; frames per second on this machine.
    """
    films = [each for seed in seeds for each in _films(seed, presets)]
    found, wanted, right = (sum(film["cuts"][n] for film in films) for n in ("found", "true", "right"))
    return {"films": films, "cuts_f1": f1(right, found, wanted), "missed_by_at_most": NEAR}


def _films(seed: int, presets: Sequence[str]) -> Iterable[dict[str, Any]]:
    with TemporaryDirectory() as folder:
        clean = Path(folder) / "clean.mkv"
        write_sample(clean, seed=seed, encoding=Encoding(codec="ffv1"), say=ignore)
        for name in presets:
            yield {"seed": seed, "preset": name, **_film(clean, seed, name, Path(folder) / name)}


def _film(clean: Path, seed: int, name: str, truth: Path) -> dict[str, Any]:
    source, aged = open_film(clean), truth.with_suffix(".mp4")
    ageing = preset(name).model_copy(update={"seed": seed})
    write_aged(
        aged,
        source.watch(),
        source.info,
        ageing,
        encoding=Encoding(),
        truth=truth,
        cuts=cuts(seed=seed),
        say=ignore,
    )
    begun = time.perf_counter()
    survey = survey_film(open_film(aged))
    seconds = time.perf_counter() - begun
    compared = compare(survey, read_truth(truth))
    return {**compared, "frames_per_second": len(survey.timeline) / seconds}


def compare(survey: Survey, truth: Truth) -> dict[str, Any]:
    """Return how well a survey agrees with the truth about the film."""
    found = [shot.first for shot in survey.shots[1:]]
    right = matched(found, truth.cuts)
    repeats = np.array([frame.repeat for frame in truth.frames])
    both = int(np.count_nonzero(repeats & survey.figures.repeat))
    dirt = np.array([float(truth.mask(frame).mean()) for frame in truth.frames])
    return {
        "cuts": {"found": len(found), "true": len(truth.cuts), "right": right},
        "cuts_f1": f1(right, len(found), len(truth.cuts)),
        "repeats_f1": f1(both, int(survey.figures.repeat.sum()), int(repeats.sum())),
        "dirt": {
            "true_share": float(dirt.mean()),
            "found_share": float(survey.figures.dirt.mean()),
            "correlation": _correlation(dirt, survey.figures.dirt),
        },
    }


def matched(found: Sequence[int], true: Sequence[int]) -> int:
    """Return how many true cuts have a found one near, each found one counting once."""
    left = list(found)
    right = 0
    for cut in true:
        near = [each for each in left if abs(each - cut) <= NEAR]
        if near:
            left.remove(min(near, key=lambda each: abs(each - cut)))
            right += 1
    return right


def f1(right: int, found: int, true: int) -> float:
    """Return the harmonic mean of precision and recall; 1 where there is nothing to find or found."""
    return 2 * right / (found + true) if found + true else 1.0


def _correlation(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float | None:
    """Return how far two rows go together, None where one of them never changes."""
    if one.std() == 0 or other.std() == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def ignore(sentence: str) -> None:
    """Do nothing with a sentence worth saying aloud."""
    del sentence
