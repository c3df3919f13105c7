"""Whether the survey tells a new shot from mere trouble, and finds takes that go over slowly."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

import numpy as np

from refilm.age import Ageing
from refilm.bench.cuts import agreement, named
from refilm.bench.rows import Row
from refilm.bench.scenes import Scene
from refilm.findings import Survey, Transition
from refilm.frames import Pixels

NEAR = 1
"""Frames by which a cut may be missed: a splice's torn frame belongs to neither side."""
WORN = {"grain": 0.03, "weave": 0.2}
"""What every old film has besides."""
LENGTHS = (0.5, 1.0)
"""Seconds that takes need to go over into the next: shots of the sample are hardly longer than two."""
OVERLAP = 0.5
"""Share of a true dissolve or fade that a found one must cover to count as it."""
_EACH = 2
"""Flashes, or bursts of dust, in each shot."""

Pictures = list[Pixels]
Trouble = Callable[[Pictures, Sequence[int], int], Pictures]


def measure(shots: Sequence[Scene], seed: int) -> Iterator[Row]:
    """Yield how well cuts are told under each trouble, and dissolves and fades found."""
    cuts = list(accumulate(len(shot.pictures) for shot in shots))[:-1]
    whole = [picture for shot in shots for picture in shot.pictures]
    for name, trouble in TROUBLES.items():
        survey = _surveyed(trouble(whole, cuts, seed), shots[0], seed, TROUBLED.get(name, {}))
        found = agreement([shot.first for shot in survey.shots[1:]], cuts, NEAR)
        figures = {**named("cuts", found), **slow(survey, ())}
        yield Row(name, "all shots", seed, "refilm survey", figures)
    for seconds in LENGTHS:
        for kind, join in (("dissolve", dissolved), ("fade", faded)):
            pictures, true = join(shots, seconds)
            survey = _surveyed(pictures, shots[0], seed, {})
            figures = slow(survey, true)
            yield Row(f"{kind}s of {seconds:g} s", "all shots", seed, "refilm survey", figures)


def _surveyed(pictures: Pictures, like: Scene, seed: int, more: dict[str, float]) -> Survey:
    ageing = Ageing.model_validate({"seed": seed, **WORN, **more})
    return Scene("all shots", tuple(pictures), like.rate).old(ageing).survey


def slow(survey: Survey, true: Sequence[Transition]) -> dict[str, float]:
    """Return the share of true transitions that were found, and how many were found that are none."""
    false = [each for each in survey.transitions if not any(_same(each, other) for other in true)]
    found = [any(_same(each, other) for each in survey.transitions) for other in true]
    figures = {f"false_{kind}s": float(sum(each.kind == kind for each in false)) for kind in KINDS}
    return figures | ({"found": float(np.mean(found))} if found else {})


def _same(found: Transition, true: Transition) -> bool:
    both = min(found.stop, true.stop) - max(found.first, true.first)
    return found.kind == true.kind and both >= OVERLAP * (true.stop - true.first)


def dissolved(shots: Sequence[Scene], seconds: float) -> tuple[Pictures, list[Transition]]:
    """Return the shots, each mixed into the next for so long, and where; short ones are left out."""
    length = max(round(seconds * shots[0].rate), 2)
    shares = np.arange(1, length + 1, dtype=np.float32) / np.float32(length + 1)
    pictures, true = list(shots[0].pictures), list[Transition]()
    for shot in shots[1:]:
        if min(len(pictures), len(shot.pictures)) < 2 * length:
            continue
        ending, beginning = pictures[-length:], shot.pictures[:length]
        mixes = zip(shares, ending, beginning, strict=True)
        pictures[-length:] = [one + (other - one) * share for share, one, other in mixes]
        true.append(Transition("dissolve", len(pictures) - length, len(pictures)))
        pictures += shot.pictures[length:]
    return pictures, true


def faded(shots: Sequence[Scene], seconds: float) -> tuple[Pictures, list[Transition]]:
    """Return the shots, each but the last fading into darkness for so long, and where.

    Shots less than twice as long do not fade.
    """
    length = max(round(seconds * shots[0].rate), 2)
    shares = np.linspace(1, 0, length + 1, dtype=np.float32)[1:]
    pictures, true = list[Pixels](), list[Transition]()
    for one, other in pairwise(shots):
        begins = len(pictures) + len(one.pictures) - length
        pictures += one.pictures
        if min(len(one.pictures), len(other.pictures)) >= 2 * length:
            pictures[begins:] = [
                picture * share for picture, share in zip(pictures[begins:], shares, strict=True)
            ]
            true.append(Transition("fade", begins, len(pictures)))
    return [*pictures, *shots[-1].pictures], true


def _nothing(pictures: Pictures, cuts: Sequence[int], seed: int) -> Pictures:
    del cuts, seed
    return pictures


def flashed(pictures: Pictures, cuts: Sequence[int], seed: int) -> Pictures:
    """Return the pictures, some of each shot lit as by a camera that starts or light that leaks in."""
    some = _some(len(pictures), cuts, seed)
    return [
        np.clip(each * np.float32(2.2) + np.float32(0.1), 0, 1) if n in some else each
        for n, each in enumerate(pictures)
    ]


def dusted(pictures: Pictures, cuts: Sequence[int], seed: int) -> Pictures:
    """Return the pictures, some of each shot under a burst of dirt."""
    some = _some(len(pictures), cuts, seed)
    dirty = Scene("dirty", tuple(pictures[n] for n in some), Fraction(16))
    bursts = dict(zip(some, dirty.old(Ageing(seed=seed, dirt=8)).pictures, strict=True))
    return [bursts.get(n, each) for n, each in enumerate(pictures)]


def spliced(pictures: Pictures, cuts: Sequence[int], seed: int) -> Pictures:
    """Return the pictures with a splice at every cut: a band of light over the frame, and a jump."""
    random = np.random.default_rng((seed, 5))
    torn = list(pictures)
    for cut in cuts:
        place = cut - int(random.integers(2))
        height = torn[place].shape[0]
        band = slice(top := int(random.integers(height)), top + height // 8)
        moved = np.roll(torn[place], int(random.integers(-height // 16, height // 16 + 1)), axis=0)
        moved[band] = 0.5 * moved[band] + 0.5
        torn[place] = moved
    return torn


def _some(count: int, cuts: Sequence[int], seed: int) -> list[int]:
    """Return the numbers of some frames of every shot."""
    random = np.random.default_rng((seed, 4))
    chosen = [random.integers(*edges, _EACH) for edges in pairwise((0, *cuts, count))]
    return sorted({int(number) for numbers in chosen for number in numbers})


TROUBLES: dict[str, Trouble] = {
    "nothing but wear": _nothing,
    "strong flicker": _nothing,
    "flashes": flashed,
    "bursts of dust": dusted,
    "splices": spliced,
}
TROUBLED = {"strong flicker": {"flicker": 0.2, "flicker_local": 0.1}}
"""What ageing does of each trouble."""
KINDS = ("dissolve", "fade")
