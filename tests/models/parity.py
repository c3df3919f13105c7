"""The published networks' own numbers: weights filled by a recipe, inputs, and what came out."""

import importlib.util
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

FOLDER = Path(__file__).parents[2] / "../shared/parity"


class Fixture:
    """One network's cases, as it is said of them and as arrays."""

    def __init__(self, name):
        if not FOLDER.exists():
            pytest.skip("the parity fixtures do not lie beside the checkout")
        self.said = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        self.arrays = dict(np.load(FOLDER / f"{name}.npz"))

    def state(self):
        """The weights by their published keys."""
        said = self.said
        filled = _recipe().fill_state(said["keys"], said["adjust"], said["spectral"], said["tied"])
        return {key: torch.from_numpy(np.array(values)) for key, values in filled.items()}

    def part(self, name):
        """The weights of one of its parts by their published keys; tied ones are one tensor."""
        said = self.said["parts"][name]
        filled = _recipe().fill_state(said["keys"], said["adjust"], None, said["tied"])
        own = {k: torch.from_numpy(np.array(v)) for k, v in filled.items() if k not in said["tied"]}
        return {key: own[said["tied"].get(key, key)] for key in filled}

    def keras_state(self):
        """The weights of a network of Keras by their paths in its file."""
        filled = _recipe().fill_keras(self.said["layers"], self.said["damped"], self.said["heads"])
        return {key: torch.from_numpy(np.array(values)) for key, values in filled.items()}

    def input(self, case, name):
        """An input of a case as it is stored, as float."""
        return torch.from_numpy(self.arrays[f"{case}.in.{name}"]).float()

    def picture(self, case, name="rgb_u8"):
        """A picture of a case, (1, 3, H, W), 0..1."""
        return self.input(case, name).permute(2, 0, 1)[None] / 255

    def check(self, case, **given):
        """Hold results against the published ones, within what the fixture allows."""
        for name, values in given.items():
            error = np.abs(values.numpy() - self.arrays[f"{case}.out.{name}"]).max()
            allowed = self.said["cases"][case]["atol"][name]
            assert error <= allowed, f"{case}: {name} is off by {error:.2g}, more than {allowed:.2g}"


@cache
def _recipe():
    spec = importlib.util.spec_from_file_location("fill", FOLDER / "fill.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
