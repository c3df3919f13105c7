"""What can be done to a clean film to make it old: every amount an option, and three presets.

Lengths are percent of the picture's width, so that a preset ages a small and a large film alike.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from refilm.errors import UsageError

Stock = Literal["colour", "panchromatic", "orthochromatic"]


class Ageing(BaseModel):
    """How a film is aged; the defaults do nothing at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(default=1, ge=0, description="The same seed gives the same damage")

    stock: Stock = Field(
        default="colour",
        description="What the camera held; orthochromatic film (before about 1926) is blind to red",
    )
    blur: float = Field(
        default=0, ge=0, le=5, description="Softness of lens and copies: sigma, % of width"
    )
    grain: float = Field(
        default=0, ge=0, le=0.5, description="Standard deviation of the grain in mid grey, 0..1"
    )
    grain_size: float = Field(default=0.1, ge=0, le=2, description="Sigma of one grain, % of width")
    fade: float = Field(
        default=0, ge=0, le=0.95, description="Share of the contrast that has gone, 0..1"
    )
    fade_to: float = Field(
        default=0.35, ge=0, le=1, description="Grey that everything fades towards, 0..1"
    )

    dirt: float = Field(
        default=0, ge=0, le=20, description="% of the picture under dirt, mean over the film"
    )
    dirt_size: float = Field(
        default=2.5,
        gt=0,
        le=20,
        description="Size of the dirt, 1 being that on clean modern 35 mm film",
    )
    dirt_dark: float = Field(
        default=0.7,
        ge=0,
        le=1,
        description="Share of dark dirt (on the print); the rest is bright (on the negative)",
    )
    outlines: Path | None = Field(
        default=None,
        description="Folder of scan_*.json with outlines of real damage; without it they are drawn",
    )

    scratches: float = Field(
        default=0, ge=0, le=50, description="Long vertical scratches seen at once, mean"
    )
    scratch_seconds: float = Field(
        default=3, gt=0, le=600, description="How long one scratch lasts, mean"
    )
    scratch_dark: float = Field(
        default=0.5, ge=0, le=1, description="Share of dark scratches; the rest is bright"
    )
    rain: float = Field(
        default=0, ge=0, le=2000, description="Short fine scratches per frame, one frame each, mean"
    )

    hairs: float = Field(default=0, ge=0, le=20, description="Hairs in the gate at once, mean")
    hair_seconds: float = Field(default=2, gt=0, le=600, description="How long one hair stays, mean")
    border: float = Field(
        default=0, ge=0, le=20, description="Black border with round corners: % of width"
    )

    weave: float = Field(
        default=0,
        ge=0,
        le=10,
        description="How far the picture sways in the gate: rms of its shift, % of width",
    )
    weave_turn: float = Field(
        default=0, ge=0, le=10, description="Turning that goes with it: rms, degrees"
    )
    breathing: float = Field(default=0, ge=0, le=10, description="Growing and shrinking: rms, %")

    flicker: float = Field(
        default=0, ge=0, le=1, description="Standard deviation of the whole picture's log gain"
    )
    flicker_local: float = Field(
        default=0, ge=0, le=1, description="Standard deviation of the log gain from place to place"
    )

    played_at: Fraction | None = Field(
        default=None, gt=0, le=1000, description="Speed it is wrongly played at: film frames per second"
    )
    shown_at: Fraction | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="Frames per second of the video it was copied to, by repeating or dropping frames",
    )


@cache
def presets() -> Mapping[str, Ageing]:
    """Return the ready-made amounts, from a well-kept print to one nearly lost."""
    mild = Ageing(
        stock="panchromatic",
        blur=0.06,
        grain=0.02,
        fade=0.08,
        dirt=0.02,
        rain=1,
        scratches=0.3,
        weave=0.12,
        weave_turn=0.02,
        flicker=0.015,
        flicker_local=0.008,
    )
    typical = Ageing(
        stock="orthochromatic",
        blur=0.14,
        grain=0.035,
        grain_size=0.12,
        fade=0.2,
        dirt=0.15,
        dirt_size=3,
        rain=8,
        scratches=1.5,
        hairs=0.4,
        border=1.2,
        weave=0.3,
        weave_turn=0.06,
        breathing=0.05,
        flicker=0.04,
        flicker_local=0.02,
    )
    ruined = Ageing(
        stock="orthochromatic",
        blur=0.2,
        grain=0.06,
        grain_size=0.15,
        fade=0.35,
        dirt=0.8,
        dirt_size=4,
        rain=50,
        scratches=5,
        hairs=1.5,
        border=1.6,
        weave=0.7,
        weave_turn=0.15,
        breathing=0.15,
        flicker=0.1,
        flicker_local=0.05,
        shown_at=Fraction(24),
    )
    return {"mild": mild, "typical": typical, "ruined": ruined}


def preset(name: str) -> Ageing:
    """Return the preset called `name`; raises UsageError where there is none."""
    known = presets()
    if name not in known:
        raise UsageError(f"There is no ageing called {name!r}; there are {', '.join(known)}.")
    return known[name]
