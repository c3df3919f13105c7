import dataclasses
import importlib
import tomllib
from pathlib import Path

import numpy as np
import pytest
from small import card_of

import refilm
from refilm import models
from refilm.errors import WeightsError
from refilm.film import open_film
from refilm.luma import luma
from refilm.models import store
from refilm.models.card import Shipped, Training, read_cards

LARGEST = 16_000_000
"""Bytes of weights that the package may carry in all."""
COLOUR = models.card("refilm-colour")
(FILE,) = COLOUR.files


def changed(**facts):
    return card_of(dataclasses.replace(FILE, **facts))


def test_weights_that_come_with_refilm_lie_in_its_folder_and_in_no_store(tmp_path):
    (path,) = store.paths(COLOUR, within=tmp_path / "store")
    assert path == Path(refilm.__file__).parent / "models" / "weights" / FILE.sources[0].shipped
    assert path.stat().st_size == FILE.size
    assert store.is_here(COLOUR, within=tmp_path / "store")
    assert not (tmp_path / "store").exists()
    assert [entry.name for entry in path.parent.iterdir() if entry.name.endswith(".checked")] == []


def test_nothing_is_fetched_or_added_where_refilm_brings_it(tmp_path):
    said = []
    (path,) = store.fetch(COLOUR, said.append, within=tmp_path)
    assert len(said) == 1
    with pytest.raises(WeightsError, match="comes with refilm itself"):
        store.add(COLOUR, path, within=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_shipped_weights_that_are_damaged_or_missing_ask_for_another_installation(tmp_path):
    with pytest.raises(WeightsError, match="Install refilm again"):
        store.paths(changed(sha256="0" * 64), within=tmp_path)
    missing = changed(sources=(Shipped(shipped="none.safetensors"),))
    assert not store.is_here(missing, within=tmp_path)
    with pytest.raises(WeightsError, match="Install refilm again"):
        store.paths(missing, within=tmp_path)
    with pytest.raises(WeightsError, match="Install refilm again"):
        store.fetch(missing, lambda line: None, within=tmp_path)


def test_all_shipped_weights_together_are_small_enough_for_a_package():
    folder = Path(refilm.__file__).parent / "models" / "weights"
    assert sum(entry.stat().st_size for entry in folder.iterdir()) < LARGEST


def test_the_wheel_is_built_from_the_folder_that_holds_them():
    project = tomllib.loads((Path(refilm.__file__).parents[2] / "pyproject.toml").read_text())
    # hatchling takes all files under src/refilm that git does not ignore, unless told otherwise.
    assert set(project["tool"]["hatch"]) == {"version"}


def test_a_card_tells_how_its_network_was_trained(tmp_path):
    sheet = tmp_path / "own.toml"
    text = """
[[card]]
name = "own"
task = "testing"
summary = "Does nothing."
paper = "none"
code_licence = "MIT"
weights_licence = "MIT"
free = true
files = [{ name = "own.safetensors", sources = [{ shipped = "own.safetensors" }] }]
[card.training]
data = "pictures"
command = "refilm train own"
failures = ["All of it."]
[card.training.figures]
ciede2000 = 1.5
"""
    sheet.write_text(text)
    (card,) = read_cards(sheet, "nowhere.own")
    assert card.files[0].sources == (Shipped(shipped="own.safetensors"),)
    assert str(card.files[0].sources[0]) == "refilm itself"
    assert card.training == Training(
        data="pictures",
        command="refilm train own",
        figures={"ciede2000": 1.5},
        failures=("All of it.",),
    )
    sheet.write_text(text.replace('data = "pictures"', ""))
    with pytest.raises(WeightsError, match="data"):
        read_cards(sheet, "nowhere.own")


def test_the_colouriser_as_shipped_gives_colours():
    torch = importlib.import_module("torch")
    network = models.load("refilm-colour")
    ramp = torch.linspace(1, 0, 96)[None, None, :, None].expand(1, 1, 96, 128)
    with torch.inference_mode():
        made = network(ramp.contiguous())
    assert made.shape == (1, 3, 96, 128)
    assert made[:, :2].abs().max() > 0.02


def test_the_shipped_encoder_tells_pictures_apart_at_every_size():
    """Without normalisation its last blocks can run into their bounds while it is trained."""
    torch = importlib.import_module("torch")
    random = torch.Generator().manual_seed(1)
    coarse = torch.rand(4, 1, 6, 8, generator=random)
    pictures = torch.nn.functional.interpolate(coarse, (192, 256), mode="bicubic").clamp(0, 1)
    with torch.inference_mode():
        for features in models.load("refilm-colour").encoder(pictures):
            apart = features.mean((2, 3)).std(0).mean() / features.abs().mean()
            assert apart > 0.05


@pytest.mark.footage
def test_nothing_in_an_old_film_gets_a_glaring_spot(footage):
    """A body of training had one on the driver's chin, chroma 90; skies have 40, foliage about 45."""
    film = open_film(footage / "trucks-1955" / "film.mp4")
    network = models.networks()("refilm-colour")
    for number, frame in enumerate(film.watch()):
        if number in {10, 60, 125, 200, 320}:
            found = network(luma(frame.pixels)[:, :, None])
            assert 100 * np.hypot(found[:, :, 0], found[:, :, 1]).max() < 60
