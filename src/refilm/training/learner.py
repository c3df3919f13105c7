"""A colouriser while it learns: the network, its running mean, and one step of learning."""

import copy
import itertools
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.models.colour import SCALE, WIDTHS, Colouriser
from refilm.training import classes, losses
from refilm.training.batches import Batch
from refilm.training.frozen import freeze
from refilm.training.precision import has_bfloat16
from refilm.training.recipe import Phase, Recipe

_SPARSE = 4
"""Of so many rows and columns of places one is asked for its class: neighbours know the same."""
_STEEPEST = 5.0
"""Length to which a longer gradient is cut."""
_FORGETTING = 0.99
"""How much of the known frequency of classes stays at each step."""
_EVEN = 0.5
"""Share of all classes being alike in how rare a class is taken to be."""


class Classes(nn.Module):
    """Tells colour classes from the decoder's features; only training uses it."""

    def __init__(self) -> None:
        super().__init__()
        points = classes.in_gamut()
        self.head = nn.Conv2d(WIDTHS[0], len(points), 1)
        self.places: Tensor
        self.frequency: Tensor
        self.register_buffer("places", classes.lookup(points))
        self.register_buffer("frequency", torch.full((len(points),), 1 / len(points)))

    def forward(self, features: Tensor, colours: Tensor) -> Tensor:
        """Return the cross entropy by true colours, (N, 2, H, W), rare ones counting more."""
        numbers, shares = self._shared(colours)
        logs = F.log_softmax(self.head(features).float(), 1)
        entropy = -(logs.gather(1, numbers) * shares).sum(1)
        rarity = (self._rarity()[numbers] * shares).sum(1)
        return (entropy * rarity).sum() / rarity.sum()

    def count(self, colours: Tensor) -> None:
        """Take note of how frequent classes are in true colours, (N, 2, H, W)."""
        numbers, shares = self._shared(colours)
        found = torch.bincount(numbers.flatten(), shares.flatten(), minlength=len(self.frequency))
        self.frequency.lerp_((found / found.sum()).to(self.frequency), 1 - _FORGETTING)

    def _shared(self, colours: Tensor) -> tuple[Tensor, Tensor]:
        numbers, shares = classes.shares(colours)
        places = self.places[numbers]
        return places.clamp(min=0), shares * (places >= 0)

    def _rarity(self) -> Tensor:
        return 1 / ((1 - _EVEN) * self.frequency + _EVEN / len(self.frequency))


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a loss, for the log; each is a number before its weight."""

    difference: float
    classes: float
    richness: float
    edges: float
    confidence: float


class Pupil(nn.Module):
    """The network with what only training adds, and the loss of a batch."""

    def __init__(self, recipe: Recipe, begun: Mapping[str, Tensor]) -> None:
        super().__init__()
        self._weights, self._quick = recipe.weights, has_bfloat16()
        self.network = Colouriser(normalised=True)
        self.network.load_state_dict({**self.network.state_dict(), **begun})
        freeze(self.network.encoder)
        self.classes = Classes()

    def forward(self, batch: Batch, phase: Phase, place: int) -> tuple[Tensor, Tensor]:
        """Return the loss, and its parts before their weights, (5,).

        Classes are asked for at one of `SPARSE` x `SPARSE` places, the one that `place` counts.
        """
        luma = batch.luma.contiguous(memory_format=torch.channels_last)
        true = batch.colours[:, 1:]
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._quick):
            features = self.network.encoder(luma)
            seen = self.network.seen(features)
            found = self.network.sharpened(seen, features) if phase.edges else seen.colours
            picked = _picked(place)
            quarter = F.avg_pool2d(true, 2) if phase.edges else true
            told = self.classes(seen.features[picked], quarter[picked])
        return self._weighed(found.float().contiguous(), true, told)

    def _weighed(self, found: Tensor, true: Tensor, told: Tensor) -> tuple[Tensor, Tensor]:
        colours = SCALE * found[:, :2]
        error = losses.difference(colours, true)
        poor = (losses.richness(colours) - losses.richness(true)).abs().mean()
        steps, sure = losses.steps(colours, true), losses.confidence(found[:, 2], error)
        parts = torch.stack((error.mean(), told, poor, steps, sure))
        return parts @ torch.tensor(astuple(self._weights)), parts.detach()


def _picked(place: int) -> tuple[Any, ...]:
    down, right = divmod(place % _SPARSE**2, _SPARSE)
    return (..., slice(down, None, _SPARSE), slice(right, None, _SPARSE))


class Learner:
    """A network, its optimiser and the running mean of its weights."""

    def __init__(self, recipe: Recipe, begun: Mapping[str, Tensor] | None = None) -> None:
        """Make a network from the recipe's seed, apart from weights that it begins with."""
        torch.manual_seed(recipe.seed)
        self._recipe = recipe
        self._pupil = Pupil(recipe, begun or {}).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self._twins = [self._pupil, *(_twin(self._pupil) for _ in range(recipe.parts - 1))]
        self._optimiser = torch.optim.AdamW(self._groups(), weight_decay=recipe.decay, fused=True)
        self._mean = {key: tensor.clone() for key, tensor in self._moving()}
        self._workers = ThreadPoolExecutor(recipe.parts, initializer=_alone)
        self.step = 0

    def _groups(self) -> list[dict[str, Any]]:
        encoder = [p for p in self._pupil.network.encoder.parameters() if p.requires_grad]
        known = {id(parameter) for parameter in self._pupil.network.encoder.parameters()}
        rest = [p for p in self._pupil.parameters() if id(p) not in known]
        return [
            {"params": encoder, "whole_rate": self._recipe.encoder_rate, "lr": 0.0},
            {"params": rest, "whole_rate": self._recipe.rate, "lr": 0.0},
        ]

    def learn(self, batch: Batch, phase: Phase, share: float) -> Parts:
        """Take one step by a batch, at a share of the learning rate, and return the loss's parts.

        The batch is cut into the recipe's parts, which are worked on side by side, each by one
        thread: on a busy processor threads that wait for each other in every layer get nowhere.
        """
        for group in self._optimiser.param_groups:
            group["lr"] = group["whole_rate"] * share
        pieces = map(Batch, *(tensor.chunk(self._recipe.parts) for tensor in batch))
        lessons = self._workers.map(self._lesson, self._twins, pieces, itertools.repeat(phase))
        parts = list(lessons)
        self._gather()
        nn.utils.clip_grad_norm_(self._pupil.parameters(), _STEEPEST)
        self._optimiser.step()
        self._pupil.classes.count(batch.colours[:, 1:])
        self.step += 1
        self._follow()
        return Parts(*torch.stack(parts).mean(0).tolist())

    def _lesson(self, pupil: Pupil, batch: Batch, phase: Phase) -> Tensor:
        pupil.train()
        pupil.zero_grad()
        loss, parts = pupil(batch, phase, self.step)
        (loss / self._recipe.parts).backward()
        return parts

    def _gather(self) -> None:
        """Add the twins' gradients to those of the first."""
        for twin in self._twins[1:]:
            for first, other in zip(self._pupil.parameters(), twin.parameters(), strict=True):
                if first.grad is not None and other.grad is not None:
                    first.grad += other.grad

    def _moving(self) -> Iterator[tuple[str, Tensor]]:
        """Yield what changes in training: weights and statistics, but not frozen weights."""
        network = self._pupil.network
        fixed = {key for key, p in network.named_parameters() if not p.requires_grad}
        for key, tensor in network.state_dict().items():
            if key not in fixed and tensor.is_floating_point():
                yield key, tensor

    def _follow(self) -> None:
        # At first the mean is that of all steps so far, so that it does not remember the beginning.
        kept = min(self._recipe.average, self.step / (self.step + 10))
        with torch.no_grad():
            for key, tensor in self._moving():
                self._mean[key].lerp_(tensor, 1 - kept)

    def mean(self) -> dict[str, Tensor]:
        """Return the network's state with the running means of its weights."""
        return {**self._pupil.network.state_dict(), **self._mean}

    def state(self) -> dict[str, Any]:
        """Return all that is needed to go on, as `restore` takes it."""
        return {
            "step": self.step,
            "network": self._pupil.network.state_dict(),
            "mean": self._mean,
            "classes": self._pupil.classes.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a state that `state` gave."""
        self.step = int(state["step"])
        self._pupil.network.load_state_dict(state["network"])
        self._pupil.classes.load_state_dict(state["classes"])
        self._optimiser.load_state_dict(state["optimiser"])
        for key, tensor in self._mean.items():
            tensor.copy_(state["mean"][key])


def _alone() -> None:
    torch.set_num_threads(1)


def _twin(pupil: Pupil) -> Pupil:
    """Return a pupil with the same weights, one and the same in memory, but gradients of its own."""
    twin = copy.deepcopy(pupil)
    for first, other in zip(pupil.parameters(), twin.parameters(), strict=True):
        other.data = first.data
    twin.classes.frequency = pupil.classes.frequency
    return twin
