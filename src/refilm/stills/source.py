"""The film that stills are made of, and what a person asks of them."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from refilm.errors import InputError
from refilm.film import Film
from refilm.findings import Survey
from refilm.frames import Pixels
from refilm.stills import faces

Choice = Literal["best", "first-middle-last"]
"""Which frames stand for a shot: those that show most, or always the same three."""


@dataclass(frozen=True, eq=False)
class Source:
    """A film, and what is known of it."""

    film: Film
    survey: Survey
    digest: str
    """SHA-256 of the film."""

    def luma(self, frame: int) -> Pixels:
        """Return what a frame shows, (H, W, 1)."""
        read = self.film.read(self.survey.timeline, frame, frame + 1, 1)
        pixels = next(iter(read)).pixels
        return pixels[:, :, :1]

    def frame_at(self, seconds: Fraction, picture: str) -> int:
        """Return the frame that a picture's name means by a time after the film's first frame.

        Raises:
            InputError: The film ends before it.
        """
        timeline = self.survey.timeline
        length = timeline.end - timeline.time(0)
        if seconds >= length:
            raise InputError(
                f"the name of {picture} tells a time after the film's end, {float(length):.2f} s: "
                "give the picture another name"
            )
        # Names have whole thousandths, which may lie just before the frame.
        return timeline.index(timeline.time(0) + seconds + Fraction(1, 1000))


@dataclass(frozen=True)
class Asked:
    """What a person asks of the stills."""

    references: tuple[str, ...] = ()
    """Files and folders."""
    palette: tuple[str, ...] = ()
    """Hints, as `palette.hint` reads them."""
    choice: Choice = "best"
    faces: str = faces.NONE
    """The network that looks for faces among the best frames, or `faces.NONE`."""

    @property
    def looks_for_faces(self) -> bool:
        """Whether a network looks for faces."""
        return self.choice == "best" and self.faces != faces.NONE

    @property
    def way(self) -> str:
        """In words, how frames are chosen."""
        return f"{self.choice}, faces by {self.faces}" if self.looks_for_faces else self.choice
