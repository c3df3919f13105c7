"""The pages of docs/ that the code tells are those that are there."""

import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ["stages.md", "networks.md", "commands.md", "plans.md"]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The folder with the pages as the code tells them now."""
    folder = tmp_path_factory.mktemp("docs")
    subprocess.run([sys.executable, str(DOCS / "generate.py"), str(folder)], check=True)
    return folder


@pytest.mark.parametrize("name", PAGES)
def test_the_page_says_what_the_code_says(told, name):
    text = (told / name).read_text(encoding="utf-8")
    assert (DOCS / name).read_text(encoding="utf-8") == text, "run: make docs"


def test_no_page_is_left_unchecked(told):
    assert sorted(path.name for path in told.iterdir()) == sorted(PAGES)
