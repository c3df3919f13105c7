"""Which repairs do harm: those that leave an edge behind, or lie amid things that move on their own.

Where a limb swings or a pole passes, flow fails and the frames around show something else. What is
filled in from there does not fit what is around it. These tests are our own.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import Pixels
from refilm.luma import luma
from refilm.stages._areas import Labels, labelled, means, spread
from refilm.stages._neighbour import Luma, Mask, Neighbour, steepness
from refilm.stages._unrest import beyond, beyond_apart, grain

MOST_HARM = 0.55
"""Harm from which on a repair is dropped."""
PLAIN = 0.16
"""Luma by which dirt stands out where harm counts as it is: of fainter dirt less harm is borne."""
RINGS = (1, 3), (2, 8)
"""Pixels from a repair at which the rings begin and end in which the pictures are compared."""
BORDER = 2
"""Pixels beyond a repair to which its border reaches."""
STEEPER = 0.08
"""Share of the contrast by which the border must become steeper to count as a new edge."""
STEEPER_GRAIN = 0.3
"""How much of the grain is added to that."""
EDGE_WEIGHT = 2.0
"""How much the share of the border counts on which the repair makes a new edge."""
HOLE = 0.5
"""Share of the contrast by which both neighbours differ where they do not tell what lies below."""
HOLE_WEIGHT = 0.5
"""How much the share of such places counts."""
NEAR = 8
"""Pixels from a repair that does harm within which others, no larger than it, are doubted, too."""
MOST_NEAR = 0.12
"""Harm from which on such a one is dropped."""
SQUARE = np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8)


def harmless(now: Pixels, mended: Pixels, mask: Mask, first: Neighbour, second: Neighbour) -> Mask:
    """Return the connected parts of `mask` whose repair does no harm, (height, width).

    `mended` is `now` with all of them filled from `first` and `second`.
    """
    labels = labelled(mask)
    harm = _harm(now, mended, labels, first, second)
    keep = harm < MOST_HARM
    keep[0] = True
    areas = np.bincount(labels.ravel())
    harmed = np.where(keep, 0, areas).astype(np.float32)[labels]
    beside, largest = np.asarray(cv2.dilate(harmed, SQUARE), np.float32), np.zeros(len(areas))
    np.maximum.at(largest, labels[mask], beside[mask])
    keep &= (harm < MOST_NEAR) | (largest < areas)
    keep[0] = False
    return keep[labels]


def _harm(
    now: Pixels, mended: Pixels, labels: Labels, first: Neighbour, second: Neighbour
) -> NDArray[np.float64]:
    """Return for each label how much harm its repair does; 0 is none."""
    here, one, two = luma(now), luma(first.pixels), luma(second.pixels)
    noise = grain(here, one, two)
    scene: Luma = (one + two) * np.float32(0.5)
    dirt = here - scene
    stray = beyond(dirt, noise)
    contrast = np.maximum(means(labels, stray, labels), 1e-3)
    apart = beyond_apart(one - two, noise)
    harm = np.maximum(means(labels, apart, labels), 0) / contrast
    for begin, end in RINGS:
        ring = np.where(spread(labels, begin) == 0, spread(labels, end), 0)
        for difference in (stray, apart):
            harm += np.maximum(means(ring, difference, labels), 0) / contrast
    # Grain cancels in the mean of a repair.
    depth = np.maximum(np.abs(means(labels, dirt, labels)), 1e-3).astype(np.float32)
    hole = np.asarray(np.abs(one - two) > HOLE * depth[labels], np.float32)
    border = np.where(spread(labels, -1) == 0, spread(labels, BORDER), 0)
    least = STEEPER * depth[border] + STEEPER_GRAIN * noise
    edges = np.asarray(steepness(luma(mended)) - steepness(here) > least, np.float32)
    harm += HOLE_WEIGHT * means(labels, hole, labels) + EDGE_WEIGHT * means(border, edges, labels)
    return harm * PLAIN / depth
