from pathlib import Path

import pytest

from refilm.errors import WeightsError
from refilm.models.card import Address, Package, Page, read_cards

SHEET = """
[[card]]
name = "sharp"
task = "deblurring"
summary = "Makes pictures sharp."
paper = "Somebody, 2020"
code_licence = "MIT"
weights_licence = "nobody said"
free = false

[[card.files]]
name = "sharp.pth"
sources = [
    { package = "sharp", version = "1.0", member = "sharp/w.pth" },
    { address = "https://example.org/w.pth" },
    { page = "https://example.org/form" },
]
"""


def cards_in(folder: Path, words: str):
    sheet = folder / "sharp.toml"
    sheet.write_text(words, encoding="utf-8")
    return read_cards(sheet, "somewhere.sharp")


def test_a_card_is_read_from_the_sheet_beside_its_network(tmp_path):
    (card,) = cards_in(tmp_path, SHEET)
    assert (card.name, card.free, card.module) == ("sharp", False, "somewhere.sharp")
    assert [type(source) for source in card.files[0].sources] == [Package, Address, Page]


def test_what_a_card_does_not_say_is_what_the_simplest_network_needs(tmp_path):
    (card,) = cards_in(tmp_path, SHEET)
    facts = card.facts
    assert (facts.scale, facts.channels, facts.multiple_of, facts.margin) == (1, (3,), 1, None)
    assert (card.files[0].size, card.files[0].sha256) == (None, None)


def test_one_sheet_may_hold_several_cards_of_one_network(tmp_path):
    both = cards_in(tmp_path, SHEET + SHEET.replace('name = "sharp"', 'name = "sharper"', 1))
    assert [card.name for card in both] == ["sharp", "sharper"]


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ('task = "deblurring"', "", "task"),
        ("free = false", "free = false\nsclae = 2", "sclae"),
        ("sources = [", 'sha256 = "abc"\nsources = [', "sha256"),
        ("[[card.files]]", "[card.facts]\nmultiple_of = 0\n[[card.files]]", "multiple_of"),
        ('task = "deblurring"', "task = ", "sharp.toml"),
    ],
)
def test_a_card_that_says_too_little_too_much_or_nonsense_is_refused_by_name(
    tmp_path, right, wrong, named
):
    with pytest.raises(WeightsError, match=named):
        cards_in(tmp_path, SHEET.replace(right, wrong, 1))


def test_a_network_without_cards_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="missing"):
        read_cards(tmp_path / "missing.toml", "somewhere.missing")
