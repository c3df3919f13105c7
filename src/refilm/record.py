"""The record beside every output: what was changed, what was invented, with what, from what."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from refilm.findings import Survey
from refilm.fingerprint import code_digest, versions
from refilm.frames import Segment, Shot
from refilm.models import Card
from refilm.outputs import record_path
from refilm.plan import Plan
from refilm.progress import Reason
from refilm.render import Work
from refilm.version import __version__

GUESSES = "colours and details may be guesses"


def labels(plan: Plan) -> dict[str, str]:
    """Return the metadata that every output carries, whatever its container."""
    stages = ", ".join(stage.name() for stage in plan.stages) or "no stage"
    invented = ", ".join(invented_in(plan)) or "nothing"
    return {
        "comment": f"Restored with refilm {__version__}, plan {plan.name} ({stages}); "
        f"invented: {invented}; {GUESSES}.",
    }


def made_before(plan: Plan) -> dict[str, Any]:
    """Return the record that lies beside the source where refilm made the source too; else nothing."""
    try:
        return dict(json.loads(record_path(Path(plan.source)).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def invented_in(plan: Plan) -> tuple[str, ...]:
    """Return what of the result is a guess, that of a source that refilm made included."""
    return tuple(dict.fromkeys((*made_before(plan).get("invented", ()), *plan.invented())))


def make_record(
    work: Work,
    reasons: Sequence[Reason],
    digest: str,
    notes: Sequence[tuple[Segment, Mapping[str, float]]],
    sentences: Sequence[str],
) -> dict[str, Any]:
    """Return the record of one restoration as plain values for JSON."""
    figures = figures_by_shot(notes)
    survey, plan = work.survey, work.plan
    return {
        "notice": f"Restored with refilm; {GUESSES}. The original film was not changed.",
        "made_with": {**versions(), "code": code_digest(), "work": work.folder.name},
        "source": {"name": work.film.name, "sha256": digest, **_film(survey)},
        "plan": json.loads(plan.to_json()),
        "reasons": [reason._asdict() for reason in reasons],
        "invented": list(invented_in(plan)),
        "networks": [_network(card) for card in work.cards],
        "shots": [
            {**_shot(shot, figures.get(shot.number, {})), "stills": work.stills.record(shot.number)}
            for shot in survey.shots
        ],
        "references": [photo.colour.name for photo in work.stills.photos],
        "problems": list(survey.problems),
        "said": list(sentences),
        **({"before": before} if (before := made_before(plan)) else {}),
    }


def _film(survey: Survey) -> dict[str, Any]:
    info = survey.info
    return {
        "width": info.width,
        "height": info.height,
        "rate": str(info.rate),
        "frames": len(survey.timeline),
        "coding": asdict(info.coding),
    }


def _network(card: Card) -> dict[str, Any]:
    return {
        "name": card.name,
        "weights": {file.name: file.sha256 for file in card.files},
        "code_licence": card.code_licence,
        "weights_licence": card.weights_licence,
        "paper": card.paper,
    }


def _shot(shot: Shot, figures: Mapping[str, float]) -> dict[str, Any]:
    # Counted from 1, as people count: the survey's page and `only=shots 1` do so too.
    return {
        "number": shot.number + 1,
        "start": _seconds(shot.start),
        "end": _seconds(shot.end),
        "monochrome": shot.monochrome,
        "figures": {name: round(value, 5) for name, value in figures.items()},
    }


def _seconds(time: Fraction) -> float:
    return round(float(time), 6)


def figures_by_shot(
    notes: Sequence[tuple[Segment, Mapping[str, float]]],
) -> dict[int, dict[str, float]]:
    """Return each shot's figures: the means of its segments', weighted by their frames."""
    weighted: dict[int, dict[str, list[tuple[float, int]]]] = {}
    for segment, figures in notes:
        shot = weighted.setdefault(segment.shot.number, {})
        for name, value in figures.items():
            shot.setdefault(name, []).append((value, segment.stop - segment.first))
    return {
        number: {name: _mean(pairs) for name, pairs in kinds.items()}
        for number, kinds in weighted.items()
    }


def _mean(pairs: Sequence[tuple[float, int]]) -> float:
    return sum(value * weight for value, weight in pairs) / sum(weight for _, weight in pairs)
