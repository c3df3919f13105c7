"""The turn that a container asks players to give its pictures (ISO/IEC 14496-12, `tkhd` matrix)."""

from dataclasses import dataclass
from typing import Self

import av
import numpy as np
from av.sidedata.sidedata import SideDataContainer

from refilm.frames import Pixels

_NUMBERS = 9
_BY_ANGLE = (
    (False, False, False),
    (True, False, True),
    (False, True, True),
    (True, True, False),
)
"""The turns by 0, 90, 180 and 270 degrees against the clock."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How stored pixels become upright: rows and columns swapped first, then mirrored."""

    swapped: bool = False
    left_right: bool = False
    top_bottom: bool = False

    @classmethod
    def of(cls, picture: av.VideoFrame) -> Self:
        """Return the turn that a picture's display matrix asks for, to the nearest right angle."""
        try:
            # `picture.side_data` would tie the picture to itself, and so keep it in memory until
            # the garbage collector runs, hundreds of pictures later.
            found = SideDataContainer(picture).get(  # pyright: ignore[reportCallIssue]
                "DISPLAYMATRIX"
            )
        except ValueError:
            # PyAV gives up on all side data where there is a kind that it does not know, as Exif.
            return cls(*_BY_ANGLE[round(picture.rotation / 90) % 4])
        if found is None:
            return cls()
        numbers = np.frombuffer(bytes(found)[: 4 * _NUMBERS], np.int32).astype(int).tolist()
        # x_upright = a * x + c * y and y_upright = b * x + d * y
        a, b, _, c, d = numbers[:5]
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(False, a < 0, d < 0)
        return cls(True, c < 0, b < 0)

    def __call__(self, pixels: Pixels) -> Pixels:
        """Return the pixels upright."""
        turned = pixels.transpose(1, 0, 2) if self.swapped else pixels
        turned = turned[:, ::-1] if self.left_right else turned
        turned = turned[::-1] if self.top_bottom else turned
        return np.ascontiguousarray(turned)


def upright_size(picture: av.VideoFrame) -> tuple[int, int]:
    """Return a picture's width and height after the turn that it asks for."""
    width, height = picture.width, picture.height
    return (height, width) if Turn.of(picture).swapped else (width, height)
