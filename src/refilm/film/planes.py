"""How pixel formats lay their samples out, and a picture's planes as arrays (libavutil's pixdesc)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from refilm.errors import InputError

Samples = NDArray[Any]
"""One plane as it is stored: (height, width, samples that lie together)."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the samples of a pixel format lie and how they are coded."""

    kind: Literal["grey", "rgb", "yuv"]
    places: tuple[tuple[int, int], ...]
    """Plane, and place among the samples that lie together there, of grey, or R G B, or Y U V."""
    together: tuple[int, ...]
    """How many samples lie together in each plane."""
    sample: str
    """NumPy's name of the stored number."""
    depth: int
    """Bits that count; 0 for floating point."""
    shift: int = 0
    """Unused bits below the ones that count."""
    across: int = 1
    down: int = 1
    """Pixels that share one chroma sample, in each direction."""

    @property
    def highest(self) -> int:
        """The highest number that a sample can be, before `shift`."""
        return (1 << self.depth) - 1


_SHARING = {"410": (4, 4), "411": (4, 1), "420": (2, 2), "422": (2, 1), "440": (1, 2), "444": (1, 1)}
_NV = {"nv12": "420", "nv21": "420", "nv16": "422", "nv24": "444", "nv42": "444"}
_P = {"0": "420", "2": "422", "4": "444"}
_DEEP = r"(9|10|12|14|16|f16|f32)?(le|be)?"


@cache
def layout_of(pixel_format: str) -> Layout | None:
    """Return how a pixel format, by FFmpeg's name, is laid out; None where refilm does not know."""
    for pattern, make in _KNOWN:
        if found := re.fullmatch(pattern, pixel_format):
            return make(found)
    return None


def has_alpha(pixel_format: str) -> bool:
    """Return whether a pixel format carries transparency."""
    return any(component.is_alpha for component in av.VideoFormat(pixel_format).components)


@cache
def is_grey(pixel_format: str) -> bool:
    """Return whether a pixel format has no colour."""
    facts = av.VideoFormat(pixel_format)
    kinds = sum(not component.is_alpha for component in facts.components)
    return kinds == 1 and not facts.has_palette and not facts.is_bayer


def _stored(bits: str | None, order: str | None) -> tuple[str, int]:
    """Return NumPy's name and the depth of a sample by what the format's name says of it."""
    end = ">" if order == "be" else "<"
    if bits is not None and bits.startswith("f"):
        return f"{end}f{int(bits[1:]) // 8}", 0
    depth = int(bits or 8)
    return ("u1" if depth == 8 else f"{end}u2"), depth


def _grey(found: re.Match[str]) -> Layout:
    sample, depth = _stored(found[1], found[2])
    return Layout("grey", ((0, 0),), (1,), sample, depth)


def _grey_alpha(found: re.Match[str]) -> Layout:
    sample, depth = _stored(found[1], found[2])
    return Layout("grey", ((0, 0),), (2,), sample, depth)


def _packed_rgb(found: re.Match[str]) -> Layout:
    order, bits = found[1], found[2]
    each = {"24": "8", "48": "16", "64": "16"}.get(bits, bits)
    sample, depth = _stored(each, found[3])
    return Layout("rgb", tuple((0, order.index(name)) for name in "rgb"), (len(order),), sample, depth)


def _planar_rgb(found: re.Match[str]) -> Layout:
    sample, depth = _stored(found[2], found[3])
    planes = 4 if found[1] else 3
    return Layout("rgb", ((2, 0), (0, 0), (1, 0)), (1,) * planes, sample, depth)


def _planar_yuv(found: re.Match[str]) -> Layout:
    sample, depth = _stored(found[3], found[4])
    across, down = _SHARING[found[2]]
    planes = 4 if found[1] == "a" else 3
    places = ((0, 0), (1, 0), (2, 0))
    return Layout("yuv", places, (1,) * planes, sample, depth, across=across, down=down)


def _half_planar_yuv(found: re.Match[str]) -> Layout:
    across, down = _SHARING[_NV[found[0]]]
    blue_first = found[0] not in ("nv21", "nv42")
    places = ((0, 0), (1, 0), (1, 1)) if blue_first else ((0, 0), (1, 1), (1, 0))
    return Layout("yuv", places, (1, 2), "u1", 8, across=across, down=down)


def _half_planar_deep_yuv(found: re.Match[str]) -> Layout:
    across, down = _SHARING[_P[found[1]]]
    sample, _ = _stored("16", found[3])
    depth = int(found[2])
    places = ((0, 0), (1, 0), (1, 1))
    return Layout("yuv", places, (1, 2), sample, depth, 16 - depth, across, down)


_KNOWN: tuple[tuple[str, Callable[[re.Match[str]], Layout]], ...] = (
    (rf"gray{_DEEP}", _grey),
    (r"ya(8|16|f16|f32)(le|be)?", _grey_alpha),
    (r"(rgb0|bgr0|0rgb|0bgr|rgba|bgra|argb|abgr)()?()?", _packed_rgb),
    (r"(rgb|bgr)(24|48|f16|f32)(le|be)?", _packed_rgb),
    (r"(rgba|bgra)(64|f16|f32)(le|be)", _packed_rgb),
    (rf"gbr(a)?p{_DEEP}", _planar_rgb),
    (rf"yuv(a|j)?(410|411|420|422|440|444)p{_DEEP}", _planar_yuv),
    (r"nv12|nv21|nv16|nv24|nv42", _half_planar_yuv),
    (r"p(0|2|4)(10|12|16)(le|be)", _half_planar_deep_yuv),
)


def planes_of(picture: av.VideoFrame, layout: Layout) -> list[Samples]:
    """Return views of a picture's planes, each (height, width, samples that lie together)."""
    return [_view(picture, index, layout) for index in range(len(layout.together))]


def _view(picture: av.VideoFrame, index: int, layout: Layout) -> Samples:
    plane = picture.planes[index]
    together = layout.together[index]
    sample = np.dtype(layout.sample)
    line = plane.line_size
    # A negative line size means that the picture is stored from its last line to its first.
    start = 0 if line >= 0 else (plane.height - 1) * -line
    return np.ndarray(
        (plane.height, plane.width, together),
        sample,
        buffer=plane,  # pyright: ignore[reportArgumentType]
        offset=start,
        strides=(line, together * sample.itemsize, sample.itemsize),
    )


def in_known_format(picture: av.VideoFrame) -> av.VideoFrame:
    """Return the picture in a format that `layout_of` knows, the nearest that loses nothing.

    Raises InputError for the few formats that cannot be converted.
    """
    name = picture.format.name
    if layout_of(name) is not None:
        return picture
    reach = picture.color_range
    try:
        return picture.reformat(format=_nearest(name), src_color_range=reach, dst_color_range=reach)
    except FFmpegError as error:
        raise InputError(f"pictures of the pixel format {name} cannot be read") from error


@cache
def _nearest(pixel_format: str) -> str:
    facts = av.VideoFormat(pixel_format, 64, 64)
    if facts.is_rgb or facts.is_bayer or facts.has_palette or pixel_format.startswith("xyz"):
        # What one sample of a mosaic holds is told by the pixel's bits alone.
        sample = facts.bits_per_pixel if facts.is_bayer else facts.components[0].bits
        return "rgb48le" if sample > 8 else "rgb24"
    luma, *others = facts.components
    deep = luma.bits > 8
    if is_grey(pixel_format):
        return "gray16le" if deep else "gray"
    shared = (64 // others[0].width, 64 // others[0].height)
    sharing = next(name for name, pixels in _SHARING.items() if pixels == shared)
    return f"yuv{sharing}p16le" if deep else f"yuv{sharing}p"
