"""Find what lies on one frame of the film and not in the scene: dirt, dust, hairs, blotches.

After Kokaram, "Motion Picture Restoration", Springer 1998, chapter 6 (spike detection along motion,
rank-ordered differences); the tests that let moving things alone are our own.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import Pixels
from refilm.stages._neighbour import Luma, Mask, Neighbour, luma

Labels = NDArray[np.int32]

SEEDS_OVER_GRAIN = 4.0
"""A seed of dirt stands out by at least so many times the grain."""
SOFT = 1.0
"""Sigma in pixels of the softer look that is taken at grainy pictures: grain falls to about a third."""
GROWTH = 0.7
"""Share of a seed's contrast down to which dirt grows out from it."""
RESTLESS = 5.0
"""By how many times the unrest around a place the dirt there must stand out besides."""
ONE_SIDED = 2.0
"""How much more is asked of dirt at the end of a shot, where only one side can be seen."""
LARGEST = 0.02
"""Share of the picture above which a thing is no dirt: a hand before the lens, a flash."""
TESTED_AREA = 4
"""Pixels from which on a find is looked for as a moving thing in the frames around it."""
ALIKE = 0.4
"""A neighbour shows the same thing where it differs by less than this share of the contrast."""
MOST_DOUBT = 0.3
"""Doubt, as a share of a find's contrast, from which on the find is left alone."""
ASTRAY = 3.0
"""How much what differs around a find counts where motion is astray."""
FLOW_AROUND = 4, 12
"""Pixels from a find at which the ring begins and ends in which motion is asked about."""
EDGE = 0.3
"""Share of its contrast by which the rim of dirt is steeper than the scene there."""
AROUND = 3
"""Side of the square, in pixels, in both neighbours than all of which dirt is lighter or darker."""
REACH = 1 / 18
"""Share of the height by which a thing may move from one frame to the next."""
SLIP = 3
"""Pixels by which flow may miss where fine things stand still."""


def find_dirt(
    now: Pixels,
    first: Neighbour,
    second: Neighbour,
    strength: float = 0.5,
    both_sides: bool = True,
) -> Mask:
    """Return where dirt lies on `now`, (height, width).

    `first` and `second` are frames that show the scene without this frame's dirt: the one before
    and the one after, or two of one side at the end of a shot. `strength` from 0 (only what is
    beyond doubt) to 1 (faint specks too); with both neighbours on one side more is asked for.
    """
    sharp = _Look(
        here=luma(now),
        one=luma(first.pixels),
        two=luma(second.pixels),
        shown=first.shown & second.shown,
        astray=np.maximum(first.astray, second.astray),
        both_sides=both_sides,
    )
    faintest = 0.11 - 0.08 * strength
    mask = _found(sharp, faintest)
    if SEEDS_OVER_GRAIN * sharp.noise > faintest:
        # Grain hides faint dirt from a look at single pixels, not from a look at a few together.
        mask |= _apart(_found(sharp.softened(), faintest), mask)
    return mask


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A frame and two neighbours in luma, (height, width), and what is known of them."""

    here: Luma
    one: Luma
    two: Luma
    shown: Mask
    astray: Luma
    both_sides: bool

    @property
    def noise(self) -> float:
        return grain(self.here, self.one, self.two)

    def softened(self) -> "_Look":
        return replace(self, here=_soft(self.here), one=_soft(self.one), two=_soft(self.two))


def _apart(faint: Mask, plain: Mask) -> Mask:
    """Return those faint finds that do not touch a plain one, whose outline is known better."""
    count, found = cv2.connectedComponents((faint | plain).astype(np.uint8), connectivity=8)
    labels = np.asarray(found, np.int32)
    touched = np.zeros(count, np.bool_)
    touched[labels[plain]] = True
    return faint & ~touched[labels]


def _found(look: _Look, faintest: float) -> Mask:
    here, one, two = look.here, look.one, look.two
    caution = 1.0 if look.both_sides else ONE_SIDED
    noise = look.noise
    least = caution * max(SEEDS_OVER_GRAIN * noise, faintest)
    restless = unrest(one, two, noise)
    finds = Finds(look, restless, noise)
    mask = np.zeros(here.shape, np.bool_)
    for sign in (1, -1):
        outside = _outside(sign * here, sign * one, sign * two)
        spike = np.minimum(sign * (here - one), sign * (here - two))
        seeds = (outside > least + RESTLESS * restless) & look.shown
        mask |= finds.trusted(_grown(seeds, spike > GROWTH * least), MOST_DOUBT / caution)
    return mask


def _soft(pixels: Luma) -> Luma:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), SOFT), np.float32)


def grain(here: Luma, one: Luma, two: Luma) -> float:
    """Return the standard deviation of what differs between frames for no reason."""
    apart = here - (one + two) / 2
    return float(1.4826 * np.median(np.abs(apart[::2, ::2])))


def unrest(one: Luma, two: Luma, noise: float) -> Luma:
    """Return by how much the neighbours differ around each place, grain apart.

    Where people walk, the frame before and the frame after do not show the same.
    """
    size = round(one.shape[0] * REACH) | 1
    apart = np.asarray(cv2.blur(np.abs(one - two), (size, size)), np.float32)
    return np.maximum(apart - np.float32(1.5 * noise + 0.01), 0)


def _outside(here: Luma, one: Luma, two: Luma) -> Luma:
    """Return by how much a pixel is lighter than all that lies around its place in both others."""
    square = np.ones((AROUND, AROUND), np.uint8)
    return here - np.asarray(cv2.dilate(np.maximum(one, two), square), np.float32)


def _grown(seeds: Mask, allowed: Mask) -> Labels:
    """Return the connected parts of `allowed` that hold a seed, numbered from 1; 0 elsewhere."""
    count, labels = cv2.connectedComponents((allowed | seeds).astype(np.uint8), connectivity=8)
    labels = np.asarray(labels, np.int32)
    numbers = np.zeros(count, np.int32)
    held = np.unique(labels[seeds])
    numbers[held] = np.arange(1, len(held) + 1)
    return numbers[labels]


class Finds:
    """What stands out on a frame, to be told from things that move and edges that are blurred."""

    def __init__(self, look: _Look, restless: Luma, noise: float) -> None:
        here, one, two = look.here, look.one, look.two
        self._here = here
        self._astray = look.astray
        self._scene: Luma = (one + two) * np.float32(0.5)
        self._apart = np.maximum(np.abs(one - two) - np.float32(noise), 0)
        self._stray = np.maximum(np.abs(here - self._scene) - np.float32(noise), 0)
        self._restless = restless
        self._both_sides = look.both_sides
        self._edge = _steepness(here) - _steepness(self._scene)
        self._reach = max(round(here.shape[0] * REACH), SLIP + 1)
        self._one, self._two = (_bordered(other, self._reach) for other in (one, two))

    def trusted(self, labels: Labels, most_doubt: float) -> Mask:
        """Return the finds that are dirt beyond doubt."""
        areas = np.bincount(labels.ravel(), minlength=1)
        keep = self.doubts(labels) < most_doubt
        keep &= areas <= max(LARGEST * labels.size, TESTED_AREA)
        keep[0] = False
        boxes = _boxes(labels)
        for label in np.flatnonzero(keep & (areas >= TESTED_AREA)):
            rows, columns = boxes[label - 1]
            keep[label] = not self._moves(labels[rows, columns] == label, rows, columns)
        return keep[labels]

    def doubts(self, labels: Labels) -> NDArray[np.float64]:
        """Return for each label how doubtful it is that this is dirt; 0 is no doubt.

        Dirt ends at its edge, while a limb or a blurred edge differs a little around it, too. Dirt
        brings an edge into the picture, while blur takes one away. Under dirt the neighbours agree.
        Dirt leads motion astray where it lies, a thing that turns or is uncovered all around it.
        """
        inside, beside, around = (_spread(labels, size) for size in (-1, 1, 3))
        rim = np.where(inside == 0, beside, 0)
        contrast = np.maximum(_means(labels, self._stray, labels), 1e-3)
        apart = 0.5 * _means(labels, self._apart, labels) + _means(labels, self._restless, labels)
        blur = EDGE * contrast - _means(rim, self._edge, labels)
        stray = _means(np.where(beside == 0, around, 0), self._stray, labels)
        near, far = (_spread(labels, size) for size in FLOW_AROUND)
        lost = ASTRAY * _means(np.where(near == 0, far, 0), self._astray * self._stray, labels)
        return (stray + apart + lost + np.maximum(blur, 0)) / contrast

    def _moves(self, shape: Mask, rows: slice, columns: slice) -> bool:
        """Say whether the find lies in the neighbours too, a little further on."""
        weight = shape.astype(np.float32)
        thing = self._here[rows, columns]
        contrast = float((weight * (thing - self._scene[rows, columns]) ** 2).sum())
        enough = ALIKE**2 * contrast
        before, after = (
            self._misfit(other, thing, weight, rows, columns) for other in (self._one, self._two)
        )
        if not self._both_sides:
            return float(min(before.min(), after.min())) < enough
        if float(np.maximum(before, after[::-1, ::-1]).min()) < enough:
            return True
        near = slice(self._reach - SLIP, self._reach + SLIP + 1)
        return max(float(before[near, near].min()), float(after[near, near].min())) < enough

    def _misfit(self, other: Luma, thing: Luma, weight: Luma, rows: slice, columns: slice) -> Luma:
        """Return the squared difference of a thing to what `other` shows, at each shift in reach."""
        around = other[
            rows.start : rows.stop + 2 * self._reach, columns.start : columns.stop + 2 * self._reach
        ]
        found = cv2.matchTemplate(around, thing, cv2.TM_SQDIFF, mask=weight)
        return np.asarray(found, np.float32)


def _spread(labels: Labels, by: int) -> Labels:
    """Return the numbered areas grown by so many pixels, or shrunk where `by` is negative."""
    size = 2 * abs(by) + 1
    work = cv2.dilate if by > 0 else cv2.erode
    return np.asarray(work(labels.astype(np.float32), np.ones((size, size), np.uint8)), np.int32)


def _steepness(pixels: Luma) -> Luma:
    across, down = (cv2.Sobel(pixels, cv2.CV_32F, x, 1 - x, scale=1 / 8) for x in (1, 0))
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _means(areas: Labels, values: Luma, labels: Labels) -> NDArray[np.float64]:
    """Return the mean of `values` in each area from 1, for as many numbers as `labels` has."""
    count = int(labels.max()) + 1
    # Nearly all of a picture is number 0, which nobody asks for.
    places = np.flatnonzero(areas)
    numbers = areas.ravel()[places]
    sums = np.bincount(numbers, values.ravel()[places], count)
    return sums / np.maximum(np.bincount(numbers, minlength=count), 1)


def _bordered(pixels: Luma, by: int) -> Luma:
    return np.asarray(cv2.copyMakeBorder(pixels, by, by, by, by, cv2.BORDER_REPLICATE), np.float32)


def _boxes(labels: Labels) -> list[tuple[slice, slice]]:
    """Return the rows and columns that each label from 1 spans."""
    rows, columns = np.nonzero(labels)
    numbers = labels[rows, columns]
    spans = []
    for places in (rows, columns):
        low = np.full(int(labels.max()) + 1, labels.size)
        high = np.zeros_like(low)
        np.minimum.at(low, numbers, places)
        np.maximum.at(high, numbers, places + 1)
        spans.append([slice(int(a), int(b)) for a, b in zip(low[1:], high[1:], strict=True)])
    return list(zip(*spans, strict=True))
