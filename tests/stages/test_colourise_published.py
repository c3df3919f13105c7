"""Published networks in the stage: pictures are those of their programs, but for what is bettered."""

import numpy as np
import pytest
import torch
from made import film, job_of, survey_of
from tests.models.parity import Fixture

from refilm import models
from refilm.lab import difference, to_lab
from refilm.models import deoldify
from refilm.models.siggraph17 import Siggraph17
from refilm.stages.colourise import Colourise

BETTERED = 1.5
"""Mean CIEDE2000 from the published picture: no 8 bits in between, colours along edges."""
WEIGHTS = np.asarray([0.299, 0.587, 0.114], np.float32)


def coloured(luma, stage, network):
    survey = survey_of([luma])
    job = job_of(survey, network=network)
    (frame,) = stage.process(iter(film([luma])), job)
    return frame.pixels


def test_deoldify_in_the_stage_gives_about_the_published_picture():
    fixture, card = Fixture("deoldify_deep"), models.card("deoldify-artistic")
    network = deoldify.path(card, deoldify.build(card, fixture.state()).eval())
    given = fixture.arrays["path_A.in.rgb_u8"].astype(np.float32) / 255
    factor = int(fixture.arrays["path_A.in.render_factor"])
    published = to_lab(fixture.arrays["path_A.out.final"].astype(np.float32) / 255)
    luma = (given @ WEIGHTS)[:, :, None]
    stage = Colourise(method=card.name, render_factor=factor)
    found = coloured(luma, stage, lambda name: network)
    apart = difference(to_lab(found), published).mean()
    grey = difference(to_lab(np.repeat(luma, 3, axis=2)), published).mean()
    assert apart < BETTERED < grey / 10


@pytest.fixture
def filled(tmp_path, monkeypatch):
    """A store with a file of random weights, of a network whose file nobody has hashed."""
    torch.manual_seed(0)
    card = models.card("siggraph17-caffe")
    torch.save(Siggraph17().state_dict(), tmp_path / card.files[0].name)
    monkeypatch.setenv("REFILM_MODELS", str(tmp_path))
    yield card
    (tmp_path / card.files[0].name).unlink()


def test_a_published_network_is_taken_from_the_store_by_its_name_and_colours(filled):
    luma = np.random.default_rng(0).random((49, 66, 1)).astype(np.float32)
    stage = Colourise(method=filled.name, render_factor=2, saturation=3)
    found = coloured(luma, stage, models.networks())
    assert found.shape == (49, 66, 3)
    assert np.ptp(found, axis=2).max() > 0
