"""How near the colouriser's colours come to the true ones, on photographs that it has not seen."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from refilm import models
from refilm.models.colour import Colouriser
from refilm.training.judging import INSIDE, grey, judge, truths
from refilm.training.painting import painter
from refilm.training.pictures import split

NETWORK = "refilm-colour"


def measure(
    folders: Sequence[Path], kept: int, *, inside: int = INSIDE, weights: Path | None = None
) -> dict[str, Any]:
    """Return figures of grey pictures and of coloured ones, over validation pictures.

    What the network's card has on record is given too, to compare with.

    Args:
        folders: Photographs, of which those with the smallest hashes of their names count.
        kept: How many count: as many as training left out, or fewer.
        inside: Short side, in pixels, at which the network sees the pictures.
        weights: A file of weights to measure instead of those that are shipped.

    Raises:
        InputError: There are too few pictures, or one cannot be read.
        WeightsError: The network's weights cannot be used.
    """
    pictures = truths(split(folders, kept).validation)
    training = models.card(NETWORK).training
    network = cast(Colouriser, models.load(NETWORK, weights or ()))
    return {
        "pictures": len(pictures),
        "inside": inside,
        "grey": asdict(judge(pictures, grey)),
        NETWORK: asdict(judge(pictures, painter(network, inside))),
        "on record": training.figures if training else {},
    }
