"""The version of refilm, in the one place that the package and the records read it from."""

__version__ = "0.1.0"
