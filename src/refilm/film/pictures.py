"""A film that is a run of picture files: a folder, a pattern, or one picture."""

import io
import itertools
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from refilm.errors import InputError
from refilm.film.pixels import Decoded
from refilm.film.planes import is_grey, layout_of
from refilm.film.probe import coding_of, described
from refilm.film.tape import Damage
from refilm.film.upright import upright_size
from refilm.frames import FilmInfo, Pixels, Timeline

KINDS = {
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".dpx": "DPX",
    ".exr": "EXR",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".bmp": "BMP",
    ".webp": "WebP",
}
"""Endings of file names that are read as pictures."""
_SAMPLED = 32
"""Pictures looked at, evenly spread, before the film is watched."""
_LINEAR = 8
"""FFmpeg's number for light that is not gamma-coded."""


def is_picture(path: Path) -> bool:
    """Return whether a file's name is that of a picture."""
    return path.suffix.lower() in KINDS


def pictures_in(folder: Path) -> tuple[Path, ...]:
    """Return a folder's pictures in natural order; raises InputError for none or several kinds."""
    found = [path for path in folder.iterdir() if is_picture(path) and not path.name.startswith(".")]
    if not found:
        kinds = ", ".join(dict.fromkeys(KINDS.values()))
        raise InputError(f"the folder {folder} holds no pictures: give one with {kinds} files")
    if len(kinds := sorted({KINDS[path.suffix.lower()] for path in found})) > 1:
        raise InputError(
            f"the folder {folder} holds pictures of several kinds ({', '.join(kinds)}): "
            f"give a pattern such as {folder / ('*' + found[0].suffix)}"
        )
    return in_order(found)


def pictures_like(pattern: Path) -> tuple[Path, ...]:
    """Return the files that a pattern with %05d or * means, in natural order; raises InputError."""
    if not pattern.parent.is_dir():
        raise InputError(f"there is no folder {pattern.parent}: check the pattern {pattern.name}")
    if counted := re.fullmatch(r"([^%]*)%0?(\d*)d([^%]*)", pattern.name):
        digits = rf"\d{{{int(counted[2])},}}" if counted[2] else r"\d+"
        wanted = re.compile(re.escape(counted[1]) + digits + re.escape(counted[3]))
        found = [path for path in pattern.parent.iterdir() if wanted.fullmatch(path.name)]
    else:
        found = [path for path in pattern.parent.glob(pattern.name) if path.is_file()]
    if not found:
        raise InputError(f"no file is like {pattern}: check the pattern")
    return in_order(found)


def is_pattern(name: str) -> bool:
    """Return whether a file's name stands for several: with %d, %05d, * or [...]."""
    return re.search(r"%\d*d|[*?\[]", name) is not None


def in_order(paths: list[Path]) -> tuple[Path, ...]:
    """Return paths in natural order: 2 before 10."""
    return tuple(sorted(paths, key=lambda path: (_natural(path.name), path.name)))


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name.lower())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


def gaps_in(paths: tuple[Path, ...]) -> list[str]:
    """Return a sentence for each number that is missing from a run of numbered pictures."""
    numbered = [(path, re.findall(r"\d+", path.stem)) for path in paths]
    numbers = [int(found[-1]) for _, found in numbered if found]
    if len(numbers) < len(paths):
        return []
    missing = [(a + 1, b - 1) for a, b in itertools.pairwise(numbers) if b > a + 1]
    return [
        f"picture {first} is missing" if first == last else f"pictures {first} to {last} are missing"
        for first, last in missing
    ]


@dataclass(frozen=True, slots=True)
class Album:
    """A run of picture files as a run of pictures; each is stamped with its place in the run."""

    files: tuple[Path, ...]
    codec: str
    """FFmpeg's name of what decoded the first one; others are tried with it first."""
    size: tuple[int, int]
    """Width and height that all pictures must have."""

    def play(self, damage: Damage) -> Generator[Decoded]:
        """Yield every picture that can be decoded; tell `damage` of the others."""
        for place, path in enumerate(self.files):
            try:
                picture = self._picture(path)
            except InputError:
                damage(place, "lost")
                continue
            if upright_size(picture) != self.size:
                raise InputError(_different_size(path, upright_size(picture), self.size))
            yield Decoded(picture, place)

    def play_from(self, timeline: Timeline, first: int, stop: int) -> Generator[Decoded]:
        """Yield pictures first..stop-1 of the timeline; raises InputError where one is gone."""
        for stamp in timeline.stamps[first:stop]:
            yield Decoded(self._picture(self.files[int(stamp)]), int(stamp))

    def _picture(self, path: Path) -> av.VideoFrame:
        content = content_of(path)
        try:
            return _decoded(content, self.codec)
        except (FFmpegError, StopIteration):
            return opened_picture(path)[0]


def _decoded(content: bytes, codec: str) -> av.VideoFrame:
    """Return a picture whose codec is known; opening it as a container takes twice the time."""
    decoder = VideoCodecContext.create(codec, "r")
    if not isinstance(decoder, VideoCodecContext):
        raise InputError(f"{codec} is no codec of pictures")
    return next(iter(decoder.decode(Packet(content)) or decoder.decode(None)))


def content_of(path: Path) -> bytes:
    """Return a file's bytes; raises InputError where it cannot be read or is empty."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if not content:
        raise InputError(f"{path} is empty (0 bytes): give a complete file")
    return content


def opened_picture(path: Path) -> tuple[av.VideoFrame, str]:
    """Return a picture file's picture and its codec's name; raises InputError."""
    try:
        with av.open(io.BytesIO(content_of(path)), "r", metadata_errors="replace") as container:
            picture = next(container.decode(video=0))
            return picture, container.streams.video[0].codec_context.name
    except (FFmpegError, StopIteration, IndexError) as error:
        raise InputError(f"{path} is no picture that can be decoded, or is damaged") from error


def probe_pictures(
    files: tuple[Path, ...], rate: Fraction, say: Callable[[str], None]
) -> tuple[FilmInfo, str]:
    """Return what the pictures tell of the film, and their codec; raises InputError."""
    looked = _looked_at(files)
    _, picture, codec = next((each for each in looked if not is_grey(each[1].format.name)), looked[0])
    for other, found, _ in looked:
        if upright_size(found) != upright_size(picture):
            raise InputError(_different_size(other, upright_size(found), upright_size(picture)))
    coding = coding_of(picture, codec)
    if is_linear(picture):
        say("the pictures hold linear light: they are read with the sRGB curve")
        coding = replace(coding, transfer="iec61966-2-1")
    info = FilmInfo(*upright_size(picture), rate=rate, duration=len(files) / rate, time_base=1 / rate)
    return described(info, coding, say), codec


def _looked_at(files: tuple[Path, ...]) -> list[tuple[Path, av.VideoFrame, str]]:
    """Return some pictures with their codecs; raises InputError where all of them are damaged."""
    looked: list[tuple[Path, av.VideoFrame, str]] = []
    damaged: list[InputError] = []
    for path in files[:: max(len(files) // _SAMPLED, 1)]:
        try:
            looked.append((path, *opened_picture(path)))
        except InputError as error:
            damaged.append(error)
    if not looked:
        raise damaged[0]
    return looked


def _different_size(path: Path, found: tuple[int, int], expected: tuple[int, int]) -> str:
    sizes = "{}x{}, not {}x{} as others of this film".format(*found, *expected)
    return f"{path} is {sizes}: give pictures of one size"


def is_linear(picture: av.VideoFrame) -> bool:
    """Return whether a picture holds linear light in floating point, as EXR files do."""
    layout = layout_of(picture.format.name)
    return layout is not None and layout.depth == 0 and picture.color_trc == _LINEAR


def with_srgb_curve(pixels: Pixels) -> Pixels:
    """Return linear light gamma-coded after IEC 61966-2-1; values below 0 stay linear."""
    curved = 1.055 * np.power(np.maximum(pixels, 0), np.float32(1 / 2.4)) - 0.055
    return np.where(pixels <= 0.0031308, 12.92 * pixels, curved).astype(np.float32)
