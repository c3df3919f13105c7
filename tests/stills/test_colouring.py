"""The colours of a still: guessed, led by pictures that fit, leaning to photos, told by hints."""

from pathlib import Path

import numpy as np
import pytest
from fakes import GUESS, Guessing, Matching, Strange, painted

from refilm.lab import from_lab, to_lab
from refilm.stages.colourise import Colourise
from refilm.stills.colouring import Guide, Painter, trusted
from refilm.stills.leaning import leaning
from refilm.stills.palette import hint, reach, tinted
from refilm.stills.references import expand, meant_for

WEIGHTS = (0.299, 0.587, 0.114)
NEAR = 4.0
"""CIELAB units that two sizes and colours at the end of the gamut make."""


def painter(**options):
    return Painter(Colourise.model_validate(options), Guessing(), Strange(), Matching(), WEIGHTS)


def halves(height=80, width=120):
    """A picture, dark on the left and light on the right."""
    luma = np.full((height, width, 1), 0.3, np.float32)
    luma[:, width // 2 :] = 0.7
    return luma


def ab(pixels, part=slice(None)):
    return to_lab(pixels)[:, part, 1:].mean((0, 1))


def test_without_anything_given_colours_are_those_of_the_network():
    picture = painter().painted(halves(), [], [], [])
    np.testing.assert_allclose(ab(picture), GUESS, atol=NEAR)
    luma = picture @ np.asarray(WEIGHTS, np.float32)
    np.testing.assert_allclose(luma, halves()[:, :, 0], atol=1e-5)


def test_stills_are_as_strong_and_as_warm_as_the_plan_wishes():
    np.testing.assert_allclose(ab(painter(saturation=0).painted(halves(), [], [], [])), 0, atol=0.5)
    warm = ab(painter(warmth=1).painted(halves(), [], [], []))
    assert warm[1] > GUESS[1] + 5


def test_a_guide_gives_its_colours_where_it_matches_and_no_others():
    shown = halves()
    shown[:, :60] = 0.95
    guide = Guide("mine", painted(np.asarray(shown[:, :, 0] * 255), -25, -25), shown)
    picture = painter().painted(halves(), [guide], [], [])
    np.testing.assert_allclose(ab(picture, slice(70, None)), (-25, -25), atol=NEAR)
    np.testing.assert_allclose(ab(picture, slice(0, 50)), GUESS, atol=NEAR)


def test_what_a_photo_shows_too_goes_to_its_colours_and_the_rest_does_not():
    photo = Guide("mine", painted(np.asarray(halves()[:, ::-1, 0] * 255), 0, -40), None)
    own, led = (
        Painter(Colourise(), Guessing(), alike, Matching(), WEIGHTS).painted(halves(), [], [photo], [])
        for alike in (Strange(), Seeing())
    )
    np.testing.assert_allclose(ab(own, slice(70, None)), ab(led, slice(70, None)), atol=NEAR)
    assert ab(led, slice(0, 50))[1] < ab(own, slice(0, 50))[1] - 15


class Seeing(Strange):
    """Finds the photos' mean colour in the dark half, and nothing in the light one."""

    def given(self, *references):
        return Seeing(references)

    def __call__(self, luma):
        mean = np.mean([reference[:, :, 1:].mean((0, 1)) for reference in self.references], 0)
        dark = (luma[:, :, 0] < 0.5).astype(np.float32)
        return np.dstack((np.broadcast_to(mean, (*luma.shape[:2], 2)), dark)).astype(np.float32)


def test_a_guide_is_compared_by_what_the_film_shows_and_not_by_its_own_light():
    lighter = painted(np.full((80, 120), 250, np.uint8), -25, -5)
    assert painter().fit(halves(), Guide("mine", lighter, halves())) > 0.9
    assert painter().fit(halves(), Guide("photo", lighter, None)) < 0.3


def test_little_confidence_takes_nothing_and_much_takes_all():
    share = trusted(np.asarray([0, 0.5, 0.675, 0.85, 1], np.float32))
    np.testing.assert_allclose(share, [0, 0, 0.5, 1, 1], atol=1e-6)


def test_colours_lean_to_a_photo_in_each_band_of_lightness_and_not_beyond_a_bound():
    luma = halves()[:, :, 0]
    photo = np.where(luma[:, :, None] < 0.5, (0.1, 0.3, 0.1), (0.6, 0.7, 1.0)).astype(np.float32)
    grey = np.zeros((*luma.shape, 2), np.float32)
    moved = leaning(grey, luma, [photo])
    dark, light = moved[:, 10].mean(0), moved[:, -10].mean(0)
    assert dark[0] < -5
    assert light[1] < -5
    assert np.hypot(*np.moveaxis(moved, 2, 0)).max() < 15.01
    wild = leaning(grey, luma, [np.full((20, 20, 3), (0, 0, 1), np.float32)])
    assert np.hypot(*np.moveaxis(wild, 2, 0)).max() < 15.01


def test_a_photo_says_nothing_of_light_that_it_does_not_have():
    luma = halves()[:, :, 0]
    dark_photo = np.full((20, 20, 3), (0.05, 0.2, 0.05), np.float32)
    moved = leaning(np.zeros((*luma.shape, 2), np.float32), luma, [dark_photo])
    assert np.abs(moved[:, -10]).max() < 0.5


def test_colours_like_the_photo_s_stay_as_they_are():
    lab = np.full((40, 40, 3), (53, 20, 0), np.float32)
    photos = [from_lab(lab + np.float32((light, 0, 0))) for light in (-23, 0, 17)]
    luma = np.full((40, 40), 0.5, np.float32)
    moved = leaning(np.ascontiguousarray(lab[:, :, 1:]), luma, photos)
    np.testing.assert_allclose(moved, lab[:, :, 1:], atol=1.0)


def disc(height=120, width=160):
    """A light disc with shading and grain on a dark ground, and where it is."""
    down, across = np.mgrid[0:height, 0:width]
    inside = (down - 60) ** 2 + (across - 70) ** 2 < 35**2
    shading = 0.1 * (across - 35) / 70
    luma = np.where(inside, 0.6 + shading, 0.3)
    grain = np.random.default_rng(0).normal(0, 0.01, luma.shape)
    return np.asarray(luma + grain, np.float32), inside


@pytest.mark.parametrize("place", [(70, 60), (45, 60), (95, 70), (38, 60)])
def test_a_hint_reaches_the_thing_pointed_at_through_shading_and_grain_and_stops_at_its_edge(place):
    luma, inside = disc()
    found = reach(luma, *place)
    assert found[inside].mean() > 0.6
    assert found[~inside].mean() < 0.06


def test_what_goes_over_into_another_light_slowly_is_another_thing_in_the_end():
    ramp = np.linspace(0.2, 0.8, 160, dtype=np.float32) + np.zeros((120, 1), np.float32)
    found = reach(ramp, 10, 60)
    assert found[60, 15] > 0.7
    assert found[:, 100:].max() < 0.01


def test_a_thing_as_light_elsewhere_is_another_thing():
    luma, _ = disc()
    luma[5:25, 130:155] = 0.65
    assert reach(luma, 70, 60)[5:25, 130:155].max() < 0.1


def test_two_hints_share_a_picture_each_its_own_thing():
    luma, _ = disc()
    red, blue = (60.0, 40.0), (10.0, -50.0)
    made = tinted(np.zeros((*luma.shape, 2), np.float32), luma, [(70, 60, red), (10, 10, blue)])
    assert made[50:70, 60:80, 0].mean() > 40
    assert made[60, 70, 0] > 0.95 * made[60, 70].max()
    near = tinted(np.zeros((*luma.shape, 2), np.float32), luma, [(70, 60, red), (70, 80, blue)])
    assert near[60, 70, 0] > 50, "what is pointed at has its colour, whoever else reaches there"
    assert made[:20, :20, 1].mean() < -35


def test_a_hint_at_the_picture_s_very_corner_is_no_trouble():
    luma, _ = disc(16, 16)
    assert reach(luma, 15.5, 15.5).shape == (16, 16)
    picture = painter().painted(luma[:, :, None], [], [], [(15, 15, (60.0, 40.0))])
    assert picture.shape == (16, 16, 3)


@pytest.mark.parametrize(
    ("text", "place", "time"),
    [("120,85@0:01:02=#5a3d2b", (120, 85), 62), (" 1 , 2 @ 62.5 = saddlebrown ", (1, 2), 62.5)],
)
def test_a_hint_is_a_place_a_time_and_a_colour(text, place, time):
    found = hint(text)
    assert ((found.x, found.y), found.time) == (place, time)
    assert found.colour[0] > 5
    assert found.colour[1] > 10


def test_folders_stand_for_their_pictures(tmp_path):
    for name in ("b.PNG", "a.jpg", "notes.txt", ".hidden.png"):
        (tmp_path / name).touch()
    assert [path.name for path in expand([str(tmp_path)])] == ["a.jpg", "b.PNG"]
    assert expand(["none.png"]) == (Path("none.png"),)


def test_of_several_films_each_has_the_pictures_that_bear_its_name_and_all_others_are_for_all():
    films = ["in/bp1.mp4", "in/bp10-end.mp4", "in/other.mp4"]
    pictures = [Path(name) for name in ("bp1.png", "bp10.png", "sky.png")]
    meant = [[path.stem for path in meant_for(film, films, pictures)] for film in films]
    assert meant == [["bp1", "sky"], ["bp10", "sky"], ["sky"]]


class Told(Guessing):
    """A colouriser that keeps what it is given besides luma."""

    def __init__(self):
        super().__init__()
        self.hints, self.photos = (), ()

    def given(self, *photos):
        self.photos = photos
        return self

    def __call__(self, luma, *hints):
        self.hints = hints
        return super().__call__(luma)[:, :, :2]


def told(method, photos=(), spots=()):
    network = Told()
    made = Painter(Colourise(method=method), network, Strange(), Matching(), WEIGHTS)
    return network, made.painted(halves(), [], photos, list(spots))


def test_a_network_that_takes_hints_is_told_what_a_person_points_at():
    spot = (90, 20, (10.0, -20.0))
    network, picture = told("siggraph17", spots=[spot])
    hints, mask = network.hints
    rows, columns = np.nonzero(mask[:, :, 0])
    assert (rows.mean() + 0.5) / len(mask) == pytest.approx(20.5 / 80, abs=0.005)
    assert (columns.mean() + 0.5) / len(mask) == pytest.approx(90.5 / 120, abs=0.005)
    assert len(rows) == 49
    np.testing.assert_allclose(hints[rows, columns], np.broadcast_to((0.1, -0.2), (49, 2)))
    assert not hints[mask[:, :, 0] == 0].any()
    np.testing.assert_allclose(ab(picture[18:23], slice(88, 93)), (10, -20), atol=NEAR)


def test_a_spot_at_the_edge_is_told_as_far_as_there_is_a_picture():
    network, _ = told("siggraph17", spots=[(0, 79, (30.0, -40.0))])
    assert network.hints[1].sum() == 5 * 5


@pytest.mark.parametrize("method", ["deoldify-stable", "eccv16"])
def test_a_network_that_takes_none_is_told_of_no_hints(method):
    assert told(method, spots=[(90, 20, (30.0, -40.0))])[0].hints == ()
    assert told("siggraph17")[0].hints == ()


def test_a_network_that_takes_photos_is_given_them_and_colours_do_not_lean_to_them_besides():
    photo = Guide("photo", np.full((20, 30, 3), (0.2, 0.4, 0.9), np.float32), None)
    network, picture = told("ideepcolor-global", photos=[photo])
    assert len(network.photos) == 1
    np.testing.assert_allclose(ab(picture), GUESS, atol=NEAR)
    network, picture = told("deoldify-stable", photos=[photo])
    assert network.photos == ()
    assert np.abs(ab(picture) - GUESS).max() > NEAR
