"""How a result is stored: what a person may choose, and what follows from it for one film."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from refilm.errors import UsageError
from refilm.film.codecs import CODECS, CONTAINERS, USUAL, CodecFacts, CodecName, Container
from refilm.film.formats import LINEAR, Family, family, lossless, lossless_own, pictorial, planar
from refilm.frames import Coding, FilmInfo
from refilm.luma import usual_matrix

_GROUP_SECONDS = 2
"""From key frame to key frame: players find their place quickly, and little size is lost."""
_UNSLICED = (352, 288)
"""Size up to which FFV1 can, and very small pictures must, be stored in one piece."""


class Encoding(BaseModel):
    """What a person may choose about how a result is stored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    codec: CodecName | None = Field(
        default=None,
        description="How pictures are coded; without it, what is usual for the output's suffix",
    )
    quality: int | None = Field(
        default=None,
        description="Constant quality on the codec's own scale, lower is better "
        "(without it 17 for h264, 19 for h265, 24 for av1)",
    )
    bit_depth: Literal[8, 10, 12, 16] | None = Field(
        default=None,
        description="Bits per sample; without it 8 for h264, 10 for prores, 10 for h265 and av1 "
        "where the film has more than 8, else the film's own",
    )

    def of_codec(self, codec: object) -> Self:
        """Return this for another codec: without the quality and depth that were meant for its own."""
        if codec is None or codec == self.codec:
            return self
        return self.model_copy(update={"quality": None, "bit_depth": None})


@dataclass(frozen=True, slots=True)
class Target:
    """How one film's result is stored, to the last setting."""

    codec: CodecName
    encoder: str
    """FFmpeg's name of the encoder."""
    container: Container
    """FFmpeg's name of the container, or "pictures" for one file per frame."""
    pixel_format: str
    width: int
    height: int
    """Pixels that are stored: the film's, made even where the codec asks for it."""
    coding: Coding
    """What is written about colours."""
    options: Mapping[str, str]
    """The encoder's settings."""
    every_frame_is_key: bool
    notes: tuple[str, ...] = ()
    """What the person should know about this choice, one sentence each."""


def target_for(
    encoding: Encoding, output: str | Path, info: FilmInfo, source: FilmInfo | None
) -> Target:
    """Return how a result that `info` describes is stored in `output`.

    `source` is the film that it was made from, whose own pixel format FFV1 keeps. Raises UsageError
    for what cannot be: a suffix that refilm does not know, a codec that the container cannot hold,
    a quality or bit depth that the codec does not have.
    """
    codec, container = _codec_and_container(encoding, Path(output))
    facts = CODECS[codec]
    depth = _depth(encoding, codec, facts, info)
    pixel_format = _pixel_format(encoding, codec, info, source or info, depth)
    width, height = _stored_size(facts, info)
    return Target(
        codec=codec,
        encoder=facts.encoder,
        container=container,
        pixel_format=pixel_format,
        width=width,
        height=height,
        coding=_coding(info, pixel_format),
        options=_options(encoding, facts, info),
        every_frame_is_key=facts.every_frame_is_key,
        notes=_notes(info, width, height),
    )


def _codec_and_container(encoding: Encoding, output: Path) -> tuple[CodecName, Container]:
    suffix = output.suffix.lower()
    if (not suffix or output.is_dir()) and encoding.codec and _is_pictures(encoding.codec):
        return encoding.codec, "pictures"
    if suffix not in CONTAINERS:
        raise UsageError(f"{output} {_what_suffix(suffix)}.")
    codec = encoding.codec or USUAL[suffix]
    if suffix not in CODECS[codec].suffixes:
        allowed = " or ".join(CODECS[codec].suffixes)
        raise UsageError(
            f"{suffix} files cannot hold {CODECS[codec].title}: "
            f"give the output the suffix {allowed}, or choose another codec."
        )
    return codec, CONTAINERS[suffix]


def _is_pictures(codec: CodecName) -> bool:
    return CONTAINERS[CODECS[codec].suffixes[0]] == "pictures"


def _what_suffix(suffix: str) -> str:
    if not suffix:
        return "has no suffix: name a film such as result.mp4, or pictures such as result/%05d.png"
    like = difflib.get_close_matches(suffix[1:], [known[1:] for known in CONTAINERS], 1)
    advice = f"perhaps .{like[0]} was meant" if like else f"write one of {', '.join(CONTAINERS)}"
    return f"has the suffix {suffix}, in which refilm cannot write: {advice}"


def _depth(encoding: Encoding, codec: CodecName, facts: CodecFacts, info: FilmInfo) -> int:
    wanted = encoding.bit_depth
    if wanted is None:
        enough = info.bit_depth if codec != "h264" else 8
        if codec in ("h265", "av1"):
            enough = min(enough, 10)
        return next((depth for depth in facts.depths if depth >= enough), facts.depths[-1])
    if wanted not in facts.depths:
        held = " or ".join(str(depth) for depth in facts.depths)
        raise UsageError(
            f"{facts.title} holds {held} bits per sample, not {wanted}: "
            "change the bit depth or leave it out."
        )
    return wanted


def _pixel_format(
    encoding: Encoding, codec: CodecName, info: FilmInfo, source: FilmInfo, depth: int
) -> str:
    own = source.coding.pixel_format
    facts = CODECS[codec]
    if facts.subsampling in ("420", "422"):
        return planar(facts.subsampling, depth)
    if _is_pictures(codec):
        return pictorial(codec, "gray" if info.channels == 1 else "rgb", depth)
    kind = _kind(info, own)
    if kind == family(own) and encoding.bit_depth is None:
        return lossless_own(own)
    return lossless(kind, depth)


def _kind(info: FilmInfo, own: str) -> Family:
    """Return what samples FFV1 stores: the film's own, unless it was grey and is now in colour."""
    kind = family(own)
    return "444" if kind == "gray" and info.channels != 1 else kind


def _stored_size(facts: CodecFacts, info: FilmInfo) -> tuple[int, int]:
    across = 2 if facts.subsampling in ("420", "422") else 1
    down = 2 if facts.subsampling == "420" else 1
    return -(-info.width // across) * across, -(-info.height // down) * down


def _coding(info: FilmInfo, pixel_format: str) -> Coding:
    """Return what is written about colours: the film's own words as far as they fit the format."""
    own, kind = info.coding, family(pixel_format)
    before = family(own.pixel_format)
    coding = replace(own, pixel_format=pixel_format)
    if pixel_format in LINEAR:
        coding = replace(coding, transfer="linear")
    if kind == "rgb":
        return replace(coding, matrix="gbr", full_range=True, chroma_location="unknown")
    if kind == "gray":
        return replace(coding, chroma_location="unknown")
    if before in ("gray", "rgb"):
        matrix = usual_matrix(info.width, info.height)
        coding = replace(coding, matrix=matrix, full_range=False)
    same_sites = kind == before and kind == "420"
    return (
        coding
        if same_sites
        else replace(coding, chroma_location="left" if kind == "420" else "unknown")
    )


def _options(encoding: Encoding, facts: CodecFacts, info: FilmInfo) -> dict[str, str]:
    options = dict(facts.options)
    if facts.encoder == "ffv1" and info.width <= _UNSLICED[0] and info.height <= _UNSLICED[1]:
        options["slices"] = "1"
    if facts.quality is not None:
        options["crf"] = str(_quality(encoding, facts, facts.quality))
        options["g"] = str(max(round(_GROUP_SECONDS * info.rate), 1))
    elif encoding.quality is not None:
        raise UsageError(
            f"{facts.title} has no quality to choose: leave it out, or choose h264, h265 or av1."
        )
    return options


def _quality(encoding: Encoding, facts: CodecFacts, usual: int) -> int:
    wanted = usual if encoding.quality is None else encoding.quality
    if not facts.best <= wanted <= facts.worst:
        raise UsageError(
            f"{facts.title} has qualities from {facts.best} (best) to {facts.worst}, not {wanted}: "
            f"{usual} is usual."
        )
    return wanted


def _notes(info: FilmInfo, width: int, height: int) -> tuple[str, ...]:
    if (width, height) == (info.width, info.height):
        return ()
    return (
        f"The picture of {info.width}x{info.height} is stored as {width}x{height}, its last column "
        "or row repeated, because the codec shares colour between pixels.",
    )
