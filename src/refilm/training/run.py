"""A training from pictures to weights: it can be stopped at any time and goes on where it was."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import torch
from torch import Tensor

from refilm.errors import InputError, OutputError
from refilm.streams import ahead
from refilm.training import judging, shipping
from refilm.training.batches import Draw
from refilm.training.judging import judge
from refilm.training.learner import Learner, Parts
from refilm.training.painting import painter
from refilm.training.pictures import Split
from refilm.training.recipe import Phase, Recipe
from refilm.training.sheets import write_sheet

SHEET = 24
"""Pictures on a contact sheet."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a training tells, looks and saves, in steps."""

    tell: int = 100
    look: int = 2000
    save: int = 500
    judged: int = 100
    """Validation pictures looked at while training goes on."""


class Run:
    """A training in a folder: its checkpoints, its table and its contact sheets."""

    def __init__(
        self,
        folder: Path,
        pictures: Split,
        recipe: Recipe,
        say: Callable[[str], None],
        begun: Mapping[str, Tensor] | None = None,
        pace: Pace = Pace(),
    ) -> None:
        if not pictures.training:
            raise InputError("All pictures are kept for validation; give folders with more pictures.")
        self._folder, self._pictures, self._recipe = folder, pictures, recipe
        self._say, self._pace = say, pace
        self._learner = Learner(recipe, begun)
        self._watched = judging.truths(pictures.validation[: pace.judged])
        folder.mkdir(parents=True, exist_ok=True)

    def train(self, body: int, finish: int) -> dict[str, Tensor]:
        """Return the trained network's state after that many steps of the body and of the finish.

        What earlier runs in this folder did is not done again.
        """
        learner = self._learner
        self._take_up(self._recipe.body.name, {})
        self._go_on(self._recipe.body, body, {})
        started = {"body": learner.step, "steps": finish}
        learner.step = 0
        self._take_up(self._recipe.finish.name, started)
        self._go_on(self._recipe.finish, finish, started)
        return learner.mean()

    def _go_on(self, phase: Phase, steps: int, started: Mapping[str, int]) -> None:
        learner, pace = self._learner, self._pace
        if learner.step >= steps:
            return
        draw = Draw(self._pictures.training, self._recipe.seed, phase)
        self._clock = time.monotonic(), learner.step
        self._recent: list[Parts] = []
        with closing(ahead(draw.from_step(learner.step), 3)) as batches:
            while learner.step < steps:
                share = self._recipe.share(phase, learner.step, steps)
                self._recent.append(learner.learn(next(batches), phase, share))
                last = learner.step == steps
                if learner.step % pace.tell == 0:
                    self._tell(phase)
                if learner.step % pace.save == 0 or last:
                    self._save(phase.name, started)
                if learner.step % pace.look == 0 or last:
                    self._look(phase)

    def _tell(self, phase: Phase) -> None:
        """Say how the last steps went on average, and how fast."""
        (began, first), self._clock = self._clock, (time.monotonic(), self._learner.step)
        speed = phase.batch * (self._clock[1] - first) / max(self._clock[0] - began, 1e-9)
        rows = [asdict(parts) for parts in self._recent]
        self._recent.clear()
        known = " ".join(f"{name} {mean(row[name] for row in rows):.2f}" for name in rows[0])
        self._say(f"{phase.name} {self._learner.step}: {known}, {speed:.0f} pictures/s")

    def _look(self, phase: Phase) -> None:
        """Judge the running mean of the weights, add a line to the table, and write a sheet."""
        paint = painter(shipping.network(self._learner.mean()))
        figures = asdict(judge(self._watched, paint))
        row = {"phase": phase.name, "step": self._learner.step, **figures}
        with (self._folder / "table.jsonl").open("a", encoding="utf-8") as table:
            table.write(json.dumps(row) + "\n")
        self._say(json.dumps(row))
        write_sheet(self._folder / f"{phase.name}.png", self._watched[:SHEET], paint)

    def _take_up(self, name: str, started: Mapping[str, int]) -> None:
        """Go on from a checkpoint of that name if it belongs to what was started."""
        path = self._folder / f"{name}.pt"
        if not path.is_file():
            return
        try:
            held: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:
            raise InputError(f"{path} cannot be read as a checkpoint: {error}") from error
        if held["started"] == dict(started):
            self._learner.restore(held["learner"])
            self._say(f"Going on from {path}, step {self._learner.step}")

    def _save(self, name: str, started: Mapping[str, int]) -> None:
        path = self._folder / f"{name}.pt"
        part = path.with_suffix(".part")
        try:
            torch.save({"started": dict(started), "learner": self._learner.state()}, part)
            part.replace(path)
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror}.") from error
