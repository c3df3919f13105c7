from fractions import Fraction

import click
import pytest

from refilm.cli.watch import clock
from refilm.cli.words import Rate, StageWords, Time


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("90", Fraction(90)),
        ("1:30", Fraction(90)),
        ("0:01:30.5", Fraction(181, 2)),
        ("0.1", Fraction(1, 10)),
    ],
)
def test_a_time_is_read_exactly(words, seconds):
    assert Time().convert(words, None, None) == seconds


@pytest.mark.parametrize("words", ["", "-3", "1:2:3:4", "soon", "nan"])
def test_a_text_that_is_no_time_is_refused(words):
    with pytest.raises(click.BadParameter, match="is no time"):
        Time().convert(words, None, None)


def test_a_rate_is_an_exact_fraction():
    assert Rate().convert("24000/1001", None, None) == Fraction(24000, 1001)
    assert Rate().convert("12.5", None, None) == Fraction(25, 2)


@pytest.mark.parametrize("words", ["0", "-1", "fast", "1/0"])
def test_a_rate_that_no_film_has_is_refused(words):
    with pytest.raises(click.BadParameter):
        Rate().convert(words, None, None)


def test_a_stage_is_read_with_options_of_every_kind():
    words = "clean:strength=0.5,scratches=false,name=dust,size=3"
    assert StageWords().convert(words, None, None) == (
        "clean",
        {"strength": 0.5, "scratches": False, "name": "dust", "size": 3},
    )


def test_a_comma_before_no_key_belongs_to_the_value():
    words = "clean:only=shots 1,3-5, strength=0.5"
    assert StageWords().convert(words, None, None) == (
        "clean",
        {"only": "shots 1,3-5", "strength": 0.5},
    )


def test_a_stage_may_come_without_options():
    assert StageWords().convert("clean", None, None) == ("clean", {})


def test_an_option_without_a_value_is_refused():
    with pytest.raises(click.BadParameter, match="key=value"):
        StageWords().convert("clean:strength", None, None)


@pytest.mark.parametrize(("seconds", "words"), [(42.4, "42 s"), (185, "3:05 min"), (7380, "2:03 h")])
def test_seconds_are_written_as_people_read_them(seconds, words):
    assert clock(seconds) == words
