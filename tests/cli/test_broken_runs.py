"""Real processes, really killed: the next run goes on, and the result is the same to the bit."""

import json
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import SHOT, scene, write_film

WORDS = ["--stage", "deflicker", "--stage", "clean", "--stage", "upscale:times=3"]
SHOTS = 8
PATIENCE = 60
"""Seconds to wait for a process before the test gives up."""


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Many shots, so that a run has as many segments."""
    frames = [scene(shot, number) for shot in range(SHOTS) for number in range(SHOT)]
    return write_film(tmp_path_factory.mktemp("films") / "film.mkv", frames)


class Run:
    """A refilm process, and what it writes."""

    def __init__(self, film, output):
        self.news = output.with_name("news")
        self.errors = output.with_name("errors")
        words = ["restore", str(film), "-o", str(output), *WORDS, "--json"]
        with self.news.open("w") as news, self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "refilm", *words], stdout=news, stderr=errors
            )

    def ended(self):
        """Wait for the process and return its exit code."""
        return self.process.wait(PATIENCE)

    def told(self):
        """Return its news, one dictionary a line."""
        return [json.loads(line) for line in self.news.read_text().splitlines()]


def segments(output):
    folder = output.with_name(output.name + ".refilm")
    return {path.name: path.stat().st_mtime_ns for path in folder.rglob("*.segment")}


def stop_in_the_middle(run, output, how):
    """Send the signal once two segments are done and return which were."""
    end = time.monotonic() + PATIENCE
    while len(segments(output)) < 2:
        assert run.process.poll() is None, "the process ended before it could be stopped"
        assert time.monotonic() < end, "no segments came"
        time.sleep(0.01)
    run.process.send_signal(how)
    run.ended()
    return segments(output)


@pytest.fixture(scope="module")
def unbroken(film, tmp_path_factory):
    output = tmp_path_factory.mktemp("unbroken") / "out.mp4"
    run = Run(film, output)
    assert run.ended() == 0, run.errors.read_text()
    return output.read_bytes()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=str)
def test_a_stopped_run_goes_on_where_it_stopped_with_the_same_result(film, tmp_path, unbroken, how):
    output = tmp_path / "out.mp4"
    done = stop_in_the_middle(Run(film, output), output, how)
    assert len(done) < SHOTS
    assert not output.exists()
    again = Run(film, output)
    assert again.ended() == 0, again.errors.read_text()
    assert output.read_bytes() == unbroken
    restored = [news for news in again.told() if news.get("phase") == "restore"]
    # A segment without its notes counts as lost too, hence one less than there are.
    assert restored[0]["done"] >= SHOT * (len(done) - 1)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_ctrl_c_says_what_to_type_to_go_on(film, tmp_path, how):
    output = tmp_path / "out.mp4"
    run = Run(film, output)
    stop_in_the_middle(run, output, how)
    errors = run.errors.read_text()
    assert run.ended() == 5
    assert "Traceback" not in errors
    assert f"refilm restore {film} -o {output}" in errors
    assert not list(output.with_name("out.mp4.refilm").rglob("*.part"))


def test_two_runs_of_one_output_do_not_mix(film, tmp_path):
    output = tmp_path / "out.mp4"
    first = Run(film, output)
    try:
        while not (tmp_path / "out.mp4.refilm" / "log.txt").exists():
            assert first.process.poll() is None
            time.sleep(0.01)
        second = Run(film, output)
        assert second.ended() == 6
        assert "Another refilm works in" in second.errors.read_text()
    finally:
        first.process.kill()
        first.ended()


def test_a_pipe_is_restored_like_a_file(film, tmp_path):
    output = tmp_path / "out.mp4"
    words = [sys.executable, "-m", "refilm", "restore", "-", "-o", str(output), *WORDS]
    with film.open("rb") as pipe:
        done = subprocess.run(words, stdin=pipe, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "stored in the workspace" in done.stderr
    assert output.stat().st_size > 1000


def test_news_for_programs_is_one_json_object_a_line(film, tmp_path):
    run = Run(film, tmp_path / "out.mp4")
    assert run.ended() == 0
    events = [each["event"] for each in run.told()]
    assert events[-1] == "done"
    assert {"progress", "plan"} <= set(events)
    assert all(each["film"] == "film.mkv" for each in run.told())
