"""Networks that need no weights, and films in colour to give references of."""

import numpy as np

from refilm.lab import from_lab

GUESS = (10.0, 20.0)
"""a and b, CIELAB, that the fake colouriser gives everything."""


class Guessing:
    """A colouriser that gives every picture the same colour, and counts its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, luma, **numbers):
        self.calls += 1
        assert luma.shape[2] == 1
        return np.dstack((np.full_like(luma, GUESS[0] / 100), np.full_like(luma, GUESS[1] / 100), luma))


class Matching:
    """Gives each pixel the colour of the reference's pixel at its place, where luma agrees there."""

    def __init__(self, references=()):
        self.references = references

    def given(self, *references):
        assert all(each.ndim == 3 and each.shape[2] == 3 for each in references)
        return Matching(references)

    def __call__(self, luma):
        import cv2

        best = np.zeros((*luma.shape[:2], 3), np.float32)
        for reference in self.references:
            there = cv2.resize(reference, luma.shape[1::-1], interpolation=cv2.INTER_AREA)
            sure = np.clip(1 - 8 * np.abs(there[:, :, 0] - luma[:, :, 0]), 0, 1)
            found = np.dstack((there[:, :, 1:], sure))
            best = np.where(sure[:, :, None] > best[:, :, 2:], found, best)
        return best.astype(np.float32)


class Strange(Matching):
    """Finds nothing in photos that is alike."""

    def given(self, *references):
        assert all(each.ndim == 3 and each.shape[2] == 3 for each in references)
        return Strange(references)

    def __call__(self, luma):
        return np.zeros((*luma.shape[:2], 3), np.float32)


class Nobody:
    """Finds no face anywhere."""

    def __call__(self, luma):
        return np.zeros((0, 5, 1), np.float32)


class Networks:
    """Gives the fakes by the names of the networks that they stand in for."""

    def __init__(self):
        self.guessing = Guessing()
        self.known = {
            "refilm-colour": self.guessing,
            "refilm-matching": Matching(),
            "refilm-alike": Strange(),
            "centerface": Nobody(),
        }

    def __call__(self, name):
        return self.known[name]


def painted(luma, a, b):
    """Return a grey picture, (h, w) 0..255, in one colour of CIELAB, RGB 0..1."""
    light = 100 * luma.astype(np.float32) / 255
    lab = np.dstack((light, np.full_like(light, a), np.full_like(light, b)))
    return from_lab(lab.astype(np.float32))
