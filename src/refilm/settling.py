"""Settles a plan before the film is looked at: what it lacks is added, what cannot be is refused."""

from collections.abc import Callable
from pathlib import Path

from refilm import models
from refilm.errors import UsageError
from refilm.film import Film, target_for
from refilm.job import Network
from refilm.plan import Plan
from refilm.stills.faces import NONE, TASK
from refilm.stills.making import check_asked
from refilm.survey.shots import CLASSIC


def settled(
    plan: Plan, film: Film, output: Path, network: Callable[[str], Network] | None
) -> tuple[Plan, tuple[str, ...]]:
    """Return the plan as it can be carried out for a film, and sentences on what was changed of it.

    `network` gives networks of the caller's own, for which no weights are needed. Raises UsageError,
    InputError or WeightsError for what cannot be done.
    """
    plan, added = plan.following()
    replaced: tuple[str, ...] = ()
    if network is None:
        plan, replaced = plan.with_weights(models.is_here)
        check_networks(plan)
    _check_plan(plan, film, output)
    return plan, tuple(filter(None, (added, *replaced)))


def sighted(plan: Plan, network: Callable[[str], Network] | None, say: Callable[[str], None]) -> Plan:
    """Return the plan without a look at faces where the weights for it are missing, which is said.

    `network` is as `settled` takes it. Raises UsageError where there is no such network.
    """
    if network is not None:
        return plan
    seeing, blind = plan.seeing(models.is_here)
    if blind:
        say(blind)
    return seeing


def _check_plan(plan: Plan, film: Film, output: Path) -> None:
    """Refuse a plan that cannot be carried out, before the film is looked at.

    Raises UsageError for a codec that the output cannot hold, a limit that a stage cannot have or a
    hint that points beside the picture, InputError for a reference that cannot be used.
    """
    plan.infos(film.info)
    target_for(plan.encoding, output, film.info, film.info)
    check_asked(plan.asked, film.info)


def check_networks(plan: Plan) -> None:
    """Raise UsageError for a network that does not fit its stage, WeightsError for missing weights."""
    check_shots(plan.shots)
    if plan.asked.looks_for_faces:
        _check_faces(plan.faces)
    for stage in plan.stages:
        for card in map(models.card, stage.networks()):
            if stage.task and not card.serves(stage.task):
                fit = ", ".join(c.name for c in models.catalogue().values() if c.serves(stage.task))
                raise UsageError(
                    f"{card.name} is a network for {card.task}, and {stage.name()} needs one for "
                    f"{stage.task}: {fit or 'a file of weights of your own'}."
                )
            for number in stage.numbers().keys() - set(card.facts.numbers):
                raise UsageError(
                    f"{card.name} has no {number} to set: leave {number} out of {stage.name()}, or "
                    f"choose another network."
                )
            models.store.paths(card)


def check_shots(shots: str) -> None:
    """Raise UsageError for a way to find cuts that there is not, WeightsError for missing weights."""
    ways = [CLASSIC, *(card.name for card in models.catalogue().values() if card.serves("shot cuts"))]
    if shots not in ways:
        raise UsageError(f"Cuts cannot be found by {shots}; there are: {', '.join(ways)}.")
    if shots != CLASSIC:
        models.store.paths(models.card(shots))


def _check_faces(faces: str) -> None:
    ways = [NONE, *(card.name for card in models.catalogue().values() if card.serves(TASK))]
    if faces not in ways:
        raise UsageError(f"Faces cannot be found by {faces}; there are: {', '.join(ways)}.")
