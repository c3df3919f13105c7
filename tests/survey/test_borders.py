import numpy as np
import pytest
from watched import FilmInMemory, as_pixels, grain, moved, scene

from refilm.film import open_film
from refilm.findings import Rectangle
from refilm.survey import survey_film

HEIGHT, WIDTH = 180, 240


def clean_of(pictures, **known):
    return survey_film(FilmInMemory([as_pixels(p) for p in pictures], **known)).clean


def framed(left=0, top=0, right=0, bottom=0, colour=0.02, picture=None):
    """Return a picture with a border of so many pixels on each side."""
    shown = scene(1).copy() if picture is None else picture.copy()
    shown[:, :left] = colour
    shown[:top] = colour
    shown[:, WIDTH - right :] = colour
    shown[HEIGHT - bottom :] = colour
    return shown


@pytest.mark.parametrize("colour", [0.02, 0.99], ids=["dark", "white"])
def test_finds_a_border_to_the_pixel(colour):
    shown = framed(8, 4, 12, 6, colour)
    assert clean_of([shown + grain(shown.shape, n, 0.005) for n in range(6)]) == Rectangle(
        8, 4, 220, 170
    )


def test_a_film_without_border_is_clean_all_over():
    assert clean_of([scene(1)] * 4) == Rectangle(0, 0, WIDTH, HEIGHT)


def test_counts_in_pixels_of_the_source():
    assert clean_of([framed(left=8)] * 4, size=(480, 360)) == Rectangle(16, 0, 464, 360)


def test_keeps_sizes_even_where_the_film_is_even():
    assert clean_of([framed(left=5)] * 4) == Rectangle(6, 0, WIDTH - 6, HEIGHT)


def test_cuts_to_where_a_weaving_border_nearly_always_is():
    random = np.random.default_rng(2)
    lefts = random.integers(4, 9, 40)
    assert clean_of([framed(left=left) for left in lefts]).left == 8


def test_one_torn_frame_does_not_count():
    pictures = [framed(left=4)] * 39 + [framed(left=24)]
    assert clean_of(pictures).left == 4


def test_a_night_scene_is_not_cut_away():
    night = scene(1) * 0.05
    night[60:120, 90:150] += 0.6
    assert clean_of([night] * 8) == Rectangle(0, 0, WIDTH, HEIGHT)


def test_a_dark_thing_at_the_edge_is_not_a_border():
    picture = scene(1)
    picture[40:, :20] = 0.01
    assert clean_of([picture] * 8) == Rectangle(0, 0, WIDTH, HEIGHT)


def test_a_border_is_found_though_some_shots_are_too_dark_to_tell():
    dark = framed(left=8, picture=scene(2) * 0.04)
    assert clean_of([framed(left=8)] * 12 + [dark] * 12).left == 8


def test_rounded_corners_of_the_gate_are_left_out():
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    across = np.maximum(np.abs(columns - 119.5) - (112 - 14), 0)
    down = np.maximum(np.abs(rows - 89.5) - (84 - 14), 0)
    gate = np.hypot(across, down) < 14
    clean = clean_of([np.where(gate, scene(1), 0.02)] * 4)
    inside = gate[clean.top : clean.top + clean.height, clean.left : clean.left + clean.width]
    assert inside.all()
    # The straight edges lie 8 and 6 pixels in; the round corners take 0.3 of their radius more.
    assert clean.width >= 224 - 12
    assert clean.height >= 168 - 12


def test_an_edge_that_the_gate_shades_is_cut_off():
    pictures = [moved(scene(3), n % 3, 0) for n in range(12)]
    for picture in pictures:
        picture[:, :2] *= 0.4
    assert clean_of(pictures).left == 2


@pytest.mark.footage
@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("market-street-1906", Rectangle(4, 4, 472, 364)),
        ("san-francisco-1906", Rectangle(2, 0, 478, 368)),
        ("trucks-1955/film.mp4", Rectangle(12, 0, 416, 308)),
        ("modern-car.mp4", Rectangle(0, 0, 768, 432)),
    ],
)
def test_finds_what_eyes_see_on_real_films(footage, name, clean):
    """The rectangles were drawn into the films' frames and looked at."""
    assert survey_film(open_film(footage / name)).clean == clean
