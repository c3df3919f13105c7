"""Encoders and containers set up for one film, the same way for every segment and for the whole."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.video import VideoStream
from av.video.codeccontext import VideoCodecContext

from refilm.errors import OutputError
from refilm.film.aspect import hold_room
from refilm.film.codecs import CODECS
from refilm.film.encoding import Target
from refilm.frames import Coding, FilmInfo

_GLOBAL_HEADER = 0x400000
"""FFmpeg's flag for parameter sets beside the packets, not in them: every container here wants it."""
_APPLE_TAGS = {"libx265": "hvc1"}
"""Codec tags that Apple's players insist on in MP4 and MOV."""


def open_encoder(info: FilmInfo, target: Target) -> VideoCodecContext:
    """Return an encoder for frames of `info`'s shape and clock, set as `target` says.

    Raises OutputError where the codec does not take them, as H.265 does not take 2x2 pixels.
    """
    context = cast(VideoCodecContext, av.CodecContext.create(target.encoder, "w"))
    context.framerate = info.rate
    _set_up(context, info, target)
    context.options = _options(target)
    try:
        context.open()
    except (ValueError, FFmpegError) as error:
        raise OutputError(
            f"{CODECS[target.codec].title} cannot hold pictures of {target.width}x{target.height} at "
            f"{float(info.rate):g} a second: choose another codec."
        ) from error
    return context


def open_container(path: Path, container: str, options: Mapping[str, str]) -> OutputContainer:
    """Open a file for writing in FFmpeg's format `container`; no date or chance goes into its bytes."""
    settings = {"fflags": "+bitexact", **options}
    return av.open(str(path), "w", format=container, container_options=settings)


def add_film(container: OutputContainer, info: FilmInfo, target: Target) -> VideoStream:
    """Add the film's own stream to a container.

    It is set up as the segments' encoder was, though it never encodes: that is how the container
    learns of shape, colours and decoder settings.
    """
    added = container.add_stream(target.encoder, rate=info.rate, options=_options(target))
    stream = cast(VideoStream, added)
    _set_up(stream.codec_context, info, target)
    stream.time_base = info.time_base
    if lacks_shape(info, target):
        hold_room(stream)
    if target.container in ("mp4", "mov") and target.encoder in _APPLE_TAGS:
        stream.codec_context.codec_tag = _APPLE_TAGS[target.encoder]
    return stream


def lacks_shape(info: FilmInfo, target: Target) -> bool:
    """Return whether a Matroska file must be told the shape of pixels, as its codec does not say it."""
    shapeless = target.container == "matroska" and target.codec not in ("h264", "h265")
    return shapeless and info.sample_aspect != 1


def _set_up(context: VideoCodecContext, info: FilmInfo, target: Target) -> None:
    if target.encoder == "libsvtav1":
        # SVT-AV1 tells of itself on standard error unless this variable says otherwise.
        os.environ.setdefault("SVT_LOG", "0")
    context.width, context.height = target.width, target.height
    context.pix_fmt = target.pixel_format
    context.sample_aspect_ratio = info.sample_aspect
    context.time_base = info.time_base
    context.flags |= _GLOBAL_HEADER


def _options(target: Target) -> dict[str, str]:
    return {**target.options, **_colour_options(target.coding)}


def _colour_options(coding: Coding) -> dict[str, str]:
    return {
        "colorspace": "rgb" if coding.matrix == "gbr" else coding.matrix,
        "color_range": "pc" if coding.full_range else "tv",
        "color_primaries": coding.primaries,
        "color_trc": coding.transfer,
        "chroma_sample_location": coding.chroma_location,
    }
