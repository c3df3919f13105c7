"""Shots that are alike share their palette; others keep their own."""

from fractions import Fraction

import numpy as np
import pytest
from tests.conftest import scene, write_film
from tests.stills.fakes import Networks

from refilm.chroma import LAB
from refilm.film import open_film
from refilm.lab import to_lab
from refilm.plan import Plan
from refilm.restore import restore
from refilm.stages.wording import make_stage

CODED = 2.5
"""CIELAB units that eight bits, half the colour samples and coding make."""


class Moody:
    """A colouriser whose colour depends on how light the whole picture is."""

    def __call__(self, luma, **numbers):
        mean = float(luma.mean())
        return np.full(
            (*luma.shape[:2], 3), (20 * mean / LAB, 40 * (mean - 0.5) / LAB, 0.5), np.float32
        )


def network(name):
    return Moody() if name == "refilm-colour" else Networks()(name)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A place, another place, and the first one again, darker: 96x64, 8 frames each."""
    frames = [scene(1, number) for number in range(8)] + [scene(4, number) for number in range(8)]
    frames += [(scene(1, number) * 0.55).astype(np.uint8) for number in range(8)]
    return write_film(tmp_path_factory.mktemp("films") / "old.mkv", frames, pixel_format="gray")


def colours(film, tmp_path, **options):
    """Return mean a and b of the middle of each shot."""
    stage = make_stage("colourise", {"steady": 0, **options})
    plan = Plan(source=str(film), stages=(stage,), only_needed=False)
    output = tmp_path / f"{len(options)}.mkv"
    restore(plan, output, network=network)
    frames = [frame.pixels for frame in open_film(str(output)).watch()]
    assert len(frames) == 24
    return [to_lab(frames[middle])[:, :, 1:].mean((0, 1)) for middle in (4, 12, 20)]


def test_a_place_has_the_same_colours_whenever_it_comes_back(film, tmp_path):
    alone, other, again = colours(film, tmp_path, shared=False)
    assert np.linalg.norm(alone - again) > 3 * CODED
    shared, still_other, shared_again = colours(film, tmp_path)
    assert np.linalg.norm(shared - shared_again) < CODED
    np.testing.assert_allclose(shared, (alone + again) / 2, atol=2 * CODED)
    np.testing.assert_allclose(still_other, other, atol=1e-3)


def test_a_film_of_one_shot_asks_for_nothing_but_its_own_frames(tmp_path):
    film = write_film(tmp_path / "one.mkv", [scene(1, n) for n in range(6)], pixel_format="gray")
    asked = []

    def counted(name):
        asked.append(name)
        return network(name)

    plan = Plan(source=str(film), stages=(make_stage("colourise", {}),), only_needed=False)
    restore(plan, tmp_path / "out.mkv", network=counted)
    assert set(asked) == {"refilm-colour"}
    assert open_film(str(tmp_path / "out.mkv")).info.rate == Fraction(16)
