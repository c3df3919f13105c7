"""How well the faces in a picture are seen: stills that show the people they are of are worth more."""

from collections.abc import Callable

from refilm.frames import Pixels
from refilm.job import Network

NONE = "none"
"""In place of the name of a network: nobody looks for faces."""
TASK = "faces"
"""What a network is for that finds them."""
_SURE = 0.4
"""Chance below which something is no face: shadows and wheels reach 0.35."""
_FULL = 0.25
"""Height of a face, or of several in sum, over the picture's, from which more shows no more."""

Seen = Callable[[Pixels], float]
"""Gives for a picture's luma, (H, W, 1), how well faces in it are seen, 0..1."""


def seen_by(network: Network) -> Seen:
    """Return what looks for faces with a network that gives the rows of `centerface.Faces`."""

    def seen(luma: Pixels) -> float:
        rows = network(luma)[:, :, 0]
        sure = rows[rows[:, 0] >= _SURE]
        tall = float((sure[:, 0] * sure[:, 4]).sum()) / luma.shape[0]
        return min(tall / _FULL, 1.0)

    return seen
