import os
import signal
import subprocess
import sys
import time

import pytest

from refilm.errors import OutputError
from refilm.film.safely import complaints, finished


def test_a_file_gets_its_name_only_when_all_is_written(tmp_path):
    path = tmp_path / "film.mp4"
    with finished(path) as part:
        part.write_bytes(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    assert not part.exists()


def break_off(path):
    with finished(path) as part:
        part.write_bytes(b"half")
        raise KeyboardInterrupt


def test_what_breaks_off_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        break_off(tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


def test_a_killed_writer_leaves_only_a_part(tmp_path):
    script = (
        "import sys, time, pathlib\n"
        "from refilm.film.safely import finished\n"
        "with finished(pathlib.Path(sys.argv[1])) as part:\n"
        "    part.write_bytes(b'half')\n"
        "    time.sleep(60)\n"
    )
    path = tmp_path / "film.mp4"
    writer = subprocess.Popen([sys.executable, "-c", script, str(path)])
    part = tmp_path / "film.mp4.part"
    for _ in range(1000):
        if part.exists() and part.stat().st_size:
            break
        time.sleep(0.01)
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4.part"]


@pytest.mark.parametrize(
    ("number", "words"),
    [(28, "the disk is full; make room"), (30, "the disk is read-only"), (13, "does not allow it")],
)
def test_the_disk_s_complaints_become_advice(tmp_path, number, words):
    with pytest.raises(OutputError, match=words), complaints(tmp_path / "film.mp4"):
        raise OSError(number, "any")


def test_other_faults_pass_untouched(tmp_path):
    with pytest.raises(ZeroDivisionError), complaints(tmp_path / "film.mp4"):
        _ = 1 / 0
