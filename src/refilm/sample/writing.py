"""Writing the sample film as a file, with its sound."""

import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from refilm.film import Encoding, write_film
from refilm.sample.drawing import draw, info
from refilm.sample.tune import RATE, Samples, sound


def write_sample(
    path: Path,
    *,
    seed: int = 1,
    width: int = 480,
    height: int = 368,
    rate: Fraction = Fraction(16),
    encoding: Encoding,
    say: Callable[[str], None],
) -> int:
    """Draw the sample film into the file `path`, with sound, and return how many frames it has.

    Raises as `refilm.film.write_film`.
    """
    facts = info(width, height, rate, seed)
    with TemporaryDirectory() as folder:
        heard = Path(folder) / "sound.wav"
        _write_sound(heard, sound(float(facts.duration), seed))
        return write_film(path, draw(seed, width, height, rate), facts, encoding, heard, say)


def _write_sound(path: Path, samples: Samples) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())
