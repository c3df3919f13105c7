"""Run refilm as a person does, in a process of its own, and measure it from outside."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from refilm.outputs import record_path
from refilm.plan import Plan

Progress = tuple[float, int, int, float | None]
"""Seconds since the start, frames done, frames in all, seconds said to be left."""


@dataclass(frozen=True)
class Run:
    """What one run of `refilm restore` took."""

    seconds: float
    """From the start of the process to its end."""
    seconds_taken: float
    """What the record says: without the start of Python and its libraries."""
    peak_megabytes: float
    """Most memory that the process held at once (its resident set)."""
    progress: tuple[Progress, ...]
    """What it said of its progress while it restored."""


def run_restore(source: str, plan: Plan) -> Run:
    """Restore a film into a folder that is thrown away, and return what it took.

    Raises subprocess.CalledProcessError where refilm fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        output, plan_file = Path(folder) / "out.mkv", Path(folder) / "plan.json"
        plan_file.write_text(plan.to_json(), encoding="utf-8")
        words = ["restore", source, "-o", str(output), "--plan", str(plan_file), "--json"]
        command = [sys.executable, "-m", "refilm", *words]
        begun = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            progress = tuple(_progress(process, begun))
            # The kernel tells the peak of this one child, which getrusage would mix with others.
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - begun
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        record = json.loads(record_path(output).read_text(encoding="utf-8"))
    return Run(seconds, record["seconds_taken"], usage.ru_maxrss / 1024, progress)


def _progress(process: "subprocess.Popen[str]", begun: float) -> list[Progress]:
    assert process.stdout is not None
    said: list[Progress] = []
    for line in process.stdout:
        news = json.loads(line)
        if news["event"] == "progress" and news["phase"] == "restore":
            now = time.perf_counter() - begun
            said.append((now, news["done"], news["total"], news["seconds_left"]))
    return said
