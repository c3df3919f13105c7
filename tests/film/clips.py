"""Small films that tests make for themselves."""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from refilm.film.planes import layout_of, planes_of

CLIP = Fraction(1, 25)


def random_picture(
    pixel_format: str, width: int = 64, height: int = 48, seed: int = 0
) -> av.VideoFrame:
    """Return a picture of noise that uses every number its format can hold."""
    layout = layout_of(pixel_format)
    assert layout is not None
    chance = np.random.default_rng(seed)
    picture = av.VideoFrame(width, height, pixel_format)
    for plane in planes_of(picture, layout):
        if layout.depth:
            plane[...] = chance.integers(0, layout.highest + 1, plane.shape) << layout.shift
        else:
            plane[...] = chance.random(plane.shape)
    return picture


def moving_picture(place: int, width: int = 64, height: int = 48, pixel_format: str = "yuv420p"):
    """Return picture `place` of a film in which textured blocks move; no two are alike."""
    rows, columns = np.mgrid[:height, :width]
    texture = (np.sin(columns / 5 + place * 0.4) + np.cos(rows / 4 - place * 0.3)) * 45 + 110
    picture = np.stack([texture, np.roll(texture, 3 * place, 1), texture[:, ::-1]], 2)
    picture[4:12, (5 * place) % width : (5 * place) % width + 9] = 235
    pixels = np.ascontiguousarray(picture.clip(0, 255).astype(np.uint8))
    return av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format=pixel_format)


def film(
    path: Path,
    pictures: Iterable[av.VideoFrame],
    codec: str = "ffv1",
    stamps: Iterable[int] | None = None,
    time_base: Fraction = CLIP,
    options: Mapping[str, str] | None = None,
    container_options: Mapping[str, str] | None = None,
    adjust: Callable[[av.VideoStream], None] = lambda stream: None,
) -> Path:
    """Write pictures as a film; `stamps` count in `time_base`, `adjust` sees the stream first."""
    with av.open(str(path), "w", container_options=dict(container_options or {})) as container:
        stream = None
        for picture, stamp in zip(
            pictures, stamps if stamps is not None else range(10**6), strict=False
        ):
            if stream is None:
                stream = container.add_stream(codec, rate=1 / time_base, options=dict(options or {}))
                stream.width, stream.height = picture.width, picture.height
                stream.pix_fmt = picture.format.name
                stream.codec_context.time_base = time_base
                adjust(stream)
            picture.pts, picture.time_base = stamp, time_base
            container.mux(stream.encode(picture))
        assert stream is not None
        container.mux(stream.encode(None))
    return path


def h264(path: Path, frames: int = 60, key_every: int = 12, **options: str) -> Path:
    """Write a film with B-frames and a key frame every so often."""
    settings = {"g": str(key_every), "bf": "3", "x264-params": "scenecut=0:threads=1", **options}
    return film(path, map(moving_picture, range(frames)), "libx264", options=settings)


def still(path: Path, picture: av.VideoFrame, codec: str) -> Path:
    """Write one picture file."""
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream(codec)
        stream.width, stream.height = picture.width, picture.height
        stream.pix_fmt = picture.format.name
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def sound_only(path: Path) -> Path:
    """Write a file with sound but no pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        sound.rate, sound.pts = 16000, 0
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    return path


def with_noise_in_packets(
    source: Path, target: Path, places: Iterable[int], sound_part: float = 0, seed: int = 0
) -> Path:
    """Copy a film, overwriting packets (in stored order) at `places` but for their first part."""
    chance = np.random.default_rng(seed)
    content = bytearray(source.read_bytes())
    with av.open(str(source)) as inside:
        packets = [packet for packet in inside.demux(video=0) if packet.size]
    for place in places:
        end = packets[place].pos + packets[place].size
        start = packets[place].pos + 8 + int(sound_part * packets[place].size)
        content[start:end] = chance.integers(0, 256, end - start, dtype=np.uint8).tobytes()
    target.write_bytes(content)
    return target
