"""Starting is quick: nothing heavy is loaded before it is needed."""

import subprocess
import sys
import time

import pytest

LONGEST = 1.5
"""Seconds that a person waits without wondering; the best of three, since the machine may be busy."""


@pytest.mark.parametrize("words", [["-c", "import refilm"], ["-m", "refilm", "--help"]])
def test_starts_in_under_a_second_and_a_half(words):
    def once():
        begun = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, capture_output=True)
        return time.perf_counter() - begun

    assert min(once() for _ in range(3)) < LONGEST


def test_help_does_not_load_torch():
    code = "import sys, refilm.cli; assert 'torch' not in sys.modules, 'torch was imported'"
    subprocess.run([sys.executable, "-c", code], check=True)
