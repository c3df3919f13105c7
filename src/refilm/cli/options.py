"""Command-line options made from the fields of a model, so that an option is declared once."""

from collections.abc import Callable, Collection, Mapping
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import click
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from refilm.errors import UsageError
from refilm.stages.wording import sentence

_REFERENCE = (
    "A picture in colour to follow, or a folder of them; of several films, reel1.png is for reel1*."
)
_PALETTE = "The colour of a thing at a place and time: 120,85@0:01:02=#5a3d2b, or =saddlebrown."

Command = TypeVar("Command", bound=Callable[..., Any])
Model = TypeVar("Model", bound=BaseModel)


def options_of(model: type[BaseModel], leave_out: Collection[str] = ()) -> Callable[[Command], Command]:
    """Return a decorator that gives a command one option for each field of `model`."""

    def decorate(command: Command) -> Command:
        fields = {n: field for n, field in model.model_fields.items() if n not in leave_out}
        for name, field in reversed(fields.items()):
            words = f"--{name.replace('_', '-')}"
            click.option(words, name, type=_kind(field), help=field.description)(command)
        return command

    return decorate


def led(command: Command) -> Command:
    """Give a command the options by which a person leads colours."""
    click.option("--palette", multiple=True, metavar="X,Y@TIME=COLOUR", help=_PALETTE)(command)
    click.option("--reference", "references", multiple=True, metavar="PICTURE", help=_REFERENCE)(
        command
    )
    return command


def changed(value: Model, options: Mapping[str, object]) -> Model:
    """Return `value` with the options that were given (are not None); raises UsageError."""
    given = {name: option for name, option in options.items() if option is not None}
    try:
        return type(value)(**(value.model_dump(exclude_unset=True) | given))
    except ValidationError as error:
        raise UsageError(f"The options do not fit: {sentence(error)}.") from error


def _kind(field: FieldInfo) -> click.ParamType[Any] | type[object]:
    choices = [kind for kind in _members(field.annotation) if kind is not NoneType]
    literal = [choice for kind in choices if get_origin(kind) is Literal for choice in get_args(kind)]
    if literal:
        return click.Choice(literal)
    return choices[0] if choices[0] in (int, float, bool) else str


def _members(annotation: object) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
