"""Whether the survey of an aged film finds its cuts, repeats, motion, noise, dirt and scratches."""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from refilm.age import TrueFrame, aged_info, preset, read_truth, write_aged
from refilm.bench.damage import damage, planted_noise
from refilm.bench.rows import Row
from refilm.film import Encoding, Film, open_film
from refilm.findings import Survey
from refilm.survey import survey_film

_STILL = 0.1
"""Pixels from frame to frame below which a camera stands."""
PRESETS = ("typical", "ruined")

Motion = NDArray[np.float64]


def measure(film: Film, found: Survey, cuts: tuple[int, ...], seed: int) -> Iterator[Row]:
    """Yield how well the survey does on a clean film made old; `found` is that of the clean one."""
    for name in PRESETS:
        ageing = preset(name).model_copy(update={"seed": seed})
        with TemporaryDirectory() as folder:
            path, truth = Path(folder) / "old.mkv", Path(folder) / "truth"
            lossless = Encoding(codec="ffv1")
            write_aged(
                path,
                film.watch(),
                film.info,
                ageing,
                encoding=lossless,
                truth=truth,
                cuts=cuts,
                say=_silent,
            )
            survey, true = survey_film(open_film(path)), read_truth(truth)
            spoilt = damage(survey, true)
        assert aged_info(film.info, ageing).rate == survey.info.rate
        figures = {
            **named("cuts", agreement([shot.first for shot in survey.shots[1:]], true.cuts)),
            **named("repeats", repeats(survey, true.frames)),
            **motion_errors(survey, true.frames, found),
            **spoilt,
            "noise_true": planted_noise(film.watch(), film.info, ageing),
            "noise_found": float(np.median(survey.figures.noise)),
        }
        yield Row(f"{name} ageing", "whole film", seed, "refilm survey", figures)


def agreement(found: Collection[int], true: Collection[int], near: int = 0) -> tuple[float, float]:
    """Return precision and recall of frame numbers; 1 where nothing could be found or missed.

    A number is right if it is at most `near` off a true one, of which each counts once.
    """
    left, right = sorted(found), 0
    for wanted in sorted(true):
        close = [each for each in left if abs(each - wanted) <= near]
        if close:
            left.remove(min(close, key=lambda each: abs(each - wanted)))
            right += 1
    return right / len(found) if found else 1.0, right / len(true) if true else 1.0


def repeats(survey: Survey, true: Sequence[TrueFrame]) -> tuple[float, float]:
    """Return precision and recall of the frames said to be repeats."""
    found = np.flatnonzero(survey.figures.repeat).tolist()
    return agreement(found, [place for place, frame in enumerate(true) if frame.repeat])


def motion_errors(survey: Survey, true: Sequence[TrueFrame], clean: Survey) -> dict[str, float]:
    """Return by how much the motion found between frames is wrong, pixels.

    True is the weave that was planted on top of what the survey of the clean film found. Where the
    camera stands that is exact; where it moves, near and far things move apart, so that the two
    surveys may each be right: then the median says more. Frames at cuts are left out.
    """
    firsts = {shot.first for shot in survey.shots}
    starts = {shot.first for shot in clean.shots}
    still = _standing(clean)
    errors: dict[bool, list[float]] = {True: [], False: []}
    for place, (before, now) in enumerate(pairwise(true), 1):
        if place not in firsts and now.number not in starts:
            error = survey.figures.motion[place, :2] - _true_move(before, now, clean)
            errors[bool(still[now.number])].append(float(np.hypot(*error)))
    found = {
        "motion_error_standing_rms": np.sqrt(np.mean(np.square(errors[True])))
        if errors[True]
        else None,
        "motion_error_moving_median": np.median(errors[False]) if errors[False] else None,
    }
    return {name: float(value) for name, value in found.items() if value is not None}


def _standing(clean: Survey) -> NDArray[np.bool_]:
    """Return which frames of the clean film belong to shots whose camera stands."""
    moves = np.hypot(*clean.figures.motion[:, :2].T)
    still = np.zeros(len(moves), np.bool_)
    for shot in clean.shots:
        still[shot.first : shot.stop] = moves[shot.first : shot.stop].max() < _STILL
    return still


def _true_move(before: TrueFrame, now: TrueFrame, clean: Survey) -> Motion:
    camera = clean.figures.motion[before.number + 1 : now.number + 1, :2].sum(axis=0)
    planted = np.array((now.shift.x - before.shift.x, now.shift.y - before.shift.y))
    return camera + planted


def named(what: str, found: tuple[float, float]) -> dict[str, float]:
    """Return precision, recall and F1 (van Rijsbergen 1979) under names that begin with `what`."""
    precision, recall = found
    return {
        f"{what}_precision": precision,
        f"{what}_recall": recall,
        f"{what}_f1": 2 * precision * recall / max(precision + recall, 1e-9),
    }


def _silent(sentence: str) -> None:
    del sentence
