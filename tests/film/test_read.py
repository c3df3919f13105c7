from fractions import Fraction
from itertools import pairwise

import numpy as np
import psutil
import pytest
from clips import film, h264, moving_picture, random_picture

from refilm.errors import InputError, RefilmError
from refilm.film.planes import layout_of, planes_of
from refilm.film.source import open_film
from refilm.frames import Timeline


def watched(path, width=None):
    opened = open_film(path)
    return opened, list(opened.watch(width))


def samples_of(picture):
    # FFV1 gives packed RGB back as planar RGB: what counts is each colour's numbers.
    layout = layout_of(picture.format.name)
    planes = planes_of(picture, layout)
    return [planes[plane][:, :, place] for plane, place in layout.places]


def same(frames, others):
    return len(frames) == len(others) and all(
        a.time == b.time and np.array_equal(a.pixels, b.pixels)
        for a, b in zip(frames, others, strict=True)
    )


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le", "gray", "gray16le", "rgb48le"])
def test_raw_pictures_hold_exactly_what_was_stored(tmp_path, pixel_format):
    stored = [random_picture(pixel_format, seed=place) for place in range(4)]
    _, frames = watched(film(tmp_path / "film.mkv", stored))
    for before, frame in zip(stored, frames, strict=True):
        for samples, again in zip(samples_of(before), samples_of(frame.raw.picture), strict=True):
            np.testing.assert_array_equal(samples, again)


def test_uneven_times_are_kept(tmp_path):
    stamps = [0, 40, 80, 200, 240, 1000]
    pictures = map(moving_picture, range(6))
    path = film(tmp_path / "film.mkv", pictures, stamps=stamps, time_base=Fraction(1, 1000))
    opened, frames = watched(path)
    assert [frame.time for frame in frames] == [Fraction(stamp, 1000) for stamp in stamps]
    assert [frame.origin for frame in frames] == [frame.time for frame in frames]
    assert all((frame.time / opened.info.time_base).denominator == 1 for frame in frames)


def test_the_clock_of_the_container_is_kept(tmp_path):
    opened, frames = watched(h264(tmp_path / "film.ts", frames=10))
    assert frames[0].time == opened.info.start > 0
    assert opened.timeline.time(0) == frames[0].time


def test_the_timeline_is_known_only_after_watching_to_the_end(tmp_path):
    opened = open_film(h264(tmp_path / "film.mp4", frames=10))
    watching = opened.watch()
    next(watching)
    watching.close()
    for learnt in ("timeline", "problems"):
        with pytest.raises(RefilmError, match="has not been watched to its end"):
            getattr(opened, learnt)


def test_the_timeline_tells_each_frames_time_and_the_end(tmp_path):
    opened, frames = watched(h264(tmp_path / "film.mp4", frames=10))
    timeline = opened.timeline
    assert [timeline.time(place) for place in range(10)] == [frame.time for frame in frames]
    assert timeline.end == Fraction(10, 25)
    assert opened.problems == ()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("closed.mp4", "scenecut=0:threads=1"),
        ("open.mkv", "scenecut=0:threads=1:open-gop=1"),
        ("open.ts", "scenecut=0:threads=1:open-gop=1"),
        ("refresh.mkv", "scenecut=0:threads=1:intra-refresh=1"),
        ("unsure.avi", "scenecut=0:threads=1"),
        ("bare.h264", "scenecut=0:threads=1"),
    ],
)
def test_a_stretch_is_what_sequential_decoding_gives_there(tmp_path, name, parameters):
    path = h264(tmp_path / name, frames=40, key_every=8, **{"x264-params": parameters})
    opened, frames = watched(path)
    assert len(frames) == 40
    for first in (0, 1, 7, 8, 9, 15, 16, 22, 31, 37, 39):
        stretch = list(opened.read(opened.timeline, first, first + 3))
        assert same(stretch, frames[first : first + 3]), first


@pytest.mark.parametrize("codec", ["mpeg2video", "mpeg4", "libvpx-vp9", "prores_ks"])
def test_other_codecs_are_sought_exactly_too(tmp_path, codec):
    depth = "yuv422p10le" if codec == "prores_ks" else "yuv420p"
    pictures = (moving_picture(place, pixel_format=depth) for place in range(24))
    options = {"g": "6"} if codec != "prores_ks" else {}
    opened, frames = watched(film(tmp_path / "film.mkv", pictures, codec, options=options))
    for first in (0, 5, 6, 13, 21):
        assert same(list(opened.read(opened.timeline, first, first + 3)), frames[first : first + 3])


def test_a_saved_timeline_serves_a_film_that_was_opened_anew(tmp_path):
    path = h264(tmp_path / "film.mp4", frames=30)
    opened, frames = watched(path)
    known = opened.timeline
    saved = Timeline(known.time_base, known.ticks.copy(), known.stamps.copy(), known.end)
    assert same(list(open_film(path).read(saved, 17, 22)), frames[17:22])


def test_a_stretch_may_reach_over_the_end(tmp_path):
    opened, frames = watched(h264(tmp_path / "film.mp4", frames=10))
    assert same(list(opened.read(opened.timeline, 8, 99)), frames[8:])


def test_times_come_from_the_timeline_that_is_given(tmp_path):
    opened, frames = watched(h264(tmp_path / "film.mp4", frames=10))
    known = opened.timeline
    slower = Timeline(known.time_base, known.ticks * 2, known.stamps, known.end * 2)
    assert [frame.time for frame in opened.read(slower, 4, 6)] == [f.time * 2 for f in frames[4:6]]


def test_a_film_that_was_swapped_for_another_is_refused(tmp_path):
    path = tmp_path / "film.mp4"
    opened, _ = watched(h264(path, frames=30))
    h264(path, frames=12)
    with pytest.raises(InputError, match="has changed: frame 20 is no longer found"):
        list(opened.read(opened.timeline, 20, 22))
    film(path, map(moving_picture, range(30)), "libx264", stamps=range(0, 60, 2))
    with pytest.raises(InputError, match="has changed: frame 1 is no longer found"):
        list(opened.read(opened.timeline, 0, 22))


def test_one_channel_can_be_asked_for(tmp_path):
    opened, frames = watched(h264(tmp_path / "film.mp4", frames=3))
    (grey,) = opened.read(opened.timeline, 1, 2, channels=1)
    assert grey.pixels.shape == (48, 64, 1)
    assert frames[1].pixels.shape == (48, 64, 3)


def test_watching_reduced_makes_frames_small_and_drops_the_raw_picture(tmp_path):
    _, frames = watched(h264(tmp_path / "film.mp4", frames=3), width=32)
    assert all(frame.pixels.shape == (24, 32, 3) for frame in frames)
    assert all(frame.raw is None for frame in frames)


def test_reduced_to_more_than_the_films_width_is_the_film_itself(tmp_path):
    _, frames = watched(h264(tmp_path / "film.mp4", frames=3), width=999)
    assert all(frame.pixels.shape == (48, 64, 3) and frame.raw is not None for frame in frames)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (5, 3), (8191, 16), (63, 47)])
def test_odd_and_extreme_sizes_are_read(tmp_path, size):
    stored = [random_picture("yuv420p", *size, seed=place) for place in range(2)]
    _, frames = watched(film(tmp_path / "film.nut", stored, "rawvideo"))
    assert [frame.pixels.shape for frame in frames] == [(size[1], size[0], 3)] * 2


@pytest.mark.parametrize("count", [1, 2])
def test_films_of_one_and_two_frames_are_films(tmp_path, count):
    for name in ("film.mp4", "film.mkv"):
        opened, frames = watched(h264(tmp_path / name, frames=count))
        assert len(frames) == len(opened.timeline) == count
        assert same(list(opened.read(opened.timeline, 0, count)), frames)


TURNS = {
    (0, False, False): lambda stored: stored,
    (90, False, False): lambda stored: np.rot90(stored, 1),
    (180, False, False): lambda stored: np.rot90(stored, 2),
    (270, False, False): lambda stored: np.rot90(stored, 3),
    (0, True, False): lambda stored: stored[:, ::-1],
    (0, False, True): lambda stored: stored[::-1],
}


@pytest.mark.parametrize("turn", TURNS)
def test_frames_are_upright(tmp_path, turn):
    def turned(stream):
        stream.set_display_rotation(turn[0], hflip=turn[1], vflip=turn[2])
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)

    plain, turned_path = tmp_path / "plain.mp4", tmp_path / "turned.mp4"
    film(plain, map(moving_picture, range(2)), "libx264", options={"qp": "0"})
    film(turned_path, map(moving_picture, range(2)), "libx264", options={"qp": "0"}, adjust=turned)
    opened, frames = watched(turned_path)
    expected = TURNS[turn](watched(plain)[1][1].pixels)
    np.testing.assert_array_equal(frames[1].pixels, expected)
    assert (opened.info.height, opened.info.width) == expected.shape[:2]
    sideways = turn[0] in (90, 270)
    assert opened.info.sample_aspect == (Fraction(3, 4) if sideways else Fraction(4, 3))
    assert (frames[1].raw is None) == (turn != (0, False, False))


def test_turned_film_is_reduced_to_its_upright_width(tmp_path):
    path = film(
        tmp_path / "film.mp4",
        map(moving_picture, range(2)),
        "libx264",
        adjust=lambda stream: stream.set_display_rotation(90),
    )
    _, frames = watched(path, width=24)
    assert frames[0].pixels.shape == (32, 24, 3)


def test_reading_twice_gives_the_same_bits(tmp_path):
    path = h264(tmp_path / "film.mp4", frames=20)
    assert same(watched(path)[1], watched(path)[1])


def test_a_file_is_let_go_when_reading_stops(tmp_path):
    def is_open():
        return str(path) in [file.path for file in psutil.Process().open_files()]

    path = h264(tmp_path / "film.mp4", frames=20)
    opened, _ = watched(path)
    reading = opened.read(opened.timeline, 3, 9)
    next(reading)
    assert is_open()
    reading.close()
    assert not is_open()


def test_times_rise_where_a_film_is_two_films_end_to_end(tmp_path):
    once = h264(tmp_path / "once.ts", frames=20).read_bytes()
    (tmp_path / "twice.ts").write_bytes(once + once)
    opened, frames = watched(tmp_path / "twice.ts")
    assert len(frames) == 40
    gaps = {b.time - a.time for a, b in pairwise(frames)}
    assert gaps == {Fraction(1, 25)}
    assert "clock anew" in opened.problems[0]
    for first in (3, 18, 25, 37):
        assert same(list(opened.read(opened.timeline, first, first + 3)), frames[first : first + 3])
