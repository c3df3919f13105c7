"""How honest the confidence of the matching is, and the logistic regression that would be most so."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray

from refilm import models
from refilm.bench.confidence import right_by_confidence
from refilm.bench.likeness import PICTURES, parts
from refilm.bench.takes import Take, drawn, takes
from refilm.chroma import LAB
from refilm.errors import InputError
from refilm.film import open_film
from refilm.fingerprint import versions
from refilm.frames import Pixels
from refilm.lab import CLOSE, difference, to_lab
from refilm.models.matching import CHANCE, STEP, Matching
from refilm.models.runtime import to_pixels, to_tensor
from refilm.stills.groups import MATCHING
from refilm.training.pictures import split

_LEAST = 0.6
"""Of its width and height, how much a part of a photograph shows at least."""
_SIZE = (256, 208)
"""Width and height of the parts, in pixels."""
_FRAMES = 6
"""Frames of each shot; the first one is the reference."""
_SHOTS = 5
"""The first ones of the film."""
_SAMPLES = 400
"""Pixels that count of each pair."""
_ROUNDS = 25
"""Of Newton's method, which has long settled then."""
_BOUND = 1e-5
"""What is added to the curvature, so that signs that are always the same do no harm."""


class _Scene(NamedTuple):
    """A picture as a film shows it, and its true colours."""

    luma: NDArray[np.float32]
    """(H, W); both are multiples of `STEP`."""
    lab: Pixels
    """(H, W, 3), CIELAB."""


class _Judged(NamedTuple):
    """Pixels of pairs: what tells whether their colours are right, and whether they are."""

    signs: NDArray[np.float64]
    """(n, 4): 1, and what the numbers of `CHANCE` belong to."""
    right: NDArray[np.bool_]
    """(n,)."""


_Pair = tuple[_Scene, _Scene]
"""What is coloured, and its reference."""


def measure(folders: Iterable[Path], count: int = PICTURES, film: str | None = None) -> dict[str, Any]:
    """Return how often colours are right by confidence, as it is and as it would be fitted best.

    It is fitted on every second pair, and figures are of the others. Pairs are parts of one photograph
    and of two, and frames of one shot and of two.

    Args:
        folders: Of photographs.
        count: How many of them are taken; more than one.
        film: One with colours; the drawn sample where none is given.

    Raises:
        InputError: A picture or the film cannot be read, or there are too few pictures or frames.
    """
    network = cast(Matching, models.load(MATCHING))
    kinds = {**_photographs(split(folders, count).validation), **_shots(film)}
    judged = {kind: [_judged(network, *pair) for pair in pairs] for kind, pairs in kinds.items()}
    fitted = _fitted([_joined(each[::2]) for each in judged.values()])
    held = {kind: _joined(each[1::2]) for kind, each in judged.items()}
    return {
        "versions": versions(),
        "pictures": count,
        "film": film or "the drawn sample",
        "in use": {"chance": CHANCE, **_figures(held, CHANCE)},
        "fitted": {"chance": fitted, **_figures(held, fitted)},
    }


def _photographs(paths: Sequence[Path]) -> dict[str, list[_Pair]]:
    pairs = [
        [_Scene(luma, to_lab(part)) for part, luma in parts(path, _LEAST, _SIZE)] for path in paths
    ]
    firsts, seconds = zip(*pairs, strict=True)
    others = (*seconds[1:], seconds[0])
    return {
        "one photograph": list(zip(firsts, seconds, strict=True)),
        "two photographs": list(zip(firsts, others, strict=True)),
    }


def _shots(film: str | None) -> dict[str, list[_Pair]]:
    with TemporaryDirectory() as folder:
        source = open_film(film) if film else drawn(Path(folder))
        shots = [_scenes(take) for take in takes(source, _SHOTS, _FRAMES, spread=True)]
    one = [(scene, first) for first, *rest in shots for scene in rest]
    two = [(shot[-1], other[0]) for shot in shots for other in shots if shot is not other]
    kinds = {kind: pairs for kind, pairs in {"one shot": one, "two shots": two}.items() if pairs[1:]}
    if not kinds:
        raise InputError(f"{film} shows nothing in colour twice; give a longer film with colours.")
    return kinds


def _scenes(take: Take) -> list[_Scene]:
    pairs = zip(take.grey(), take.frames, strict=True)
    return [
        _Scene(_fitting(grey.pixels)[:, :, 0], to_lab(_fitting(true.pixels))) for grey, true in pairs
    ]


def _fitting(pixels: Pixels) -> Pixels:
    """Return the part of a frame that has a size which the network takes."""
    height, width = (side // STEP * STEP for side in pixels.shape[:2])
    return np.ascontiguousarray(pixels[:height, :width])


def _judged(network: Matching, scene: _Scene, reference: _Scene) -> _Judged:
    """Colour a scene after its reference, and judge some of its pixels."""
    shown = np.dstack((reference.luma, reference.lab[:, :, 1:] / np.float32(LAB)))
    with torch.inference_mode():
        found = network.found(to_tensor(scene.luma[:, :, None]), network.prepared(to_tensor(shown)))
        signs = torch.cat((torch.ones_like(found.trust), found.trust, found.signs), 1)
    coloured = np.dstack((scene.lab[:, :, :1], np.float32(LAB) * to_pixels(found.colours)))
    right = difference(coloured.astype(np.float32), scene.lab) < CLOSE
    some = np.random.default_rng(1).choice(right.size, min(_SAMPLES, right.size), replace=False)
    return _Judged(
        to_pixels(signs).reshape(right.size, -1)[some].astype(np.float64), right.ravel()[some]
    )


def _joined(pairs: Iterable[_Judged]) -> _Judged:
    signs, right = zip(*pairs, strict=True)
    return _Judged(np.concatenate(signs), np.concatenate(right))


def _fitted(kinds: Sequence[_Judged]) -> tuple[float, ...]:
    """Return the numbers of the logistic regression; each kind of pair counts the same in all."""
    signs, right = _joined(kinds)
    counts = np.concatenate([np.full(len(kind.right), 1 / len(kind.right)) for kind in kinds])
    chance = np.zeros(signs.shape[1])
    for _ in range(_ROUNDS):
        sure = _sure(signs, chance)
        slope = signs.T @ (counts * (right - sure)) - _BOUND * chance
        curvature = (signs.T * (counts * sure * (1 - sure))) @ signs + _BOUND * np.eye(len(chance))
        chance = chance + np.linalg.solve(curvature, slope)
    return tuple(round(float(number), 2) for number in chance)


def _sure(
    signs: NDArray[np.float64], chance: Sequence[float] | NDArray[np.float64]
) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.clip(signs @ np.asarray(chance), -30, 30)))


def _figures(kinds: dict[str, _Judged], chance: Sequence[float]) -> dict[str, Any]:
    """Return for each kind of pair the mean confidence, what was right, and that by confidence."""
    return {kind: _honesty(*judged, chance) for kind, judged in kinds.items()}


def _honesty(
    signs: NDArray[np.float64], right: NDArray[np.bool_], chance: Sequence[float]
) -> dict[str, Any]:
    sure = _sure(signs, chance).astype(np.float32)
    return {
        "sure": float(sure.mean()),
        "right": float(right.mean()),
        "right by confidence": right_by_confidence(sure, right),
    }
