"""Whether a longer film needs more memory: the same film once, and many times over."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from refilm.bench.run import run_restore
from refilm.film import Encoding, Film, open_film, write_film
from refilm.frames import Frame
from refilm.plan import Plan


def measure(source: str, plan: Plan, times: int) -> dict[str, Any]:
    """Return the peak memory for a film and for one that shows it `times` times, and their ratio."""
    film = open_film(source, rate=plan.rate)
    with tempfile.TemporaryDirectory() as folder:
        peaks = [
            run_restore(str(_repeated(film, count, Path(folder))), plan).peak_megabytes
            for count in (1, times)
        ]
    return {
        "times": times,
        "peak_megabytes": peaks[0],
        "peak_megabytes_of_longer": peaks[1],
        "ratio": peaks[1] / peaks[0],
    }


def _repeated(film: Film, times: int, folder: Path) -> Path:
    path = folder / f"{times}.mkv"
    info = replace(film.info, start=Fraction(0), time_base=1 / film.info.rate)
    write_film(path, _again(film, times), info, Encoding(codec="ffv1"), None, _silent)
    return path


def _again(film: Film, times: int) -> Iterator[Frame]:
    number = 0
    for _ in range(times):
        for frame in film.watch():
            time = number / film.info.rate
            yield replace(frame, time=time, origin=time)
            number += 1


def _silent(sentence: str) -> None:
    del sentence
