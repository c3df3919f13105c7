"""A network that another package brings: found by its entry point, run like refilm's own."""

import os
import subprocess
import sys

import pytest

NETWORK = """
from torch import nn
from refilm.models.weights import fill

def build(card, weights):
    network = nn.Conv2d(3, 3, 1)
    fill(network, weights)
    return network
"""
CARD = """
[[card]]
name = "{name}"
task = "testing"
summary = "Does little."
paper = "none"
code_licence = "MIT"
weights_licence = "MIT"
free = true

[[card.files]]
name = "plain.pth"
sources = [{{ page = "https://example.org" }}]
"""
ENTRY = "[refilm.models]\nplain = otherpackage.networks.plain\n"
RUN = """
import sys, numpy, refilm.models as models
print(models.card("plain").module, "torch" in sys.modules)
import torch
torch.save(torch.nn.Conv2d(3, 3, 1).state_dict(), sys.argv[1] + "/plain.pth")
print(models.networks()("plain")(numpy.zeros((5, 7, 3), numpy.float32)).shape)
"""


@pytest.fixture
def run(tmp_path):
    """Returns what a program prints where a package with a network is installed."""

    def run(program, card_name="plain"):
        package = tmp_path / "otherpackage" / "networks"
        package.mkdir(parents=True)
        (package / "plain.py").write_text(NETWORK)
        (package / "plain.toml").write_text(CARD.format(name=card_name))
        described = tmp_path / "otherpackage-1.0.dist-info"
        described.mkdir()
        (described / "METADATA").write_text("Metadata-Version: 2.1\nName: otherpackage\nVersion: 1.0\n")
        (described / "entry_points.txt").write_text(ENTRY)
        places = {"PYTHONPATH": str(tmp_path), "REFILM_MODELS": str(tmp_path), "REFILM_DEVICE": "cpu"}
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)],
            env={**os.environ, **places},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    return run


def test_it_is_listed_without_torch_and_run_with_its_weights(run):
    assert run(RUN).splitlines() == ["otherpackage.networks.plain False", "(5, 7, 3)"]


def test_two_networks_of_one_name_are_refused(run):
    told = run("import refilm.models as models; models.catalogue()", card_name="rife")
    assert "Two networks are called rife" in told
    assert "otherpackage.networks.plain" in told
