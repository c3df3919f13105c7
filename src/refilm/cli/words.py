"""What a person types, turned into values: times, and stages with their options."""

import json
import re
from fractions import Fraction

import click

from refilm.plan import StageChange

_NEXT_OPTION = re.compile(r",(?=\s*\w+\s*=|\s*$)")
"""A comma before a key; other commas belong to the value, as in only=shots 1,3-5."""
_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")


class Time(click.ParamType[Fraction]):
    """Seconds, or minutes and seconds, or hours too: 90, 1:30, 0:01:30.5."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Fraction:
        """Return exact seconds."""
        found = _CLOCK.fullmatch(str(value).strip())
        if not found:
            self.fail(f"{value!r} is no time; write 90, 1:30 or 0:01:30.5.", param, ctx)
        hours, minutes, seconds = found.groups()
        return int(hours or 0) * 3600 + int(minutes or 0) * 60 + Fraction(seconds)


class Rate(click.ParamType[Fraction]):
    """Frames per second: 16, 23.976, 24000/1001."""

    name = "rate"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Fraction:
        """Return an exact positive rate."""
        try:
            rate = Fraction(str(value))
        except (ValueError, ZeroDivisionError):
            self.fail(f"{value!r} is no rate; write it as in 16 or 24000/1001.", param, ctx)
        if rate <= 0:
            self.fail(f"{value} frames per second cannot be; give a rate above 0.", param, ctx)
        return rate


class StageWords(click.ParamType[StageChange]):
    """A stage with its options: NAME or NAME:key=value,key=value."""

    name = "name:key=value,..."

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> StageChange:
        """Return the stage's name and its options; a value is read as JSON first, else as text."""
        name, _, rest = str(value).partition(":")
        options: dict[str, object] = {}
        for pair in filter(None, _NEXT_OPTION.split(rest)):
            key, equals, text = pair.partition("=")
            if not equals:
                self.fail(f"{pair!r} is no option; write it as key=value.", param, ctx)
            options[key.strip()] = _value(text.strip())
        return name.strip(), options


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
