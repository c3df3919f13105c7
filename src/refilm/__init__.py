"""Give a digitised old film back steady, clean, sharp and at a modern frame rate."""

from refilm.errors import (
    InputError,
    OutputError,
    RefilmError,
    StoppedError,
    UsageError,
    WeightsError,
)
from refilm.film import Encoding, open_film
from refilm.findings import Survey
from refilm.frames import FilmInfo, Frame, Shot
from refilm.plan import Plan
from refilm.progress import Watcher
from refilm.restore import Wishes, restore
from refilm.stages.base import Stage
from refilm.survey import survey_film
from refilm.version import __version__

__all__ = [
    "Encoding",
    "FilmInfo",
    "Frame",
    "InputError",
    "OutputError",
    "Plan",
    "RefilmError",
    "Shot",
    "Stage",
    "StoppedError",
    "Survey",
    "UsageError",
    "Watcher",
    "WeightsError",
    "Wishes",
    "__version__",
    "open_film",
    "restore",
    "survey_film",
]
