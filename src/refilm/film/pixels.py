"""Pictures of any pixel format to float pixels and back, without the 8-bit steps of swscale.

Matrices and ranges after ITU-T H.273, https://www.itu.int/rec/T-REC-H.273
"""

from dataclasses import dataclass, replace

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.errors import OutputError
from refilm.film.chroma import enlarged, shared
from refilm.film.colours import (
    FULL_RANGE,
    LIMITED_RANGE,
    MATRICES,
    PRIMARIES,
    TRANSFERS,
    number_of,
)
from refilm.film.planes import Layout, Samples, in_known_format, layout_of, planes_of
from refilm.frames import Coding, Pixels
from refilm.luma import luma_weights

Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A picture just as the decoder gave it, to be stored again untouched."""

    picture: av.VideoFrame
    stamp: int
    """The film's own presentation stamp; `Timeline.MISSING` where it has none."""


def to_pixels(picture: av.VideoFrame, coding: Coding, channels: int = 3) -> Pixels:
    """Return a picture as pixels, neither clipped nor rounded.

    With `channels` 1 they are the luma; grey formats give 1 channel whatever is asked for.
    """
    known = in_known_format(picture)
    layout = _layout(known.format.name)
    weights = luma_weights(coding.matrix, picture.width, picture.height)
    return _decoded(planes_of(known, layout), layout, coding, channels, weights)


def to_reduced_pixels(picture: av.VideoFrame, coding: Coding, channels: int, width: int) -> Pixels:
    """Return a picture as pixels, made at most `width` pixels wide; no picture is enlarged."""
    if picture.width <= width:
        return to_pixels(picture, coding, channels)
    known = in_known_format(picture)
    layout = _layout(known.format.name)
    size = (width, max(round(picture.height * width / picture.width), 1))
    planes = [_area(plane, size) for plane in _used(planes_of(known, layout), layout, channels)]
    weights = luma_weights(coding.matrix, picture.width, picture.height)
    return _decoded(planes, replace(layout, across=1, down=1), coding, channels, weights)


def _used(planes: list[Samples], layout: Layout, channels: int) -> list[Samples]:
    return planes[:1] if layout.kind == "yuv" and channels == 1 else planes


def _area(plane: Samples, size: tuple[int, int]) -> Samples:
    # OpenCV takes neither foreign byte order nor half floats.
    stored = plane.dtype
    native = np.float32 if stored.kind == "f" else stored.newbyteorder("=")
    small = cv2.resize(np.ascontiguousarray(plane, native), size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, native).reshape(size[1], size[0], plane.shape[2])


def _layout(pixel_format: str) -> Layout:
    layout = layout_of(pixel_format)
    if layout is None:
        raise OutputError(
            f"the pixel format {pixel_format} is not one that refilm can write: "
            "choose a planar YUV, RGB or grey format such as yuv420p, yuv422p10le or gray16le"
        )
    return layout


@dataclass(frozen=True, slots=True)
class _Levels:
    """The numbers that stand for luma 0 and 1, and for chroma 0 and from -0.5 to 0.5."""

    black: float
    span: float
    middle: float
    swing: float


def _levels(layout: Layout, coding: Coding) -> _Levels:
    if layout.depth == 0:
        return _Levels(0, 1, 0, 1)
    unit = float(1 << layout.shift)
    middle = unit * (1 << (layout.depth - 1))
    if layout.kind == "rgb" or coding.full_range:
        return _Levels(0, unit * layout.highest, middle, unit * layout.highest)
    unit *= 1 << (layout.depth - 8)
    return _Levels(unit * 16, unit * 219, middle, unit * 224)


def _decoded(
    planes: list[Samples],
    layout: Layout,
    coding: Coding,
    channels: int,
    weights: tuple[float, float, float],
) -> Pixels:
    levels = _levels(layout, coding)
    if layout.kind == "rgb":
        return _from_rgb(planes, layout, channels, weights, levels)
    plane, place = layout.places[0]
    if layout.kind == "grey" or channels == 1:
        return _scaled(planes[plane][:, :, place], levels)[:, :, None]
    return _from_yuv(planes, layout, coding, weights, levels)


def _scaled(samples: Samples, levels: _Levels) -> Plane:
    scaled = np.multiply(samples, np.float32(1 / levels.span), dtype=np.float32)
    if levels.black:
        scaled -= np.float32(levels.black / levels.span)
    return scaled


def _from_rgb(
    planes: list[Samples],
    layout: Layout,
    channels: int,
    weights: tuple[float, float, float],
    levels: _Levels,
) -> Pixels:
    stored = planes[0] if len(planes) == 1 else _merged(planes, layout)
    order = [place if len(planes) == 1 else index for index, (_, place) in enumerate(layout.places)]
    if channels == 1:
        return _weighed(_scaled(stored, levels), order, weights)
    return _scaled(
        stored if order == [*range(stored.shape[2])] else np.take(stored, order, axis=2), levels
    )


def _merged(planes: list[Samples], layout: Layout) -> Samples:
    """Return planar red, green and blue as one packed plane."""
    return np.concatenate([planes[plane] for plane, _ in layout.places], axis=2)


def _weighed(stored: Pixels, order: list[int], weights: tuple[float, float, float]) -> Pixels:
    row = np.zeros((1, stored.shape[2]))
    row[0, order] = weights
    luma = np.asarray(cv2.transform(stored, row), np.float32)
    return luma.reshape(*stored.shape[:2], 1)


def _from_yuv(
    planes: list[Samples],
    layout: Layout,
    coding: Coding,
    weights: tuple[float, float, float],
    levels: _Levels,
) -> Pixels:
    luma, blue, red = (np.asarray(planes[p][:, :, i], np.float32) for p, i in layout.places)
    size = (luma.shape[1], luma.shape[0])
    siting = _siting(coding)
    chroma = [enlarged(plane, size, (layout.across, layout.down), siting) for plane in (blue, red)]
    together = np.asarray(cv2.merge([luma, *chroma]))
    return np.asarray(cv2.transform(together, _to_rgb(weights, levels)), np.float32)


def _siting(coding: Coding) -> str:
    if coding.chroma_location != "unknown":
        return coding.chroma_location
    return "center" if coding.pixel_format.startswith("yuvj") else "left"


def _to_rgb(weights: tuple[float, float, float], levels: _Levels) -> NDArray[np.float64]:
    """Return the 3x4 matrix that takes stored Y, U and V to red, green and blue."""
    return _inverse(_to_yuv(weights, levels))


def _to_yuv(weights: tuple[float, float, float], levels: _Levels) -> NDArray[np.float64]:
    """Return the 3x4 matrix that takes red, green and blue to stored Y, U and V."""
    luma = np.array(weights)
    blue = (np.array([0, 0, 1]) - luma) / (2 * (1 - weights[2]))
    red = (np.array([1, 0, 0]) - luma) / (2 * (1 - weights[0]))
    turned = np.stack([luma * levels.span, blue * levels.swing, red * levels.swing])
    return np.column_stack([turned, [levels.black, levels.middle, levels.middle]])


def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    turned = np.linalg.inv(matrix[:, :3])
    return np.asarray(np.column_stack([turned, -turned @ matrix[:, 3]]), np.float64)


def to_picture(pixels: Pixels, pixel_format: str, coding: Coding) -> av.VideoFrame:
    """Return pixels as a picture in FFmpeg's `pixel_format`, rounded, clipped to what it can hold.

    One channel makes a colour picture without colour; three make a grey one of their luma. Matrix,
    range, primaries and transfer are those of `coding`. Transparency is set to opaque. Raises
    OutputError for a format that refilm does not know.
    """
    layout = _layout(pixel_format)
    height, width = pixels.shape[:2]
    picture = av.VideoFrame(width, height, pixel_format)
    _label(picture, layout, coding)
    weights = luma_weights(coding.matrix, width, height)
    stored = _channels(pixels, layout, replace(coding, pixel_format=pixel_format), weights)
    planes = planes_of(picture, layout)
    _make_opaque(planes, layout)
    for (plane, place), channel in zip(layout.places, stored, strict=True):
        _store(channel, planes[plane][:, :, place], layout)
    return picture


def _label(picture: av.VideoFrame, layout: Layout, coding: Coding) -> None:
    full = coding.full_range or layout.kind == "rgb"
    picture.color_range = FULL_RANGE if full else LIMITED_RANGE
    picture.colorspace = 0 if layout.kind == "rgb" else number_of(coding.matrix, MATRICES)
    picture.color_primaries = number_of(coding.primaries, PRIMARIES)
    picture.color_trc = number_of(coding.transfer, TRANSFERS)


def _make_opaque(planes: list[Samples], layout: Layout) -> None:
    for index, plane in enumerate(planes):
        used = [place for of, place in layout.places if of == index]
        if len(used) < plane.shape[2]:
            plane[...] = 1 if layout.depth == 0 else layout.highest << layout.shift


def _channels(
    pixels: Pixels, layout: Layout, coding: Coding, weights: tuple[float, float, float]
) -> list[Plane]:
    """Return what is to be stored, one array per place of the layout, not yet rounded."""
    levels = _levels(layout, coding)
    grey = pixels.shape[2] == 1
    if layout.kind == "rgb":
        return [pixels[:, :, 0 if grey else i] * np.float32(levels.span) for i in range(3)]
    if layout.kind == "grey" or grey:
        luma = (pixels if grey else _weighed(pixels, [0, 1, 2], weights))[:, :, 0]
        stored = luma * np.float32(levels.span) + np.float32(levels.black)
        neutral = np.full((1, 1), levels.middle, np.float32)
        return [stored] if layout.kind == "grey" else [stored, neutral, neutral]
    together = cv2.transform(np.ascontiguousarray(pixels), _to_yuv(weights, levels))
    luma, *chroma = (np.asarray(plane, np.float32) for plane in cv2.split(together))
    sharing = (layout.across, layout.down)
    return [luma, *(shared(plane, sharing, _siting(coding)) for plane in chroma)]


def _store(channel: Plane, samples: Samples, layout: Layout) -> None:
    if layout.depth == 0:
        samples[...] = channel
        return
    unit = np.float32(1 << layout.shift)
    counted = np.rint(channel / unit if layout.shift else channel)
    np.clip(counted, 0, layout.highest, out=counted)
    samples[...] = counted * unit if layout.shift else counted
