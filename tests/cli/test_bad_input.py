"""What a person gives wrongly is answered in one sentence, with an exit code; nothing is lost."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from refilm.cli import run
from tests.conftest import scene, write_film

LIGHT = ["--stage", "levels"]
"""A plan that needs neither weights nor time."""


@pytest.fixture
def refilm(capsys):
    """Run a command line and return its exit code and what it wrote to standard error."""

    def call(*words):
        code = run([str(word) for word in words])
        return code, capsys.readouterr().err

    return call


def last_sentence(errors):
    lines = errors.strip().splitlines()
    assert not any("Traceback" in line for line in lines)
    return lines[-1]


def nothing_is_left(folder, *names):
    left = {path.name for path in folder.iterdir() if not path.name.endswith(".refilm")}
    assert left == set(names)


def truncated(path, old_film):
    path.write_bytes(old_film.read_bytes()[:2000])


def sound_only(path):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        sound.rate, sound.pts = 16000, 0
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "no file or folder"),
        ("empty", "empty"),
        ("text", "film.mp4"),
        ("truncated", "film.mp4"),
        ("sound", "no pictures"),
    ],
)
def test_a_file_that_is_no_film_is_named_in_one_sentence(refilm, tmp_path, old_film, content, sentence):
    film = tmp_path / "film.mp4"
    make = {
        "empty": lambda: film.touch(),
        "text": lambda: film.write_text("This was never a film.\n" * 50),
        "truncated": lambda: truncated(film, old_film),
        "sound": lambda: sound_only(film),
    }
    if content:
        make[content]()
    code, errors = refilm("restore", film, "-o", tmp_path / "out.mp4", *LIGHT)
    assert code == 3
    assert sentence in last_sentence(errors)
    nothing_is_left(tmp_path, *(["film.mp4"] if content else []))


def test_a_folder_without_pictures_is_refused(refilm, tmp_path):
    (tmp_path / "scan").mkdir()
    code, errors = refilm("restore", tmp_path / "scan", "-o", tmp_path / "out.mp4", *LIGHT)
    assert code == 3
    assert "holds no pictures" in last_sentence(errors)


@pytest.mark.parametrize("count", [1, 2])
def test_the_shortest_films_are_restored(refilm, tmp_path, count):
    film = write_film(tmp_path / "short.mkv", [scene(0, n) for n in range(count)])
    plan = [*LIGHT, "--stage", "stabilise", "--stage", "deflicker", "--stage", "clean"]
    plan += ["--stage", "interpolate:method=flow", "--stage", "dedupe", "--stage", "crop"]
    code, errors = refilm("restore", film, "-o", tmp_path / "out.mp4", *plan)
    assert code == 0, errors


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 5), (17, 33), (8191, 16)])
def test_a_film_of_any_size_is_restored(refilm, tmp_path, width, height):
    frames = [np.full((height, width), 40 * n + 30, np.uint8) for n in range(4)]
    film = write_film(tmp_path / "odd.mkv", frames, codec="ffv1", pixel_format="gray")
    plan = [*LIGHT, "--stage", "stabilise", "--stage", "deflicker", "--stage", "clean"]
    code, errors = refilm("restore", film, "-o", tmp_path / "out.mp4", *plan)
    assert code == 0, errors
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 4


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--stage", "stabilize"], 'did you mean "stabilise"'),
        (["--stage", "clean:strenght=1"], 'did you mean "strength"'),
        (["--stage", "clean:strength=3"], "less than or equal to 1"),
        (["--stage", "clean:strength"], "key=value"),
        (
            ["--stage", "colourise:method=rife"],
            "rife is a network for interpolation",
        ),
        (["--plan", "goood"], 'did you mean "good"'),
        (["--rate", "0"], "above 0"),
        (["--from", "soon"], "no time"),
        (["--from", "100", *LIGHT], "4.50 s long"),
        (["--from", "3", "--to", "1", *LIGHT], "No frame"),
        (["--codec", "vhs"], "vhs"),
        (["--quality", "99", *LIGHT], "99"),
        (["--codec", "prores", *LIGHT], "mp4"),
        (["--bit-depth", "9"], "9"),
        (["--stage", "crop:width=9999,height=9999"], "crop"),
        (["--colour"], "--colour"),
    ],
)
def test_a_wrong_word_is_answered_with_what_is_allowed(refilm, tmp_path, old_film, words, sentence):
    code, errors = refilm("restore", old_film, "-o", tmp_path / "out.mp4", *words)
    assert code == 2
    assert sentence in last_sentence(errors)
    nothing_is_left(tmp_path)


def test_an_output_with_an_unknown_ending_is_refused_before_any_work(refilm, tmp_path, old_film):
    code, errors = refilm("restore", old_film, "-o", tmp_path / "out.mp5", *LIGHT)
    assert code == 2
    assert ".mp4 was meant" in last_sentence(errors)
    nothing_is_left(tmp_path)


def test_the_film_itself_is_refused_as_output(refilm, tmp_path, old_film):
    film = tmp_path / "film.mp4"
    shutil.copy(old_film, film)
    code, errors = refilm("restore", film, "-o", film, "--overwrite", *LIGHT)
    assert code == 2
    assert "film itself" in last_sentence(errors)
    assert film.read_bytes() == old_film.read_bytes()


def test_missing_weights_are_said_with_the_command_that_gets_them(tmp_path, old_film):
    environment = {**os.environ, "REFILM_MODELS": str(tmp_path / "none")}
    words = [sys.executable, "-m", "refilm", "restore", str(old_film), "-o", str(tmp_path / "out.mp4")]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "refilm models fetch rife" in last_sentence(done.stderr)
    nothing_is_left(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everywhere")
@pytest.mark.parametrize("what", ["film", "output"])
def test_a_place_without_permission_is_named(refilm, tmp_path, old_film, what):
    film = tmp_path / "film.mp4"
    shutil.copy(old_film, film)
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    if what == "film":
        film.chmod(0)
    output = (tmp_path if what == "film" else folder) / "out.mp4"
    code, _ = refilm("restore", film, "-o", output, *LIGHT)
    assert code == (3 if what == "film" else 6)


def test_a_full_disk_is_said_and_leaves_no_result(tmp_path, old_film):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=60k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can make a small disk")
    try:
        words = ["restore", str(old_film), "-o", str(disk / "out.mkv"), *LIGHT, "--codec", "ffv1"]
        done = subprocess.run(
            [sys.executable, "-m", "refilm", *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 6, done.stderr
        assert "disk/" in last_sentence(done.stderr)
        assert not (disk / "out.mkv").exists()
        assert not list(disk.rglob("*.part"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_bad_film_does_not_stop_the_others(refilm, tmp_path, old_film):
    folder = tmp_path / "reels"
    folder.mkdir()
    shutil.copy(old_film, folder / "a.mp4")
    (folder / "b.mp4").write_text("not a film")
    shutil.copy(old_film, folder / "c.mp4")
    code, errors = refilm("restore", folder, "-o", f"{tmp_path}/new/", *LIGHT)
    assert code == 7
    assert "1 of 3 films failed" in last_sentence(errors)
    made = sorted(path.name for path in (tmp_path / "new").glob("*.mp4"))
    assert made == ["a.restored.mp4", "c.restored.mp4"]


def test_several_films_into_one_file_are_refused(refilm, tmp_path, old_film):
    other = tmp_path / "other.mp4"
    shutil.copy(old_film, other)
    code, errors = refilm("restore", old_film, other, "-o", tmp_path / "out.mp4", *LIGHT)
    assert code == 2
    assert "folder" in last_sentence(errors)


def test_a_damaged_place_is_restored_with_a_warning_that_names_the_time(refilm, tmp_path):
    whole = write_film(tmp_path / "whole.mp4", [scene(0, n) for n in range(72)])
    content = bytearray(whole.read_bytes())
    with av.open(str(whole)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        start, size = packets[33].pos, packets[33].size
    content[start + 5 : start + size] = np.random.default_rng(0).bytes(size - 5)
    film = tmp_path / "film.mp4"
    film.write_bytes(content)
    code, errors = refilm("restore", film, "-o", tmp_path / "out.mp4", *LIGHT)
    assert code == 0
    assert " s" in errors
    assert "damaged" in errors


def test_pictures_of_different_sizes_are_refused(refilm, tmp_path):
    folder = tmp_path / "scan"
    folder.mkdir()
    for number, width in enumerate([64, 64, 80]):
        assert cv2.imwrite(str(folder / f"{number}.png"), np.zeros((48, width, 3), np.uint8))
    code, errors = refilm("restore", folder, "-o", tmp_path / "out.mp4", *LIGHT)
    assert code == 3
    assert "2.png" in last_sentence(errors)


def test_a_name_with_spaces_quotes_and_accents_is_no_trouble(refilm, tmp_path, old_film):
    film = tmp_path / 'Öreg "film" 1896\'ból.mp4'
    shutil.copy(old_film, film)
    code, errors = refilm("restore", film, *LIGHT)
    assert code == 0, errors
    assert (tmp_path / 'Öreg "film" 1896\'ból.restored.mp4').exists()


def test_every_failure_has_an_exit_code_of_its_own():
    from refilm import errors

    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = [kind.exit_code for kind in kinds if issubclass(kind, errors.RefilmError)]
    assert len(codes) == len(set(codes))
    assert Path(errors.__file__).read_text(encoding="utf-8").count("exit_code = ") == len(codes) - 1


def test_a_failure_is_news_for_programs_too(tmp_path, capsys):
    assert run(["restore", str(tmp_path / "none.mp4"), *LIGHT, "--json"]) == 3
    news = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (news["event"], news["exit_code"]) == ("error", 3)
    assert "no file or folder" in news["sentence"]
