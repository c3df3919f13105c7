"""Faces count by how sure, how tall and how many they are."""

import numpy as np
import pytest

from refilm.stills.faces import seen_by

LUMA = np.zeros((100, 160, 1), np.float32)
EXACT = 1e-6
"""Sums of a few float32 numbers below 1."""


def seen(*faces):
    """How well faces are seen, each given by its chance and its height in pixels."""
    rows = [[chance, 10, 10, 0.8 * height, height] for chance, height in faces]
    return seen_by(lambda luma: np.array(rows, np.float32).reshape(-1, 5, 1))(LUMA)


def test_a_face_counts_by_its_height_and_chance_and_several_by_their_sum():
    assert seen() == 0
    assert seen((1.0, 10)) == pytest.approx(0.4, abs=EXACT)
    assert seen((0.5, 10)) == pytest.approx(0.2, abs=EXACT)
    assert seen((0.5, 10), (1.0, 10)) == pytest.approx(0.6, abs=EXACT)


def test_what_is_hardly_a_face_does_not_count():
    assert seen((0.39, 20)) == 0
    assert seen((0.41, 20)) > 0.3


def test_more_than_a_face_that_is_seen_well_counts_no_more():
    assert seen((1.0, 25)) == seen((1.0, 80)) == seen(*[(0.9, 20)] * 9) == 1
