"""The truth about an aged film, kept beside it: clean pictures, masks, shifts, gains, cuts, repeats.

truth.json             what was done, and one entry per frame of the aged film
clean/000000.png       what the camera saw (8 bits), by number of the film frame
masks/000000.png       1 bit per pixel of the aged frame: under dirt, scratches or hair
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TextIO

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.age.ageing import Ageing
from refilm.age.flicker import Light
from refilm.age.pipeline import Aged
from refilm.age.weave import Shift
from refilm.errors import InputError, OutputError
from refilm.frames import FilmInfo, Pixels

_VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class TrueFrame:
    """What is known of one frame of the aged film."""

    number: int
    """Number of the film frame; pictures and masks are called by it."""
    time: Fraction
    """When the aged film shows it, seconds."""
    clean_time: Fraction
    """When the clean film shows it, seconds."""
    repeat: bool
    """Whether it shows the same film frame as the frame before."""
    shift: Shift
    light: Light


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """All that is known of an aged film."""

    folder: Path
    ageing: Ageing
    frames: tuple[TrueFrame, ...]
    cuts: tuple[int, ...]
    """Frames of the aged film that begin a shot, but the first."""

    def clean(self, frame: TrueFrame) -> Pixels:
        """Return what the camera saw, RGB or one channel; raises InputError where it is missing."""
        return _read_picture(_clean_path(self.folder, frame.number)).astype(np.float32) / np.float32(
            255
        )

    def mask(self, frame: TrueFrame) -> NDArray[np.bool_]:
        """Return which pixels are damaged, (height, width); raises InputError where it is missing."""
        return _read_picture(_mask_path(self.folder, frame.number))[:, :, 0] > 0


def save_truth(
    folder: Path, aged: Iterable[Aged], info: FilmInfo, ageing: Ageing, cuts: Sequence[int] = ()
) -> Iterator[Aged]:
    """Yield the aged frames as they come, their truth written into `folder`.

    `cuts` are the numbers of the clean film's frames that begin a shot; `info` is the clean film's.
    `truth.json` is there once all frames have passed. Raises OutputError where the disk fails.
    """
    try:
        for part in ("clean", "masks"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        begun = folder / "truth.json.part"
        with begun.open("w", encoding="utf-8") as file:
            yield from _written(file, folder, aged, info, ageing, cuts)
        begun.replace(folder / "truth.json")
    except OSError as error:
        raise OutputError(f"{folder} does not take the truth: {error.strerror}.") from error


def _written(
    file: TextIO,
    folder: Path,
    aged: Iterable[Aged],
    info: FilmInfo,
    ageing: Ageing,
    cuts: Sequence[int],
) -> Iterator[Aged]:
    head = {"version": _VERSION, "rate": str(info.rate), "ageing": ageing.model_dump(mode="json")}
    # Frame by frame, so that a long film needs no more memory than a short one.
    file.write(json.dumps(head)[:-1] + ', "frames": [')
    found: list[int] = []
    shot = None
    for place, each in enumerate(aged):
        file.write(("," if place else "") + "\n" + json.dumps(_entry(each)))
        if not each.repeat:
            _write_pictures(folder, each)
        before, shot = shot, bisect_right(cuts, each.number)
        if before not in (None, shot):
            found.append(place)
        yield each
    file.write(f'\n], "cuts": {json.dumps(found)}}}\n')


def _entry(aged: Aged) -> dict[str, object]:
    shift = aged.shift
    return {
        "number": aged.number,
        "time": str(aged.frame.time),
        "clean_time": str(aged.clean.time),
        "repeat": aged.repeat,
        "shift": [shift.x, shift.y, shift.turn, shift.log_scale],
        "gain": aged.light.gain,
        "knots": np.round(aged.light.knots.astype(np.float64), 6).tolist(),
    }


def _write_pictures(folder: Path, aged: Aged) -> None:
    clean = np.clip(aged.clean.pixels * 255 + 0.5, 0, 255).astype(np.uint8)
    if clean.shape[2] == 3:
        clean = np.asarray(cv2.cvtColor(clean, cv2.COLOR_RGB2BGR))
    _clean_path(folder, aged.number).write_bytes(cv2.imencode(".png", clean)[1].tobytes())
    mask = aged.mask.astype(np.uint8) * 255
    bits = cv2.imencode(".png", mask, [cv2.IMWRITE_PNG_BILEVEL, 1])[1]
    _mask_path(folder, aged.number).write_bytes(bits.tobytes())


def _clean_path(folder: Path, number: int) -> Path:
    return folder / "clean" / f"{number:06d}.png"


def _mask_path(folder: Path, number: int) -> Path:
    return folder / "masks" / f"{number:06d}.png"


def read_truth(folder: Path) -> Truth:
    """Return the truth that `save_truth` wrote; raises InputError where there is none."""
    path = folder / "truth.json"
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read ({error}): give the folder that `refilm age` wrote the truth into."
        ) from error
    if found.get("version") != _VERSION:
        raise InputError(
            f"{path} is of version {found.get('version')}, not {_VERSION}: age the film again."
        )
    frames = tuple(_frame(entry) for entry in found["frames"])
    return Truth(folder, Ageing(**found["ageing"]), frames, tuple(found["cuts"]))


def _frame(entry: dict[str, Any]) -> TrueFrame:
    return TrueFrame(
        number=entry["number"],
        time=Fraction(entry["time"]),
        clean_time=Fraction(entry["clean_time"]),
        repeat=entry["repeat"],
        shift=Shift(*entry["shift"]),
        light=Light(entry["gain"], np.array(entry["knots"], np.float32)),
    )


def _read_picture(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise InputError(f"{path} is missing or no picture: age the film again.")
    if picture.ndim == 2:
        return np.asarray(picture, np.uint8)[:, :, None]
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
