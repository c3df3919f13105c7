"""Networks of others that make one picture of one: read by spandrel, or run by ONNX Runtime.

Both are extras: https://github.com/chaiNNer-org/spandrel recognises the networks of many authors by
their weights, and https://onnxruntime.ai runs a network whose file says itself what it computes.
Neither tells how far around a pixel it looks, nor how much memory it needs: both are set with room.
"""

import importlib
from collections.abc import Callable, Sequence
from enum import Enum
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from refilm.errors import WeightsError
from refilm.job import Network
from refilm.models.card import Card, Facts
from refilm.models.runtime import TorchNetwork

MARGIN = 32
"""Pixels around a tile that are seen, but not kept."""
MEMORY = 20_000
"""Bytes of working memory for each pixel: seven times what RRDBNet needs, so that others have room."""
STEPS = (1, 2, 4, 8, 16, 32, 64)
"""What the sides of a picture may have to be multiples of, the least first."""
SMALLEST = 64
"""Pixels on the sides of the pictures that an ONNX file is tried with, and then gets at least."""


class Size(Protocol):
    """What spandrel says of the sizes that a network takes."""

    minimum: int
    multiple_of: int
    square: bool


class Descriptor(Protocol):
    """What spandrel says of a network, as far as it is used."""

    model: nn.Module
    purpose: str
    scale: int
    input_channels: int
    output_channels: int
    size_requirements: Size
    tiling: Enum

    def __call__(self, image: Tensor) -> Tensor:
        """Return the network's picture, (1, channels, H, W), 0..1."""
        ...


class Value(Protocol):
    """What ONNX Runtime says of an input or output."""

    name: str
    type: str
    shape: Sequence[int | str | None]


class Session(Protocol):
    """A network that ONNX Runtime has read, as far as it is used."""

    def get_inputs(self) -> Sequence[Value]:
        """Return what goes in."""
        ...

    def get_outputs(self) -> Sequence[Value]:
        """Return what comes out."""
        ...

    def run(self, names: None, given: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """Return what comes out."""
        ...


class Foreign(nn.Module):
    """A network of others, called as our own are, and the facts that a caller needs."""

    def __init__(self, facts: Facts, inner: nn.Module | None = None) -> None:
        super().__init__()
        self.facts, self.inner = facts, inner

    def forward(self, picture: Tensor) -> Tensor:
        """Return a picture, (1, C, scale * H, scale * W), of one, (1, C, H, W), RGB or grey, 0..1.

        A network that takes one channel looks at each channel of a picture in colour alone.
        """
        # Networks of others may ask for torch's ordinary layout, which ours do not have.
        given = picture.contiguous()
        planes = given.split(1, 1) if self.facts.channels[0] == 1 else (given,)
        return torch.cat([self.called(plane) for plane in planes], 1)

    def called(self, picture: Tensor) -> Tensor:
        """Return what the network itself makes of a picture of as many channels as it takes."""
        raise NotImplementedError


class Described(Foreign):
    """What spandrel read: its descriptor knows how the network is called."""

    def __init__(self, descriptor: Descriptor, facts: Facts) -> None:
        super().__init__(facts, descriptor.model)
        self._descriptor = descriptor

    def called(self, picture: Tensor) -> Tensor:
        """Return what the network makes of the picture, clipped to 0..1 by spandrel."""
        return self._descriptor(picture)


class Exported(Foreign):
    """What ONNX Runtime runs: on NVIDIA's cards where its build can, else on the processor."""

    def __init__(self, sessions: Callable[[str], Session], facts: Facts) -> None:
        """Take what gives a session by the kind of device that its pictures lie on."""
        super().__init__(facts)
        self._sessions = sessions

    def called(self, picture: Tensor) -> Tensor:
        """Return what the network makes of the picture."""
        return torch.from_numpy(_run(self._sessions(picture.device.type), picture)).to(picture.device)


def read(path: Path) -> Path:
    """Return the path itself: spandrel and ONNX Runtime read files in their own ways."""
    return path


def build(
    card: Card, path: Path, *, importing: Callable[[str], ModuleType] = importlib.import_module
) -> nn.Module:
    """Return the network of a file.

    Raises:
        WeightsError: The package that reads it is missing, or the network does not fit.
    """
    del card
    if path.suffix.lower() == ".onnx":
        runtime = _package("onnxruntime", "onnx", path, importing)
        sessions = cache(partial(_opened, path, runtime))
        return Exported(sessions, _tried(sessions("cpu"), path))
    descriptor = _described(path, _package("spandrel", "spandrel", path, importing))
    return Described(descriptor, _facts_of(descriptor, path))


def facts(module: nn.Module) -> Facts:
    """Return what a caller must know of the network."""
    return cast(Foreign, module).facts


def path(card: Card, module: nn.Module) -> Network:
    """Return what stages call: one picture gives one."""
    network = TorchNetwork(module, card.facts)
    # Weights too must lie as their author thinks that they do.
    module.to(memory_format=torch.contiguous_format)  # pyright: ignore[reportCallIssue]
    return network


def _package(name: str, extra: str, path: Path, importing: Callable[[str], ModuleType]) -> ModuleType:
    try:
        return importing(name)
    except ImportError as error:
        raise WeightsError(
            f"{path} is no network that refilm reads by itself, and {name}, which may, is not "
            f'installed. Run `pip install "refilm[{extra}]"`.'
        ) from error
    except Exception as error:
        # A torchvision of another build than torch fails so, and with it spandrel.
        raise WeightsError(f"{path} needs {name}, which cannot be loaded here: {error}.") from error


def _described(path: Path, spandrel: ModuleType) -> Descriptor:
    try:
        return spandrel.ModelLoader().load_from_file(path)
    except Exception as error:
        raise WeightsError(f"{path} is no network that refilm or spandrel knows ({error}).") from error


def _facts_of(descriptor: Descriptor, path: Path) -> Facts:
    """Return what spandrel's descriptor says of a network, in our words."""
    channels, size = descriptor.input_channels, descriptor.size_requirements
    if descriptor.purpose not in ("SR", "Restoration"):
        raise WeightsError(
            f"{path} is a network for {descriptor.purpose}. Only those that enlarge or restore whole "
            "pictures can be used."
        )
    if channels not in (1, 3) or descriptor.output_channels != channels or size.square:
        raise WeightsError(
            f"{path} makes {descriptor.output_channels} channels of {channels}, or takes only square "
            "pictures. Use one that takes pictures of any shape, grey or RGB, and gives such back."
        )
    return Facts(
        scale=descriptor.scale,
        channels=(3,) if channels == 3 else (1, 3),
        multiple_of=size.multiple_of,
        smallest=max(size.minimum, 1),
        padding="mirror",
        margin=_multiple(MARGIN, size.multiple_of) if descriptor.tiling.name == "SUPPORTED" else None,
        memory=MEMORY,
    )


def _multiple(length: int, step: int) -> int:
    return -(-length // step) * step


def _opened(path: Path, runtime: ModuleType, place: str) -> Session:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.use_deterministic_compute = True
    # Fatal faults only: what fails here is told by an exception.
    options.log_severity_level = 4
    wanted = ["CUDAExecutionProvider"] if place == "cuda" else []
    there = [name for name in wanted if name in runtime.get_available_providers()]
    try:
        return runtime.InferenceSession(str(path), options, [*there, "CPUExecutionProvider"])
    except Exception as error:
        raise WeightsError(f"{path} cannot be read as an ONNX file ({error}).") from error


def _channels(session: Session, path: Path) -> int:
    """Return how many channels the network takes, 1 or 3; raises WeightsError where it does not fit."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    kinds = [(value.type, len(value.shape)) for value in inputs]
    if kinds != [("tensor(float)", 4)] or len(outputs) != 1:
        raise WeightsError(
            f"{path} does not make one picture of one, (1, channels, height, width) in float32."
        )
    shape = inputs[0].shape
    if any(isinstance(side, int) for side in shape[2:]):
        raise WeightsError(
            f"{path} takes only pictures of {shape[3]} x {shape[2]} pixels. Export it again with free "
            "width and height (dynamic axes)."
        )
    if shape[1] not in (1, 3):
        raise WeightsError(f"{path} takes pictures of {shape[1]} channels; only 1 and 3 can be used.")
    return shape[1]


def _tried(session: Session, path: Path) -> Facts:
    """Return what trial runs tell: how much the network enlarges, and which sides it takes."""
    channels = _channels(session, path)
    for step in STEPS:
        sides = SMALLEST + step, SMALLEST + 2 * step
        try:
            result = _run(session, torch.full((1, channels, *sides), 0.5))
        except WeightsError:
            continue
        scale = result.shape[2] // sides[0]
        if scale and result.shape == (1, channels, *(scale * side for side in sides)):
            return Facts(
                scale=scale,
                channels=(3,) if channels == 3 else (1, 3),
                multiple_of=step,
                smallest=SMALLEST,
                padding="mirror",
                margin=_multiple(MARGIN, step),
                memory=MEMORY,
            )
    raise WeightsError(
        f"{path} does not give a picture of the shape that it gets, a whole number of times as large."
    )


def _run(session: Session, picture: Tensor) -> NDArray[np.float32]:
    name = session.get_inputs()[0].name
    try:
        return session.run(None, {name: picture.cpu().numpy()})[0]
    except Exception as error:
        raise WeightsError(f"ONNX Runtime cannot run the network: {error}.") from error
