"""A step of a chain of films in folders: what a plan says of it."""

from collections.abc import Collection, Sequence

from pydantic import BaseModel, ConfigDict, Field

from refilm.film import CodecName
from refilm.stages.wording import AnyStage

RAW = "raw"
"""Folder of the film that a chain begins with."""


class ChainStep(BaseModel):
    """One folder of a chain of films, each made from another folder's film."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: str = Field(description="The folder that holds what this step makes")
    of: str = Field(description="The folder whose film it is made from; raw is the source")
    stages: tuple[str, ...] = Field(default=(), description="Names of the plan's stages that are run")
    own: tuple[AnyStage, ...] = Field(default=(), description="Stages of this step alone, after these")
    lines: int | None = Field(default=None, ge=16, description="Height that its film has at most")
    colours_stills: bool = Field(default=False, description="It colours stills of the film, no film")
    needs_references: bool = Field(default=False, description="It is for films with references only")
    codec: CodecName = Field(default="ffv1", description="How its film is stored")
    is_result: bool = Field(default=False, description="Its film is what the whole plan makes")


def check_chain(steps: Sequence[ChainStep], names: Collection[str]) -> None:
    """Raise ValueError for steps that do not follow from each other, or lack stages of these names."""
    folders = {RAW}
    for step in steps:
        if unknown := [name for name in step.stages if name not in names]:
            raise ValueError(f"step {step.folder} names {unknown[0]}, which the plan has not")
        if step.of not in folders:
            raise ValueError(f"step {step.folder} is made of {step.of}, which is no step before it")
        folders.add(step.folder)
    if steps and sum(step.is_result for step in steps) != 1:
        raise ValueError("one step of a chain must be its result, with is_result = true")
