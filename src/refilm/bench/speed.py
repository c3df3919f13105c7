"""How fast a plan restores a film on this machine, in all and by stages, and in how much memory."""

import os
import platform
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from refilm.bench.run import Progress, Run, run_restore
from refilm.film import filtered, open_film
from refilm.findings import Survey
from refilm.fingerprint import versions
from refilm.frames import Frame
from refilm.job import Job, Still
from refilm.models import networks
from refilm.plan import Plan
from refilm.render import shown_as
from refilm.survey import survey_film

STAGE_FRAMES = 48
"""Frames that each stage is timed on: some seconds of work, little memory."""


def measure(source: str, plan: Plan) -> dict[str, Any]:
    """Return what a whole run takes, and what the survey and each stage alone take.

    Stages are timed on the first shot's frames, one stage after the other, networks loaded before.
    Those that follow stills have the first frame as it reaches them.
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
        "whole": _whole(run_restore(source, plan), frames),
        "survey_frames_per_second": frames / seconds,
        "stages": list(_stages(source, fitted, survey)),
    }


def _whole(run: Run, frames: int) -> dict[str, float | None]:
    return {
        "seconds": run.seconds,
        "source_frames_per_second": frames / run.seconds,
        "source_frames_per_second_without_start": frames / run.seconds_taken,
        "peak_megabytes": run.peak_megabytes,
        "worst_time_left_error": time_left_error(run.progress),
    }


def time_left_error(progress: Sequence[Progress]) -> float | None:
    """Return by what share the time said to be left was wrong at worst, from a tenth to nine tenths.

    A second more or less counts as right. None where nothing was said in between: the film was too
    short.
    """
    middle = [said for said in progress if 0.1 <= said[1] / said[2] <= 0.9]
    errors = [_error(said, left, progress[-1][0]) for said in middle if (left := said[3]) is not None]
    return max(errors, default=None)


def _error(said: Progress, left: float, end: float) -> float:
    true = end - said[0]
    return 0.0 if abs(left - true) < 1 else abs(left - true) / true


def _stages(source: str, plan: Plan, survey: Survey) -> Iterator[dict[str, Any]]:
    shot, network = survey.shots[0], networks()
    film = open_film(source, rate=plan.rate)
    stop = min(shot.stop, shot.first + STAGE_FRAMES)
    channels = 1 if shot.monochrome else film.info.channels
    frames = list(film.read(survey.timeline, shot.first, stop, channels))
    count = len(frames)
    for name in plan.networks():
        network(name)
    for stage, info in zip(plan.stages, plan.infos(shown_as(survey)), strict=False):
        stills = [_still(frames[0])]
        job = Job(info, survey, shot, network, _no_film, _no_note, filtered, partial(tuple, stills))
        begun = time.perf_counter()
        frames = list(stage.process(iter(frames), job))
        seconds = time.perf_counter() - begun
        yield {"stage": stage.name(), "milliseconds_per_source_frame": 1000 * seconds / count}


def _still(frame: Frame) -> Still:
    height, width, _ = frame.pixels.shape
    return Still(np.broadcast_to(frame.pixels, (height, width, 3)))


def _no_film(path: str) -> Iterator[Frame]:
    del path
    yield from ()


def _no_note(name: str, value: float) -> None:
    del name, value
