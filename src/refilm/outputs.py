"""Where results go: names beside the film, what must not be overwritten, several films at once."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from refilm.errors import OutputError, UsageError
from refilm.film import PICTURES, Encoding, Film

_NUMBER = re.compile(r"%0?\d*d")

SUFFIXES = {
    "h264": ".mp4",
    "h265": ".mp4",
    "av1": ".mp4",
    "ffv1": ".mkv",
    "prores": ".mov",
    "png": ".png",
    "tiff": ".tif",
    "dpx": ".dpx",
    "exr": ".exr",
}
"""The container that each codec is at home in."""


def record_path(output: Path) -> Path:
    """Return where the record of an output lies."""
    return _beside(output, ".refilm.json")


def workspace_beside(output: Path) -> Path:
    """Return the folder in which an output is made."""
    return _beside(output, ".refilm")


def steps_folder(output: Path) -> Path:
    """Return where the films of single steps go: `film.steps` for `film.mp4`."""
    return _beside(output.with_suffix(""), ".steps")


def step_output(output: Path, number: int, stage: str) -> Path:
    """Return where a stage's own film goes: `film.steps/1-clean.mp4` for `film.mp4`."""
    folder = steps_folder(output)
    name = f"{number + 1}-{stage}"
    if "%" in output.name:
        return folder / name / output.name
    return folder / (name + output.suffix)


def _beside(output: Path, ending: str) -> Path:
    # The pictures of "frames/%05d.png" are one film, named after their folder.
    whole = output.parent if "%" in output.name else output
    return whole.with_name(whole.name + ending)


def choose_output(source: str, wanted: str | None, encoding: Encoding) -> Path:
    """Return the output for a film: what is wanted, inside it if it is a folder, or beside the film.

    A film `reel.avi` becomes `reel.restored.mp4`, with the suffix that fits the codec.
    """
    if wanted is not None and not is_folder(wanted):
        return Path(wanted)
    name = _default_name(source, encoding)
    return Path(wanted) / name if wanted is not None else _source_folder(source) / name


def is_folder(wanted: str) -> bool:
    """Return whether an output names a folder to put films into."""
    return wanted.endswith(("/", os.sep)) or Path(wanted).is_dir()


def _source_folder(source: str) -> Path:
    return Path() if source == "-" else Path(source).absolute().parent


def _default_name(source: str, encoding: Encoding) -> Path:
    path = Path("film" if source == "-" else source).absolute()
    stem = path.parent.name if "%" in path.name or "*" in path.name else path.stem
    one_picture = path.is_file() and path.suffix.lower() in PICTURES
    suffix = SUFFIXES[encoding.codec] if encoding.codec else path.suffix if one_picture else ".mp4"
    if suffix in PICTURES and not one_picture:
        return Path(f"{stem}.restored") / f"%06d{suffix}"
    return Path(f"{stem}.restored{suffix}")


def check_output(output: Path, film: Film, overwrite: bool) -> None:
    """Refuse an output that is the film itself or already there, or whose folder takes no file.

    Raises UsageError or OutputError; makes the folder where it is missing.
    """
    if any(_same(output, file) for file in film.files):
        raise UsageError(
            f"The output {output} is the film itself, which is never changed; choose another with -o."
        )
    if not overwrite and (there := _already_there(output)):
        raise OutputError(f"{there} is there already; give --overwrite to replace it.")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {output.parent} cannot be made: {error.strerror}.") from error
    if not os.access(output.parent, os.W_OK):
        raise OutputError(f"The folder {output.parent} cannot be written to; choose another with -o.")


def _already_there(output: Path) -> Path | None:
    """Return the output if it exists, or one of the pictures that its pattern names."""
    if "%" not in output.name:
        return output if output.exists() else None
    return next(output.parent.glob(_NUMBER.sub("*", output.name)), None)


def _same(output: Path, file: Path) -> bool:
    return output.exists() and file.exists() and output.samefile(file)


def expand(sources: Sequence[str]) -> tuple[str, ...]:
    """Return the films that are meant: a folder that holds films stands for each of them.

    A folder of pictures is one film. Raises UsageError for a folder that holds neither.
    """
    films: list[str] = []
    for source in sources:
        path = Path(source)
        films.extend(_inside(path) if path.is_dir() else [source])
    return tuple(films)


def _inside(folder: Path) -> list[str]:
    files = sorted(file for file in folder.iterdir() if _may_be_film(file))
    if any(file.suffix.lower() in PICTURES for file in files) or not files:
        return [str(folder)]
    return [str(file) for file in files]


def _may_be_film(file: Path) -> bool:
    hidden = file.name.startswith(".") or file.name.endswith((".json", ".txt", ".md", ".srt"))
    return file.is_file() and not hidden and ".restored" not in file.suffixes
