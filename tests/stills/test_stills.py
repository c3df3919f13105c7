"""The folder of stills: made once, and what a person does there holds."""

import json
import pickle
import shutil
from fractions import Fraction

import cv2
import numpy as np
import pytest
from fakes import GUESS, Networks, painted
from tests.conftest import scene, write_film

from refilm.errors import InputError, OutputError, UsageError
from refilm.film import open_film
from refilm.lab import to_lab
from refilm.photos import read_photo, write_png
from refilm.plan import Plan
from refilm.progress import Watcher
from refilm.restore import Wishes, colour_stills, restore
from refilm.stages.remaster import Remaster
from refilm.stages.wording import make_stage
from refilm.stills.choose import worth
from refilm.stills.colouring import Guide
from refilm.stills.folder import Entry, Folder, time_in
from refilm.stills.likeness import look_of
from refilm.stills.painting import _followed, _Lead, _leaned_to
from refilm.workspace import Workspace

NEAR = 4.0
"""CIELAB units that 8 bits, two sizes and colours at the end of the gamut make."""


class Follows(Remaster):
    """What follows stills."""

    follows_stills = True


class Heard(Watcher):
    """Keeps what was said and which phases there were."""

    def __init__(self):
        self.said, self.phases = [], []

    def say(self, sentence):
        self.said.append(sentence)

    def phase(self, name, total, done=0):
        self.phases.append(name)


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """Shots A, B and A again, black and white: 96x64, 20 frames each."""
    frames = [scene(shot, number) for shot in (1, 2, 1) for number in range(20)]
    return write_film(tmp_path_factory.mktemp("films") / "old.mp4", frames, pixel_format="gray")


class Bench:
    """A film, its workspace, and what is asked of its stills."""

    def __init__(self, film, folder, surveyed=None):
        self.film, self.work, self.networks = film, folder / "work", Networks()
        if surveyed:
            shutil.copytree(surveyed, self.work)
        self.stills = self.work / "stills"

    def plan(self, references=(), palette=(), colours=None, **changes):
        stages = (make_stage("colourise", colours or {}), Follows.model_validate({}))
        plan = Plan(source=str(self.film), stages=stages, **changes)
        return plan.led_by([str(each) for each in references], palette)

    def make(self, *references, palette=(), **changes):
        self.heard = Heard()
        self.networks.guessing.calls = 0
        plan = self.plan(references, palette, **changes)
        self.made = colour_stills(plan, self.work, self.heard, self.networks)
        return self.made

    def names(self):
        return sorted(path.name for path in self.stills.glob("shot*.png"))

    def colour(self, shot):
        """Return a and b, the mean of the colours of a shot's first own still."""
        file = next(file for file in self.made.files if file.shot == shot)
        return to_lab(file.load().picture)[:, :, 1:].mean((0, 1))


@pytest.fixture(scope="session")
def surveyed(film, tmp_path_factory):
    """A workspace with the film's survey."""
    folder = tmp_path_factory.mktemp("work")
    opened = open_film(film)
    with Workspace.opened(folder) as workspace:
        workspace.survey(opened, workspace.digest(opened), Watcher())
    return folder


@pytest.fixture
def bench(film, tmp_path, surveyed):
    return Bench(film, tmp_path, surveyed)


def frame_of(film, number):
    for place, frame in enumerate(open_film(film).watch()):
        if place == number:
            return np.asarray(frame.pixels[:, :, 0] * 255)
    raise AssertionError(number)


def test_each_shot_has_stills_beside_their_colours_on_a_sheet(bench):
    made = bench.make()
    assert [file.shot for file in made.files] == [0, 1, 2]
    first = made.files[0]
    assert first.frame.name.startswith("shot-001 0-00-00.")
    assert first.colour.name == first.frame.name.replace(".png", " colour.png")
    assert len(bench.names()) == 6
    still = first.load()
    assert still.luma.shape == (64, 96, 1)
    assert still.picture.shape == (64, 96, 3)
    assert not still.by_hand
    number = open_film(bench.film)
    list(number.watch())
    shown = np.clip(frame_of(bench.film, number.timeline.index(still.time)), 0, 255)
    np.testing.assert_allclose(still.luma[:, :, 0] * 255, shown, atol=0.6)
    np.testing.assert_allclose(bench.colour(0), GUESS, atol=NEAR)
    assert read_photo(bench.stills / "contact sheet.png").shape[1] > 4 * 96


def test_shots_that_are_alike_share_their_stills_own_ones_first(bench):
    made = bench.make()
    assert made.groups == ((0, 2), (1,))
    assert [file.shot for file in made.of(2)] == [2, 0]
    assert [file.shot for file in made.of(1)] == [1]
    assert pickle.loads(pickle.dumps(made)) == made, "work goes to other processes"


class Looking:
    """Sees a face in one picture only, if in any, and keeps what it was asked about."""

    def __init__(self, pixels=None):
        self.pixels, self.seen = pixels, []

    def __call__(self, luma):
        self.seen.append(luma)
        there = self.pixels is not None and np.array_equal(luma, self.pixels)
        return np.array([[1, 0, 0, 50, 50]], np.float32).reshape(1, 5, 1)[: int(there)]


def same(first, second):
    """Whether two pictures are the same but for 8 bits and what is brighter than white."""
    return bool(np.abs(np.clip(first, 0, 1) - np.clip(second, 0, 1)).max() < 0.6 / 255)


def test_the_frame_that_shows_a_face_stands_for_its_shot(bench):
    asked = bench.networks.known["centerface"] = Looking()
    chosen = [file.load().luma for file in bench.make().files]
    others = [seen for seen in asked.seen if not any(same(seen, luma) for luma in chosen)]
    other = max(others, key=worth)
    shutil.rmtree(bench.stills)
    asked = bench.networks.known["centerface"] = Looking(other)
    assert any(same(file.load().luma, other) for file in bench.make().files)
    looks = len(asked.seen)
    bench.make()
    assert len(asked.seen) == looks, "what was chosen is not chosen again"


def test_nobody_is_asked_for_faces_where_the_plan_does_not_want_it(bench):
    del bench.networks.known["centerface"]
    bench.make(faces="none")
    bench.make(stills="first-middle-last")


def test_another_way_to_choose_leaves_deleted_stills_deleted(bench):
    made = bench.make(faces="none")
    gone = made.files[0].colour
    gone.unlink()
    kept = {file.colour for file in made.files[1:]}
    assert {file.colour for file in bench.make().files} == kept
    assert not gone.exists()


def test_a_second_run_makes_nothing_again(bench):
    first = bench.make()
    before = {path: path.stat().st_mtime_ns for path in bench.stills.glob("shot*")}
    assert bench.make() == first
    assert bench.heard.phases == []
    assert bench.networks.guessing.calls == 0
    assert {path: path.stat().st_mtime_ns for path in bench.stills.glob("shot*")} == before


def test_a_deleted_still_stays_away_and_comes_back_when_put_back(bench):
    gone = bench.make().files[1].colour
    content = gone.read_bytes()
    gone.unlink()
    for _ in range(2):
        assert [file.shot for file in bench.make().files] == [0, 2]
        assert not gone.exists()
    gone.write_bytes(content)
    assert [file.shot for file in bench.make().files] == [0, 1, 2]


def test_a_grey_frame_that_was_deleted_or_changed_is_put_back(bench):
    files = bench.make().files
    files[0].frame.unlink()
    write_png(files[1].frame, np.ones((64, 96, 1), np.float32))
    before = files[2].frame.read_bytes()
    bench.make()
    assert files[0].load().luma.shape == (64, 96, 1)
    assert read_photo(files[1].frame).mean() < 0.9
    assert files[2].frame.read_bytes() == before


def test_a_changed_still_is_kept_and_leads_those_that_are_like_it(bench):
    made = bench.make()
    blue = painted(np.asarray(made.files[0].load().luma[:, :, 0] * 255), 5, -40)
    write_png(made.files[0].colour, blue)
    kept = made.files[0].colour.read_bytes()
    again = bench.make()
    assert made.files[0].colour.read_bytes() == kept
    assert [file.by_hand for file in again.files] == [True, False, False]
    assert again.files[0].load().by_hand
    assert bench.colour(2)[1] < -15, "the third shot shows the same place"
    assert bench.colour(1)[1] > 0, "the second does not"
    assert again.files[2].follows[0][0] == again.files[0].colour.name
    assert again.facts() != made.facts()


def test_a_coloured_frame_given_as_reference_becomes_the_still_of_its_moment(bench, tmp_path):
    luma = frame_of(bench.film, 30)
    large = cv2.resize(painted(luma, -30, 30), (192, 128))
    write_png(tmp_path / "my frame.png", large)
    made = bench.make(tmp_path / "my frame.png")
    (mine,) = [file for file in made.files if file.by_hand]
    assert mine.shot == 1
    assert "my frame" in mine.colour.name
    assert mine.load().picture.shape == (64, 96, 3)
    assert any("my frame.png is followed by shot 2" in each for each in bench.heard.said)
    assert [file.by_hand for file in bench.make(tmp_path / "my frame.png").files].count(True) == 1
    assert "find references" not in bench.heard.phases
    assert not any(file.by_hand for file in bench.make().files), "it is no longer given"
    assert not list(bench.stills.glob("*my frame*"))


def test_a_still_made_from_a_reference_and_changed_since_stays_when_the_reference_does_not(
    bench, tmp_path
):
    write_png(tmp_path / "mine.png", painted(frame_of(bench.film, 30), -30, 30))
    (mine,) = [file for file in bench.make(tmp_path / "mine.png").files if file.by_hand]
    write_png(mine.colour, painted(frame_of(bench.film, 30), 30, -30))
    (kept,) = [file for file in bench.make().files if file.by_hand]
    assert kept.colour == mine.colour
    assert bench.make(tmp_path / "mine.png").files.count(kept) == 1


def test_stills_made_by_hand_come_first(bench):
    bench.make()
    write_png(bench.stills / "shot-003 0-00-03.600.png", painted(frame_of(bench.film, 57), 40, 10))
    files = bench.make().of(2)
    assert [(file.by_hand, file.shot) for file in files] == [(True, 2), (False, 2), (False, 0)]


def test_a_reference_takes_the_place_of_the_still_of_the_same_frame(bench, tmp_path):
    chosen = bench.make().files[1]
    film = open_film(bench.film)
    list(film.watch())
    number = film.timeline.index(chosen.time)
    write_png(tmp_path / "same.png", painted(frame_of(bench.film, number), -30, 30))
    files = bench.make(tmp_path / "same.png").of(1)
    assert [(file.time, file.by_hand) for file in files] == [(chosen.time, True)]


def test_stills_are_coloured_anew_when_the_plan_wishes_other_colours(bench):
    first = bench.make()
    again = bench.make(colours={"saturation": 0.0})
    assert all(one.sha256 != other.sha256 for one, other in zip(first.files, again.files, strict=True))
    np.testing.assert_allclose(bench.colour(0), 0, atol=NEAR)


def test_a_photo_of_something_else_lends_its_general_colours_and_that_is_said(bench, tmp_path):
    bench.make()
    plain = bench.colour(1)
    photo = painted(np.asarray(scene(77, 0, 90, 120)), 10, -50)
    write_png(tmp_path / "photo.png", photo)
    made = bench.make(tmp_path / "photo.png")
    assert "photo.png fits no shot: only its general colours are used, a little" in bench.heard.said
    moved = bench.colour(1) - plain
    assert -16 < moved[1] < -4
    assert [file.colour.name for file in made.photos] == ["photo.png"]


def test_where_a_photo_fits_others_that_do_not_lend_nothing(bench):
    fitting = painted(frame_of(bench.film, 30), 20, 30)
    strange = painted(np.asarray(scene(77, 0, 90, 120)), 10, -50)
    leads = [
        (_Lead(Guide(name, pixels, None), look_of(pixels[:, :, :1]), None), fit)
        for name, pixels, fit in (("fits", fitting, 0.9), ("strange", strange, 0.2))
    ]
    assert [guide.name for guide in _leaned_to(leads)] == ["fits"]
    assert [fit for _, fit in _followed([(leads[0][0], fit) for fit in (0.97, 0.89, 0.8)], [])] == [
        0.97,
        0.89,
    ]
    assert [guide.name for guide in _leaned_to(leads[1:])] == ["strange"]


def test_a_picture_added_under_a_moment_s_name_is_taken_as_it_is(bench):
    bench.make()
    added = bench.stills / "shot-002 0-00-01.500.jpg"
    write_png(added, painted(frame_of(bench.film, 24), 40, 10))
    files = bench.make().files
    (mine,) = [file for file in files if file.by_hand]
    assert (mine.colour, mine.shot, float(mine.time)) == (added, 1, 1.5)
    assert mine.frame.exists()
    added.unlink()
    assert not any(file.by_hand for file in bench.make().files)


def test_a_name_means_the_frame_whose_name_it_is_though_names_are_rounded(bench):
    bench.make()
    # Frame 9 is shown at 0.5625 s.
    write_png(bench.stills / "0-00-00.562.png", painted(frame_of(bench.film, 9), 40, 10))
    (mine,) = [file for file in bench.make().files if file.by_hand]
    assert float(mine.time) == 0.5625


def test_a_stray_picture_finds_its_frame_and_one_of_no_frame_is_a_reference(bench):
    bench.make()
    write_png(bench.stills / "coloured.png", painted(frame_of(bench.film, 33), 0, 40))
    write_png(bench.stills / "garden.png", painted(np.asarray(scene(5, 0)), -30, 30))
    made = bench.make()
    (mine,) = [file for file in made.files if file.by_hand]
    assert mine.shot == 1
    assert [photo.colour.name for photo in made.photos] == ["garden.png"]
    assert any("garden.png among the stills shows no frame" in each for each in bench.heard.said)


def test_a_grey_picture_added_is_left_out_and_that_is_said(bench):
    bench.make()
    write_png(bench.stills / "other.png", np.full((64, 96, 1), 0.5, np.float32))
    bench.make()
    assert any("other.png among the stills is grey" in each for each in bench.heard.said)


def test_good_stills_are_the_only_ones_that_are_used(bench):
    made = bench.make()
    good = bench.stills / "good"
    good.mkdir()
    shutil.move(made.files[1].colour, good)
    shutil.copy(made.files[2].frame, good)
    assert [file.shot for file in bench.make().files] == [1, 2]
    shutil.rmtree(good)
    assert [file.shot for file in bench.make().files] == [0, 2], "the one moved there is gone with it"


def test_stills_of_another_film_are_made_anew_unless_a_person_s_work_is_among_them(
    bench, old_film, tmp_path
):
    made = bench.make()
    other = Bench(old_film, tmp_path)
    fresh = other.make()
    assert len(fresh.files) == 3
    assert len(other.names()) == 6, "the other film's are gone"
    write_png(fresh.files[0].colour, np.full((64, 96, 3), (0.9, 0.2, 0.2), np.float32))
    with pytest.raises(InputError, match="belong to another film and some were made by hand: move"):
        bench.make()
    assert made


def test_a_damaged_list_is_said_and_nothing_is_lost(bench):
    bench.make()
    (bench.stills / "stills.json").write_text("{")
    with pytest.raises(InputError, match=r"stills\.json is damaged: move the folder"):
        bench.make()
    assert len(bench.names()) == 6


def test_a_run_broken_off_takes_no_picture_of_its_own_for_a_person_s(bench):
    class BrokenError(Exception):
        pass

    class Breaking(Heard):
        def step(self, frames=1):
            if self.phases[-1] == "colour stills":
                raise BrokenError

    with pytest.raises(BrokenError):
        colour_stills(bench.plan(), bench.work, Breaking(), bench.networks)
    assert list(bench.stills.glob("* colour.png"))
    assert [file.by_hand for file in bench.make().files] == [False, False, False]


def test_a_still_that_was_listed_but_not_yet_written_is_not_taken_for_deleted(tmp_path):
    def folder():
        return Folder(tmp_path, "film")

    first = folder()
    entry = Entry(time=Fraction(1), frame="a.png", colour="a colour.png", origin="chosen")
    first.entries.append(entry)
    first.put_colour(entry, np.zeros((16, 16, 3), np.float32))
    # The list as it is on disk at this moment was saved before the picture was written.
    assert not folder().entries[0].by_hand
    assert folder().entries[0].written
    (tmp_path / "a colour.png").unlink()
    assert not folder().entries[0].gone
    first.save()
    assert folder().entries[0].gone


def test_a_still_that_could_not_be_coloured_anew_is_not_taken_for_deleted(tmp_path):
    first = Folder(tmp_path, "film")
    entry = Entry(time=Fraction(1), frame="a.png", colour="a colour.png", origin="chosen")
    first.entries.append(entry)
    first.put_colour(entry, np.zeros((16, 16, 3), np.float32))
    first.save()
    (tmp_path / "a colour.png.part").mkdir()
    with pytest.raises((OutputError, OSError)):
        first.put_colour(entry, np.ones((16, 16, 3), np.float32))
    assert not (tmp_path / "a colour.png").exists()
    again = Folder(tmp_path, "film").entries[0]
    assert not again.gone
    assert not again.by_hand


def test_a_hint_colours_what_it_points_at_and_the_still_of_its_moment_counts_as_by_hand(bench):
    made = bench.make(palette=["5,5@1.75=#2040ff"])
    (mine,) = [file for file in made.files if file.by_hand]
    assert float(mine.time) == 1.75
    lab = to_lab(mine.load().picture)
    assert lab[3:8, 3:8, 2].mean() < 0
    bench.make(palette=["5,5@1.75=#ff4020"])
    assert bench.made.of(1)[0].sha256 != mine.sha256, "another colour"
    bench.make()
    assert "0-00-01.750" not in " ".join(bench.names()), "the hint was taken back"


def test_a_still_of_a_hint_that_was_changed_by_hand_stays_when_the_hint_is_taken_back(bench):
    (mine,) = [file for file in bench.make(palette=["5,5@1.75=blue"]).files if file.by_hand]
    write_png(mine.colour, painted(frame_of(bench.film, 28), 40, 10))
    (kept,) = [file for file in bench.make().files if file.by_hand]
    assert kept.colour == mine.colour


def test_a_hint_at_a_deleted_still_makes_a_new_one_and_the_deleted_one_stays_away(bench):
    gone = bench.make().files[1]
    gone.colour.unlink()
    hint = f"5,5@{float(gone.time)}=blue"
    for _ in range(2):
        (file,) = bench.make(palette=[hint]).of(1)
        assert file.time == gone.time
        assert not gone.colour.exists()


def test_a_hint_at_a_still_made_by_hand_is_left_out_and_that_is_said(bench):
    still = bench.make().files[1]
    write_png(still.colour, painted(frame_of(bench.film, 25), 40, 10))
    kept = still.colour.read_bytes()
    bench.make(palette=[f"5,5@{float(still.time)}=blue"])
    assert any("is left out: the still of that moment has colours made" in s for s in bench.heard.said)
    assert still.colour.read_bytes() == kept


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("shot-003 0-01-02.500 colour.png", 62.5),
        ("1-00-00.png", 3600),
        ("2019-05-14.png", None),
        ("garden 12.png", None),
    ],
)
def test_a_time_is_read_from_a_name_but_not_from_a_date(name, seconds):
    assert time_in(name) == seconds


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("96,5@1=red", "points beside the picture, which is 96x64 pixels"),
        ("5,64@1=red", "points beside the picture"),
        ("5,5@9=red", "points behind the end of the film, which is 3.75 s long"),
        ("5,5@1=rde", '"rde" is no colour'),
        ("5,5=red", "points at no colour: write it as in"),
        ("a,5@1=red", "points at no colour"),
    ],
)
def test_a_hint_that_cannot_be_is_refused_in_one_sentence(bench, text, sentence):
    with pytest.raises(UsageError, match=sentence):
        bench.make(palette=[text])


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("none.png", "none.png cannot be read"),
        ("text.png", "text.png is no picture"),
        ("grey.png", "grey.png is grey: it has no colours to give"),
        ("empty", "empty holds no pictures"),
    ],
)
def test_a_reference_that_cannot_be_used_is_refused_before_the_film_is_looked_at(
    bench, tmp_path, name, sentence
):
    (tmp_path / "text.png").write_text("words")
    write_png(tmp_path / "grey.png", np.full((64, 96, 1), 0.5, np.float32))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=sentence):
        bench.make(tmp_path / name)
    assert "survey" not in bench.heard.phases


def test_a_picture_named_after_a_time_behind_the_end_is_refused(bench):
    bench.make()
    write_png(bench.stills / "shot-001 0-05-00.000.png", painted(frame_of(bench.film, 3), 40, 10))
    with pytest.raises(InputError, match=r"tells a time after the film's end, 3\.75 s"):
        bench.make()


def test_the_first_the_middle_and_the_last_frame_can_be_asked_for(bench):
    bench.make()
    first = next(file for file in bench.made.files if file.shot == 0)
    write_png(first.colour, painted(frame_of(bench.film, 5), 40, 10))
    made = bench.make(stills="first-middle-last")
    assert next(file for file in made.files if file.by_hand).time == first.time
    assert [float(file.time) for file in made.files if file.shot == 1] == [1.25, 1.8125, 2.4375]
    for files in (made.files, bench.make(stills="first-middle-last").files):
        assert len(files) == 9, "the one made by hand is the middle one"


def test_a_film_with_colours_of_its_own_has_no_stills(bench, tmp_path):
    frames = [np.asarray(painted(scene(1, number), 30, 30) * 255, np.uint8) for number in range(6)]
    bench.film = tmp_path / "frames"
    bench.film.mkdir()
    for number, frame in enumerate(frames):
        cv2.imwrite(str(bench.film / f"{number:03d}.png"), frame[:, :, ::-1])
    assert bench.make().files == ()


def run(bench, tmp_path, *references, **changes):
    heard = Heard()
    plan = bench.plan(references, **changes)
    wishes = Wishes(bench.work, overwrite=True)
    record = restore(plan, tmp_path / "out.mkv", wishes, heard, bench.networks)
    return json.loads(record.read_text()), heard


def test_the_restored_film_has_the_colours_of_its_stills_and_the_record_says_so(bench, tmp_path):
    write_png(tmp_path / "mine.png", painted(frame_of(bench.film, 30), -30, 30))
    record, _ = run(bench, tmp_path, tmp_path / "mine.png")
    frames = [frame.pixels for frame in open_film(tmp_path / "out.mkv").watch()]
    means = [to_lab(frame)[:, :, 1].mean() for frame in (frames[5], frames[30], frames[50])]
    assert means[1] < -10
    assert min(means[0], means[2]) > 0
    stills = [shot["stills"] for shot in record["shots"]]
    assert [any(still["by_hand"] for still in each) for each in stills] == [False, True, False]
    followed = [still["references"] for still in stills[1] if not still["by_hand"]]
    assert followed[0][0]["name"] == "mine.png"


def test_only_changed_stills_make_the_film_anew(bench, tmp_path):
    works = []
    for change in (None, None, "edit"):
        if change:
            still = next(bench.stills.glob("shot-001* colour.png"))
            write_png(still, np.full((64, 96, 3), (0.9, 0.3, 0.3), np.float32))
        record, _ = run(bench, tmp_path, end=Fraction(1))
        works.append(record["made_with"]["work"])
    assert works[0] == works[1] != works[2]


def test_references_without_a_stage_that_follows_them_add_one_after_the_colours():
    plan = Plan(stages=(make_stage("colourise", {}), make_stage("levels", {}))).led_by(["a.png"], [])
    changed, said = plan.following()
    assert [stage.name() for stage in changed.stages] == ["colourise", "remaster", "levels"]
    assert "remaster comes after colourise" in said
    assert Plan(stages=plan.stages).following() == (Plan(stages=plan.stages), "")
    with pytest.raises(UsageError, match="has no stage that colours: add --stage colourise"):
        Plan(stages=(make_stage("levels", {}),)).led_by([], ["1,1@0=red"]).following()
