"""How far a film takes the colours of references: how much their colours overlap."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.errors import InputError
from refilm.film import open_film
from refilm.fingerprint import versions
from refilm.frames import Pixels
from refilm.lab import to_lab
from refilm.photos import ignore
from refilm.plan import Plan
from refilm.restore import restore
from refilm.stages.wording import make_stage
from refilm.stills.references import read_references

_REACH, _BINS = 50.0, 32
"""CIELAB units of a and b either side of grey that are counted, and in how many steps."""
_EVERY = 6
"""Of so many frames one is measured."""

Colours = NDArray[np.float64]
"""(32, 32): the shares of pixels by a and b."""


def measure(film: str, references: Sequence[str]) -> dict[str, Any]:
    """Return for each shot how far its colours are those of references: 1 all, 0 none.

    The film is coloured by `colourise` and `remaster`. For each shot that follows references it is told
    how far the colours of the one that fits best and of the nearest other are its own, on average.

    Raises:
        InputError: The film or a reference cannot be read, or no shot follows one.
    """
    known = {each.name: colours_of(each.pixels) for each in read_references(references, ignore)}
    stages = tuple(make_stage(name, {}) for name in ("crop", "colourise", "remaster"))
    plan = Plan(source=film, stages=stages).led_by(references, ())
    with TemporaryDirectory() as folder:
        output = Path(folder) / "restored.mkv"
        record = json.loads(restore(plan, output).read_text(encoding="utf-8"))
        figures = dict(_figures(output, record, known))
    if not figures:
        raise InputError(f"No shot of {film} follows a reference.")
    return {"versions": versions(), "film": film, "figures": figures}


def _figures(
    output: Path, record: Mapping[str, Any], known: Mapping[str, Colours]
) -> Iterator[tuple[str, dict[str, Any]]]:
    frames = [
        (float(frame.time), colours_of(frame.pixels))
        for number, frame in enumerate(open_film(str(output)).watch())
        if number % _EVERY == 0
    ]
    for shot in record["shots"]:
        fits = [(each["fit"], each["name"]) for still in shot["stills"] for each in still["references"]]
        seen = [colours for time, colours in frames if shot["start"] <= time < shot["end"]]
        if fits and seen:
            _, followed = max(fits)
            others = [colours for name, colours in known.items() if name != followed]
            yield (
                f"shot {shot['number']}",
                {
                    "follows": followed,
                    "overlap": _nearest(seen, [known[followed]]),
                    "overlap with others": _nearest(seen, others),
                },
            )


def _nearest(seen: Sequence[Colours], references: Sequence[Colours]) -> float:
    return mean(max((overlap(colours, each) for each in references), default=0.0) for colours in seen)


def colours_of(picture: Pixels) -> Colours:
    """Return which colours a picture, RGB (H, W, 3), has, whatever their lightness."""
    lab = to_lab(np.ascontiguousarray(np.clip(picture, 0, 1)))
    side = (-_REACH, _REACH)
    counts, _, _ = np.histogram2d(
        lab[:, :, 1].ravel(), lab[:, :, 2].ravel(), bins=_BINS, range=(side, side)
    )
    # A colour that is only just in the next bin is not another colour.
    soft = np.asarray(cv2.GaussianBlur(counts, (0, 0), 1), np.float64)
    return soft / max(soft.sum(), 1.0)


def overlap(first: Colours, second: Colours) -> float:
    """Return how much two pictures share of their colours, 0..1."""
    return float(np.minimum(first, second).sum())
