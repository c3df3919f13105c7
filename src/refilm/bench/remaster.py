"""How well frames follow a coloured still: a film made grey, with one true frame of each shot."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from refilm import models
from refilm.bench.rows import Row, summary
from refilm.bench.takes import Take, apart, drawn, run, takes
from refilm.errors import InputError
from refilm.film import open_film
from refilm.fingerprint import versions
from refilm.stages.colourise import Colourise
from refilm.stages.remaster import Remaster

FRAMES = 40
"""Frames of each shot at most, spread evenly over it."""
FAR = 10.0
"""Seconds between a still and the frames that follow it from afar."""
_LAST = 4
"""Of a shot shorter than that, one in so many frames is far: those at its end."""


def measure(film: str | None, shots: int = 5, frames: int = FRAMES) -> dict[str, Any]:
    """Return differences of colour, CIEDE2000, of a colour film's frames from the true ones.

    Frames get no colour, what the colouriser gives (where its weights are here), and those of a still:
    the shot's middle frame, or its first one for frames far from that.

    Raises:
        InputError: No shot of the film has colours.
        WeightsError: The matching network's weights are not here.
    """
    with TemporaryDirectory() as folder:
        source = open_film(film) if film else drawn(Path(folder))
        rows = [row for take in takes(source, shots, frames, spread=True) for row in _rows(take)]
    if not rows:
        raise InputError(f"{film} has no colours to compare with.")
    return {"versions": versions(), "film": film or "the drawn sample", "figures": summary(rows)}


def _rows(take: Take) -> Iterator[Row]:
    network = models.networks()
    grey, treated = take.grey(), {"none": take.grey()}
    if models.store.is_here(models.card(Colourise.model_validate({}).method)):
        treated["automatic"] = list(run(Colourise.model_validate({}), take, grey, network, ()))
    begun = treated.get("automatic", grey)
    far = _far(take)
    for case, still, judged in (("own still", len(grey) // 2, slice(None)), ("far still", 0, far)):
        stills = (take.still(still),)
        treated["remaster"] = list(run(Remaster.model_validate({}), take, begun, network, stills))
        for name, frames in treated.items():
            found = apart(frames[judged], take.frames[judged])
            yield Row(case, f"shot {take.shot.number + 1}", 0, name, found)


def _far(take: Take) -> slice:
    """Return which frames are far from the first one."""
    begun = take.frames[0].time
    far = sum(frame.time - begun >= FAR for frame in take.frames)
    return slice(len(take.frames) - (far or -(-len(take.frames) // _LAST)), None)
