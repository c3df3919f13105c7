"""How much pictures differ for no reason (grain) and for another reason than dirt (unrest)."""

import cv2
import numpy as np

from refilm.stages._neighbour import Luma

LUMAS = 8
"""Steps of luma for which grain is measured apart."""
FEWEST = 200
"""Pixels of such a step that are enough to measure grain."""
AROUND = 1 / 24
"""Share of the height over which the difference of the neighbours is averaged."""
MOST_APART = 0.15
"""Luma that a difference of the neighbours counts at most: dirt on one of them is no unrest."""
USUAL_AROUND = 1 / 8
"""Share of the height over which it is asked what half of the places differ by."""
FINEST = 0.001
"""Luma of one step in which differences are sorted."""
TAIL = 0.1666
"""Mean of what of a normal deviate lies beyond its standard deviation, over that deviation."""
APART = 1.155
"""Grain of one frame less another over that of one less the mean of two: the root of 4/3."""
JOLTED = 1.25
"""By how many times a frame is more unlike both neighbours than these are to each other."""


def grain(here: Luma, one: Luma, two: Luma) -> Luma:
    """Return the standard deviation of what differs between frames for no reason, (height, width).

    It is measured for each step of luma apart: grain is strongest in the middle greys.
    """
    scene = (one + two) * np.float32(0.5)
    apart = np.abs(here - scene)[::2, ::2].ravel()
    steps = np.clip(scene * LUMAS, 0, LUMAS - 1).astype(np.uint8)
    found = steps[::2, ::2].ravel()
    usual = float(np.median(apart))
    medians = np.full(256, usual, np.float32)
    for step in range(LUMAS):
        own = apart[found == step]
        if len(own) >= FEWEST:
            medians[step] = np.median(own)
    return np.asarray(cv2.LUT(steps, (1.4826 * medians).astype(np.float32)), np.float32)


def beyond(difference: Luma, noise: Luma) -> Luma:
    """Return by how much a difference is larger than grain makes it: 0 on average for grain alone."""
    return np.maximum(np.abs(difference) - noise, 0) - np.float32(TAIL) * noise


def beyond_apart(difference: Luma, noise: Luma) -> Luma:
    """Return the same for the difference of the two neighbours, `noise` being that of `grain`."""
    return beyond(difference, noise * np.float32(APART))


def jolted(here: Luma, one: Luma, two: Luma) -> bool:
    """Say whether a frame is unlike both neighbours while these are like each other.

    The camera or the film was jolted: the motion to and from this frame was not found.
    """
    stray = float(np.median(np.abs(here - (one + two) * np.float32(0.5))[::2, ::2]))
    apart = float(np.median(np.abs(one - two)[::2, ::2]))
    return stray * APART > JOLTED * max(apart, FINEST)


def unrest(here: Luma, one: Luma, two: Luma, noise: Luma) -> Luma:
    """Return by how much the pictures differ around each place, grain apart.

    Where people walk, the frame before and the frame after do not show the same. Where this frame as
    a whole is unlike both, motion was not found: the camera was jolted, or a leg swings.
    """
    size = round(one.shape[0] * AROUND) | 1
    apart = np.minimum(np.abs(one - two), np.float32(MOST_APART))
    apart = np.asarray(cv2.blur(apart, (size, size)), np.float32)
    stray = _usual(np.abs(here - (one + two) * np.float32(0.5)))
    return np.maximum(np.maximum(apart - np.float32(1.5) * noise, stray - noise) - np.float32(0.01), 0)


def _usual(difference: Luma) -> Luma:
    """Return what half of the places around each one differ by, which dirt does not change."""
    height, width = difference.shape
    small = (max(width // 4, 1), max(height // 4, 1))
    coarse = cv2.resize(difference, small, interpolation=cv2.INTER_AREA)
    levels = np.asarray(np.minimum(coarse / FINEST, 255), np.uint8)
    median = cv2.medianBlur(levels, max(round(small[1] * USUAL_AROUND), 5) | 1)
    return np.asarray(cv2.resize(median, (width, height)), np.float32) * np.float32(FINEST)
