"""Who finds the cuts is a choice of the plan, and travels from the command line to the survey."""

import json

import numpy as np
import pytest

from refilm import models
from refilm.cli import run
from refilm.errors import UsageError
from refilm.film import open_film
from refilm.plan import Plan
from refilm.progress import Watcher
from refilm.restore import restore
from refilm.settling import check_shots
from refilm.workspace import Workspace

CUT = 30
"""Where the network below says that the second shot begins: the film's own cuts lie elsewhere."""


class Told:
    """A network that is sure of one cut, whatever it sees."""

    def __init__(self):
        self.calls = 0

    def __call__(self, *pictures, **numbers):
        sure = np.zeros((len(pictures), 2, 1), np.float32)
        if self.calls == 0:
            sure[25 + CUT - 1] = 1
        self.calls += 1
        return sure

    def given(self, *references):
        raise ValueError


class Phases(Watcher):
    def __init__(self):
        self.names = []

    def phase(self, name, total, done=0):
        self.names.append(name)


def firsts(survey):
    return [shot.first for shot in survey.shots]


def test_other_shots_are_another_survey_and_the_same_are_not_looked_for_again(tmp_path, old_film):
    film, network, watcher = open_film(str(old_film)), Told(), Phases()
    with Workspace.opened(tmp_path / "work") as kept:
        ways = [("told", lambda name: network)] * 2 + [("classic", None)] * 2
        found = [kept.survey(film, "digest", watcher, *way) for way in ways]
    assert [firsts(survey) for survey in found] == [[0, CUT]] * 2 + [[0, 24, 48]] * 2
    assert watcher.names == ["survey"] * 2
    assert network.calls == 2


def test_a_restoration_takes_the_plans_shots(tmp_path, old_film):
    plan = Plan(source=str(old_film), shots="told", only_needed=False)
    network, output = Told(), tmp_path / "out.mkv"
    record = restore(plan, output, network=lambda name: network)
    assert network.calls == 2
    assert json.loads(record.read_text())["plan"]["shots"] == "told"


@pytest.mark.parametrize("command", ["survey", "stills", "restore"])
def test_missing_weights_are_told_before_the_film_is_looked_at(
    command, tmp_path, old_film, monkeypatch, capsys
):
    monkeypatch.setenv("REFILM_MODELS", str(tmp_path / "none"))
    words = [command, str(old_film), "--shots", "transnetv2", "--workspace", str(tmp_path / "work")]
    assert run(words) == 4
    said = capsys.readouterr().err
    assert "refilm models fetch transnetv2" in said
    assert "frames" not in said


def test_a_way_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match=r"there are: classic, .*transnetv2"):
        check_shots("rife")


def test_the_network_of_the_shots_is_one_of_the_plans():
    assert "transnetv2" in Plan(shots="transnetv2").networks()
    assert Plan().networks() == tuple(n for n in Plan().networks() if n != "classic")


@pytest.mark.weights
def test_a_film_is_surveyed_with_cuts_by_transnetv2(tmp_path, old_film, capsys):
    if not models.is_here("transnetv2"):
        pytest.skip("the weights of transnetv2 are not here: refilm models fetch transnetv2")
    words = ["survey", str(old_film), "--shots", "transnetv2", "--workspace", str(tmp_path), "--json"]
    assert run(words) == 0
    shots = json.loads(capsys.readouterr().out)["shots"]
    assert [shot["first"] for shot in shots] == [0, 24, 48]
