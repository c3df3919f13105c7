"""Which shots a stage colours: those without colours of their own, or others too if asked."""

from typing import Literal

from pydantic import BaseModel, Field

from refilm.frames import Shot


class Recolour(BaseModel):
    """The option by which shots that have colours get new ones."""

    recolour: Literal["none", "tinted", "all"] = Field(
        "none", description="Which shots that have colours get new ones: tinted or toned ones, or all"
    )

    def takes(self, shot: Shot) -> bool:
        """Return whether a shot gets colours."""
        wanted = {"none": shot.monochrome, "tinted": shot.monochrome or shot.tinted, "all": True}
        return wanted[self.recolour]
