"""`refilm stills`, and references and palettes of `refilm restore`, as a person types them."""

import json

import numpy as np
import pytest

from refilm.cli import run
from refilm.cli.restore import Batch
from refilm.photos import write_png
from refilm.plan import Plan
from refilm.restore import Wishes

RED = np.full((64, 96, 3), (0.9, 0.2, 0.2), np.float32)


@pytest.fixture
def refilm(capsys):
    """Run a command line and return its exit code and what it wrote."""

    def call(*words):
        code = run([str(word) for word in words])
        written = capsys.readouterr()
        return code, written.out, written.err

    return call


@pytest.mark.parametrize("command", ["stills", "restore"])
@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--palette", "1,1@0=nocolour"], 2, '"nocolour" is no colour'),
        (["--palette", "1,1"], 2, "points at no colour: write it as in"),
        (["--palette", "999,1@0=red"], 2, "points beside the picture, which is 96x64 pixels"),
        (["--reference", "none.png"], 3, "none.png cannot be read"),
    ],
)
def test_a_wrong_reference_or_hint_is_answered_in_one_sentence(
    refilm, old_film, tmp_path, command, words, code, sentence
):
    more = {"stills": ["--workspace", tmp_path / "work"], "restore": ["-o", tmp_path / "out.mp4"]}
    plan = ["--stage", "colourise"] if command == "restore" else []
    got, _, errors = refilm(command, old_film, *more[command], *plan, *words)
    assert got == code
    assert sentence in errors.strip().splitlines()[-1]
    assert not (tmp_path / "out.mp4").exists()


def test_references_of_a_plan_that_does_not_colour_are_refused_with_what_to_do(
    refilm, old_film, tmp_path
):
    write_png(tmp_path / "red.png", RED)
    words = ["--stage", "levels", "--reference", tmp_path / "red.png"]
    code, _, errors = refilm("restore", old_film, "-o", tmp_path / "out.mp4", *words)
    assert code == 2
    assert "no stage that colours: add --stage colourise" in errors


def test_of_several_films_each_gets_the_references_that_bear_its_name(tmp_path):
    for name in ("reel1.png", "reel2.png", "sky.png"):
        write_png(tmp_path / name, RED)
    got = {}

    class Recording(Batch):
        def _restore(self, film, output, references):
            got[film] = sorted(reference.rpartition("/")[2] for reference in references)

    plan = Plan().led_by([str(tmp_path)], [])
    Recording(plan, f"{tmp_path}/", Wishes(), False).run(["reel1.mp4", "reel2-b.mp4", "other.mp4"])
    assert got == {
        "reel1.mp4": ["reel1.png", "sky.png"],
        "reel2-b.mp4": ["reel2.png", "sky.png"],
        "other.mp4": ["sky.png"],
    }


def test_stills_are_made_in_the_workspace_and_told_as_a_table_or_json(refilm, old_film, tmp_path):
    work = tmp_path / "work"
    code, page, errors = refilm("stills", old_film, "--workspace", work)
    assert code == 0, errors
    assert "guessed" in page
    assert page.strip().endswith("stills")
    code, told, _ = refilm("stills", old_film, "--workspace", work, "--json")
    found = json.loads(told)
    assert found["folder"] == str(work / "stills")
    assert [still["shot"] for still in found["stills"]] == [1, 2, 3]
    assert all((work / "stills" / still["picture"]).exists() for still in found["stills"])


@pytest.mark.parametrize("command", ["stills", "restore"])
def test_a_network_that_finds_no_faces_is_refused(refilm, old_film, tmp_path, command):
    words = ["--plan", "best"] if command == "restore" else []
    more = {"stills": ["--workspace", tmp_path / "work"], "restore": ["-o", tmp_path / "out.mp4"]}
    words += ["--faces", "refilm-colour", *more[command]]
    code, _, errors = refilm(command, old_film, *words)
    assert code == 2
    assert "Faces cannot be found by refilm-colour; there are: none, centerface." in errors


def test_without_weights_nobody_looks_for_faces_and_that_is_said_and_recorded(
    refilm, old_film, tmp_path, monkeypatch
):
    monkeypatch.setenv("REFILM_MODELS", str(tmp_path / "none"))
    code, out, errors = refilm("stills", old_film, "--workspace", tmp_path / "work", "--json")
    assert code == 0
    assert "Nobody looks for faces" in errors
    assert "refilm models fetch centerface" in errors
    assert json.loads(out)["stills"]
    stages = ["--stage", "colourise", "--stage", "remaster"]
    refilm("restore", old_film, "-o", tmp_path / "out.mkv", *stages)
    record = json.loads((tmp_path / "out.mkv.refilm.json").read_text())
    assert record["plan"]["faces"] == "none"
    assert any(sentence.startswith("Nobody looks for faces") for sentence in record["said"])
