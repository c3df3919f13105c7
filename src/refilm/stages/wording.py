"""Stages as a person words them, NAME:key=value,key=value, and what is said where that does not fit."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, cast

from pydantic import BeforeValidator, PlainSerializer, ValidationError

from refilm.errors import UsageError
from refilm.stages.base import Stage, catalogue

_NEXT_OPTION = re.compile(r",(?=\s*\w+\s*=|\s*$)")
"""A comma before a key; other commas belong to the value, as in only=shots 1,3-5."""

StageChange = tuple[str, Mapping[str, object]]
"""A stage's name, and those of its options that are wished otherwise."""


def stage_words(text: str) -> StageChange:
    """Return a stage's name and its options; a value is read as JSON first, else as text.

    Raises UsageError for an option without a value.
    """
    name, _, rest = text.partition(":")
    options: dict[str, object] = {}
    for pair in filter(None, _NEXT_OPTION.split(rest)):
        key, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"{pair!r} is no option; write it as key=value.")
        options[key.strip()] = _value(value.strip())
    return name.strip(), options


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def make_stage(name: str, options: Mapping[str, object]) -> Stage:
    """Return the stage of that name with these options.

    Raises UsageError for an unknown stage or option (the nearest name is offered) and for a value
    that the option does not allow.
    """
    kind = catalogue().get(name)
    if kind is None:
        raise UsageError(f'There is no stage "{name}"; {nearest(name, catalogue())}.')
    for option in options:
        if option not in kind.model_fields:
            found = nearest(option, kind.model_fields)
            raise UsageError(f'The stage {name} has no option "{option}"; {found}.')
    try:
        stage = kind.model_validate(dict(options))
    except ValidationError as error:
        raise UsageError(f"The stage {name} cannot take {sentence(error)}.") from error
    if stage.otherwise:
        make_stage(*stage_words(stage.otherwise))
    return stage


def nearest(name: str, known: Iterable[str]) -> str:
    """Return words that offer the known name most like `name`, or all of them."""
    names = sorted(known)
    like = difflib.get_close_matches(name, names, 1, cutoff=0.5)
    return f'did you mean "{like[0]}"?' if like else f"there are {', '.join(names)}"


def sentence(error: ValidationError) -> str:
    """Return in a few words what a value was and why it is not allowed."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if not str(part).startswith("function"))
    found = f"{place}={first['input']}" if place else "these options together"
    return f"{found}: {first['msg'].removeprefix('Value error, ')}"


def _read_stage(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    options = dict(cast(Mapping[str, object], value))
    name = options.pop("stage", None)
    if not isinstance(name, str):
        raise UsageError('Each stage of a plan needs its name, as in stage = "clean".')
    return make_stage(name, options)


def _write_stage(stage: Stage) -> dict[str, Any]:
    options = stage.model_dump(mode="json", exclude_none=True)
    return {"stage": stage.name(), **options}


AnyStage = Annotated[Stage, BeforeValidator(_read_stage), PlainSerializer(_write_stage)]
"""A stage in a plan file: a table with its name under `stage`, and its options."""
