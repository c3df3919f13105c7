"""Writing a made film as a file; compression, the last damage of all, is the encoder's doing.

A strongly compressed video is made with a high `Encoding.quality` number (h264 takes 0 to 51).
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from refilm.age.ageing import Ageing
from refilm.age.cadence import aged_info
from refilm.age.pipeline import age
from refilm.age.truth import save_truth
from refilm.film import Encoding, write_film
from refilm.frames import FilmInfo, Frame


def write_aged(
    path: Path,
    frames: Iterable[Frame],
    info: FilmInfo,
    ageing: Ageing,
    *,
    encoding: Encoding,
    truth: Path | None,
    cuts: tuple[int, ...] = (),
    copy_from: Path | None = None,
    say: Callable[[str], None],
) -> int:
    """Age a film in one pass, write it, and its truth into the folder `truth`; return its frames.

    `cuts` are the numbers of the clean film's frames that begin a shot. Raises as `write_film`.
    """
    aged = age(frames, info, ageing)
    if truth is not None:
        aged = save_truth(truth, aged, info, ageing, cuts)
    return write_film(
        path, (each.frame for each in aged), aged_info(info, ageing), encoding, copy_from, say
    )
