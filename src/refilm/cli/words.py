"""What a person types, turned into values: times, and stages with their options."""

import re
from fractions import Fraction

import click

from refilm.errors import UsageError
from refilm.stages.wording import StageChange, stage_words

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
        """Return the stage's name and its options."""
        try:
            return stage_words(str(value))
        except UsageError as error:
            self.fail(str(error), param, ctx)
