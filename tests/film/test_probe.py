import os
from contextlib import chdir
from fractions import Fraction

import av
import pytest
from av.stream import Disposition
from clips import film, h264, moving_picture, random_picture, sound_only

from refilm.errors import InputError, UsageError
from refilm.film.source import open_film

FRAMES = 6


def frames(pixel_format="yuv420p", count=FRAMES, **size):
    return (random_picture(pixel_format, seed=place, **size) for place in range(count))


def test_says_what_the_film_is(tmp_path):
    info = open_film(h264(tmp_path / "film.mp4", frames=50)).info
    assert (info.width, info.height, info.channels, info.bit_depth) == (64, 48, 3, 8)
    assert (info.rate, info.start, info.duration) == (25, 0, 2)
    assert info.coding.pixel_format == "yuv420p"
    assert not info.coding.full_range
    assert not info.variable_rate
    assert not info.interlaced
    assert info.sample_aspect == 1


@pytest.mark.parametrize(
    ("pixel_format", "channels", "depth"),
    [
        *(("gray", 1, 8), ("gray10le", 1, 10), ("gray16le", 1, 16), ("yuv444p", 3, 8)),
        *(("yuv422p10le", 3, 10), ("rgb48le", 3, 16), ("gbrp12le", 3, 12)),
    ],
)
def test_knows_channels_and_depth_of_a_format(tmp_path, pixel_format, channels, depth):
    info = open_film(film(tmp_path / "film.mkv", frames(pixel_format))).info
    assert (info.channels, info.bit_depth) == (channels, depth)


def test_colours_have_ffmpegs_names(tmp_path):
    def label(stream):
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc = 9, 9, 14
        context.color_range = 2

    pictures = [moving_picture(place) for place in range(3)]
    for picture in pictures:
        picture.colorspace, picture.color_primaries, picture.color_trc = 9, 9, 14
        picture.color_range = 2
    coding = open_film(film(tmp_path / "film.mkv", pictures, "libx264", adjust=label)).info.coding
    assert (coding.matrix, coding.primaries, coding.transfer) == ("bt2020nc", "bt2020", "bt2020-10")
    assert coding.full_range


def test_rgb_and_unlabelled_grey_reach_over_the_full_range(tmp_path):
    for pixel_format in ("gray", "rgb48le", "gbrp10le"):
        assert open_film(film(tmp_path / "film.mkv", frames(pixel_format))).info.coding.full_range


def test_jpeg_chroma_lies_between_the_pixels(tmp_path):
    path = film(tmp_path / "film.avi", frames("yuvj420p"), "mjpeg")
    assert open_film(path).info.coding.chroma_location == "center"


def test_pixels_may_be_wider_than_high(tmp_path):
    def anamorphic(stream):
        stream.codec_context.sample_aspect_ratio = Fraction(16, 15)

    path = film(tmp_path / "film.mp4", frames(), "libx264", adjust=anamorphic)
    assert open_film(path).info.sample_aspect == Fraction(16, 15)


def test_nonsense_for_the_shape_of_pixels_is_left_out(tmp_path):
    def absurd(stream):
        stream.codec_context.sample_aspect_ratio = Fraction(1, 9999)

    path = film(tmp_path / "film.mkv", frames(), adjust=absurd)
    assert open_film(path).info.sample_aspect == 1


@pytest.mark.parametrize("rate", [Fraction(1, 90000), Fraction(1_000_000), Fraction(50)])
def test_a_wrong_rate_in_the_header_gives_way_to_the_stamps(tmp_path, rate):
    def misstate(stream):
        stream.codec_context.framerate = rate

    stamps = range(0, FRAMES * 40, 40)
    path = film(
        tmp_path / "film.mkv", frames(), stamps=stamps, time_base=Fraction(1, 1000), adjust=misstate
    )
    assert open_film(path).info.rate == 25


def test_impossibly_close_stamps_are_not_believed(tmp_path):
    said = []
    path = film(tmp_path / "film.nut", frames(), "rawvideo", time_base=Fraction(1, 1_000_000))
    opened = open_film(path, say=said.append)
    times = [frame.time for frame in opened.watch()]
    assert times == [Fraction(place, 16) for place in range(FRAMES)]
    assert any("16 frames per second" in sentence for sentence in said)
    assert any("impossibly close" in sentence for sentence in said)


def test_film_without_stamps_runs_at_the_rate_that_its_header_states(tmp_path):
    opened = open_film(h264(tmp_path / "film.h264", frames=10))
    times = [frame.time for frame in opened.watch()]
    assert times == [Fraction(place, 25) for place in range(10)]
    assert opened.problems == ("the film has no time stamps: its frames are taken as evenly spaced",)


def test_an_uneven_rate_is_known_as_such_and_its_mean_is_given(tmp_path):
    stamps = [0, 40, 80, 200, 240, 400]
    path = film(tmp_path / "film.mkv", frames(), stamps=stamps, time_base=Fraction(1, 1000))
    info = open_film(path).info
    assert info.variable_rate
    assert info.rate == Fraction(5000, 400)


def test_transparency_is_left_out_aloud(tmp_path):
    said = []
    open_film(film(tmp_path / "film.mkv", frames("yuva420p")), say=said.append)
    assert said == ["the film's transparency is left out"]


def test_a_rate_must_be_above_zero(tmp_path):
    with pytest.raises(UsageError, match="frame rate of 0 is not possible"):
        open_film(tmp_path, rate=Fraction(0))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"there is no file or folder .*gone\.mp4"):
        open_film(tmp_path / "gone.mp4")


def test_an_empty_file_is_told_from_a_broken_one(tmp_path):
    (tmp_path / "film.mp4").touch()
    with pytest.raises(InputError, match="is empty"):
        open_film(tmp_path / "film.mp4")


def test_text_is_no_film(tmp_path):
    (tmp_path / "film.mp4").write_text("a letter\n" * 99)
    with pytest.raises(InputError, match=r"film\.mp4 is no film"):
        open_film(tmp_path / "film.mp4")


def test_sound_alone_is_no_film(tmp_path):
    with pytest.raises(InputError, match="holds no pictures"):
        open_film(sound_only(tmp_path / "sound.mp4"))


def test_a_film_without_its_index_cannot_be_read(tmp_path):
    whole = h264(tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(InputError, match="index is damaged or missing"):
        open_film(tmp_path / "cut.mp4")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path):
    path = h264(tmp_path / "film.mp4", frames=2)
    path.chmod(0)
    with pytest.raises(InputError, match=r"film\.mp4 may not be read"):
        open_film(path)


def test_a_colon_or_percent_sign_in_a_name_is_no_protocol_and_no_pattern(tmp_path):
    film(tmp_path / "plain.mkv", frames()).rename(tmp_path / "cut: 100%03d.mkv")
    with chdir(tmp_path):
        assert len(list(open_film("cut: 100%03d.mkv").watch())) == FRAMES


def test_opening_reads_only_the_beginning(tmp_path):
    path = h264(tmp_path / "film.mp4", frames=50)
    opened = open_film(path)
    path.unlink()
    assert opened.files == (path,)
    with pytest.raises(InputError):
        next(iter(opened.watch()))


def test_a_digest_follows_the_bytes(tmp_path):
    path = h264(tmp_path / "film.mp4", frames=2)
    before = open_film(path).digest()
    assert before == open_film(path).digest()
    path.write_bytes(path.read_bytes() + b"\0" * 8)
    assert open_film(path).digest() != before
    assert len(before) == 64


def test_cover_art_is_no_film(tmp_path):
    song, cover = sound_only(tmp_path / "song.m4a"), random_picture("yuvj420p")
    with av.open(str(song)) as inside, av.open(str(tmp_path / "both.mp4"), "w") as outside:
        sound = outside.add_stream_from_template(inside.streams.audio[0])
        art = outside.add_stream("mjpeg", rate=1)
        art.width, art.height, art.pix_fmt = cover.width, cover.height, "yuvj420p"
        art.disposition = Disposition.attached_pic
        for packet in [packet for packet in inside.demux(audio=0) if packet.size]:
            packet.stream = sound
            outside.mux(packet)
        cover.pts = 0
        outside.mux(art.encode(cover))
        outside.mux(art.encode(None))
    with pytest.raises(InputError, match="holds no pictures"):
        open_film(tmp_path / "both.mp4")
