"""How near the colouriser's colours come to the true ones, on photographs that it has not seen."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from refilm import models
from refilm.bench.confidence import right_by_confidence
from refilm.errors import InputError
from refilm.frames import Pixels
from refilm.lab import CLOSE, colourfulness, difference, to_lab
from refilm.models.colour import SCALE, Colouriser
from refilm.training.filmlike import plain_luma
from refilm.training.judging import INSIDE, grey, judge, truths
from refilm.training.painting import painter, seen
from refilm.training.pictures import split

NETWORK = "refilm-colour"


def measure(
    folders: Sequence[Path], kept: int, *, inside: int = INSIDE, weights: Path | None = None
) -> dict[str, Any]:
    """Return figures of grey pictures and of coloured ones, over validation pictures.

    For each range of confidence there is the share of its pixels that are within 10 CIEDE2000 of the
    truth. What the network's card has on record is given too, to compare with.

    Args:
        folders: Photographs, of which those with the smallest hashes of their names count.
        kept: How many count: as many as training left out, or fewer.
        inside: Short side, in pixels, at which the network sees the pictures.
        weights: A file of weights to measure instead of those that are shipped.

    Raises:
        InputError: There are too few pictures, one cannot be read, or all are grey.
        WeightsError: The network's weights cannot be used.
    """
    pictures = truths(split(folders, kept).validation)
    if not any(map(colourfulness, pictures)):
        raise InputError("The pictures are grey: give folders of photographs in colour.")
    training = models.card(NETWORK).training
    network = cast(Colouriser, models.load(NETWORK, weights or ()))
    rows = [_judged(true, network, inside) for true in pictures]
    sure, right = (np.concatenate(each) for each in zip(*rows, strict=True))
    return {
        "pictures": len(pictures),
        "inside": inside,
        "grey": asdict(judge(pictures, grey)),
        NETWORK: asdict(judge(pictures, painter(network, inside))),
        "right by confidence": right_by_confidence(sure, right),
        "on record": training.figures if training else {},
    }


def _judged(
    true: Pixels, network: Colouriser, inside: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return of each pixel how sure the network is, and whether its colour is right."""
    lab, made = to_lab(true), seen(network, plain_luma(true), inside)
    found = np.dstack((lab[:, :, :1], SCALE * made[:, :, :2])).astype(np.float32)
    return made[:, :, 2].ravel(), (difference(found, lab) < CLOSE).ravel()
