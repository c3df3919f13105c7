"""Films that many tests use, made once for all of them."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

RATE = 16
SHOT = 24
"""Frames per shot of the films below."""


def scene(shot, number, height=64, width=96):
    """One frame: a soft texture that sways by a pixel, and a thing that walks through it."""
    random = np.random.default_rng(shot)
    coarse = random.integers(40, 200, (height // 16 + 2, width // 16 + 2), dtype=np.uint8)
    texture = cv2.resize(coarse, (width + 16, height + 16), interpolation=cv2.INTER_CUBIC)
    sway = np.random.default_rng(1000 * shot + number).integers(-1, 2, 2)
    top, left = 8 + sway
    picture = texture[top : top + height, left : left + width].copy()
    picture[20:44, (3 * number) % width : (3 * number) % width + 10] = 250 if shot % 2 else 5
    return picture


def write_film(path, frames, *, codec="libx264", pixel_format="yuv420p", sound=False, rate=RATE):
    """Write grey arrays (height, width) as a film, with a tone of the same length when wished."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        height, width = frames[0].shape
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        if codec == "libx264":
            stream.options = {"crf": "12", "g": "16"}
        tone = container.add_stream("aac", rate=48000, layout="mono") if sound else None
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "gray")))
        container.mux(stream.encode(None))
        if tone is not None:
            add_tone(container, tone, Fraction(len(frames), rate))
    return path


def add_tone(container, stream, seconds):
    samples = np.sin(np.arange(int(48000 * seconds)) * 2 * np.pi * 440 / 48000).astype(np.float32)
    for start in range(0, len(samples) - 1023, 1024):
        sound = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], "fltp", "mono")
        sound.rate, sound.pts = 48000, start
        container.mux(stream.encode(sound))
    container.mux(stream.encode(None))


@pytest.fixture(scope="session")
def old_film(tmp_path_factory) -> Path:
    """A swaying film of three shots with a tone: 96x64, 72 frames at 16 frames per second."""
    frames = [scene(shot, number) for shot in range(3) for number in range(SHOT)]
    return write_film(tmp_path_factory.mktemp("films") / "old.mp4", frames, sound=True)


@pytest.fixture
def footage():
    """The folder of real old films beside the checkout; skips where it is missing."""
    folder = Path(__file__).parents[2] / "shared" / "footage"
    if not folder.is_dir():
        pytest.skip("the old films are not beside this checkout (../shared/footage)")
    return folder
