"""How long one call of a network takes on this machine, and how much memory."""

import importlib
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from refilm import models
from refilm.fingerprint import versions
from refilm.frames import Pixels
from refilm.job import Network
from refilm.models import Card

if TYPE_CHECKING:
    from refilm.models.weights import Weights

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """What a network is called with."""

    width: int
    height: int
    pictures: int | None = None
    """How many pictures of that size; None for as many frames as the network takes at once."""
    references: int = 0
    """How many RGB pictures of that size it is given before."""
    numbers: Mapping[str, float] = field(default_factory=dict[str, float])


def measure(name: str, call: Call) -> dict[str, Any]:
    """Return the seconds and megabytes that one call of a network takes, with random pictures.

    A network whose file tells the layout of its weights gets random ones: they take the same time.

    Raises:
        UsageError: No network has that name.
        WeightsError: Its weights are not here, and its file does not tell their layout.
    """
    models.card(name)
    # Only a process of its own tells the peak of this one call; a forked one would begin with ours.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        figures = pool.submit(_measured, name, call).result()
    # On a machine that has other work to do seconds mean little without its load.
    machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0], **versions()}
    return {"machine": machine, "network": name, **figures}


def _measured(name: str, call: Call) -> dict[str, float]:
    """Do the work in the process whose memory is measured."""
    import resource

    card = models.card(name)
    network, loading = _timed(lambda: _network(card))
    given, looking = _timed(lambda: _given(network, call))
    pictures = _pictures(call.pictures or card.facts.frames, call, card.facts.channels[0])
    began = time.process_time()
    _, seconds = _timed(lambda: given(*pictures, **call.numbers))
    return {
        "loading_seconds": loading,
        "references_seconds": looking,
        "call_seconds": seconds,
        "call_processor_seconds": time.process_time() - began,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def _network(card: Card) -> Network:
    """Return the network with random weights where its file tells their layout, else with its own."""
    module = importlib.import_module(card.module)
    if not hasattr(module, "layout"):
        return models.networks()(card.name)
    with TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}.pth" for number, _ in enumerate(card.files)]
        for file, layout in zip(files, module.layout(card), strict=True):
            write_random(file, layout)
        return models.networks({card.name: files})(card.name)


def write_random(path: Path, layout: "Weights") -> None:
    """Write a file of weights of that layout: random kernels that keep the size of what they see."""
    import torch

    torch.save(_random(layout), path)


def _random(layout: "Weights") -> "Weights":
    import torch

    filled: Weights = {}
    for key, value in layout.items():
        if isinstance(value, Mapping):
            filled[key] = _random(dict(value))
        elif value.dim() < 2:
            adds = key.endswith(("bias", "mean"))
            filled[key] = torch.full(value.shape, 0 if adds else 1, dtype=value.dtype)
        else:
            filled[key] = torch.randn(value.shape) * (2 / value[0].numel()) ** 0.5
    return filled


def _given(network: Network, call: Call) -> Network:
    return network.given(*_pictures(call.references, call, 3)) if call.references else network


def _pictures(count: int, call: Call, channels: int) -> list[Pixels]:
    random = np.random.default_rng(0)
    return [random.random((call.height, call.width, channels), np.float32) for _ in range(count)]
