from fractions import Fraction

import numpy as np
import pytest
from clips import film, h264, moving_picture, with_noise_in_packets

from refilm.film.condition import Condition
from refilm.film.losses import Losses
from refilm.film.source import open_film

FRAMES = 60


def watched(path):
    opened = open_film(path)
    return opened, list(opened.watch())


def test_the_film_goes_on_after_a_damaged_packet(tmp_path):
    whole = h264(tmp_path / "whole.mkv", FRAMES)
    damaged = with_noise_in_packets(whole, tmp_path / "damaged.mkv", [20])
    (_, before), (opened, after) = watched(whole), watched(damaged)
    assert len(after) == FRAMES - 1
    by_time = {frame.time: frame.pixels for frame in before}
    sound = [frame for frame in after if np.array_equal(frame.pixels, by_time[frame.time])]
    assert len(sound) >= FRAMES - 12
    assert opened.problems == ("the film is damaged at 0.9 s: 1 frame could not be decoded",)


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg2video", "libvpx-vp9", "ffv1", "libx264"])
def test_every_lost_frame_is_counted(tmp_path, codec):
    pictures = (
        moving_picture(place, pixel_format="yuvj420p" if codec == "mjpeg" else "yuv420p")
        for place in range(FRAMES)
    )
    whole = film(tmp_path / "whole.mkv", pictures, codec, options={"g": "12", "bf": "0"})
    opened, frames = watched(with_noise_in_packets(whole, tmp_path / "damaged.mkv", range(30, 40)))
    lost = FRAMES - len(frames)
    assert 10 <= lost < 30
    assert any(f"{lost} frames could not be decoded" in problem for problem in opened.problems)
    assert frames[-1].time == Fraction(FRAMES - 1, 25)


def test_a_stretch_after_damage_is_what_sequential_decoding_gives(tmp_path):
    whole = h264(tmp_path / "whole.mkv", FRAMES)
    opened, frames = watched(with_noise_in_packets(whole, tmp_path / "damaged.mkv", [20]))
    for first in (10, 17, 19, 21, 30, 50):
        stretch = list(opened.read(opened.timeline, first, first + 3))
        assert [frame.time for frame in stretch] == [f.time for f in frames[first : first + 3]]
        for frame, expected in zip(stretch, frames[first : first + 3], strict=True):
            np.testing.assert_array_equal(frame.pixels, expected.pixels)


@pytest.mark.parametrize("sound_part", [0, 0.5])
def test_no_stretch_is_taken_up_at_a_damaged_key_frame(tmp_path, sound_part):
    pictures = map(moving_picture, range(FRAMES))
    whole = film(tmp_path / "whole.mkv", pictures, "mpeg4", options={"g": "12", "bf": "0"})
    damaged = with_noise_in_packets(whole, tmp_path / "damaged.mkv", [24], sound_part)
    opened, frames = watched(damaged)
    for first in range(20, 40, 3):
        stretch = list(opened.read(opened.timeline, first, first + 3))
        for frame, expected in zip(stretch, frames[first : first + 3], strict=True):
            assert frame.time == expected.time
            np.testing.assert_array_equal(frame.pixels, expected.pixels)


def test_damage_at_the_very_end_costs_only_the_damaged_frames(tmp_path):
    whole = h264(tmp_path / "whole.mkv", FRAMES)
    opened, frames = watched(with_noise_in_packets(whole, tmp_path / "damaged.mkv", [58, 59]))
    assert len(frames) == FRAMES - 2
    assert "2 frames could not be decoded" in opened.problems[0]


def test_a_damaged_beginning_is_passed_over(tmp_path):
    whole = h264(tmp_path / "whole.mkv", FRAMES)
    opened, frames = watched(with_noise_in_packets(whole, tmp_path / "damaged.mkv", [0]))
    assert 0 < len(frames) < FRAMES
    assert "from 0.0 s" in opened.problems[0]


def test_a_cut_off_film_gives_what_is_there_and_says_so(tmp_path):
    whole = h264(tmp_path / "whole.mkv", FRAMES).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) * 2 // 3])
    opened, frames = watched(tmp_path / "cut.mkv")
    assert 20 < len(frames) < FRAMES
    assert any("breaks off at" in problem and "2.4 s" in problem for problem in opened.problems)


def test_an_index_at_the_front_saves_a_cut_off_film(tmp_path):
    pictures = map(moving_picture, range(FRAMES))
    front = {"movflags": "faststart"}
    whole = film(tmp_path / "whole.mp4", pictures, "libx264", container_options=front).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) * 2 // 3])
    opened, frames = watched(tmp_path / "cut.mp4")
    assert 10 < len(frames) < FRAMES
    assert any("breaks off at" in problem for problem in opened.problems)


def test_damage_close_together_is_told_of_as_one_place():
    condition = Condition()
    for tenths in (5, 7, 9, 60):
        condition.damaged(Fraction(tenths, 10), "lost")
    condition.damaged(Fraction(1), "incomplete")
    assert condition.sentences(100) == (
        "the film is damaged from 0.5 s to 1.0 s: "
        "3 frames could not be decoded, 1 frame could be decoded only in part",
        "the film is damaged at 6.0 s: 1 frame could not be decoded",
    )


def test_a_ruined_film_does_not_make_a_list_without_end():
    condition = Condition()
    for seconds in range(0, 300, 3):
        condition.damaged(Fraction(seconds), "lost")
    told = condition.sentences(1000)
    assert len(told) == 21
    assert told[-1] == "the film is damaged at 80 more places"


def test_pictures_that_come_back_late_are_not_lost():
    losses = Losses()
    for stamp in range(50):
        assert losses.given(stamp, 1000) == []
    for stamp in reversed(range(50)):
        losses.shown(stamp)
    assert losses.rest() == []


def test_placeholders_are_not_missed():
    losses = Losses()
    losses.given(1, 7)
    losses.given(2, 700)
    assert losses.rest() == [2]


def test_a_change_of_size_within_the_film_is_levelled_and_told(tmp_path):
    small = film(tmp_path / "a.ts", map(moving_picture, range(10)), "mpeg2video", options={"bf": "0"})
    pictures = (moving_picture(place, 96, 72) for place in range(10))
    large = film(tmp_path / "b.ts", pictures, "mpeg2video", options={"bf": "0"})
    (tmp_path / "both.ts").write_bytes(small.read_bytes() + large.read_bytes())
    opened, frames = watched(tmp_path / "both.ts")
    # FFmpeg's decoder drops the picture that it holds back when the size changes.
    assert len(frames) == 19
    assert {frame.pixels.shape for frame in frames} == {(48, 64, 3)}
    assert any("changes from 64x48 to 96x72" in problem for problem in opened.problems)
    assert frames[0].raw is not None
    assert frames[-1].raw is None
