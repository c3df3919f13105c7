"""The chain of films in folders: what lies where, what is made again, and where a person steps in."""

import json
import shutil
from fractions import Fraction

import numpy as np
import pytest

from refilm.chain import restore_in_steps
from refilm.errors import InputError, OutputError, UsageError
from refilm.film import open_film
from refilm.lab import to_lab
from refilm.photos import read_photo, write_png
from refilm.plan import Plan
from refilm.progress import Watcher
from refilm.restore import Wishes
from tests.conftest import scene, write_film
from tests.stills.fakes import GUESS, Networks, painted

PLAN = """
name = "small"
stills = "first-middle-last"
stages = [{ stage = "levels" }, { stage = "colourise", render_factor = 4 }, { stage = "remaster" }]
only_needed = false
chain = [
    { folder = "1", of = "raw", stages = ["levels"] },
    { folder = "3", of = "1", stages = ["colourise"] },
    { folder = "auto", of = "1", colours_stills = true, own = [{ stage = "colourise" }] },
    { folder = "ref", of = "1", colours_stills = true, needs_references = true },
    { folder = "5", of = "1", stages = ["remaster"], lines = 48, is_result = true },
    { folder = "8", of = "5", own = [{ stage = "compare", against = "raw" }], codec = "h264" },
]
"""


class Told(Watcher):
    def __init__(self):
        self.said = []

    def say(self, sentence):
        self.said.append(sentence)


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """Two shots of 96x64, 6 frames each, with a tone."""
    frames = [scene(shot, number) for shot in (1, 2) for number in range(8)]
    return write_film(
        tmp_path_factory.mktemp("films") / "bp1.mp4", frames, pixel_format="gray", sound=True
    )


@pytest.fixture(scope="session")
def whole(film, tmp_path_factory):
    """A folder in which the whole chain was run once."""
    folder = tmp_path_factory.mktemp("chain")
    run(film, folder)
    return folder


@pytest.fixture
def folder(whole, tmp_path):
    """A copy of that folder, to change."""
    shutil.copytree(whole, tmp_path / "out", copy_function=shutil.copy2)
    return tmp_path / "out"


def run(film, folder, **changes):
    """Run the chain and return what was said."""
    told = Told()
    plan = Plan.parse(PLAN, "small").model_copy(update={"source": str(film), **changes})
    restore_in_steps(plan, folder / "new.mp4", Wishes(overwrite=True), told, Networks())
    return told.said


def steps(folder):
    return folder / "new.steps"


def dates(folder):
    films = [path for path in steps(folder).glob("*/*") if path.suffix in (".mkv", ".mp4")]
    return {path.parent.name: path.stat().st_mtime_ns for path in films}


def mean_colour(path, moment=0):
    frames = [frame.pixels for frame in open_film(str(path)).watch()]
    return to_lab(frames[moment])[:, :, 1:].mean((0, 1))


def test_every_step_leaves_its_film_in_its_folder_under_the_source_s_name(whole):
    films = {
        path.relative_to(steps(whole)).as_posix()
        for path in steps(whole).glob("*/*")
        if path.suffix in (".mkv", ".mp4")
    }
    assert films == {"raw/bp1.mp4", "1/bp1.mkv", "3/bp1_4.mkv", "5/bp1.mkv", "8/bp1.mp4"}
    assert (steps(whole) / "goodscenes").is_dir()


def test_the_result_is_the_chain_s_with_sound_and_the_record_of_all_steps(whole, film):
    info = open_film(str(whole / "new.mp4")).info
    assert (info.height, info.width) == (48, 72)
    record = json.loads((whole / "new.mp4.refilm.json").read_text())
    assert record["invented"] == ["colours"]
    assert record["before"]["before"]["source"]["name"] == "bp1"
    assert [stage["stage"] for stage in record["before"]["plan"]["stages"]] == ["upscale", "remaster"]


def test_stills_lie_beside_their_colours_under_the_same_names(whole):
    grey = sorted(path.name for path in (steps(whole) / "scenes").iterdir())
    coloured = sorted(path.name for path in (steps(whole) / "auto").iterdir())
    assert grey == coloured
    assert len(grey) == 6
    assert not (steps(whole) / "ref").exists()


def test_a_second_run_makes_nothing_again_but_the_result(folder, film):
    before = dates(folder)
    run(film, folder)
    assert dates(folder) == before


def test_a_film_put_by_hand_into_a_folder_is_taken_whatever_follows_the_name(folder, film):
    upscaled = steps(folder) / "1" / "bp1_2.00x_ahq-12.mkv"
    write_film(upscaled, [scene(7, number) for number in range(16)], pixel_format="gray")
    said = run(film, folder)
    assert any("put there by a person: step 1 takes it" in sentence for sentence in said)
    assert (steps(folder) / "3" / "bp1_2.00x_ahq-12_4.mkv").exists()


def test_a_film_of_another_source_is_not_taken(folder, film):
    write_film(steps(folder) / "1" / "bp10.mkv", [scene(7, number) for number in range(4)])
    before = dates(folder)
    run(film, folder)
    assert before.items() <= (dates(folder) | before).items()
    assert not list(steps(folder).glob("3/bp10*"))


def test_two_films_that_could_be_meant_are_refused(folder, film):
    for name in ("bp1_a.mkv", "bp1_b.mkv"):
        write_film(steps(folder) / "1" / name, [scene(7, number) for number in range(4)])
    with pytest.raises(InputError, match=r"Two films could be meant for step 1: .*bp1_a.* and .*bp1_b"):
        run(film, folder)


def test_the_film_follows_stills_that_a_person_coloured_and_chose(folder, film):
    blue = (5.0, -30.0)
    assert np.linalg.norm(mean_colour(steps(folder) / "5" / "bp1.mkv", 2) - GUESS) < 8
    for picture in (steps(folder) / "auto").iterdir():
        luma = read_photo(steps(folder) / "scenes" / picture.name)[:, :, 0]
        write_png(picture, painted(luma * 255, *blue))
        shutil.copy(picture, steps(folder) / "goodscenes" / picture.name)
    run(film, folder)
    assert np.linalg.norm(mean_colour(steps(folder) / "5" / "bp1.mkv", 2) - blue) < 8


def test_a_stretch_of_the_film_goes_through_the_whole_chain(film, tmp_path):
    run(film, tmp_path, end=Fraction(1, 2))
    assert len(list(open_film(str(steps(tmp_path) / "raw" / "bp1.mkv")).watch())) == 8
    assert len(list(open_film(str(tmp_path / "new.mp4")).watch())) == 8


def test_a_stretch_is_led_by_references_which_colour_stills_in_a_folder_of_their_own(film, tmp_path):
    write_png(tmp_path / "photo.png", painted(np.full((40, 60), 140, np.uint8), -20, -20))
    run(film, tmp_path, start=Fraction(1, 4), references=(str(tmp_path / "photo.png"),))
    grey = sorted(path.name for path in (steps(tmp_path) / "scenes").iterdir())
    assert grey == sorted(path.name for path in (steps(tmp_path) / "ref").iterdir())
    automatic, led = (
        to_lab(read_photo(steps(tmp_path) / folder / grey[0]))[:, :, 1:].mean((0, 1))
        for folder in ("auto", "ref")
    )
    assert led[0] < automatic[0] - 3


def test_a_palette_is_refused_before_any_work(film, tmp_path):
    with pytest.raises(UsageError, match="leave out --keep-steps"):
        run(film, tmp_path, palette=("10,10@0=red",))
    assert not steps(tmp_path).exists()


def test_an_output_that_is_there_is_refused_before_any_work(film, tmp_path):
    (tmp_path / "new.mp4").write_bytes(b"mine")
    plan = Plan.parse(PLAN, "small").model_copy(update={"source": str(film)})
    with pytest.raises(OutputError, match="is there already"):
        restore_in_steps(plan, tmp_path / "new.mp4", network=Networks())
    assert not steps(tmp_path).exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ('{ folder = "1", of = "2", is_result = true }', "step 1 is made of 2"),
        ('{ folder = "1", of = "raw", stages = ["clean"], is_result = true }', "step 1 names clean"),
        ('{ folder = "1", of = "raw" }', "one step of a chain must be its result"),
    ],
)
def test_a_chain_whose_steps_do_not_follow_from_each_other_is_refused(wrong, sentence):
    with pytest.raises(UsageError, match=sentence):
        Plan.parse(f"chain = [{wrong}]", "wrong")
