import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from made import film, job_of, survey_of, texture

from refilm import models
from refilm.bench.networks import write_random
from refilm.findings import Hair, Rectangle, Scratch
from refilm.models import deepremaster
from refilm.stages._dirt import find_dirt
from refilm.stages._harm import harmless
from refilm.stages._neighbour import Neighbour
from refilm.stages.clean import Clean, without_dirt

SHARED = Path(__file__).parents[2] / "../shared"
SEEN = 4 / 255
"""Luma by which a pixel must change before anyone can see it."""
HEIGHT, WIDTH = 96, 128


def scene(count, *, pan=1, grain=0.01, channels=1):
    """A camera that pans over a still scene, with grain."""
    small = texture(HEIGHT // 4, WIDTH // 4 + 16, channels, seed=2)
    wide = cv2.resize(small, (WIDTH + 64, HEIGHT), interpolation=cv2.INTER_CUBIC)
    wide = wide.reshape(HEIGHT, WIDTH + 64, channels)
    random = np.random.default_rng(7)
    pictures = []
    for number in range(count):
        picture = wide[:, pan * number : pan * number + WIDTH]
        noise = random.normal(0, grain, picture.shape)
        pictures.append(np.asarray(picture + noise, np.float32))
    return pictures


def soiled(pictures, *, specks=12, seed=11):
    """The pictures with specks on them, each in one frame only, and where these are."""
    random = np.random.default_rng(seed)
    dirty, places = [], []
    for picture in pictures:
        copy, place = picture.copy(), np.zeros(picture.shape[:2], np.uint8)
        for number in range(specks):
            middle = random.integers([6, 6], [WIDTH - 6, HEIGHT - 6]).tolist()
            axes = random.integers(1, 4, 2).tolist()
            shape = np.zeros(picture.shape[:2], np.uint8)
            cv2.ellipse(shape, middle, axes, random.uniform(0, 180), 0, 360, 1, -1)
            copy[shape > 0] = 0.02 if number % 3 else 0.98
            place |= shape
        dirty.append(copy)
        places.append(place > 0)
    return dirty, places


def cleaned(pictures, *, repeat=(), notes=None, **options):
    survey = survey_of(pictures)
    if repeat:
        flags = np.zeros(len(pictures), np.bool_)
        flags[list(repeat)] = True
        survey = replace(survey, figures=replace(survey.figures, repeat=flags))
    frames = Clean(**options).process(film(pictures), job_of(survey, notes=notes))
    return [frame.pixels for frame in frames]


def changed(before, after):
    return np.abs(after - before).max(axis=2) > SEEN


def found(dirty, restored, places):
    """Precision and recall of what was changed; a rim of a pixel around a speck counts as neither."""
    right = wrong = missed = 0
    for before, after, place in zip(dirty, restored, places, strict=True):
        touched = changed(before, after)
        rim = cv2.dilate(place.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        right += (touched & place).sum()
        missed += (place & ~touched).sum()
        wrong += (touched & ~rim).sum()
    return right / (right + wrong), right / (right + missed)


@pytest.mark.parametrize("channels", [1, 3])
def test_specks_are_replaced_by_the_scene_behind_them(channels):
    pure = scene(7, channels=channels)
    dirty, places = soiled(pure)
    restored = cleaned(dirty)
    for was, after, place in list(zip(pure, restored, places, strict=True))[1:-1]:
        mended = place & changed(dirty[0] * 0, after)
        # The grain behind a speck is gone with it; twice its deviation is what new grain may differ.
        assert np.median(np.abs(after - was)[mended]) < 0.02
    precision, recall = found(dirty[1:-1], restored[1:-1], places[1:-1])
    assert precision > 0.9
    assert recall > 0.75


def test_every_other_pixel_keeps_its_bits():
    dirty, places = soiled(scene(5))
    for before, after, place in zip(dirty, cleaned(dirty), places, strict=True):
        # The repair is feathered into the rim of a speck, and no further.
        far = cv2.dilate(place.astype(np.uint8), np.ones((7, 7), np.uint8)) == 0
        np.testing.assert_array_equal(after[far], before[far])


def test_a_film_without_dirt_is_not_touched():
    pure = scene(6)
    for before, after in zip(pure, cleaned(pure), strict=True):
        np.testing.assert_array_equal(after, before)


def test_grain_alone_is_no_dirt():
    grainy = scene(5, grain=0.04)
    assert np.mean([changed(*pair) for pair in zip(grainy, cleaned(grainy), strict=True)]) < 1e-4


@pytest.mark.parametrize(("step", "size"), [(4, (10, 24)), (7, (10, 24)), (5, (3, 2))])
def test_what_moves_through_the_picture_stays(step, size):
    """A leg, a faster leg, a bird."""
    pictures = scene(9, pan=0)
    for number, picture in enumerate(pictures):
        left = 20 + step * number
        picture[40 : 40 + size[1], left : left + size[0]] = 0.03
    for before, after in zip(pictures, cleaned(pictures), strict=True):
        assert not changed(before, after).any()


def test_flicker_is_no_dirt():
    lights = 1 + 0.06 * np.random.default_rng(3).standard_normal(7)
    pictures = [picture * np.float32(light) for picture, light in zip(scene(7), lights, strict=True)]
    assert not np.any([changed(*pair) for pair in zip(pictures, cleaned(pictures), strict=True)])


def test_dirt_under_flicker_is_found_and_mended_in_the_frame_s_own_light():
    pictures = scene(5, pan=0)
    pictures[2] = pictures[2] * np.float32(1.08)
    pure = pictures[2].copy()
    pictures[2][40:45, 60:66] = 0.0
    restored = cleaned(pictures)[2][40:45, 60:66]
    assert np.abs(restored.mean() - pure[40:45, 60:66].mean()) < 0.02


def test_dirt_on_a_picture_that_is_shown_twice_goes_from_both():
    pictures = scene(6, pan=0)
    pictures[2][40:46, 60:66] = 0.0
    pictures[3] = pictures[2].copy()
    restored = cleaned(pictures, repeat=(3,))
    for number in (2, 3):
        assert restored[number][40:46, 60:66].min() > 0.1


def test_dirt_of_a_neighbour_is_not_copied_in():
    pictures = scene(5, pan=0)
    pictures[1][40:46, 60:66] = 0.0
    pictures[3][40:46, 60:66] = 1.0
    before = pictures[2].copy()
    np.testing.assert_array_equal(cleaned(pictures)[2], before)


@pytest.mark.parametrize("number", [0, 5])
def test_plain_dirt_goes_from_the_first_and_the_last_frame(number):
    pictures = scene(6, pan=0)
    pictures[number][40:45, 60:65] = 0.0
    assert cleaned(pictures)[number][40:45, 60:65].min() > 0.1


def test_more_strength_finds_fainter_dirt():
    pictures = scene(5, pan=0, grain=0.002)
    pictures[2][40:45, 60:65] -= 0.06
    weak, strong = (
        changed(pictures[2], cleaned(pictures, strength=strength)[2]).any() for strength in (0, 1)
    )
    assert (weak, strong) == (False, True)


def test_faint_dirt_is_found_under_strong_grain():
    pictures = scene(5, pan=0, grain=0.035)
    pictures[2][40:50, 60:70] -= 0.13
    restored = cleaned(pictures)[2]
    # Single pixels of it are lost in the grain: a spot of ten by ten is not.
    assert changed(pictures[2], restored)[40:50, 60:70].mean() > 0.6


@pytest.mark.parametrize(("astray", "found"), [(0.0, True), (1.0, False)])
def test_nothing_is_taken_for_dirt_amid_change_that_no_motion_explains(astray, found):
    still = texture(HEIGHT, WIDTH, seed=3)
    shown, lost = np.ones(still.shape[:2], np.bool_), np.full(still.shape[:2], astray, np.float32)
    other = Neighbour(still, shown, lost)
    now = still.copy()
    now[30:70, 44:86] += 0.04
    now[46:52, 60:66] += 0.2
    now[40:58, 54:72] -= 0.04 * (now[40:58, 54:72] - still[40:58, 54:72] < 0.1)
    assert find_dirt(now, other, other)[46:52, 60:66].any() == found


def neighbour(picture):
    return Neighbour(
        picture, np.ones(picture.shape[:2], np.bool_), np.zeros(picture.shape[:2], np.float32)
    )


def spotted(depth=0.3):
    """A still scene without and with a speck, and where the speck lies."""
    pure = 0.4 + 0.2 * texture(HEIGHT, WIDTH, seed=3)
    place = np.zeros(pure.shape[:2], np.bool_)
    place[46:52, 60:66] = True
    return pure, np.where(place[:, :, None], pure - np.float32(depth), pure), place


def test_a_repair_that_shows_the_scene_does_no_harm():
    pure, now, place = spotted()
    other = neighbour(pure)
    np.testing.assert_array_equal(harmless(now, pure, place, other, other), place)


def test_a_repair_that_leaves_a_new_edge_is_dropped():
    pure, now, place = spotted(depth=0.12)
    wrong = now.copy()
    wrong[place] += 0.3
    other = neighbour(pure)
    assert not harmless(now, wrong, place, other, other).any()


@pytest.mark.parametrize("beyond", [-1, 3, 8], ids=["under it", "beside it", "around it"])
def test_a_repair_amid_things_that_move_is_dropped(beyond):
    pure, now, place = spotted(depth=0.15)
    size = 2 * abs(beyond) + 1
    wide = cv2.dilate(place.astype(np.uint8), np.ones((size, size), np.uint8)) > 0
    moved = place if beyond < 0 else wide & ~place
    first, second = (
        neighbour(np.where(moved[:, :, None], pure + np.float32(d), pure)) for d in (-0.08, 0.08)
    )
    assert not harmless(now, pure, place, first, second).any()


def test_a_repair_is_dropped_where_the_neighbours_show_different_things_below_most_of_it():
    pure, now, place = spotted(depth=0.16)
    rows = place.copy()
    rows[50:] = False
    first, second = (
        neighbour(np.where(rows[:, :, None], pure + np.float32(d), pure)) for d in (-0.048, 0.048)
    )
    assert not harmless(now, pure, place, first, second).any()


def test_a_repair_is_dropped_where_the_frame_itself_differs_around_it():
    pure, now, place = spotted(depth=0.15)
    wide = cv2.dilate(place.astype(np.uint8), np.ones((17, 17), np.uint8)) > 0
    now = np.where((wide & ~place)[:, :, None], now - np.float32(0.06), now)
    mended = np.where(place[:, :, None], now + np.float32(0.09), now)
    other = neighbour(pure)
    assert not harmless(now, mended, place, other, other).any()


def test_what_would_do_harm_is_not_repaired_while_other_dirt_goes():
    pure, now, place = spotted(depth=0.2)
    first, second = pure.copy(), pure.copy()
    moving = slice(40, 52), slice(20, 32)
    for other, change in ((first, 0.1), (second, -0.1)):
        other[moving] += change
    both = place.copy()
    now[44:48, 24:28] -= 0.3
    both[44:48, 24:28] = True
    frame = next(iter(film([now])))
    mended, count = without_dirt(frame, both, neighbour(first), neighbour(second))
    np.testing.assert_array_equal(mended.pixels[moving], now[moving])
    assert changed(now, mended.pixels)[place].all()
    assert count == place.sum()


def test_of_faint_dirt_less_harm_is_borne():
    kept = []
    for depth in (0.1, 0.4):
        pure, now, place = spotted(depth)
        around = (cv2.dilate(place.astype(np.uint8), np.ones((13, 13), np.uint8)) > 0) & ~place
        share = np.float32(0.15 * depth)
        first, second = (
            neighbour(np.where(around[:, :, None], pure + d * share, pure)) for d in (-1, 1)
        )
        kept.append(bool(harmless(now, pure, place, first, second).any()))
    assert kept == [False, True]


@pytest.mark.parametrize(
    ("away", "size", "kept"),
    [(4, 7, False), (4, 3, True), (30, 7, True)],
    ids=["beside it", "larger than it", "far from it"],
)
def test_a_doubtful_repair_beside_one_that_does_harm_is_dropped_too(away, size, kept):
    pure, now, place = spotted()
    first, second = pure.copy(), pure.copy()
    # The neighbours differ a little around this speck, and altogether around the other.
    first[43:55, 57:69] -= 0.05
    second[43:55, 57:69] += 0.05
    first[46:52, 60:66] = second[46:52, 60:66] = pure[46:52, 60:66]
    left = 66 + away
    now[46:52, left : left + size] -= 0.3
    both = place.copy()
    both[46:52, left : left + size] = True
    first[46:52, left : left + size] -= 0.3
    second[46:52, left : left + size] += 0.3
    good = harmless(now, pure, both, neighbour(first), neighbour(second))
    assert not good[46:52, left : left + size].any()
    assert good[46:52, 60:66].any() == kept


def test_a_frame_that_the_camera_s_jolt_made_unlike_both_others_is_left_alone():
    pictures = scene(5, pan=0)
    random = np.random.default_rng(5)
    jolted = pictures[2] + random.normal(0, 0.04, pictures[2].shape).astype(np.float32)
    found = []
    for now in (pictures[2], jolted):
        dirty = now.copy()
        dirty[40:46, 60:66] = 0.0
        found.append(find_dirt(dirty, neighbour(pictures[1]), neighbour(pictures[3])).any())
    assert found == [True, False]
    # With both others on one side, one of them is farther: unlikeness tells nothing.
    assert find_dirt(dirty, neighbour(pictures[1]), neighbour(pictures[0]), both_sides=False).any()


def test_tells_what_share_was_repaired():
    dirty, places = soiled(scene(6))
    notes = []
    cleaned(dirty, notes=notes)
    share = dict(notes)["clean: repaired pixels"]
    assert 0.5 * np.mean(places) < share < 1.2 * np.mean(places)


def scratched(pictures, column, depth, rows=slice(None), wander=1):
    """The pictures with an upright line, which wanders by so many pixels."""
    marked = []
    for number, picture in enumerate(pictures):
        copy, place = picture.copy(), column + number % 2 * wander
        copy[rows, place : place + 1] += depth
        marked.append(copy)
    return marked


@pytest.mark.parametrize("depth", [-0.15, 0.12])
def test_a_lasting_scratch_goes_and_the_texture_under_it_stays(depth):
    pure = scene(9, pan=3)
    restored = cleaned(scratched(pure, 70, depth))
    before = np.mean(
        [np.abs(a - b)[:, 69:73] for a, b in zip(scratched(pure, 70, depth), pure, strict=True)]
    )
    after = np.mean([np.abs(a - b)[:, 69:73] for a, b in zip(restored, pure, strict=True)])
    assert after < 0.35 * before
    strip = np.concatenate(
        [picture[:, 70:72] - cv2.blur(picture[:, 70:72], (1, 9))[:, :, None] for picture in restored]
    )
    assert strip.std() > 0.006


def test_a_scratch_stays_where_nobody_asks_for_it_to_go():
    marked = scratched(scene(9, pan=0), 70, 0.12, wander=0)
    restored = cleaned(marked, scratches=False)
    assert (np.mean([picture[:, 70:72].mean() for picture in restored])) == pytest.approx(
        np.mean([picture[:, 70:72].mean() for picture in marked]), abs=0.01
    )


def test_a_pole_that_does_not_run_through_the_picture_stays():
    marked = scratched(scene(9, pan=0), 70, -0.2, slice(30, 90), wander=0)
    for before, after in zip(marked, cleaned(marked), strict=True):
        assert not changed(before, after)[:, 66:76].any()


def test_a_line_that_is_there_in_one_frame_only_is_no_scratch():
    pictures = scene(9, pan=0)
    single = scratched(pictures, 70, 0.1)[4]
    notes = []
    cleaned([*pictures[:4], single, *pictures[5:]], notes=notes)
    assert dict(notes)["clean: scratches in a frame"] == 0


@pytest.mark.parametrize("known", [False, True])
def test_a_scratch_that_skips_goes_where_the_survey_saw_one(known):
    """It shows in half of the height: alone that might be a pole."""
    pure = scene(9, pan=3)
    marked = scratched(pure, 70, 0.15, slice(0, 50))
    seen = (Scratch(70.5, True, 0, 9),) if known else ()
    survey = replace(survey_of(marked), scratches=seen)
    frames = Clean().process(film(marked), job_of(survey))
    left = np.mean([np.abs(f.pixels - p)[:45, 70:72].mean() for f, p in zip(frames, pure, strict=True)])
    before = np.mean([np.abs(m - p)[:45, 70:72].mean() for m, p in zip(marked, pure, strict=True)])
    assert (left < 0.5 * before) == known


def test_where_a_scratch_skips_the_picture_stays():
    pure = scene(9, pan=3)
    marked = scratched(pure, 70, 0.15, slice(0, 50))
    survey = replace(survey_of(marked), scratches=(Scratch(70.5, True, 0, 9),))
    frames = Clean().process(film(marked), job_of(survey))
    below = [changed(m, f.pixels)[62:, 66:76].mean() for f, m in zip(frames, marked, strict=True)]
    # Lines of the scene itself give 0.04; with the scratch's own repair all the way down it is 0.07.
    assert np.mean(below) < 0.055


@pytest.mark.parametrize("channels", [1, 3])
def test_shows_what_it_repairs_and_nothing_else(channels):
    dirty, _ = soiled(scene(6, channels=channels))
    restored, masks = cleaned(dirty), cleaned(dirty, show=True)
    for before, after, mask in zip(dirty, restored, masks, strict=True):
        assert mask.shape == before.shape
        white = np.abs(after - before).max(axis=2) > 0.5 / 255
        np.testing.assert_array_equal(mask, np.repeat(white[:, :, None], channels, axis=2))
    assert np.mean(masks) > 0.001


def looked_at(count=30, *, dirt=0.0, trust=1.0, width=WIDTH, **found):
    """A survey of so many frames, one of them with that share of dirt."""
    survey = survey_of([np.zeros((HEIGHT, WIDTH, 1), np.float32)] * count)
    shares = np.zeros(count)
    shares[count // 2] = dirt
    figures = replace(survey.figures, dirt=shares, trust=np.full(count, trust))
    info = replace(survey.info, width=width)
    return replace(survey, info=info, figures=figures, **found)


def test_a_film_without_any_damage_is_left_out_and_the_reason_is_told():
    stage, why = Clean().fitted(looked_at())
    assert stage is None
    assert "30 frames" in why


@pytest.mark.parametrize(
    "survey",
    [
        looked_at(dirt=1e-5),
        looked_at(scratches=(Scratch(9, True, 0, 9),)),
        looked_at(hairs=(Hair(Rectangle(0, 0, 9, 9), 0, 9),)),
        looked_at(12),
        looked_at(trust=0.0),
        looked_at(width=1920),
        survey_of([np.zeros((HEIGHT, WIDTH, 1), np.float32)] * 30),
    ],
    ids=["speck", "scratch", "hair", "few frames", "unknown movement", "reduced", "not looked"],
)
def test_a_film_that_may_have_damage_is_not_left_out(survey):
    assert Clean().fitted(survey).stage is not None


def outlines(scan, height, width, random):
    """Damage of a real scan drawn at its true share of the picture's width: how much covers a pixel."""
    covered = np.zeros((height, width), np.float32)
    for kind, points in json.loads(scan.read_text()):
        if kind == "Scratch" or random.random() > 0.25:
            continue
        places = np.asarray(points, np.float32) * (width / 5000)
        shift = random.integers(0, [width, height]) - places.mean(axis=0)
        fine = np.zeros((height, width), np.uint8)
        cv2.fillPoly(fine, [np.round((places + shift) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        covered = np.maximum(covered, fine.astype(np.float32) / 255)
    return cv2.GaussianBlur(covered, (0, 0), 0.5)


@pytest.mark.footage
def test_real_outlines_on_a_modern_film_are_found_and_the_rest_is_left_alone():
    av = pytest.importorskip("av")
    clip, scans = SHARED / "footage/modern-car.mp4", sorted(SHARED.glob("damage/scan_*.json"))
    if not clip.exists() or not scans:
        pytest.skip("the modern clip and the damage outlines do not lie beside the checkout")
    with av.open(str(clip)) as container:
        decoded = [
            frame.to_ndarray(format="gray")
            for frame, _ in zip(container.decode(video=0), range(66), strict=False)
        ]
    random = np.random.default_rng(4)
    dirty, places = [], []
    for number, picture in enumerate(decoded[60:]):
        pure = picture[:, :, None].astype(np.float32) / 255
        share = outlines(scans[number % len(scans)], *picture.shape, random)[:, :, None]
        dirt = share * random.uniform(0.6, 1)
        dirty.append(pure + dirt * (np.float32(random.choice([0.05, 0.95])) - pure))
        places.append((np.abs(dirty[-1] - pure) > 2 * SEEN)[:, :, 0])
    restored = cleaned(dirty)
    precision, recall = found(dirty[1:-1], restored[1:-1], places[1:-1])
    assert precision > 0.9
    assert recall > 0.75


@pytest.mark.footage
def test_the_legs_of_people_who_cross_market_street_stay_whole():
    folder = SHARED / "footage/market-street-1906"
    if not folder.exists():
        pytest.skip("the film of Market Street does not lie beside the checkout")
    paths = sorted(folder.glob("*.png"))[17:26]
    pictures = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)[:, :, None] for path in paths]
    pictures = [np.asarray(picture, np.float32) / 255 for picture in pictures]
    legs = changed(pictures[4], cleaned(pictures)[4])[230:368, 235:365]
    # A speck or two lies on them in this frame; flow alone would take away a tenth.
    assert legs.mean() < 0.005


class Drawn:
    """A network that gives each frame the mean luma of all that it is shown with, and its own."""

    def __init__(self):
        self.asked = []

    def __call__(self, *lumas):
        self.asked.append(len(lumas))
        mean = np.mean(lumas, axis=0, dtype=np.float32)
        return np.concatenate([(mean + each) / 2 for each in lumas], axis=2)


def drawn(pictures, network=None, part=slice(None), **options):
    job = job_of(survey_of(pictures), network=lambda name: network or Drawn())
    return list(Clean(method="deepremaster", **options).process(film(pictures)[part], job))


def test_a_network_draws_luma_anew_in_blocks_of_five():
    network, pictures = Drawn(), scene(11)
    frames = drawn(pictures, network)
    assert network.asked == [5, 5, 5]
    mean = np.mean(pictures[3:8], axis=0)
    np.testing.assert_allclose(frames[5].pixels, (mean + pictures[5]) / 2, atol=1e-6)


def test_colour_film_keeps_its_colours_under_the_luma_that_a_network_drew():
    pictures = scene(6, channels=3)
    luma = [picture @ np.asarray([0.299, 0.587, 0.114], np.float32) for picture in pictures]
    frames = drawn(pictures)
    greys = drawn([each[:, :, None].astype(np.float32) for each in luma])
    for frame, grey, picture in zip(frames, greys, pictures, strict=True):
        apart = frame.pixels - picture
        np.testing.assert_allclose(apart, np.repeat(apart[:, :, :1], 3, axis=2), atol=1e-6)
        shown = frame.pixels @ np.asarray([0.299, 0.587, 0.114], np.float32)
        np.testing.assert_allclose(shown, grey.pixels[:, :, 0], atol=1e-6)


def test_a_stretch_that_a_network_draws_is_the_same_as_in_the_whole():
    pictures, stage = scene(24), Clean(method="deepremaster")
    context = int(stage.context(survey_of(pictures).info) * 16)
    assert context == 4
    whole = drawn(pictures)[10:13]
    part = drawn(pictures, part=slice(10 - context, 13 + context))[context:-context]
    for one, other in zip(part, whole, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_what_a_network_changed_can_be_shown():
    pictures = scene(6)
    for frame, before, after in zip(drawn(pictures, show=True), pictures, drawn(pictures), strict=True):
        np.testing.assert_array_equal(frame.pixels, np.abs(after.pixels - before) > 0.5 / 255)


def test_only_the_method_that_is_a_network_needs_one_and_it_is_never_left_out():
    assert Clean().networks() == ()
    stage = Clean(method="deepremaster")
    assert stage.networks() == ("deepremaster-restore",)
    spotless = survey_of([np.full((48, 64, 1), 0.5, np.float32)] * 30)
    spotless = replace(spotless, figures=replace(spotless.figures, dirt=np.zeros(30)))
    assert Clean().fitted(spotless).stage is None
    assert stage.fitted(spotless).stage == stage


def test_the_published_network_cleans_real_frames(tmp_path):
    name, path = "deepremaster-restore", tmp_path / "remasternet.pth.tar"
    write_random(path, *deepremaster.layout(models.card(name)))
    pictures = [picture[:33, :50] for picture in scene(6)]
    for frame, picture in zip(
        drawn(pictures, models.networks({name: path})(name)), pictures, strict=True
    ):
        assert frame.pixels.shape == picture.shape
        assert 0 <= frame.pixels.min() < frame.pixels.max() <= 1
