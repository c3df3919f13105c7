"""Find what lies on one frame of the film and not in the scene: dirt, dust, hairs, blotches.

After Kokaram, "Motion Picture Restoration", Springer 1998, chapter 6 (spike detection along motion,
rank-ordered differences); the tests that let moving things alone are our own.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import Pixels
from refilm.luma import luma
from refilm.stages._areas import Labels, boxes, grown, labelled, means, spread
from refilm.stages._neighbour import Luma, Mask, Neighbour, steepness
from refilm.stages._unrest import beyond, beyond_apart, grain, jolted, unrest

SEEDS_OVER_GRAIN = 3.6
"""A seed of dirt stands out by at least so many times the grain."""
SOFT = 1.0
"""Sigma in pixels of the softer look that is taken at grainy pictures: grain falls to about a third."""
PEAK = 1.0
"""By how many times the grain the lightest of the places around is lighter than any one by chance."""
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
ALIKE = 0.45
"""The neighbours show the same thing where both differ by less than this share of the contrast."""
ALIKE_ALONE = 0.36
"""One neighbour alone shows it where that differs by less: the other may hide it behind an arm."""
ALIKE_LITTLE = 0.3
"""As ALIKE, for finds below SURE_AREA, which are looked for without a rim."""
SURE_AREA = 12
"""Pixels from which on one neighbour alone is believed: smaller things are alike by chance."""
RIM = 2
"""Pixels around a find that are looked for with it: dirt is like all dark places, its rim is not."""
RIM_WEIGHT = 0.5
"""How much a pixel of the rim counts."""
MOST_DOUBT = 0.5
"""Doubt, as a share of a find's contrast, from which on the find is left alone."""
ASTRAY = 5.0
"""How much what differs around a find counts where motion is astray."""
FLOW_AROUND = 4, 12
"""Pixels from a find at which the ring begins and ends in which motion is asked about."""
EDGE = 0.3
"""Share of its contrast by which the rim of dirt is steeper than the scene there."""
AROUND = 3
"""Side of the square, in pixels, in both neighbours than all of which dirt is lighter or darker."""
REACH = 1 / 18
"""Share of the height by which a thing may move from one frame to the next."""
SQUARE_OF_RIM = np.ones((2 * RIM + 1, 2 * RIM + 1), np.uint8)
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
    sharp = _Look.of(now, first, second, both_sides)
    if both_sides and jolted(sharp.here, sharp.one, sharp.two):
        return np.zeros(sharp.here.shape, np.bool_)
    faintest = 0.11 - 0.08 * strength
    mask = _found(sharp, faintest)
    if SEEDS_OVER_GRAIN * float(sharp.noise.max()) > faintest:
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
    noise: Luma

    @classmethod
    def of(cls, now: Pixels, first: Neighbour, second: Neighbour, both_sides: bool) -> "_Look":
        here, one, two = luma(now), luma(first.pixels), luma(second.pixels)
        astray = np.maximum(first.astray, second.astray)
        shown = first.shown & second.shown
        return cls(here, one, two, shown, astray, both_sides, grain(here, one, two))

    def softened(self) -> "_Look":
        here, one, two = _soft(self.here), _soft(self.one), _soft(self.two)
        return replace(self, here=here, one=one, two=two, noise=grain(here, one, two))


def _apart(faint: Mask, plain: Mask) -> Mask:
    """Return those faint finds that do not touch a plain one, whose outline is known better."""
    labels = labelled(faint | plain)
    touched = np.zeros(int(labels.max()) + 1, np.bool_)
    touched[labels[plain]] = True
    return faint & ~touched[labels]


def _found(look: _Look, faintest: float) -> Mask:
    here, one, two = look.here, look.one, look.two
    caution = 1.0 if look.both_sides else ONE_SIDED
    least = np.maximum(SEEDS_OVER_GRAIN * look.noise, np.float32(caution * faintest))
    restless = unrest(here, one, two, look.noise)
    finds = Finds(look, restless)
    mask = np.zeros(here.shape, np.bool_)
    for sign in (1, -1):
        outside = _outside(sign * here, sign * one, sign * two)
        spike = np.minimum(sign * (here - one), sign * (here - two))
        sure = np.minimum(spike, outside + PEAK * look.noise)
        seeds = (sure > least + RESTLESS * restless) & look.shown
        if not seeds.any():
            continue
        mask |= finds.trusted(grown(seeds, spike > GROWTH * least), MOST_DOUBT / caution)
    return mask


def _soft(pixels: Luma) -> Luma:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), SOFT), np.float32)


def _outside(here: Luma, one: Luma, two: Luma) -> Luma:
    """Return by how much a pixel is lighter than all that lies around its place in both others."""
    square = np.ones((AROUND, AROUND), np.uint8)
    return here - np.asarray(cv2.dilate(np.maximum(one, two), square), np.float32)


class Finds:
    """What stands out on a frame, to be told from things that move and edges that are blurred."""

    def __init__(self, look: _Look, restless: Luma) -> None:
        here, one, two, noise = look.here, look.one, look.two, look.noise
        self._astray = look.astray
        scene: Luma = (one + two) * np.float32(0.5)
        self._apart = beyond_apart(one - two, noise)
        self._stray = beyond(here - scene, noise)
        self._restless = restless
        self._both_sides = look.both_sides
        self._edge = steepness(here) - steepness(scene)
        self._reach = max(round(here.shape[0] * REACH), SLIP + 1)
        self._one, self._two = (_bordered(other, self._reach + RIM) for other in (one, two))
        self._here, self._scene = _bordered(here, RIM), _bordered(scene, RIM)

    def trusted(self, labels: Labels, most_doubt: float) -> Mask:
        """Return the finds that are dirt beyond doubt."""
        areas = np.bincount(labels.ravel(), minlength=1)
        keep = self.doubts(labels) < most_doubt
        keep &= areas <= max(LARGEST * labels.size, TESTED_AREA)
        keep[0] = False
        spans, within = boxes(labels), np.pad(labels, RIM)
        for label in np.flatnonzero(keep & (areas >= TESTED_AREA)):
            rows, columns = (slice(each.start, each.stop + 2 * RIM) for each in spans[label - 1])
            keep[label] = not self._moves(within[rows, columns] == label, rows, columns)
        return keep[labels]

    def doubts(self, labels: Labels) -> NDArray[np.float64]:
        """Return for each label how doubtful it is that this is dirt; 0 is no doubt.

        Dirt ends at its edge, while a limb or a blurred edge differs a little around it, too. Dirt
        brings an edge into the picture, while blur takes one away. Under dirt the neighbours agree.
        Dirt leads motion astray where it lies, a thing that turns or is uncovered all around it.
        """
        inside, beside, around = (spread(labels, size) for size in (-1, 1, 3))
        rim = np.where(inside == 0, beside, 0)
        contrast = np.maximum(means(labels, self._stray, labels), 1e-3)
        apart = 0.5 * means(labels, self._apart, labels) + means(labels, self._restless, labels)
        blur = EDGE * contrast - means(rim, self._edge, labels)
        stray = means(np.where(beside == 0, around, 0), self._stray, labels)
        near, far = (spread(labels, size) for size in FLOW_AROUND)
        lost = ASTRAY * means(np.where(near == 0, far, 0), self._astray * self._stray, labels)
        return sum(np.maximum(each, 0) for each in (stray, apart, lost, blur)) / contrast

    def _moves(self, shape: Mask, rows: slice, columns: slice) -> bool:
        """Say whether the find and its rim lie in the neighbours too, a little further on.

        `rows` and `columns` span the find and its rim in the picture with a border of RIM.
        """
        wide = np.asarray(cv2.dilate(shape.astype(np.float32), SQUARE_OF_RIM), np.float32)
        little = np.count_nonzero(shape) < SURE_AREA
        weight = np.where(shape, np.float32(1), np.float32(0 if little else RIM_WEIGHT) * wide)
        thing = self._here[rows, columns]
        contrast = float(((thing - self._scene[rows, columns])[shape] ** 2).sum())
        enough = (ALIKE_LITTLE if little else ALIKE) ** 2 * contrast
        before = self._misfit(self._one, thing, weight, rows, columns)
        if not self._both_sides or (little and float(before.min()) >= enough):
            # On one side the nearer frame tells: in the farther one a thing may be out of reach.
            return float(before.min()) < enough
        after = self._misfit(self._two, thing, weight, rows, columns)
        if float(np.maximum(before, after[::-1, ::-1]).min()) < enough:
            return True
        if not little and float(min(before.min(), after.min())) < ALIKE_ALONE**2 * contrast:
            return True
        near = slice(self._reach - SLIP, self._reach + SLIP + 1)
        return max(float(before[near, near].min()), float(after[near, near].min())) < enough

    def _misfit(self, other: Luma, thing: Luma, weight: Luma, rows: slice, columns: slice) -> Luma:
        """Return the squared difference of a thing to what `other` shows, at each shift in reach."""
        around = other[
            rows.start : rows.stop + 2 * self._reach, columns.start : columns.stop + 2 * self._reach
        ]
        found = cv2.matchTemplate(around, thing, cv2.TM_SQDIFF, mask=np.sqrt(weight))
        return np.asarray(found, np.float32)


def _bordered(pixels: Luma, by: int) -> Luma:
    return np.asarray(cv2.copyMakeBorder(pixels, by, by, by, by, cv2.BORDER_REPLICATE), np.float32)
