"""The plan `deoldify` from end to end with every network that it names, filled with numbers."""

import json

import h5py
import pytest
import torch

from refilm import models
from refilm.film import open_film
from refilm.models import featureflow
from refilm.plan import Plan
from refilm.restore import restore
from tests.conftest import scene, write_film
from tests.models.parity import Fixture

SECONDS, RATE = 3, 2
SMALL = {"colourise": {"render_factor": 2}, "remaster": {"lines": 32}}
"""Inner sizes that are quick: the picture is nonsense anyway, the plumbing is real."""


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """Files of filled weights as they were published, by the networks' names."""
    folder = tmp_path_factory.mktemp("published")
    return {name: write(folder) for name, write in WRITERS.items()}


def saved(path, content):
    torch.save(content, path)
    return path


def wide(folder):
    return saved(folder / "ColorizeVideo_gen.pth", {"model": Fixture("deoldify_wide").state()})


def enlarging(folder):
    return saved(folder / "x4plus.pth", {"params_ema": Fixture("rrdbnet_x4plus").state()})


def pair(folder):
    parts = {"modelR": "deepremaster_R", "modelC": "deepremaster_C"}
    states = {part: Fixture(name).state() for part, name in parts.items()}
    return saved(folder / "remasternet.pth.tar", states)


def deblurring(folder):
    path = folder / "generator.h5"
    with h5py.File(path, "w") as file:
        for key, values in Fixture("siun").keras_state().items():
            file[key] = values.numpy()
        file.attrs["layer_names"] = [name.encode() for name in file]
    return path


def between(folder):
    fixture = Fixture("featureflow")
    held = {name: fixture.part(name) for name in (featureflow.STRUCTURE, featureflow.DETAIL)}
    main = saved(folder / "FeFlow.ckpt", held)
    return main, saved(folder / "bdcn.pth", fixture.part("bdcn"))


WRITERS = {
    "deoldify-video": wide,
    "rrdbnet": enlarging,
    "deepremaster-colour": pair,
    "siun": deblurring,
    "featureflow": between,
}


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    frames = [scene(1, number, 32, 48) for number in range(SECONDS * RATE)]
    path = tmp_path_factory.mktemp("films") / "bp1.mp4"
    return write_film(path, frames, pixel_format="gray", rate=RATE, sound=True)


def plan_of(film):
    plan = Plan.load("deoldify").with_stages(SMALL.items())
    return plan.model_copy(update={"source": str(film), "only_needed": False})


class Counted:
    """Gives networks by their names and remembers which were asked for."""

    def __init__(self, published):
        self.give, self.asked = models.networks(published), set()

    def __call__(self, name):
        self.asked.add(name)
        return self.give(name)


def test_every_network_of_the_plan_has_its_part_in_the_result(published, film, tmp_path):
    output, networks = tmp_path / "new.mp4", Counted(published)
    said = json.loads(restore(plan_of(film), output, network=networks).read_text())
    assert [stage["stage"] for stage in said["plan"]["stages"]] == [
        "stabilise", "upscale", "colourise", "remaster", "deblur", "interpolate",
    ]  # fmt: skip
    assert networks.asked >= {
        "rrdbnet", "deoldify-video", "deepremaster-colour", "siun", "featureflow",
    }  # fmt: skip
    info = open_film(str(output)).info
    assert (info.width, info.height, info.rate) == (96, 64, 2 * RATE)
    assert {"colours", "detail", "in-between frames"} <= set(said["invented"])
