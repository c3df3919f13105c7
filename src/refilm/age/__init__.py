"""Make a clean film old, and keep the truth about every frame of it."""

from refilm.age.ageing import Ageing, preset, presets
from refilm.age.cadence import aged_info
from refilm.age.flicker import Light
from refilm.age.pipeline import Aged, age
from refilm.age.truth import TrueFrame, Truth, read_truth, save_truth
from refilm.age.weave import Shift
from refilm.age.writing import write_aged

__all__ = [
    "Aged",
    "Ageing",
    "Light",
    "Shift",
    "TrueFrame",
    "Truth",
    "age",
    "aged_info",
    "preset",
    "presets",
    "read_truth",
    "save_truth",
    "write_aged",
]
