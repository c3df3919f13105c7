"""Starting is quick: nothing heavy is loaded before it is needed."""

import subprocess
import sys
import time

import pytest

LONGEST = 1.5
"""Seconds that a person waits without wondering."""
LIBRARIES = 0.2
"""Seconds in which an ordinary idle laptop starts Python with the libraries below."""


def seconds(*words):
    begun = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return time.perf_counter() - begun


def on_an_idle_laptop(*words):
    """The machine may be slow or busy: what libraries take beside it tells how much."""
    slowness = seconds("-c", "import numpy, cv2, av, click, scenedetect") / LIBRARIES
    return seconds(*words) / max(slowness, 1)


@pytest.mark.parametrize("words", [["-c", "import refilm"], ["-m", "refilm", "--help"]])
def test_starts_in_under_a_second_and_a_half(words):
    assert min(on_an_idle_laptop(*words) for _ in range(3)) < LONGEST


def test_help_does_not_load_torch():
    code = "import sys, refilm.cli; assert 'torch' not in sys.modules, 'torch was imported'"
    subprocess.run([sys.executable, "-c", code], check=True)
