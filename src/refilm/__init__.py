"""Give a digitised old film back steady, clean, sharp and at a modern frame rate."""

__version__ = "0.1.0"
