"""Write a film that is made in one go: one segment, joined at once."""

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from refilm.film.encoding import Encoding, target_for
from refilm.film.join import join
from refilm.film.write import write_segment
from refilm.frames import FilmInfo, Frame


def write_film(
    path: Path,
    frames: Iterable[Frame],
    info: FilmInfo,
    encoding: Encoding,
    copy_from: Path | None,
    say: Callable[[str], None],
) -> int:
    """Write frames as one film, with the sound of `copy_from`, and return how many there were.

    `say` takes a sentence for all that could not be kept as it was. Raises UsageError for what
    cannot be written and OutputError where the disk does not take it.
    """
    target = target_for(encoding, path, info, None)
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        segment = Path(folder) / "film"
        count = write_segment(segment, frames, info, target)
        join(
            [segment],
            path,
            info=info,
            target=target,
            copy_from=copy_from,
            span=None,
            metadata={},
            say=say,
        )
    return count
