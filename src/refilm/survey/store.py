"""Keeps a survey on disk: `survey.json` for people to read, `survey.npz` for the figures."""

import hashlib
import io
import json
import os
import zipfile
from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from refilm.errors import InputError, OutputError
from refilm.findings import (
    Cadence,
    Condition,
    Figures,
    Hair,
    Interlacing,
    Rectangle,
    Scratch,
    Survey,
    Transfer,
    Transition,
)
from refilm.frames import FilmInfo, Shot, Timeline

VERSION = 3
"""Rises when a stored survey of before can no longer be used."""

_FOUND = (
    "conditions",
    "scratches",
    "hairs",
    "transitions",
    "flashes",
    "interlacing",
    "transfer",
)
"""What a survey and its readable part call by the same names."""

Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class _Readable:
    """The part of a survey that is written as JSON."""

    version: int
    arrays_sha256: str
    info: FilmInfo
    time_base: Fraction
    end: Fraction
    shots: tuple[Shot, ...]
    clean: Rectangle
    problems: tuple[str, ...]
    true_rate: Fraction | None
    regular: bool
    conditions: tuple[Condition, ...]
    scratches: tuple[Scratch, ...]
    hairs: tuple[Hair, ...]
    transitions: tuple[Transition, ...]
    flashes: tuple[int, ...]
    interlacing: Interlacing | None
    transfer: Transfer | None


@cache
def _form() -> TypeAdapter[_Readable]:
    return TypeAdapter(_Readable)


def save(survey: Survey, folder: Path) -> None:
    """Write the survey into `folder`, which is made where missing; whole or not at all.

    Raises OutputError if it cannot be written.
    """
    packed = _packed(_arrays(survey))
    text = json.dumps(_form().dump_python(_readable(survey, packed), mode="json"), indent=1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _replace(folder / "survey.npz", packed)
        _replace(folder / "survey.json", text.encode())
    except OSError as error:
        raise OutputError(f"the survey cannot be written to {folder}: {error.strerror}") from error


def load(folder: Path) -> Survey:
    """Return the survey that was saved in `folder`.

    Raises InputError if there is none, it is damaged, or another version of refilm wrote it.
    """
    try:
        packed = (folder / "survey.npz").read_bytes()
        text = (folder / "survey.json").read_bytes()
    except OSError as error:
        raise InputError(f"no survey can be read from {folder}: {error.strerror}") from error
    try:
        readable = _form().validate_json(text)
        if readable.version != VERSION or readable.arrays_sha256 != _digest(packed):
            raise InputError(_damaged(folder))
        return _survey(readable, _unpacked(packed))
    except (ValidationError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InputError(_damaged(folder)) from error


def _damaged(folder: Path) -> str:
    return f"the survey in {folder} is damaged or of another version of refilm; survey the film again"


def _readable(survey: Survey, packed: bytes) -> _Readable:
    cadence = survey.cadence
    return _Readable(
        version=VERSION,
        arrays_sha256=_digest(packed),
        info=survey.info,
        time_base=survey.timeline.time_base,
        end=survey.timeline.end,
        shots=survey.shots,
        clean=survey.clean,
        problems=survey.problems,
        true_rate=cadence.rate if cadence else None,
        regular=bool(cadence and cadence.regular),
        **{name: getattr(survey, name) for name in _FOUND},
    )


def _arrays(survey: Survey) -> Arrays:
    arrays: Arrays = {field.name: getattr(survey.figures, field.name) for field in fields(Figures)}
    arrays |= {"ticks": survey.timeline.ticks, "stamps": survey.timeline.stamps}
    if survey.cadence:
        arrays["times"] = survey.cadence.times
    return arrays


def _survey(readable: _Readable, arrays: Arrays) -> Survey:
    figures = Figures(**{field.name: arrays[field.name] for field in fields(Figures)})  # pyright: ignore[reportArgumentType]
    ticks, stamps = (np.asarray(arrays[name], np.int64) for name in ("ticks", "stamps"))
    timeline = Timeline(readable.time_base, ticks, stamps, readable.end)
    cadence = None
    if readable.true_rate is not None:
        times = np.asarray(arrays["times"], np.float64)
        cadence = Cadence(readable.true_rate, readable.regular, times)
    return Survey(
        readable.info,
        timeline,
        readable.shots,
        figures,
        readable.clean,
        readable.problems,
        cadence,
        **{name: getattr(readable, name) for name in _FOUND},
    )


def _packed(arrays: Arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # pyright: ignore[reportArgumentType]
    return buffer.getvalue()


def _unpacked(packed: bytes) -> Arrays:
    with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
