"""Shots that show the same place or people, by their stills: they share their colours."""

from collections.abc import Mapping, Sequence

from refilm.stills.likeness import Look, likeness

ALIKE = 0.8
"""Likeness of stills from which two shots belong together. Within one take it is mostly above 0.75,
between unlike ones below 0.55: a group that misses a shot costs less than one with a stranger."""


def grouped(looks: Mapping[int, Sequence[Look]]) -> tuple[tuple[int, ...], ...]:
    """Return the shots, by their numbers, in groups that are alike.

    A shot joins the group whose first shot it is most like, so that no group drifts away from what
    it began with.

    Args:
        looks: Of each shot, by its number, those of its stills.
    """
    groups: list[list[int]] = []
    for shot in sorted(looks):
        found = [(_nearest(looks[shot], looks[group[0]]), place) for place, group in enumerate(groups)]
        best = max(found, default=(0.0, 0))
        if best[0] >= ALIKE:
            groups[best[1]].append(shot)
        else:
            groups.append([shot])
    return tuple(tuple(group) for group in groups)


def _nearest(first: Sequence[Look], second: Sequence[Look]) -> float:
    return max((likeness(one, other) for one in first for other in second), default=0.0)
