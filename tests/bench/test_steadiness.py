"""The bench of steadiness: what counts as a change of colour."""

from dataclasses import replace

import numpy as np

from refilm.bench.steadiness import _change
from refilm.frames import Frame


def ground(height=96, width=128, seed=1):
    random = np.random.default_rng(seed)
    rough = random.random((height // 4, width // 4, 1), np.float32)
    return np.kron(rough, np.ones((4, 4, 3), np.float32)) * 0.6 + 0.2


def pan(count, step=2):
    whole = ground(width=128 + step * count)
    return [whole[:, step * number : step * number + 128] for number in range(count)]


def frames(pictures):
    return [
        Frame(np.ascontiguousarray(each, np.float32), number, number)
        for number, each in enumerate(pictures)
    ]


def tinted(frame, amount):
    return replace(frame, pixels=frame.pixels + np.float32((amount, 0, -amount)))


def test_a_colour_that_goes_along_with_its_thing_does_not_change():
    truth = frames(pan(4))
    assert _change([tinted(frame, 0.1) for frame in truth], truth) < 0.3


def test_a_colour_that_jumps_from_frame_to_frame_changes_by_its_jump():
    truth = frames(pan(4))
    jumping = [tinted(frame, 0.1 * (number % 2)) for number, frame in enumerate(truth)]
    assert _change(jumping, truth) > 5
