"""Make a clean film old, and keep the truth about every frame of it."""

from refilm.age.ageing import Ageing, preset, presets
from refilm.age.cadence import aged_info
from refilm.age.flicker import Light
from refilm.age.pipeline import Aged, age
from refilm.age.weave import Shift

__all__ = ["Aged", "Ageing", "Light", "Shift", "age", "aged_info", "preset", "presets"]
