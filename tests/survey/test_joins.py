import numpy as np
from watched import FilmInMemory, as_pixels, grain, moved, scene

from refilm.survey import survey_film

STEPS = np.random.default_rng(5).normal(0, 1.0, (200, 2))


def take(seed, count):
    return [
        moved(scene(seed, 120, 160), *STEPS[n]) + grain((120, 160), 100 * seed + n)
        for n in range(count)
    ]


def surveyed(pictures):
    return survey_film(FilmInMemory([as_pixels(picture) for picture in pictures]))


def dissolved(one, other, length):
    """Two takes, the last frames of the first mixed with the first of the second."""
    shares = (np.arange(length) + 1) / (length + 1)
    mixed = [
        (1 - share) * a + share * b
        for share, a, b in zip(shares, one[-length:], other[:length], strict=True)
    ]
    return one[:-length] + mixed + other[length:]


def test_a_dissolve_parts_two_shots_in_its_middle():
    survey = surveyed(dissolved(take(1, 40), take(2, 40), 12))
    (found,) = survey.transitions
    assert found.kind == "dissolve"
    assert abs(found.first - 28) <= 2
    assert abs(found.stop - 40) <= 2
    one, two = survey.shots
    assert abs(two.first - 34) <= 2
    assert (one.start_kind, one.end_kind, two.start_kind, two.end_kind) == (
        "cut",
        "dissolve",
        "dissolve",
        "cut",
    )


def test_a_cut_is_no_dissolve():
    survey = surveyed(take(1, 40) + take(2, 40))
    assert survey.transitions == ()
    assert [shot.start_kind for shot in survey.shots] == ["cut", "cut"]


def test_a_pan_is_no_dissolve():
    wide = scene(1, 120, 900)
    pan = [wide[:, 8 * n : 8 * n + 160] + grain((120, 160), n) for n in range(80)]
    assert surveyed(pan).transitions == ()


def test_a_fade_in_and_a_fade_out_are_marked_at_the_films_ends():
    pictures = take(1, 60)
    for number in range(10):
        pictures[number] *= number / 10
        pictures[-1 - number] *= number / 10
    survey = surveyed(pictures)
    assert [fade.kind for fade in survey.transitions] == ["fade", "fade"]
    assert (survey.shots[0].start_kind, survey.shots[-1].end_kind) == ("fade", "fade")


def test_flicker_is_no_fade():
    gains = np.random.default_rng(8).uniform(0.3, 1.2, 60)
    assert surveyed([p * g for p, g in zip(take(1, 60), gains, strict=True)]).transitions == ()
