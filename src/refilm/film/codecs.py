"""What is known of every codec that refilm writes: depths, containers, quality, settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CodecName = Literal["h264", "h265", "av1", "ffv1", "prores", "png", "tiff", "dpx", "exr"]
Container = Literal["mp4", "mov", "matroska", "pictures"]

CONTAINERS: Mapping[str, Container] = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".mkv": "matroska",
    ".png": "pictures",
    ".tif": "pictures",
    ".tiff": "pictures",
    ".dpx": "pictures",
    ".exr": "pictures",
}
"""Container by the output's suffix."""


@dataclass(frozen=True, slots=True)
class CodecFacts:
    """One codec: what it can hold and how refilm sets it."""

    title: str
    """The codec's name for people."""
    encoder: str
    """FFmpeg's name of the encoder."""
    depths: tuple[int, ...]
    """Bits per sample that it can hold, rising."""
    suffixes: tuple[str, ...]
    """Endings of files that can hold it, the usual one first."""
    subsampling: str = "any"
    """"420" or "422" where that is all it gets, "rgb" for pictures, "any" for the film's own."""
    quality: int | None = None
    """Usual constant quality on the codec's own scale (lower is better); None where it has none."""
    best: int = 0
    """Lowest quality number allowed."""
    worst: int = 0
    """Highest quality number allowed."""
    every_frame_is_key: bool = True
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    """Settings of FFmpeg's encoder. Thread counts are fixed where the result depends on them."""


CODECS: Mapping[CodecName, CodecFacts] = {
    "h264": CodecFacts(
        "H.264",
        "libx264",
        (8, 10),
        (".mp4", ".m4v", ".mov", ".mkv"),
        "420",
        17,
        0,
        51,
        False,
        # With AVX-512, x264 165's macroblock tree gives other bytes of the same frames from run to
        # run. Without the tree files grow by 3 to 13 %, partly at a better PSNR.
        {"preset": "medium", "threads": "4", "x264-params": "mbtree=0"},
    ),
    "h265": CodecFacts(
        "H.265",
        "libx265",
        (8, 10, 12),
        (".mp4", ".m4v", ".mov", ".mkv"),
        "420",
        19,
        0,
        51,
        False,
        {"preset": "medium", "x265-params": "log-level=none:open-gop=0:frame-threads=2"},
    ),
    "av1": CodecFacts(
        "AV1",
        "libsvtav1",
        (8, 10),
        (".mp4", ".m4v", ".mkv"),
        "420",
        24,
        1,
        63,
        False,
        {"preset": "6"},
    ),
    "ffv1": CodecFacts(
        "FFV1",
        "ffv1",
        (8, 10, 12, 16),
        (".mkv",),
        options={"level": "3", "slicecrc": "1", "g": "1"},
    ),
    "prores": CodecFacts(
        "ProRes 422 HQ",
        "prores_ks",
        (10,),
        (".mov", ".mkv"),
        "422",
        options={"profile": "hq", "vendor": "apl0"},
    ),
    "png": CodecFacts("PNG", "png", (8, 16), (".png",), "rgb"),
    "tiff": CodecFacts("TIFF", "tiff", (8, 16), (".tif", ".tiff"), "rgb"),
    "dpx": CodecFacts("DPX", "dpx", (10, 12, 16), (".dpx",), "rgb"),
    "exr": CodecFacts(
        "OpenEXR", "exr", (16,), (".exr",), "rgb", options={"format": "half", "compression": "zip16"}
    ),
}
"""Every codec by the name that people choose it by."""

USUAL: Mapping[str, CodecName] = {
    ".mp4": "h264",
    ".m4v": "h264",
    ".mov": "h264",
    ".mkv": "h264",
    ".png": "png",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".dpx": "dpx",
    ".exr": "exr",
}
"""Codec of an output whose codec nobody chose, by its suffix."""
