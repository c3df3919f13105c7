"""Run pictures through a filter of FFmpeg, at 16 bits.

https://ffmpeg.org/ffmpeg-filters.html
"""

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.error import FFmpegError
from av.filter import Graph
from av.filter.context import FilterContext

from refilm.errors import RefilmError
from refilm.film.pixels import to_picture, to_pixels
from refilm.frames import Coding, Pixels

_ROOM = 0.125
"""Share of the 16 bits' range kept free below black and above white, where scans overshoot."""
_FULL = Coding(full_range=True)
_TICK = Fraction(1, 1000)


def filtered(pictures: Iterable[Pixels], graph: str) -> Generator[Pixels]:
    """Yield what the filter graph makes of pictures of one size, in order.

    `graph` is written as for `ffmpeg -vf`, with one input and one output. Pictures pass through it
    as 16-bit grey or red, green and blue: rounded to 2e-5 and clipped below -1/6 and above 7/6.
    Raises RefilmError where FFmpeg refuses the graph.
    """
    line: _Line | None = None
    for number, pixels in enumerate(pictures):
        line = line or _Line.laid(pixels, graph)
        yield from line.given(pixels, number)
    if line is not None:
        yield from line.rest()


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A filter graph with its two ends."""

    graph: Graph
    start: FilterContext
    end: FilterContext
    pixel_format: str

    @classmethod
    def laid(cls, pixels: Pixels, words: str) -> "_Line":
        height, width, channels = pixels.shape
        name = "gray16le" if channels == 1 else "gbrp16le"
        graph = Graph()
        kind = av.VideoFormat(name)
        try:
            start = graph.add_buffer(width=width, height=height, format=kind, time_base=_TICK)
            end = graph.add("buffersink")
            last = start
            for word in words.split(","):
                filter_name, _, options = word.partition("=")
                step = graph.add(filter_name, options)
                last.link_to(step)
                last = step
            last.link_to(end)
            graph.configure()
        except (FFmpegError, ValueError) as error:
            raise RefilmError(f'FFmpeg refuses the filter "{words}": {error}') from error
        return cls(graph, start, end, name)

    def given(self, pixels: Pixels, number: int) -> Generator[Pixels]:
        """Give the graph a picture and yield those that it has ready."""
        inner = pixels * np.float32(1 - 2 * _ROOM) + np.float32(_ROOM)
        picture = to_picture(inner, self.pixel_format, _FULL)
        picture.pts, picture.time_base = number, _TICK
        self.start.push(picture)
        yield from self._ready()

    def rest(self) -> Generator[Pixels]:
        """Yield the pictures that the graph still holds."""
        self.start.push(None)
        yield from self._ready()

    def _ready(self) -> Generator[Pixels]:
        while True:
            try:
                picture = self.end.pull()
            except (BlockingIOError, EOFError):
                return
            assert isinstance(picture, av.VideoFrame)
            inner = to_pixels(picture, _FULL, 1 if self.pixel_format == "gray16le" else 3)
            yield (inner - np.float32(_ROOM)) * np.float32(1 / (1 - 2 * _ROOM))
