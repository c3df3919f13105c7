import importlib
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files

import pytest

from refilm import models
from refilm.errors import UsageError, WeightsError


@pytest.fixture(params=sorted(models.catalogue()))
def card(request):
    return models.catalogue()[request.param]


def test_every_card_lies_beside_a_network_that_can_be_built(card):
    assert callable(importlib.import_module(card.module).build)


def test_every_sheet_of_the_package_is_in_the_catalogue():
    sheets = {sheet.name for sheet in files("refilm.models").iterdir() if sheet.name.endswith(".toml")}
    assert {f"{card.module.rpartition('.')[2]}.toml" for card in models.catalogue().values()} >= sheets


def test_every_card_says_where_its_weights_come_from_and_under_which_licence(card):
    assert card.summary.endswith(".")
    assert card.weights_licence
    assert all(file.sources for file in card.files)


def test_a_network_that_uses_the_weights_of_another_has_its_files():
    assert models.card("refilm-matching").files == models.card("refilm-colour").files


def test_cards_that_share_a_file_agree_on_it():
    kept = {}
    for card in models.catalogue().values():
        for file in card.files:
            assert kept.setdefault(file.name, file) == file


@pytest.mark.parametrize("owner", ["", "nobody", "refilm-matching"])
def test_a_card_that_leads_to_no_file_is_refused(owner):
    card = replace(models.card("refilm-matching"), files=(), shares=owner)
    with pytest.raises(WeightsError, match="refilm-matching must name either its files"):
        models.with_files(card, {"refilm-matching": card})


def test_listing_networks_does_not_load_torch():
    code = "import sys, refilm.models as m; m.catalogue(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_name_that_no_network_has_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="Did you mean rife"):
        models.card("riff")
    with pytest.raises(UsageError, match=r"There are: .*rife"):
        models.card("quite another")
