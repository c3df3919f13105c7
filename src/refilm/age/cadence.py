"""Wrong cadence: film played at another speed, and copied to video by repeating or dropping frames."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from refilm.age.ageing import Ageing
from refilm.frames import Coding, FilmInfo


def film_number(time: Fraction, info: FilmInfo) -> int:
    """Return the number of the film frame that begins at `time` of the clean film."""
    return round((time - info.start) * info.rate)


def aged_info(info: FilmInfo, ageing: Ageing) -> FilmInfo:
    """Return what is known of the film once it is aged."""
    played = ageing.played_at or info.rate
    shown = ageing.shown_at or played
    channels, coding = info.channels, info.coding
    if ageing.stock != "colour":
        channels, coding = 1, Coding(pixel_format="gray")
    duration = info.duration * info.rate / played
    return replace(
        info,
        rate=shown,
        start=Fraction(0),
        duration=duration,
        time_base=1 / shown,
        channels=channels,
        coding=coding,
        variable_rate=False,
    )


def showings(number: int, info: FilmInfo, ageing: Ageing) -> Iterator[int]:
    """Yield the numbers of the video frames that show film frame `number`; none where it is dropped."""
    played = ageing.played_at or info.rate
    ratio = (ageing.shown_at or played) / played
    first, stop = -(-number * ratio // 1), -(-(number + 1) * ratio // 1)
    yield from range(int(first), int(stop))
