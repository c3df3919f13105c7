from dataclasses import fields, replace
from fractions import Fraction

import numpy as np
import pytest
from watched import FilmInMemory, as_pixels, scene

from refilm.errors import InputError, OutputError
from refilm.findings import Figures
from refilm.frames import Coding, Placement
from refilm.survey import store, survey_film

AGAIN = "survey the film again"


@pytest.fixture
def survey():
    pictures = [scene(n // 12, 60, 80) * (0.9 + 0.01 * n) for n in range(36)]
    found = survey_film(
        FilmInMemory([as_pixels(pictures[n * 2 // 3]) for n in range(54)], Fraction(30000, 1001))
    )
    info = replace(
        found.info,
        sample_aspect=Fraction(8, 9),
        coding=Coding(matrix="bt709"),
        placement=Placement(1 / 3, 0.1, 1.7, 2.0),
    )
    return replace(found, info=info, problems=("one packet was torn, “here”",))


def assert_equal(one, other):
    for name in ("info", "shots", "clean", "problems"):
        assert getattr(one, name) == getattr(other, name)
    for field in fields(Figures):
        first, second = getattr(one.figures, field.name), getattr(other.figures, field.name)
        assert first.dtype == second.dtype
        assert np.array_equal(first, second)
    assert one.timeline.time_base == other.timeline.time_base
    assert one.timeline.end == other.timeline.end
    assert np.array_equal(one.timeline.ticks, other.timeline.ticks)
    assert np.array_equal(one.timeline.stamps, other.timeline.stamps)


def test_comes_back_exactly_as_it_was(survey, tmp_path):
    store.save(survey, tmp_path / "new" / "folder")
    loaded = store.load(tmp_path / "new" / "folder")
    assert_equal(loaded, survey)
    assert (loaded.cadence.rate, loaded.cadence.regular) == (
        survey.cadence.rate,
        survey.cadence.regular,
    )
    assert np.array_equal(loaded.cadence.times, survey.cadence.times)


def test_a_film_without_repeats_comes_back_without_a_cadence(survey, tmp_path):
    store.save(replace(survey, cadence=None), tmp_path)
    assert store.load(tmp_path).cadence is None


def test_the_same_survey_is_written_the_same_to_the_bit(survey, tmp_path):
    for name in ("one", "two"):
        store.save(survey, tmp_path / name)
    for name in ("survey.json", "survey.npz"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_second_save_replaces_the_first_and_leaves_nothing_else(survey, tmp_path):
    store.save(replace(survey, problems=()), tmp_path)
    store.save(survey, tmp_path)
    assert store.load(tmp_path).problems == survey.problems
    assert sorted(path.name for path in tmp_path.iterdir()) == ["survey.json", "survey.npz"]


def test_says_where_there_is_none(tmp_path):
    with pytest.raises(InputError, match="no survey can be read"):
        store.load(tmp_path)


@pytest.mark.parametrize("name", ["survey.json", "survey.npz"])
def test_notices_a_file_that_was_cut_short(survey, tmp_path, name):
    store.save(survey, tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match=AGAIN):
        store.load(tmp_path)


def test_notices_figures_that_belong_to_another_survey(survey, tmp_path):
    store.save(survey, tmp_path / "one")
    figures = replace(survey.figures, level=survey.figures.level + 0.1)
    store.save(replace(survey, figures=figures), tmp_path / "two")
    (tmp_path / "two" / "survey.npz").replace(tmp_path / "one" / "survey.npz")
    with pytest.raises(InputError, match=AGAIN):
        store.load(tmp_path / "one")


def test_notices_a_survey_of_another_version(survey, tmp_path):
    store.save(survey, tmp_path)
    path = tmp_path / "survey.json"
    text = path.read_text()
    path.write_text(text.replace(f'"version": {store.VERSION}', '"version": 0'))
    assert path.read_text() != text
    with pytest.raises(InputError, match=AGAIN):
        store.load(tmp_path)


def test_says_when_it_cannot_write(survey, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        store.save(survey, tmp_path / "file")
