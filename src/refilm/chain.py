"""A chain of films in folders: each step is made from an earlier one's film, and a person can step in.

The plan `deoldify` has such a chain: the folders of the chain of 2020, with films named after the
source. A film that a person puts into a step's folder, under a name that begins as the source's does,
is taken from there. Between steps films are stored without loss.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from refilm import models
from refilm.chainstep import RAW, ChainStep
from refilm.errors import InputError, OutputError, UsageError
from refilm.film import Encoding, open_film
from refilm.fingerprint import code_digest, fingerprint
from refilm.job import Network
from refilm.outputs import SUFFIXES, check_output, steps_folder, workspace_beside
from refilm.plan import Plan
from refilm.progress import Watcher
from refilm.restore import Wishes, colour_stills, restore
from refilm.stages.wording import make_stage
from refilm.stills.references import digest_of, pictures_in
from refilm.workspace import is_joining, write_whole

SCENES, GOOD = "scenes", "goodscenes"
"""Folders of the stills as the film shows them, and of those that a person chooses."""
_BETWEEN = Encoding(codec="ffv1", bit_depth=10)
"""How films are stored between steps: without loss, and finer than eyes see."""


def restore_in_steps(
    plan: Plan,
    output: Path,
    wishes: Wishes | None = None,
    watcher: Watcher | None = None,
    network: Callable[[str], Network] | None = None,
) -> Path:
    """Restore a film as `restore` does, but step by step: the films of the plan's chain are kept.

    What is there of an earlier run is not made again unless what it is made from or with has changed.
    Returns the path of the output's record. Raises what `restore` raises, and InputError where two
    films that a person put into a folder could be meant.
    """
    if plan.palette:
        raise UsageError(
            "A palette points at the film's own pixels, which the films of single steps lack: leave "
            "out --keep-steps, or colour the stills in the steps' folders by hand."
        )
    wishes = replace(wishes or Wishes(), workspace=None, keep_steps=False)
    check_output(
        output, open_film(plan.source, rate=plan.rate),
        wishes.overwrite or is_joining(workspace_beside(output)),
    )  # fmt: skip
    chain = _Chain(plan, steps_folder(output), wishes, watcher or Watcher(), network)
    for step in plan.chain:
        chain.take(step)
    last = Plan(name=plan.name, source=str(chain.result), encoding=plan.encoding)
    return restore(last, output, wishes, watcher, network)


@dataclass(frozen=True)
class _Film:
    """A film of the chain, and what tells it from others."""

    path: Path
    key: str


class _Chain:
    """The films of one source's chain, as far as it has come."""

    def __init__(
        self,
        plan: Plan,
        root: Path,
        wishes: Wishes,
        watcher: Watcher,
        network: Callable[[str], Network] | None,
    ) -> None:
        self._plan, self._root, self._watcher, self._network = plan, root, watcher, network
        self._wishes = replace(wishes, overwrite=True)
        self._name = Path(plan.source).stem
        self._folder(GOOD)
        self._films = {RAW: self._raw()}
        self._coloured: list[str] = []

    @property
    def result(self) -> Path:
        """The film of the step that is the chain's result."""
        return self._films[next(step.folder for step in self._plan.chain if step.is_result)].path

    def take(self, step: ChainStep) -> None:
        """Make what a step adds, or take it from its folder."""
        if step.colours_stills:
            self._colour(step)
            return
        given = self._given(step.folder)
        if given is not None:
            self._watcher.say(f"{given} was put there by a person: step {step.folder} takes it")
        self._films[step.folder] = self._by_hand(given) if given else self._made(step)

    # Films

    def _raw(self) -> _Film:
        """Return the film that the chain begins with: the source, or the stretch asked for."""
        plan, source = self._plan, Path(self._plan.source)
        nothing = {"stages": (), "chain": (), "references": ()}
        stretch = plan.model_copy(update={**nothing, "encoding": _BETWEEN})
        if not source.is_file() or plan.start is not None or plan.end is not None:
            return self._restored(RAW, stretch, self._name, {"source": open_film(plan.source).digest()})
        film = self._folder(RAW) / source.name
        if not film.exists():
            _linked(source, film)
        return self._by_hand(film)

    def _by_hand(self, film: Path) -> _Film:
        facts = film.stat()
        return _Film(film, fingerprint({"size": facts.st_size, "changed": facts.st_mtime_ns}))

    def _given(self, folder: str) -> Path | None:
        """Return the film that a person put into a folder, if one did."""
        begin = re.compile(re.escape(self._name) + r"(?![0-9A-Za-z])")
        found = [
            file
            for file in sorted(self._folder(folder).iterdir())
            if file.is_file()
            and file.suffix != ".json"
            and begin.match(file.name)
            and self._relative(file) not in self._kept
        ]
        if len(found) > 1:
            raise InputError(f"Two films could be meant for step {folder}: {found[0]} and {found[1]}.")
        return next(iter(found), None)

    def _made(self, step: ChainStep) -> _Film:
        """Return the step's film, made anew where it is not there or no longer what it would be."""
        before = self._films[step.of]
        plan = self._plan_of(step, before.path)
        name = before.path.stem if before.path.parent.name != RAW else self._name
        film = self._folder(step.folder) / f"{name}{_ending(plan)}{SUFFIXES[step.codec]}"
        follows = any(stage.follows_stills for stage in plan.stages)
        guides = self._lay_guides(film) if follows else []
        facts = {"of": before.key, "beside": self._beside(plan), "guides": guides}
        return self._restored(step.folder, plan, film.stem, facts)

    def _restored(self, folder: str, plan: Plan, name: str, facts: Mapping[str, object]) -> _Film:
        film = self._folder(folder) / f"{name}{SUFFIXES[plan.encoding.codec or 'ffv1']}"
        shown = {"source", "references", "name", "summary"}
        key = fingerprint(
            {**facts, "plan": plan.model_dump(mode="json", exclude=shown), "code": code_digest()}
        )
        if self._kept.get(self._relative(film)) != key or not film.exists():
            # Listed before it is made: a film that a broken run leaves is no person's.
            self._keep(film, "")
            restore(self._pointed(plan), film, self._wishes, self._watcher, self._network)
            self._keep(film, key)
        return _Film(film, key)

    def _plan_of(self, step: ChainStep, film: Path) -> Plan:
        """Return the plan of a step: its stages, for that film, with weights that are here."""
        own = {stage.name(): stage for stage in self._plan.stages}
        stages = [*(own[name] for name in step.stages), *step.own]
        height = open_film(str(film)).info.height
        if step.lines is not None and height > step.lines:
            stages.insert(0, make_stage("upscale", {"height": step.lines}))
        encoding = _BETWEEN if step.codec == _BETWEEN.codec else Encoding(codec=step.codec)
        plan = self._plan.model_copy(
            update={
                "source": str(film), "stages": tuple(stages), "chain": (), "encoding": encoding,
                "start": None, "end": None, "rate": None, "references": (),
            }
        )  # fmt: skip
        return self._with_weights(plan)

    def _beside(self, plan: Plan) -> list[str]:
        """Return the keys of other folders' films that stages look at."""
        named = (getattr(stage, "against", None) for stage in plan.stages)
        return [self._films[name].key for name in named if name in self._films]

    def _pointed(self, plan: Plan) -> Plan:
        """Return a plan whose stages name the films of other folders by their paths."""
        stages = tuple(
            stage.model_copy(update={"against": str(self._films[name].path)})
            if (name := getattr(stage, "against", None)) in self._films
            else stage
            for stage in plan.stages
        )
        return plan.model_copy(update={"stages": stages})

    def _with_weights(self, plan: Plan) -> Plan:
        if self._network is not None:
            return plan
        plan, said = plan.with_weights(models.is_here)
        for sentence in said:
            self._watcher.say(sentence)
        return plan

    # Stills

    def _colour(self, step: ChainStep) -> None:
        """Colour stills of a film as a step says, and lay them out."""
        if step.needs_references and not self._plan.references:
            return
        given = {} if step.needs_references else {"references": ()}
        before = self._films[step.of]
        stretch = {"start": None, "end": None, "rate": None}
        plan = self._plan.model_copy(
            update={"source": str(before.path), "stages": step.own, "chain": (), **stretch, **given}
        )
        plan = self._with_weights(plan.with_stills())
        self._coloured.append(step.folder)
        shown = {"source", "name", "summary"}
        key = fingerprint(
            {
                "of": before.key,
                "plan": plan.model_dump(mode="json", exclude=shown),
                "code": code_digest(),
            }
        )
        if self._kept.get(step.folder) == key:
            return
        made = colour_stills(plan, self._root / f"{step.folder}.refilm", self._watcher, self._network)
        for file in made.files:
            if file.frame is not None:
                shutil.copyfile(file.frame, self._folder(SCENES) / file.frame.name)
                shutil.copyfile(file.colour, self._folder(step.folder) / file.frame.name)
        self._keep(self._root / step.folder, key)

    def _guides(self) -> Mapping[str, Path]:
        """Return the coloured stills to follow, by name: those of references before automatic ones."""
        good = {picture.name for picture in pictures_in(self._folder(GOOD))}
        found = (picture for folder in self._coloured for picture in pictures_in(self._folder(folder)))
        return {file.name: file for file in found if not good or file.name in good}

    def _lay_guides(self, film: Path) -> list[str]:
        """Put the coloured stills where the making of a film looks for them; return what they are."""
        place = workspace_beside(film) / "stills" / "good"
        place.mkdir(parents=True, exist_ok=True)
        for old in place.glob("chain *"):
            old.unlink()
        guides = self._guides()
        for name, file in guides.items():
            shutil.copyfile(file, place / f"chain {name}")
        return [digest_of(file) for file in guides.values()]

    # What is kept

    def _folder(self, name: str) -> Path:
        folder = self._root / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"The folder {folder} cannot be made: {error.strerror}.") from error
        return folder

    def _relative(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()

    @cached_property
    def _kept(self) -> dict[str, str]:
        """The chain's films and stills that refilm made, and what each was made with."""
        with suppress(OSError, ValueError):
            return dict(json.loads((self._root / "chain.json").read_text(encoding="utf-8")))
        return {}

    def _keep(self, path: Path, key: str) -> None:
        self._kept[self._relative(path)] = key
        write_whole(self._root / "chain.json", json.dumps(self._kept, indent=2))


def _ending(plan: Plan) -> str:
    """Return what a step adds to its film's name: the render factor of its colours, as in film_21."""
    factors = (getattr(stage, "render_factor", None) for stage in plan.stages)
    return next((f"_{factor}" for factor in factors if factor is not None), "")


def _linked(source: Path, film: Path) -> None:
    """Put a film into another folder without copying it, where the disk allows that."""
    try:
        os.link(source, film)
    except OSError:
        try:
            shutil.copyfile(source, film)
        except OSError as error:
            raise OutputError(f"{film} cannot be written: {error.strerror}.") from error
