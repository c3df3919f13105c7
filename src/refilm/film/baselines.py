"""FFmpeg's own filters over frames: what refilm's stages are measured against."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain

import av
import numpy as np
from av.filter import Graph
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from refilm.frames import Pixels

_FORMAT = "yuv420p"
"""A format that every filter takes. Luma is put into it as it is, 0 to 255, so nothing is converted."""
_TICK = Fraction(1, 25)


def filtered(pictures: Iterable[Pixels], filters: str) -> Iterator[Pixels]:
    """Yield grey pictures, one channel, as FFmpeg's `filters` ("deshake", "nlmeans=s=3") make them.

    They pass as 8 bits. Filters that drop or add frames give fewer or more. Raises ValueError where
    there is no such filter.
    """
    pending = iter(pictures)
    first = next(pending, None)
    if first is None:
        return
    graph = _graph(first, filters)
    for number, pixels in enumerate(chain((first,), pending)):
        graph.push(_stored(pixels, number))
        yield from _ready(graph)
    graph.push(None)
    yield from _ready(graph)


def _graph(pixels: Pixels, filters: str) -> Graph:
    height, width, _ = pixels.shape
    graph = Graph()
    kind = av.VideoFormat(_FORMAT)
    last = graph.add_buffer(width=width, height=height, format=kind, time_base=_TICK)
    for each in (*filters.split(","), f"format={_FORMAT}"):
        name, _, options = each.partition("=")
        following = graph.add(name, options)
        last.link_to(following)
        last = following
    last.link_to(graph.add("buffersink"))
    graph.configure()
    return graph


def _stored(pixels: Pixels, number: int) -> av.VideoFrame:
    height, width, _ = pixels.shape
    picture = av.VideoFrame(width, height, _FORMAT)
    picture.pts, picture.time_base = number, _TICK
    luma, *chroma = picture.planes
    _samples(luma)[:] = np.clip(pixels[:, :, 0] * 255 + 0.5, 0, 255).astype(np.uint8)
    for plane in chroma:
        _samples(plane)[:] = 128
    return picture


def _ready(graph: Graph) -> Generator[Pixels]:
    # The graph says that it wants more, or that it has ended, by raising.
    with suppress(BlockingIOError, EOFError):
        while True:
            picture = graph.pull()
            assert isinstance(picture, av.VideoFrame)
            luma = _samples(picture.planes[0])
            yield luma[:, :, None].astype(np.float32) / np.float32(255)


def _samples(plane: VideoPlane) -> NDArray[np.uint8]:
    """Return a plane's samples, (height, width), a view."""
    return np.ndarray(
        (plane.height, plane.width),
        np.uint8,
        buffer=plane,  # pyright: ignore[reportArgumentType]
        strides=(plane.line_size, 1),
    )
