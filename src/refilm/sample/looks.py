"""How someone near the camera looks."""

from dataclasses import dataclass
from typing import Literal

from refilm.sample.canvas import Colour

Headwear = Literal["bowler", "top", "cap", "wide", "none"]


@dataclass(frozen=True)
class Look:
    """How a face looks."""

    skin: Colour = (224, 172, 142)
    hair: Colour = (62, 44, 34)
    hat: Headwear = "bowler"
    hat_colour: Colour = (46, 40, 40)
    band: Colour = (26, 24, 26)
    coat: Colour = (62, 60, 68)
    lips: Colour = (176, 94, 86)
    moustache: float = 0.0
    """0 none, 1 full."""
    beard: float = 0.0
    round_cheeks: float = 0.0
    lady: bool = False
    iris: Colour = (92, 74, 50)
