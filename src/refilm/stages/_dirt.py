"""Find what lies on one frame of the film and not in the scene: dirt, dust, hairs, blotches.

After Kokaram, "Motion Picture Restoration", Springer 1998, chapter 6 (spike detection along motion,
rank-ordered differences); the tests that let moving things alone are our own.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.flow import Flow, disagreement, luma8, warp
from refilm.frames import Pixels

Mask = NDArray[np.bool_]
Luma = NDArray[np.float32]

SURE = 1.0
"""Pixels by which flow there and back may miss where it is believed."""
LIGHT_LIMIT = 0.08
"""Largest difference of light, luma, that counts when two pictures are brought to the same light."""
SEEDS_OVER_GRAIN = 5.0
"""A seed of dirt stands out by at least so many times the grain."""
GROWTH = 0.5
"""Share of a seed's contrast down to which dirt grows out from it."""
LARGEST = 0.02
"""Share of the picture above which a thing is no dirt: a hand before the lens, a flash."""
TESTED_AREA = 6
"""Pixels from which on a find is looked for as a moving thing in the frames around it."""
ALIKE = 0.35
"""A find is a moving thing where it lies in both neighbours with less than this of its contrast."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbour:
    """Another frame, moved onto the frame that is looked at and brought to its light."""

    pixels: Pixels
    still: Luma
    """Its luma as it was, not moved."""


def coarse(pixels: Pixels) -> NDArray[np.uint8]:
    """Return luma at half size without small dirt: what motion is searched in."""
    height, width, _ = pixels.shape
    quiet = cv2.medianBlur(luma8(pixels), 5)
    size = (max(width // 2, 1), max(height // 2, 1))
    return np.asarray(cv2.resize(quiet, size, interpolation=cv2.INTER_AREA), np.uint8)


def settled(there: Flow, back: Flow, height: int, width: int) -> Flow:
    """Return a coarse flow at full size, filled from around where it cannot be believed.

    Dirt has no counterpart in the other frame: under it flow goes astray, and what is around it
    knows better.
    """
    sure = (disagreement(there, back) < SURE / 2).astype(np.float32)
    sigma = max(there.shape[0] / 24, 2.0)
    weight = cv2.GaussianBlur(sure, (0, 0), sigma)[:, :, None]
    around = cv2.GaussianBlur(there * sure[:, :, None], (0, 0), sigma) / (weight + 1e-3)
    calm = np.where(sure[:, :, None] > 0, there, around)
    scale = np.array([width / there.shape[1], height / there.shape[0]], np.float32)
    full = cv2.resize(calm, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full, np.float32) * scale


def moved_onto(now: Pixels, other: Pixels, flow: Flow) -> Neighbour:
    """Return `other` moved along `flow` onto `now` and brought to its light."""
    moved = warp(other, flow, cv2.INTER_CUBIC)
    size = max(now.shape[0] // 12, 5) | 1
    apart = np.clip(now - moved, -LIGHT_LIMIT, LIGHT_LIMIT)
    light = np.asarray(cv2.blur(apart, (size, size)), np.float32).reshape(now.shape)
    return Neighbour(moved + light, luma(other))


def luma(pixels: Pixels) -> Luma:
    """Return a picture's luma, (height, width), 0..1."""
    grey = pixels[:, :, 0] if pixels.shape[2] == 1 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(grey, np.float32)


def find_dirt(now: Pixels, first: Neighbour, second: Neighbour, strength: float = 0.5) -> Mask:
    """Return where dirt lies on `now`, (height, width).

    `first` and `second` are frames that show the scene without this frame's dirt: the one before
    and the one after, or two of one side at the end of a shot. `strength` from 0 (only what is
    beyond doubt) to 1 (faint specks too).
    """
    here, one, two = luma(now), luma(first.pixels), luma(second.pixels)
    seed = max(SEEDS_OVER_GRAIN * grain(here, one, two), 0.11 - 0.08 * strength)
    found = np.zeros(here.shape, np.bool_)
    for sign in (1, -1):
        outside = _outside(sign * here, sign * one, sign * two)
        spike = np.minimum(sign * (here - one), sign * (here - two))
        blobs = _grown(outside > seed, (spike > GROWTH * seed))
        found |= _without_moving(blobs, here, first, second, (one + two) / 2)
    return found


def grain(here: Luma, one: Luma, two: Luma) -> float:
    """Return the standard deviation of what differs between frames for no reason."""
    apart = here - (one + two) / 2
    return float(1.4826 * np.median(np.abs(apart[::2, ::2])))


def _outside(here: Luma, one: Luma, two: Luma) -> Luma:
    """Return by how much a pixel is lighter than all that lies around its place in both others."""
    square = np.ones((3, 3), np.uint8)
    return here - np.asarray(cv2.dilate(np.maximum(one, two), square), np.float32)


def _grown(seeds: Mask, allowed: Mask) -> NDArray[np.int32]:
    """Return the connected parts of `allowed` that hold a seed, numbered from 1, 0 elsewhere."""
    _, labels = cv2.connectedComponents((allowed | seeds).astype(np.uint8), connectivity=8)
    keep = np.zeros(int(labels.max()) + 1, np.bool_)
    keep[labels[seeds]] = True
    keep[0] = False
    return np.where(keep[labels], labels, 0).astype(np.int32)


def _without_moving(
    blobs: NDArray[np.int32], here: Luma, first: Neighbour, second: Neighbour, scene: Luma
) -> Mask:
    """Return the blobs that are not too large and not things that move through all three frames."""
    keep = np.zeros(int(blobs.max()) + 1, np.bool_)
    for label, (rows, columns) in enumerate(_boxes(blobs), start=1):
        if rows is None or columns is None:
            continue
        shape = blobs[rows, columns] == label
        area = int(shape.sum())
        keep[label] = area <= LARGEST * here.size and (
            area < TESTED_AREA or not _moves(shape, rows, columns, here, first, second, scene)
        )
    return keep[blobs]


def _boxes(blobs: NDArray[np.int32]) -> list[tuple[slice | None, slice | None]]:
    rows, columns = np.nonzero(blobs)
    labels = blobs[rows, columns]
    count = int(blobs.max())
    low = np.full((count + 1, 2), 1 << 30)
    high = np.full((count + 1, 2), -1)
    for axis, places in enumerate((rows, columns)):
        np.minimum.at(low[:, axis], labels, places)
        np.maximum.at(high[:, axis], labels, places)
    return [
        (slice(int(a), int(c) + 1), slice(int(b), int(d) + 1)) if c >= 0 else (None, None)
        for (a, b), (c, d) in zip(low[1:], high[1:], strict=True)
    ]


def _moves(
    shape: Mask,
    rows: slice,
    columns: slice,
    here: Luma,
    first: Neighbour,
    second: Neighbour,
    scene: Luma,
) -> bool:
    """Say whether the find lies in one neighbour shifted one way and in the other the other way."""
    reach = max(here.shape[0] // 18, 4)
    thing = here[rows, columns]
    weight = shape.astype(np.float32)
    contrast = float((weight * (thing - scene[rows, columns]) ** 2).sum())
    there = _misfit(first.still, thing, weight, rows, columns, reach)
    back = _misfit(second.still, thing, weight, rows, columns, reach)
    both = np.maximum(there, back[::-1, ::-1])
    return float(both.min()) < ALIKE**2 * contrast


def _misfit(other: Luma, thing: Luma, weight: Luma, rows: slice, columns: slice, reach: int) -> Luma:
    """Return the squared difference of a thing to what `other` shows at each shift up to `reach`."""
    height, width = thing.shape
    top, left = rows.start - reach, columns.start - reach
    wide = cv2.copyMakeBorder(
        other[max(top, 0) : rows.stop + reach, max(left, 0) : columns.stop + reach],
        max(-top, 0),
        max(rows.stop + reach - other.shape[0], 0),
        max(-left, 0),
        max(columns.stop + reach - other.shape[1], 0),
        cv2.BORDER_REPLICATE,
    )
    found = cv2.matchTemplate(wide, thing, cv2.TM_SQDIFF, mask=weight)
    return np.asarray(found, np.float32)
