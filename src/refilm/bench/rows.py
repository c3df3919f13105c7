"""One measurement, and the means of many."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Row:
    """What one treatment did to one scene with one seed."""

    subject: str
    """What was planted."""
    scene: str
    seed: int
    treatment: str
    figures: dict[str, float]
    """What could not be measured is left out."""


def summary(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return for each subject and treatment the figures' means over scenes and seeds, and extremes."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.subject, row.treatment].append(row)
    return [
        {"planted": subject, "treatment": treatment, "measured": len(group), **_figures(group)}
        for (subject, treatment), group in groups.items()
    ]


def _figures(group: list[Row]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for name in dict.fromkeys(name for row in group for name in row.figures):
        values = np.array([row.figures[name] for row in group if name in row.figures])
        found[name] = {
            "mean": round(float(values.mean()), 5),
            "least": round(float(values.min()), 5),
            "most": round(float(values.max()), 5),
        }
    return found
