"""What lies on disk beside an output while it is made: survey, plan, segments, log."""

import json
import logging
import os
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from filelock import FileLock, Timeout

from refilm.errors import InputError, OutputError
from refilm.film import Film
from refilm.findings import Survey
from refilm.fingerprint import code_digest, fingerprint
from refilm.frames import Segment
from refilm.job import Network
from refilm.models import networks
from refilm.progress import Watcher
from refilm.survey import store, survey_film
from refilm.survey.shots import CLASSIC

log = logging.getLogger("refilm")

_JOINING = "joining"


class Workspace:
    """A folder that keeps what is done of one output, so that a broken run can go on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Generator[Self]:
        """Make the folder if needed and hold it alone; raises OutputError where that cannot be."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / "lock", timeout=0), _logging_to(folder / "log.txt"):
                yield cls(folder)
        except Timeout:
            raise OutputError(
                f"Another refilm works in {folder} at this moment; wait for it or stop it."
            ) from None
        except (PermissionError, NotADirectoryError, FileExistsError) as error:
            raise OutputError(
                f"The workspace {folder} cannot be made ({error.strerror}); "
                "choose another place with --workspace."
            ) from error

    def digest(self, film: Film) -> str:
        """Return the hash of the film's bytes, computed anew only where size or date changed."""
        state = [[str(file), *_size_and_date(file)] for file in film.files]
        known = self._read("source.json")
        if known.get("files") == state:
            return str(known["sha256"])
        digest = film.digest()
        self.write("source.json", {"sha256": digest, "files": state})
        return digest

    def survey(
        self,
        film: Film,
        digest: str,
        watcher: Watcher,
        shots: str = CLASSIC,
        network: Callable[[str], Network] | None = None,
    ) -> Survey:
        """Return the survey of the film: the one kept here for the same bytes, or a new one.

        `shots` names the network that finds cuts, where it is not done the classic way; `network` gives
        one of the caller's own by its name. Raises WeightsError where its weights are missing.
        """
        facts = {"source": digest, "rate": film.info.rate, "code": code_digest(), "shots": shots}
        key = fingerprint(facts)
        folder = self.folder / "survey"
        if self._read("survey/key.json") == {"key": key}:
            try:
                return store.load(folder)
            except InputError as error:
                log.warning("The survey kept in %s is not whole and is made anew: %s", folder, error)
        finds_cuts = None if shots == CLASSIC else (network or networks())(shots)
        watcher.phase("survey", round(film.info.duration * film.info.rate))
        survey = survey_film(film, lambda _: watcher.step(), finds_cuts)
        folder.mkdir(exist_ok=True)
        (folder / "key.json").unlink(missing_ok=True)
        store.save(survey, folder)
        self.write("survey/key.json", {"key": key})
        return survey

    @property
    def stills(self) -> Path:
        """The folder of the film's stills, in which a person may change them."""
        return self.folder / "stills"

    def segments(self, key: str) -> Path:
        """Return the folder for segments of that work, without those of other work."""
        parent = self.folder / "segments"
        parent.mkdir(exist_ok=True)
        for stale in parent.iterdir():
            if stale.name != key:
                shutil.rmtree(stale)
        (parent / key).mkdir(exist_ok=True)
        return parent / key

    @contextmanager
    def joining(self) -> Generator[None]:
        """Mark while the result is written: what lies there after a broken run is refilm's own."""
        mark = self.folder / _JOINING
        mark.touch()
        yield
        mark.unlink()

    def forget_segments(self) -> None:
        """Remove the segments: the film that they were made for is whole."""
        shutil.rmtree(self.folder / "segments", ignore_errors=True)

    def write(self, name: str, content: Mapping[str, object] | str) -> None:
        """Write a text, or values as JSON, into a file here, whole or not at all."""
        text = content if isinstance(content, str) else json.dumps(content, indent=2, default=str)
        write_whole(self.folder / name, text)

    def _read(self, name: str) -> dict[str, object]:
        try:
            return dict(json.loads((self.folder / name).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}


def is_joining(folder: Path) -> bool:
    """Return whether a run was broken off while it wrote its result from that workspace."""
    return (folder / _JOINING).exists()


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that it is never seen half-written; raises OutputError if it cannot be."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)  # noqa: PTH105 - replaces on every system, Path.rename does not
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error


def segment_path(folder: Path, segment: Segment) -> Path:
    """Return where the segment lies when it is done."""
    return folder / f"{segment.number:05d}.segment"


def _size_and_date(file: Path) -> tuple[int, int]:
    facts = file.stat()
    return facts.st_size, facts.st_mtime_ns


@contextmanager
def _logging_to(path: Path) -> Generator[None]:
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    level = log.level
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.setLevel(level)
        log.removeHandler(handler)
        handler.close()
