"""Other frames, moved onto the frame that is looked at, and where they can be believed."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Neighbour:
    """Another frame, moved onto the frame that is looked at and brought to its light."""

    pixels: Pixels
    shown: Mask
    """Where it shows the scene at all: elsewhere the scene lies outside its frame."""
    astray: Luma
    """(height, width), 0..1: where its motion cannot be believed."""


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


def gone_astray(there: Flow, back: Flow, height: int, width: int) -> Luma:
    """Return where a coarse flow cannot be believed, (height, width), 0..1."""
    unsure = (disagreement(there, back) >= SURE / 2).astype(np.float32)
    return np.asarray(cv2.resize(unsure, (width, height)), np.float32)


def moved_onto(now: Pixels, other: Pixels, flow: Flow, astray: Luma) -> Neighbour:
    """Return `other` moved along `flow` onto `now` and brought to its light."""
    moved = warp(other, flow, cv2.INTER_CUBIC)
    size = max(now.shape[0] // 12, 15) | 1
    apart = np.clip(now - moved, -LIGHT_LIMIT, LIGHT_LIMIT)
    light = np.asarray(cv2.blur(apart, (size, size)), np.float32).reshape(now.shape)
    return Neighbour(moved + light, _inside(flow), astray)


def _inside(flow: Flow) -> Mask:
    height, width, _ = flow.shape
    columns = flow[:, :, 0] + np.arange(width, dtype=np.float32)[None, :]
    rows = flow[:, :, 1] + np.arange(height, dtype=np.float32)[:, None]
    return (columns >= 0) & (columns <= width - 1) & (rows >= 0) & (rows <= height - 1)


def steepness(pixels: Luma) -> Luma:
    """Return how much luma changes from pixel to pixel, (height, width)."""
    across, down = (cv2.Sobel(pixels, cv2.CV_32F, x, 1 - x, scale=1 / 8) for x in (1, 0))
    return np.asarray(cv2.magnitude(across, down), np.float32)
