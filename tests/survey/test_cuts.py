"""Cuts that a network finds: which frames it is asked about, and what is made of its answers."""

from fractions import Fraction

import numpy as np
import pytest
from watched import RATE, FilmInMemory, as_pixels, grain, moved, scene

from refilm.frames import Frame
from refilm.models import card, is_here, networks
from refilm.survey import survey_film
from refilm.survey.cuts import LearntShots
from refilm.survey.look import look_at

WEAVE = np.random.default_rng(5).normal(0, 1.5, (60, 2))
COUNT = 137
"""Frames of films that do not fill the network's windows."""

LIGHT = 0.2
"""Luma of their first frame: darker ones would be a fade."""


class Numbered:
    """A network that knows of each frame, by its light, which number it has, and notes what it saw."""

    def __init__(self, middles=(), parts=()):
        self.middles, self.parts, self.windows = set(middles), set(parts), []

    def __call__(self, *pictures, **numbers):
        seen = [round((float(picture.mean()) - LIGHT) * 1000) for picture in pictures]
        self.windows.append(seen)
        sure = [[n in self.middles, n in self.parts or n in self.middles] for n in seen]
        return np.array(sure, np.float32)[:, :, None]

    def given(self, *references):
        raise ValueError


def numbered(count=COUNT):
    return [as_pixels(np.full((54, 96), LIGHT + number / 1000)) for number in range(count)]


def firsts(network, pictures=None):
    survey = survey_film(FilmInMemory(pictures or numbered()), network=network)
    return [shot.first for shot in survey.shots]


@pytest.mark.parametrize("count", [1, 49, 50, 51, 100, COUNT])
def test_every_frame_lies_once_in_the_middle_of_a_window(count):
    network = Numbered()
    firsts(network, numbered(count))
    assert {len(window) for window in network.windows} == {100}
    middles = [number for window in network.windows for number in window[25:75]]
    assert middles == [*range(count), *[count - 1] * (len(middles) - count)]
    assert len(middles) - count < 50
    assert network.windows[0][:25] == [0] * 25


def test_a_shot_begins_after_the_frame_that_the_network_is_sure_of():
    assert firsts(Numbered(middles=[19, 60, 99, 100])) == [0, 20, 61, 101]


def test_the_last_frame_ends_the_film_and_begins_no_shot():
    assert firsts(Numbered(middles=[COUNT - 1])) == [0]


def test_takes_shorter_than_a_quarter_of_a_second_are_not_parted():
    assert firsts(Numbered(middles=[0, 40, 42, 44])) == [0, 41, 45]


@pytest.mark.parametrize(
    ("parts", "is_cut"),
    [([], True), ([50], True), ([50, 51, 52], True), ([48, 49, 50, 51], False)],
    ids=["none", "its own frame", "frames after it too", "frames on both sides"],
)
def test_a_cut_is_what_has_no_part_of_a_transition_on_both_sides(parts, is_cut):
    pictures = numbered()
    shots = LearntShots(RATE, Numbered(middles=[50], parts=parts))
    info = FilmInMemory(pictures).info
    for number, pixels in enumerate(pictures):
        shots.see(look_at(Frame(pixels, Fraction(number), Fraction(number)), number, info))
    assert (shots.cuts, shots.passages) == (([51], []) if is_cut else ([], [51]))


def test_a_transition_of_several_frames_that_is_no_dissolve_parts_shots_in_its_middle():
    assert firsts(Numbered(middles=[50], parts=range(44, 57))) == [0, 51]


def take(seed, count):
    return [
        moved(scene(seed, 120, 160), *WEAVE[number]) + grain((120, 160), 100 * seed + number)
        for number in range(count)
    ]


def test_a_dissolve_stays_one_though_the_network_sees_it_too():
    one, other = take(1, 40), take(2, 40)
    shares = (np.arange(12) + 1) / 13
    mixed = [(1 - s) * a + s * b for s, a, b in zip(shares, one[-12:], other[:12], strict=True)]
    pictures = [as_pixels(picture) for picture in one[:-12] + mixed + other[12:]]
    said = np.zeros((100, 2, 1), np.float32)
    said[25 + 31, 0] = said[25 + 29 : 25 + 39, 1] = 1
    answers = iter([said, np.zeros_like(said)])
    survey = survey_film(FilmInMemory(pictures), network=lambda *seen: next(answers))
    (found,) = survey.transitions
    assert found.kind == "dissolve"
    assert [shot.first for shot in survey.shots] == [0, (found.first + found.stop) // 2]


@pytest.fixture(scope="module")
def transnetv2():
    if not is_here("transnetv2"):
        pytest.skip("the weights of transnetv2 are not here: refilm models fetch transnetv2")
    assert card("transnetv2").task == "shot cuts"
    return networks()("transnetv2")


@pytest.mark.weights
def test_finds_cuts_of_a_grey_weaving_grainy_film(transnetv2):
    pictures = [as_pixels(picture) for picture in take(1, 20) + take(2, 7) + take(3, 30)]
    assert firsts(transnetv2, pictures) == [0, 20, 27]


@pytest.mark.weights
def test_takes_no_flash_for_a_cut(transnetv2):
    pictures = take(1, 40)
    pictures[15] = np.clip(pictures[15] * 0.1 + 0.9, 0, 1)
    pictures[28] = np.full_like(pictures[28], 1.0)
    assert firsts(transnetv2, [as_pixels(picture) for picture in pictures]) == [0]
