"""Numbered areas of a picture, and what is measured over each of them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.stages._neighbour import Luma, Mask

Labels = NDArray[np.int32]
"""(height, width): the number of the area a pixel lies in, from 1; 0 outside of all."""


def labelled(mask: Mask) -> Labels:
    """Return the connected parts of a mask, numbered from 1."""
    return np.asarray(cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[1], np.int32)


def grown(seeds: Mask, allowed: Mask) -> Labels:
    """Return the connected parts of `allowed` that hold a seed, numbered from 1; 0 elsewhere."""
    labels = labelled(allowed | seeds)
    numbers = np.zeros(int(labels.max()) + 1, np.int32)
    held = np.unique(labels[seeds])
    numbers[held] = np.arange(1, len(held) + 1)
    return numbers[labels]


def spread(labels: Labels, by: int) -> Labels:
    """Return the areas grown by so many pixels, or shrunk where `by` is negative."""
    size = 2 * abs(by) + 1
    work = cv2.dilate if by > 0 else cv2.erode
    # Both hold whole numbers exactly; OpenCV is quicker at the smaller.
    kind = np.uint16 if int(labels.max()) < 1 << 16 else np.float32
    return np.asarray(work(labels.astype(kind), np.ones((size, size), np.uint8)), np.int32)


def means(areas: Labels, values: Luma, labels: Labels) -> NDArray[np.float64]:
    """Return the mean of `values` in each area from 1, for as many numbers as `labels` has."""
    count = int(labels.max()) + 1
    # Nearly all of a picture is number 0, which nobody asks for.
    places = np.flatnonzero(areas.ravel() != 0)
    numbers = areas.ravel()[places]
    sums = np.bincount(numbers, values.ravel()[places], count)
    return sums / np.maximum(np.bincount(numbers, minlength=count), 1)


def boxes(labels: Labels) -> list[tuple[slice, slice]]:
    """Return the rows and columns that each area from 1 spans."""
    places = np.flatnonzero(labels.ravel() != 0)
    numbers = labels.ravel()[places]
    spans: list[list[slice]] = []
    for at in np.divmod(places, labels.shape[1]):
        low = np.full(int(labels.max()) + 1, labels.size)
        high = np.zeros_like(low)
        np.minimum.at(low, numbers, at)
        np.maximum.at(high, numbers, at + 1)
        spans.append([slice(int(a), int(b)) for a, b in zip(low[1:], high[1:], strict=True)])
    return list(zip(*spans, strict=True))
