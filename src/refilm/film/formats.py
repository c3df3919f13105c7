"""Which of FFmpeg's pixel formats a film is stored in."""

from functools import cache
from typing import Literal

import av
from av.codec import Codec

from refilm.film.planes import has_alpha

Family = Literal["gray", "420", "422", "444", "rgb"]

_PLANAR = {"gray": "gray", "420": "yuv420p", "422": "yuv422p", "444": "yuv444p", "rgb": "gbrp"}
_PICTURES = {
    "png": {8: ("gray", "rgb24"), 16: ("gray16be", "rgb48be")},
    "tiff": {8: ("gray", "rgb24"), 16: ("gray16le", "rgb48le")},
    "dpx": {10: ("gbrp10le", "gbrp10le"), 12: ("gbrp12le", "gbrp12le"), 16: ("gray16be", "rgb48be")},
    "exr": {16: ("grayf32le", "gbrpf32le")},
}
"""Grey and colour format of each kind of picture file, by bits per sample."""
LINEAR = _PICTURES["exr"][16]
"""Formats whose numbers are light itself, not gamma-coded."""


def family(pixel_format: str) -> Family:
    """Return what kind of samples a format has; alpha is ignored, rarer subsampling counts as 4:4:4."""
    known = av.VideoFormat(pixel_format)
    if known.is_rgb or known.has_palette or known.is_bayer:
        return "rgb"
    if not any(part.is_chroma for part in known.components):
        return "gray"
    names: dict[tuple[int, int], Family] = {(8, 8): "420", (8, 16): "422"}
    return names.get((known.chroma_width(16), known.chroma_height(16)), "444")


def planar(kind: Family, depth: int) -> str:
    """Return the planar format with samples of that kind and depth (8, 10, 12 or 16 bits)."""
    return _PLANAR[kind] if depth == 8 else f"{_PLANAR[kind]}{depth}le"


def lossless(kind: Family, depth: int) -> str:
    """Return FFV1's format with samples of that kind and depth (8, 10, 12 or 16 bits)."""
    rgb = {8: "bgr0", 16: "rgb48le"}
    return rgb[depth] if kind == "rgb" and depth in rgb else planar(kind, depth)


def lossless_own(pixel_format: str) -> str:
    """Return the format in which FFV1 keeps every sample of `pixel_format`, but for transparency."""
    plain = pixel_format.replace("yuvj", "yuv").removesuffix("be")
    for same in (plain, f"{plain}le"):
        if same in _held_by("ffv1") and not has_alpha(same):
            return same
    depth = max(part.bits for part in av.VideoFormat(pixel_format).components)
    return lossless(
        family(pixel_format), next(step for step in (8, 10, 12, 16) if step >= min(depth, 16))
    )


def pictorial(codec: str, kind: Family, depth: int) -> str:
    """Return the format in which a picture file of that codec holds grey or RGB samples."""
    grey, colour = _PICTURES[codec][depth]
    return grey if kind == "gray" else colour


@cache
def _held_by(encoder: str) -> frozenset[str]:
    return frozenset(held.name for held in Codec(encoder, "w").video_formats or ())
