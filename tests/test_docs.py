"""The pages of docs/ that the code tells are those that are there."""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


def generator():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["stages.md", "networks.md", "commands.md", "plans.md"])
def test_the_page_says_what_the_code_says(name):
    text = generator().pages()[name]
    assert (DOCS / name).read_text(encoding="utf-8") == text, "run: make docs"
