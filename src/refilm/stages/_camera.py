"""The camera's movement, told from weave by likelihood: it stands, pans evenly, or bends, by stretches.

Paths are taken for the sum of the camera's and of weave. The camera's place and velocity, and the part
of the weave that drifts, are the state of a Kalman filter (1960); what it cannot foretell gives the
likelihood of each kind of camera and strength of weave (Schweppe, "Evaluation of likelihood functions
for Gaussian signals", 1965). Stretches as in binary segmentation (Scott and Knott, 1974); the
wanted path is that of Grundmann et al., "Auto-Directed Video Stabilization with Robust L1 Optimal
Camera Paths", CVPR 2011: constant, linear, gently bent.

All is counted in frames and in pixels of a picture 480 wide.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from math import comb

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_DRIFTS = 7.0
"""Frames in which the slow part of the weave forgets where it was."""
_SURVEY = 0.03
"""Error of the survey from frame to frame, which sums up and is not to be put into the picture."""
_FASTEST = 5.0
"""Pixels a frame, as a standard deviation: how fast cameras pan."""
_WIDE = 1e5
"""Variance of what is not known at all."""
_WHITE = (0.5, 1.0, 2.0)
"""Variances that the quick part of the weave may have, to that of the path's third differences."""
_SLOW = (0.25, 1.0, 4.0, 16.0, 64.0, 256.0)
"""Variances that the slow part may have, to that of the quick one."""
_SHAKE = (0.0, 0.0, 0.0, 4.0, 8.0, 12.0)
"""Likelihood (nat) that is asked for slow parts so strong that they are a shaken camera's."""
_BENDS = (8.0, 4.0, 2.0, 1.0, 0.5, 0.25, 0.125)
"""Times over which a bending camera's path is evened out, to the time that is asked for."""
_CLOSENESS = 0.3
"""Likelihood (nat) that every frame must gain by each halving of that time below the one asked for."""
_MOVES = np.array((0.0, 0.5, *(2.0,) * len(_BENDS)))
"""Likelihood (nat) that a camera must gain by not standing still."""
_TRAVEL = 0.08
"""Growth of the picture (log) in a stretch from which on its camera travels, so does not stand."""
_SPLIT = 5.0
"""Likelihood (nat) that is asked for each further stretch."""
_SHORTEST = 6
"""Frames that a stretch has at least."""
_LONGEST = 500
"""Frames that are looked at together at most, so that the work grows with the film's length alone."""
_LEAST = 1e-4
"""Smallest variance of weave, pixels squared."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames first..stop-1 of a path, in which the camera does one thing."""

    first: int
    stop: int
    stands: bool
    bend: float
    """Variance by which the camera's velocity changes in a frame; 0 for a camera that pans evenly."""
    white: float
    slow: float
    """Variances of the weave's quick and slow parts."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One coordinate of a path, and what is known about it."""

    path: Numbers
    """(n,): pixels."""
    steps: Numbers
    """(n,): frames since the one before; what the first says does not count."""
    doubt: Numbers
    """(n,): variance of each place besides weave's: large for torn frames."""
    growth: Numbers
    """(n,): natural logarithm of the picture's scale since the first frame."""

    def part(self, first: int, stop: int) -> "Seen":
        """Return what is known of frames first..stop-1."""
        return Seen(*(each[first:stop] for each in (self.path, self.steps, self.doubt, self.growth)))

    def reversed(self) -> "Seen":
        """Return what a camera saw that did all this backwards."""
        steps = np.concatenate((self.steps[:1], self.steps[:0:-1]))
        return Seen(self.path[::-1], steps, self.doubt[::-1], self.growth[::-1])


def camera(seen: Seen, frames: float) -> Numbers:
    """Return the path of the camera, (n,), evened out over `frames` where it bends."""
    return smoothed(seen, stretches(seen, frames))


def stretches(seen: Seen, frames: float) -> list[Stretch]:
    """Return what the camera does in each stretch of the path, all of which have one weave."""
    every = _Models.of(seen, frames)
    parts = _divided(seen, every)
    total = np.zeros(every.bend.shape[1])
    for part in parts:
        total += _scores(seen.part(part.first, part.stop), every)[-1].max(axis=0)
    return _divided(seen, every.one(int(np.argmax(total))))


def _divided(seen: Seen, models: "_Models") -> list[Stretch]:
    count = len(seen.path)
    blocks = -(-count // _LONGEST)
    edges = [round(count * block / blocks) for block in range(blocks + 1)]
    return [one for pair in pairwise(edges) for one in _split(seen, *pair, models)]


def _split(seen: Seen, first: int, stop: int, models: "_Models") -> list[Stretch]:
    """Return the stretches of frames first..stop-1."""
    here = seen.part(first, stop)
    forth, back = _scores(here, models), _scores(here.reversed(), models)
    best = int(np.argmax(forth[-1]))
    whole = models.stretch(best, first, stop)
    cuts = np.arange(models.shortest, stop - first - models.shortest + 1)
    if not len(cuts):
        return [whole]
    most, most_back = (scores.reshape(len(scores), -1).max(axis=1) for scores in (forth, back))
    gains = most[cuts - 1] + most_back[stop - first - cuts - 1] - most[-1]
    if gains.max() < _SPLIT:
        return [whole]
    cut = first + int(cuts[np.argmax(gains)])
    return [*_split(seen, first, cut, models), *_split(seen, cut, stop, models)]


@dataclass(frozen=True, slots=True, eq=False)
class _Models:
    """The kinds of camera and weave that are tried, each array (n kinds of camera, m of weave)."""

    bend: Numbers
    white: Numbers
    slow: Numbers
    cost: Numbers
    """(kinds of camera,): nat that each frame must gain."""
    shake: Numbers
    """(kinds of weave,): nat that each stretch must gain."""
    shortest: int
    """Frames that a stretch has at least."""

    @classmethod
    def of(cls, seen: Seen, frames: float) -> "_Models":
        quick = max(_quick(seen.path), _LEAST)
        white = quick * np.repeat(_WHITE, len(_SLOW))
        slow = white * np.tile(_SLOW, len(_WHITE))
        times = frames * np.array(_BENDS)
        # A path that may bend by so much lets pass half of what a Gaussian of that time does.
        bend = (white + 2 * _DRIFTS * slow) * (1.18 / times[:, None]) ** 4
        bend = np.concatenate((np.zeros((2, len(white))), bend))
        cost = np.maximum(-np.log2((1.0, 1.0, *_BENDS)), 0) * _CLOSENESS
        return cls(
            bend,
            np.broadcast_to(white, bend.shape),
            np.broadcast_to(slow, bend.shape),
            cost,
            np.tile(_SHAKE, len(_WHITE)),
            max(_SHORTEST, round(frames)),
        )

    def one(self, weave: int) -> "_Models":
        """Return all kinds of camera with one kind of weave."""
        only = slice(weave, weave + 1)
        return replace(
            self,
            bend=self.bend[:, only],
            white=self.white[:, only],
            slow=self.slow[:, only],
            shake=self.shake[only],
        )

    def stretch(self, best: int, first: int, stop: int) -> Stretch:
        kind, weave = divmod(best, self.bend.shape[1])
        at = kind, weave
        return Stretch(
            first, stop, kind == 0, float(self.bend[at]), float(self.white[at]), float(self.slow[at])
        )


def _quick(path: Numbers) -> float:
    """Return the variance of what jumps from frame to frame, whatever a few torn frames do."""
    order = min(3, len(path) - 1)
    if not order:
        return 0.0
    jumps = np.abs(np.diff(path, order))
    return float((1.4826 * np.median(jumps)) ** 2 / comb(2 * order, order))


def _scores(seen: Seen, models: _Models) -> Numbers:
    """Return for each kind how well it explains the path from its start to each frame, (n, kinds)."""
    lengths = np.arange(1, len(seen.path) + 1)[:, None, None]
    cost = _MOVES[:, None] + models.cost[:, None] * lengths + models.shake
    scores = _likelihoods(seen, models) - cost
    travels = np.abs(seen.growth - seen.growth[0]) > _TRAVEL
    scores[travels, 0] = -np.inf
    return scores


def _likelihoods(seen: Seen, models: _Models) -> Numbers:
    """Return the log likelihood of the path up to each frame, (n, kinds of camera, of weave).

    The Kalman filter's covariances are written out, for all kinds at once: place (p), velocity (v)
    and slow weave (s).
    """
    shape = models.bend.shape
    p, v, s = np.full(shape, seen.path[0]), np.zeros(shape), np.zeros(shape)
    pp, vv, ss = np.full(shape, _WIDE), np.full(shape, _FASTEST**2), models.slow.copy()
    vv[0] = 0
    pv, ps, vs = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    found, total = np.empty((len(seen.path), *shape)), np.zeros(shape)
    for place, (value, step, doubt) in enumerate(zip(seen.path, seen.steps, seen.doubt, strict=True)):
        if place:
            keep = np.exp(-step / _DRIFTS)
            p, s = p + step * v, keep * s
            pp = pp + step * (2 * pv + step * vv) + models.bend * step**3 / 3 + _SURVEY**2 * step
            pv, ps = pv + step * vv + models.bend * step**2 / 2, keep * (ps + step * vs)
            vv, vs = vv + models.bend * step, keep * vs
            ss = keep**2 * ss + (1 - keep**2) * models.slow
        of_p, of_v, of_s = pp + ps, pv + vs, ps + ss
        spread = of_p + of_s + models.white + doubt
        miss = value - p - s
        total = total - 0.5 * (miss**2 / spread + np.log(spread))
        found[place] = total
        gain_p, gain_v, gain_s = of_p / spread, of_v / spread, of_s / spread
        p, v, s = p + gain_p * miss, v + gain_v * miss, s + gain_s * miss
        pp, pv, ps = pp - gain_p * of_p, pv - gain_p * of_v, ps - gain_p * of_s
        vv, vs, ss = vv - gain_v * of_v, vs - gain_v * of_s, ss - gain_s * of_s
    return found


def smoothed(seen: Seen, parts: list[Stretch]) -> Numbers:
    """Return the camera's path, (n,), all frames known (Rauch, Tung and Striebel, 1965).

    It has no step where stretches meet: the place goes on, the velocity begins anew.
    """
    kept: list[tuple[Numbers, Numbers, Numbers, Numbers, Numbers]] = []
    state, spread = np.array((seen.path[0], 0.0, 0.0)), np.diag((_WIDE, 0.0, parts[0].slow))
    for part in parts:
        for place in range(part.first, part.stop):
            move, noise = _transition(part, float(seen.steps[place]), place == part.first)
            ahead, wide = move @ state, move @ spread @ move.T + noise
            seen_as = wide @ _SEEN
            doubt = float(_SEEN @ seen_as) + part.white + float(seen.doubt[place])
            state = ahead + seen_as * ((seen.path[place] - _SEEN @ ahead) / doubt)
            spread = wide - np.outer(seen_as, seen_as) / doubt
            kept.append((move, ahead, wide, state, spread))
    return _backwards(kept)


_SEEN = np.array((1.0, 0.0, 1.0))
"""The picture lies where the camera's place and the slow weave put it."""


def _transition(part: Stretch, step: float, begins: bool) -> tuple[Numbers, Numbers]:
    """Return how the state (place, velocity, slow weave) goes on by one frame, and what is added."""
    keep = float(np.exp(-step / _DRIFTS))
    velocity = 0.0 if begins or part.stands else 1.0
    move = np.array(((1, step * velocity, 0), (0, velocity, 0), (0, 0, keep)))
    noise = np.zeros((3, 3))
    noise[:2, :2] = part.bend * np.array(((step**3 / 3, step**2 / 2), (step**2 / 2, step)))
    if begins and not part.stands:
        anew = np.array((step, 1.0))
        noise[:2, :2] += _FASTEST**2 * np.outer(anew, anew)
    noise[0, 0] += _SURVEY**2 * step
    noise[2, 2] = (1 - keep**2) * part.slow
    return move, noise


def _backwards(kept: list[tuple[Numbers, Numbers, Numbers, Numbers, Numbers]]) -> Numbers:
    """Return the smoothed place at each frame."""
    found = np.empty(len(kept))
    later = kept[-1][3]
    found[-1] = later[0]
    for place in range(len(kept) - 2, -1, -1):
        move, ahead, wide, _, _ = kept[place + 1]
        _, _, _, state, spread = kept[place]
        gain = spread @ move.T @ np.linalg.inv(wide + 1e-10 * np.eye(3))
        later = state + gain @ (later - ahead)
        found[place] = later[0]
    return found
