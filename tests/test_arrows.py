"""Imports point one way: from what a person uses down to plain values."""

import ast
from pathlib import Path

import pytest

import refilm

ROOT = Path(refilm.__file__).parent

LAYERS = [
    {"errors", "version"},
    {"frames"},
    {"luma", "lab"},
    {"findings", "streams", "flow", "chroma", "photos", "progress"},
    {"bands"},
    {"job"},
    {"models", "film", "survey", "stages", "fingerprint", "age", "sample"},
    {"segments", "outputs", "workspace", "training"},
    {"stills"},
    {"chainstep"},
    {"plan"},
    {"render", "settling"},
    {"record"},
    {"restore"},
    {"chain"},
    {"bench"},
    {"cli", "__init__"},
    {"__main__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
BESIDE = {
    ("survey", "film"),
    ("stages", "models"),
    ("workspace", "survey"),
    ("age", "film"),
    ("sample", "film"),
    ("sample", "age"),
}
"""Arrows within a layer that are wished for."""


def modules():
    return sorted(path for path in ROOT.rglob("*.py"))


def part(path):
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if node.module == "refilm":
                names = [f"refilm.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        yield from (name.split(".")[1] for name in names if name.startswith("refilm."))


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_below(path):
    here = part(path)
    for there in imported(path):
        allowed = there == here or LEVEL[there] < LEVEL[here] or (here, there) in BESIDE
        assert allowed, f"{path.relative_to(ROOT)} imports {there}, which is not below {here}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_film_package_knows_ffmpeg(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    names = [
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    ] + [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    uses = any(name == "av" or name.startswith("av.") for name in names)
    assert not uses or part(path) == "film"
