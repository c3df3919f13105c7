"""How fast a plan restores a film on this machine, in all and by stages, and in how much memory."""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from refilm.film import open_film
from refilm.findings import Survey
from refilm.fingerprint import versions
from refilm.frames import Frame
from refilm.job import Job
from refilm.models import networks
from refilm.outputs import record_path
from refilm.plan import Plan
from refilm.render import shown_as
from refilm.survey import survey_film

STAGE_FRAMES = 48
"""Frames that each stage is timed on: some seconds of work, little memory."""


def measure(source: str, plan: Plan) -> dict[str, Any]:
    """Return seconds and source frames per second of a whole run and of each stage alone.

    The whole run is a process of its own, as a user starts it; its peak memory is that of the
    process. Stage times are on the first shot's frames, one stage after the other.
    """
    film = open_film(source, rate=plan.rate)
    begun = time.perf_counter()
    survey = survey_film(film)
    seconds = time.perf_counter() - begun
    fitted, _ = plan.fitted(survey)
    frames = len(survey.timeline)
    return {
        "machine": {"cores": os.cpu_count(), "processor": platform.machine(), **versions()},
        "film": {"frames": frames, "width": film.info.width, "height": film.info.height},
        "plan": [stage.name() for stage in fitted.stages],
        "whole": _whole(source, plan, frames),
        "survey": {"seconds": seconds, "frames_per_second": frames / seconds},
        "stages": list(_stages(source, fitted, survey)),
    }


def _whole(source: str, plan: Plan, frames: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        output, plan_file = Path(folder) / "out.mkv", Path(folder) / "plan.json"
        plan_file.write_text(plan.to_json(), encoding="utf-8")
        words = ["restore", source, "-o", str(output), "--plan", str(plan_file)]
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "refilm", *words], check=True, capture_output=True)
        seconds = time.perf_counter() - begun
        record = json.loads(record_path(output).read_text(encoding="utf-8"))
    return {
        "seconds": seconds,
        "frames_per_second": frames / seconds,
        "seconds_without_start": record["seconds_taken"],
        "frames_per_second_without_start": frames / record["seconds_taken"],
        "peak_megabytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


def _stages(source: str, plan: Plan, survey: Survey) -> Iterator[dict[str, Any]]:
    shot = survey.shots[0]
    film, network = open_film(source, rate=plan.rate), networks()
    stop = min(shot.stop, shot.first + STAGE_FRAMES)
    channels = 1 if shot.monochrome else film.info.channels
    frames = list(film.read(survey.timeline, shot.first, stop, channels))
    count = len(frames)
    for stage, info in zip(plan.stages, plan.infos(shown_as(survey)), strict=False):
        job = Job(info, survey, shot, network, _no_film, _no_note)
        begun = time.perf_counter()
        frames = list(stage.process(iter(frames), job))
        seconds = time.perf_counter() - begun
        yield {"stage": stage.name(), "milliseconds_per_source_frame": 1000 * seconds / count}


def _no_film(path: str) -> Iterator[Frame]:
    del path
    yield from ()


def _no_note(name: str, value: float) -> None:
    del name, value
