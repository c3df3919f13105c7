"""A short clean film, drawn by code: something to age, and to try everything on."""

from refilm.sample.drawing import cuts, draw, info
from refilm.sample.tune import BELLS, sound
from refilm.sample.writing import write_sample

__all__ = ["BELLS", "cuts", "draw", "info", "sound", "write_sample"]
