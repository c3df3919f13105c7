import hashlib
import io
import json
import sys
import unicodedata

import pytest

from refilm import models
from refilm.cli import run
from refilm.cli.weights import Progress
from refilm.models.card import Address, Card, Package, Page, WeightsFile

WEIGHTS = bytes(range(256)) * 40
LONG = "https://example.org/a/folder/whose/name/is/as/long/as/those/of/some/servers/are/paper.pth"


def card_of(name, source, **changes):
    sha256 = hashlib.sha256(WEIGHTS).hexdigest()
    file = WeightsFile(name=f"{name}.pth", size=len(WEIGHTS), sha256=sha256, sources=(source,))
    said = {"code_licence": "MIT", "weights_licence": "MIT", "free": True, "files": (file,)}
    return Card(
        name=name, task="testing", summary="Does nothing.", paper="none", module="nowhere",
        **{**said, **changes},
    )  # fmt: skip


@pytest.fixture
def networks(monkeypatch, tmp_path):
    """Three networks, none of whose weights are here."""
    cards = [
        card_of("free", Package(package="free", version="1.0", member="free.pth")),
        card_of("paper", Address(address=LONG), free=False, weights_licence="for research, " * 8),
        card_of("form", Page(page="https://example.org/form")),
    ]
    monkeypatch.setattr(models, "catalogue", lambda: {card.name: card for card in cards})
    monkeypatch.setenv("REFILM_MODELS", str(tmp_path / "store"))


@pytest.fixture
def folder(tmp_path):
    """A folder in which the weights of all three lie."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    for name in ("free", "paper", "form"):
        (folder / f"{name}.pth").write_bytes(WEIGHTS)
    return folder


def answered(monkeypatch, words):
    monkeypatch.setattr(sys, "stdin", io.StringIO(words))


@pytest.mark.parametrize("columns", [80, 120])
def test_the_list_fits_the_terminal_but_for_addresses_which_stay_whole(
    networks, monkeypatch, capsys, columns
):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert run(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= columns for line in lines if LONG not in line)
    assert f"    from {LONG}" in lines
    rows = [line.split() for line in lines if not line.startswith(" ")]
    assert rows[0] == ["NETWORK", "TASK", "SIZE", "WEIGHTS"]
    assert ["free", "testing", "0", "MB", "not", "here"] in rows
    assert "not free for every use" in " ".join(" ".join(lines).split())


def test_the_list_says_which_weights_are_here(networks, folder, capsys):
    assert run(["models", "add", "free", str(folder / "free.pth")]) == 0
    capsys.readouterr()
    run(["models", "--json"])
    assert {card["name"]: card["here"] for card in json.loads(capsys.readouterr().out)} == {
        "free": True,
        "paper": False,
        "form": False,
    }


def test_weights_are_fetched_from_a_folder_without_a_net(networks, folder, tmp_path, capsys):
    assert run(["models", "fetch", "free", "form", "--from", str(folder)]) == 0
    written = capsys.readouterr()
    assert written.out.split() == [str(tmp_path / "store" / f"{name}.pth") for name in ("free", "form")]
    assert f"Taking free.pth (0 MB) from {folder / 'free.pth'}" in written.err


def test_a_licence_that_is_not_free_is_shown_and_asked_for(networks, folder, monkeypatch, capsys):
    words = ["models", "fetch", "paper", "--from", str(folder)]
    answered(monkeypatch, "n\n")
    assert run(words) == 4
    refused = capsys.readouterr().err
    assert "for research" in refused.split("Accept?")[0]
    assert "The licence of paper was not accepted; nothing was fetched." in refused
    answered(monkeypatch, "y\n")
    assert run(words) == 0
    assert run(words) == 0, "what is here is not asked for again"


def test_where_nobody_can_answer_the_option_that_accepts_is_named(
    networks, folder, monkeypatch, capsys
):
    words = ["models", "fetch", "paper", "--from", str(folder)]
    answered(monkeypatch, "")
    assert run(words) == 4
    assert "--accept-licence paper" in capsys.readouterr().err
    assert run([*words, "--accept-licence", "free"]) == 4, "another network's licence was accepted"
    assert run([*words, "--accept-licence", "paper"]) == 0


def test_weights_that_only_people_are_given_are_told_with_page_and_command(networks, capsys):
    assert run(["models", "fetch", "form"]) == 4
    said = capsys.readouterr().err.splitlines()[-1]
    assert "Get form.pth from https://example.org/form" in said
    assert "run `refilm models add form FILE`" in said


def test_a_folder_is_no_file_of_weights(networks, folder, capsys):
    assert run(["models", "add", "free", str(folder)]) == 2
    assert "is a folder" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_overwrites_its_line_on_a_terminal_and_leaves_none_behind():
    screen = Terminal()
    shown = Progress(screen, pause=0)
    shown.say("Taking it")
    for here in (1_000_000, 3_000_000, 5_000_000):
        shown.heard(here, 10_000_000)
    shown.erase()
    written = screen.getvalue()
    assert written.startswith("Taking it\n")
    assert "5.0 of 10.0 MB" in written
    assert "MB/s" in written
    assert written.endswith("\r\033[K")
    assert written.count("\n") == 1


def test_progress_is_plain_lines_where_there_is_no_terminal():
    words = io.StringIO()
    shown = Progress(words, pause=0)
    shown.heard(1_000_000, None)
    shown.heard(2_500_000, None)
    shown.erase()
    assert all(unicodedata.category(letter) != "Cc" for letter in words.getvalue().replace("\n", ""))
    assert words.getvalue().splitlines()[-1].startswith("  2.5 MB, ")
