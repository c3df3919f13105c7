"""How far a film takes the colours of references."""

import numpy as np
import pytest

from refilm.bench.following import colours_of, measure, overlap
from refilm.errors import InputError
from refilm.film import open_film
from refilm.photos import write_png
from tests.conftest import scene, write_film
from tests.stills.fakes import painted

RED, BLUE = (35, 20), (5, -35)


def shade(colour, light=150):
    return painted(np.full((32, 40), light, np.uint8), *colour)


def test_colours_overlap_whatever_their_lightness_and_not_with_others():
    red, dark, blue = map(colours_of, (shade(RED), shade(RED, 110), shade(BLUE)))
    assert overlap(red, red) == pytest.approx(1)
    assert overlap(red, dark) > 0.8
    assert overlap(red, blue) < 0.01
    half = colours_of(np.hstack((shade(RED), shade(BLUE))))
    assert overlap(half, red) == pytest.approx(0.5, abs=0.01)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Two shots, black and white: 96x64, 12 frames each."""
    frames = [scene(shot, number) for shot in (1, 4) for number in range(12)]
    return write_film(tmp_path_factory.mktemp("films") / "old.mp4", frames, pixel_format="gray")


def test_shots_have_the_colours_of_the_references_that_they_follow(film, tmp_path):
    frames = [np.asarray(frame.pixels[:, :, 0] * 255) for frame in open_film(str(film)).watch()]
    for name, number, colour in (("red.png", 6, RED), ("blue.png", 18, BLUE)):
        write_png(tmp_path / name, painted(np.clip(frames[number], 0, 255), *colour))
    figures = measure(str(film), [str(tmp_path)])["figures"]
    assert [figures[shot]["follows"] for shot in ("shot 1", "shot 2")] == ["red.png", "blue.png"]
    for shot in figures.values():
        assert shot["overlap"] > 0.5 > shot["overlap with others"] + 0.2


def test_references_that_nothing_follows_are_said(film, tmp_path):
    checks = np.indices((64, 64)).sum(0) % 2
    write_png(tmp_path / "other.png", painted((60 + 120 * checks).astype(np.uint8), *RED))
    with pytest.raises(InputError, match="No shot of"):
        measure(str(film), [str(tmp_path / "other.png")])
