"""A short clean film, drawn by code: something to age, and to try everything on."""

from refilm.sample.drawing import cuts, draw, info

__all__ = ["cuts", "draw", "info"]
