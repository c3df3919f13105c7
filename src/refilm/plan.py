"""The plan of a restoration: a value that the command line, a file or Python makes alike."""

import json
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

import tomli_w
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from refilm import models
from refilm.chainstep import ChainStep, check_chain
from refilm.errors import InputError, UsageError
from refilm.film import Encoding
from refilm.findings import Survey
from refilm.frames import FilmInfo
from refilm.progress import Reason
from refilm.stages.base import Stage
from refilm.stages.wording import (
    AnyStage,
    StageChange,
    make_stage,
    nearest,
    sentence,
    stage_words,
)
from refilm.stills import making, sharing
from refilm.stills.faces import NONE
from refilm.stills.palette import hint
from refilm.stills.source import Asked, Choice
from refilm.survey.shots import CLASSIC


def _told(text: str) -> str:
    hint(text)
    return text


Hint = Annotated[str, AfterValidator(_told)]
"""A person's word for the colour of a thing: "120,85@0:01:02=#5a3d2b"."""


_COLOURS, _FOLLOWS = "colourise", "remaster"
"""The stages that give colours, and that carries the colours of stills to all frames."""


class Plan(BaseModel):
    """What is done to which film, in which order, and how the result is stored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="own", description="The preset or a name of one's own, for the record")
    summary: str = Field(default="", description="What the plan is for, in a sentence")
    source: str = Field(default="", description="The film: a file, a folder or a pattern of pictures")
    rate: Fraction | None = Field(default=None, gt=0, description="Frames per second of loose pictures")
    start: Fraction | None = Field(default=None, description="Seconds on the film's clock to begin at")
    end: Fraction | None = Field(default=None, description="Seconds on the film's clock to end before")
    stages: tuple[AnyStage, ...] = Field(default=(), description="The stages in their order")
    references: tuple[str, ...] = Field(
        default=(), description="Pictures in colour that stills follow: files or folders"
    )
    palette: tuple[Hint, ...] = Field(
        default=(), description="Colours of things pointed at: x,y@time=colour, in source pixels"
    )
    stills: Choice = Field(
        default="best", description="Frames that stand for a shot: best, or first-middle-last"
    )
    faces: str = Field(
        default="centerface", description="Network that looks for faces when stills are chosen, or none"
    )
    shots: str = Field(
        default=CLASSIC, description="How cuts are found: classic, or by a network of that name"
    )
    only_needed: bool = Field(default=True, description="Leave out stages that the film does not need")
    encoding: Encoding = Field(default=Encoding(), description="How the result is stored")
    chain: tuple[ChainStep, ...] = Field(
        default=(), description="Folders that films of single steps are kept in, where that is asked"
    )

    @model_validator(mode="after")
    def _is_chain(self) -> Self:
        """Refuse a chain whose steps do not follow from each other."""
        check_chain(self.chain, {stage.name() for stage in self.stages})
        return self

    @classmethod
    def load(cls, name: str) -> Self:
        """Return a preset by its name, or the plan in a TOML or JSON file.

        Raises UsageError where there is no such preset or file, or it is no plan.
        """
        if name in presets():
            return cls.parse(presets()[name], name)
        path = Path(name)
        if path.suffix.lower() not in (".toml", ".json"):
            raise UsageError(f'There is no plan "{name}"; {nearest(name, presets())}.')
        try:
            return cls.parse(path.read_text(encoding="utf-8"), name)
        except FileNotFoundError:
            raise UsageError(f"There is no plan file {name}.") from None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"The plan file {name} cannot be read: {error}.") from error

    @classmethod
    def parse(cls, text: str, name: str) -> Self:
        """Return the plan that a text in TOML or JSON tells; `name` is for messages."""
        try:
            content = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
            return cls(**content)
        except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"The plan {name} is neither TOML nor JSON: {error}.") from error
        except ValidationError as error:
            raise UsageError(f"The plan {name} cannot have {sentence(error)}.") from error

    def to_json(self) -> str:
        """Return the plan as JSON that `load` reads."""
        return self.model_dump_json(indent=2, exclude_none=True)

    def to_toml(self) -> str:
        """Return the plan as TOML that `load` reads."""
        return tomli_w.dumps(json.loads(self.model_dump_json(exclude_none=True)))

    def with_stages(self, changes: Iterable[StageChange]) -> Self:
        """Return this plan with options of its stages changed, and stages that it lacks added."""
        stages = list(self.stages)
        for name, options in changes:
            place = next((i for i, stage in enumerate(stages) if stage.name() == name), None)
            if place is None:
                stages.append(make_stage(name, options))
            else:
                kept = stages[place].model_dump(exclude_unset=True)
                stages[place] = make_stage(name, kept | dict(options))
        return self.model_copy(update={"stages": tuple(stages)})

    def led_by(self, references: Sequence[str], palette: Sequence[str]) -> Self:
        """Return this plan with references and hints besides its own; raises UsageError for a hint."""
        try:
            for text in palette:
                hint(text)
        except ValueError as error:
            raise UsageError(f"{error}.") from error
        more = {
            "references": (*self.references, *references),
            "palette": (*self.palette, *palette),
        }
        return self.model_copy(update=more)

    @property
    def asked(self) -> Asked:
        """What is asked of the stills."""
        return Asked(self.references, self.palette, self.stills, self.faces)

    def following(self) -> tuple[Self, str]:
        """Return this plan with a stage that follows stills where references or hints need one.

        The sentence tells what was added; "" for nothing. Raises UsageError for a plan that does not
        colour, and so has no use for them.
        """
        follows = any(stage.follows_stills for stage in self.stages)
        if follows or not (self.references or self.palette):
            return self, ""
        place = next((i for i, stage in enumerate(self.stages) if stage.name() == _COLOURS), None)
        if place is None:
            raise UsageError(
                f"References and palettes lead colours, but the plan {self.name} has no stage that "
                f"colours: add --stage {_COLOURS}."
            )
        stages = [*self.stages[: place + 1], make_stage(_FOLLOWS, {}), *self.stages[place + 1 :]]
        said = f"{_FOLLOWS} comes after {_COLOURS}, so that the references and palettes are followed"
        return self.model_copy(update={"stages": tuple(stages)}), said

    def with_weights(self, is_here: Callable[[str], bool]) -> tuple[Self, tuple[str, ...]]:
        """Return this plan with other stages for those that name one and lack weights, and what to say.

        Args:
            is_here: Tells whether the weights of the network of that name are on this computer.
        """
        stages: list[Stage] = []
        said: list[str] = []
        for stage in self.stages:
            missing = [name for name in stage.networks() if not is_here(name)]
            instead = stage.otherwise if missing else ""
            stages.append(make_stage(*stage_words(instead)) if instead else stage)
            if instead:
                said.append(
                    f"{stage.name()} needs {missing[0]}, whose weights are not on this computer: "
                    f"{instead} takes its place; `refilm models fetch {missing[0]}` gets them"
                )
        return self.model_copy(update={"stages": tuple(stages)}), tuple(said)

    def seeing(self, is_here: Callable[[str], bool]) -> tuple[Self, str]:
        """Return this plan without a look at faces where weights lack, and what to say; "" for nothing.

        Args:
            is_here: As `with_weights` takes it.
        """
        if not self._looks_for_faces or is_here(self.faces):
            return self, ""
        said = (
            f"Nobody looks for faces when stills are chosen: the weights of {self.faces} are not on "
            f"this computer; `refilm models fetch {self.faces}` gets them"
        )
        return self.model_copy(update={"faces": NONE}), said

    def with_stills(self) -> Self:
        """Return this plan with the stages that make and follow stills, and no others that work."""
        if any(stage.follows_stills for stage in self.stages):
            return self
        colours = [stage for stage in self.stages if stage.name() == _COLOURS]
        return self.model_copy(
            update={"stages": (*(colours or [make_stage(_COLOURS, {})]), make_stage(_FOLLOWS, {}))}
        )

    def fitted(self, survey: Survey) -> tuple[Self, tuple[Reason, ...]]:
        """Return the plan as this film needs it, and for each stage why it is in or out.

        Raises UsageError for a stage that is limited to what the film does not have.
        """
        kept: list[Stage] = []
        reasons: list[Reason] = []
        for stage in self.stages:
            stage.check_limits(survey)
            fitted, why = stage.fitted(survey)
            if fitted is None and not self.only_needed:
                fitted, why = stage, f"asked for, though {why}"
            if fitted is not None:
                kept.append(fitted)
            reasons.append(Reason(stage.name(), fitted is not None, why))
        return self.model_copy(update={"stages": tuple(kept)}), tuple(reasons)

    def infos(self, source: FilmInfo) -> tuple[FilmInfo, ...]:
        """Return what reaches each stage in turn, and last what comes out of the plan.

        Raises UsageError for a stage that is limited though it changes size or rate.
        """
        infos = [source]
        for stage in self.stages:
            infos.append(stage.promised(infos[-1]))
        return tuple(infos)

    def context(self, source: FilmInfo) -> Fraction:
        """Return how many seconds of a shot the stages together see before and after a stretch."""
        pairs = zip(self.stages, self.infos(source), strict=False)
        return sum((stage.context(info) for stage, info in pairs), Fraction(0))

    def networks(self) -> tuple[str, ...]:
        """Return the names of the networks that the survey, stages and stills ask for, each once."""
        names = [] if self.shots == CLASSIC else [self.shots]
        names += [name for stage in self.stages for name in stage.networks()]
        names += (*sharing.networks_for(self.stages), *making.networks_for(self.stages))
        if self._looks_for_faces:
            names.append(self.faces)
        return tuple(dict.fromkeys(names))

    @property
    def _looks_for_faces(self) -> bool:
        return self.asked.looks_for_faces and any(stage.follows_stills for stage in self.stages)

    def invented(self) -> tuple[str, ...]:
        """Return what of the result is a guess ("in-between frames"), by its stages and networks."""
        said = [stage.invents for stage in self.stages]
        # Networks of the caller's own have no card.
        said += [models.card(name).invents for name in self.networks() if models.is_known(name)]
        return tuple(dict.fromkeys(filter(None, said)))


def choose_plan(name: str | None, stages: Sequence[StageChange]) -> Plan:
    """Return the plan of that name with these changes; stages without a name are the whole plan."""
    if name is None and stages:
        return Plan(name="own", only_needed=False).with_stages(stages)
    return Plan.load(name or "good").with_stages(stages)


@cache
def presets() -> Mapping[str, str]:
    """Return the text of every plan that comes with refilm, by its name."""
    folder = files("refilm.presets")
    found = (file for file in folder.iterdir() if file.name.endswith(".toml"))
    return {
        file.name.removesuffix(".toml"): file.read_text(encoding="utf-8")
        for file in sorted(found, key=lambda file: file.name)
    }
