import json

import av
import pytest

from refilm.cli import run
from refilm.plan import Plan, presets
from refilm.stages.base import catalogue


@pytest.fixture
def refilm(capsys):
    """Run a command line that must succeed, and return what it wrote to standard output."""

    def call(*words):
        code = run([str(word) for word in words])
        written = capsys.readouterr()
        assert code == 0, written.err
        return written.out

    return call


def test_a_survey_tells_shots_and_what_would_mend_them(refilm, old_film, tmp_path):
    page = refilm("survey", old_film, "--workspace", tmp_path / "work")
    assert "96x64" in page
    assert "shot 3:" in page
    for stage in Plan.load("good").stages:
        assert stage.name() in page


def test_a_survey_as_json_has_figures_for_every_frame(refilm, old_film, tmp_path):
    found = json.loads(refilm("survey", old_film, "--workspace", tmp_path / "work", "--json"))
    assert len(found["shots"]) == 3
    assert {len(rows) for rows in found["figures"].values()} == {72}
    assert len(found["times"]) == 72


def test_a_survey_is_made_once_for_the_same_film(old_film, tmp_path, capsys):
    for expected in (True, False):
        assert run(["survey", str(old_film), "--workspace", str(tmp_path / "work")]) == 0
        assert ("survey 0/72" in capsys.readouterr().err) is expected


@pytest.mark.parametrize("name", presets())
def test_a_plan_that_is_shown_can_be_used(refilm, name, tmp_path):
    file = tmp_path / "my.toml"
    file.write_text(refilm("plan", "show", name), encoding="utf-8")
    assert Plan.load(str(file)) == Plan.load(name)
    assert name in refilm("plan", "list")


def test_every_stage_is_listed_with_its_options(refilm):
    listed = refilm("stages")
    for name, kind in catalogue().items():
        assert name in listed
        page = refilm("stages", name)
        assert all(option in page for option in kind.model_fields)


def test_networks_are_listed_with_their_licences(refilm):
    assert "rife" in refilm("models")
    (card,) = [card for card in json.loads(refilm("models", "--json")) if card["name"] == "rife"]
    assert card["weights_licence"] == "MIT"


def test_two_films_are_compared_side_by_side(refilm, old_film, tmp_path):
    enlarged, output = tmp_path / "large.mp4", tmp_path / "both.mp4"
    refilm("restore", old_film, "-o", enlarged, "--stage", "upscale:times=2")
    refilm("compare", old_film, enlarged, "-o", output, "--layout", "side-by-side")
    with av.open(str(output)) as container:
        video = container.streams.video[0]
        assert (video.width, video.height) == (384, 128)
        assert sum(1 for _ in container.decode(video)) == 72
        assert container.streams.audio


def test_a_film_is_aged_with_the_truth_beside_it(refilm, old_film, tmp_path):
    refilm("age", old_film, "-o", tmp_path / "aged.mp4", "--truth", tmp_path / "truth", "--dirt", "2")
    truth = json.loads((tmp_path / "truth" / "truth.json").read_text())
    assert truth["ageing"]["dirt"] == 2
    assert len(truth["frames"]) >= 72


def test_a_restored_film_is_named_after_its_source_and_lies_beside_it(refilm, old_film, tmp_path):
    film = tmp_path / "reel.mp4"
    film.write_bytes(old_film.read_bytes())
    written = refilm("restore", film, "--stage", "levels")
    assert written.strip() == str(tmp_path / "reel.restored.mp4")
    assert (tmp_path / "reel.restored.mp4.refilm.json").exists()
