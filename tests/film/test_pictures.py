import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from clips import random_picture, still

from refilm.errors import InputError
from refilm.film.pixels import to_pixels
from refilm.film.source import open_film
from refilm.frames import Coding


def folder_of(path, names, pixel_format="gray", codec="png", **size):
    path.mkdir(exist_ok=True)
    for seed, name in enumerate(names):
        still(path / name, random_picture(pixel_format, seed=seed, **size), codec)
    return path


def numbers(frames):
    return [frame.pixels[0, 0, 0] for frame in frames]


def test_a_folder_is_a_film_at_16_frames_per_second_and_that_is_said(tmp_path):
    said = []
    opened = open_film(folder_of(tmp_path, ["1.png", "2.png", "3.png"]), say=said.append)
    frames = list(opened.watch())
    assert [frame.time for frame in frames] == [0, Fraction(1, 16), Fraction(2, 16)]
    assert opened.info.rate == 16
    assert opened.info.duration == opened.timeline.end == Fraction(3, 16)
    assert "taken as 16 frames per second" in said[0]
    assert opened.path is None
    assert opened.problems == ()


def test_a_rate_can_be_given(tmp_path):
    opened = open_film(folder_of(tmp_path, ["1.png", "2.png"]), rate=Fraction(24000, 1001))
    assert [frame.time for frame in opened.watch()] == [0, Fraction(1001, 24000)]


def test_numbers_in_names_count_as_numbers(tmp_path):
    names = ["f10.png", "f2.png", "f1.png", "F3.png"]
    opened = open_film(folder_of(tmp_path, names))
    assert [path.name for path in opened.files] == ["f1.png", "f2.png", "F3.png", "f10.png"]


@pytest.mark.parametrize("pattern", ["s%03d.png", "s*.png", "s[0-9]*.png"])
def test_a_pattern_takes_only_what_is_like_it(tmp_path, pattern):
    folder_of(tmp_path, ["s001.png", "s002.png", "other.png"])
    opened = open_film(tmp_path / pattern)
    assert [path.name for path in opened.files] == ["s001.png", "s002.png"]


def test_one_picture_is_a_film_of_one_frame(tmp_path):
    folder_of(tmp_path, ["one.png"])
    opened = open_film(tmp_path / "one.png")
    assert len(list(opened.watch())) == 1
    assert opened.name == "one"


def test_a_name_that_looks_like_a_pattern_but_exists_is_one_picture(tmp_path):
    folder_of(tmp_path, ["shot[1]_100%d.png"])
    assert len(list(open_film(tmp_path / "shot[1]_100%d.png").watch())) == 1


def test_stretches_are_read_by_their_numbers(tmp_path):
    opened = open_film(folder_of(tmp_path, [f"{place}.png" for place in range(12)]))
    frames = list(opened.watch())
    assert numbers(opened.read(opened.timeline, 4, 7)) == numbers(frames[4:7])


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "depth", "channels"),
    [
        *(("a.png", "png", "gray", 8, 1), ("a.png", "png", "gray16be", 16, 1)),
        *(("a.png", "png", "rgb48be", 16, 3), ("a.tif", "tiff", "rgb24", 8, 3)),
        *(("a.tiff", "tiff", "rgb48le", 16, 3), ("a.tif", "tiff", "gray16le", 16, 1)),
        *(("a.dpx", "dpx", "gbrp10le", 10, 3), ("a.dpx", "dpx", "gbrp12le", 12, 3)),
        *(("a.bmp", "bmp", "bgr24", 8, 3), ("a.jpg", "mjpeg", "yuvj444p", 8, 3)),
    ],
)
def test_each_kind_of_picture_is_read_at_its_depth(
    tmp_path, name, codec, pixel_format, depth, channels
):
    picture = random_picture(pixel_format)
    still(tmp_path / name, picture, codec)
    opened = open_film(tmp_path / name)
    (frame,) = opened.watch()
    assert (opened.info.bit_depth, opened.info.channels, frame.channels) == (depth, channels, channels)
    if codec != "mjpeg":
        expected = to_pixels(picture, Coding(pixel_format, full_range=True))
        np.testing.assert_array_equal(frame.pixels, expected)


def test_webp_is_read(tmp_path):
    try:
        still(tmp_path / "a.webp", random_picture("yuv420p"), "libwebp")
    except av.codec.codec.UnknownCodecError:
        pytest.skip("this FFmpeg writes no WebP")
    assert next(open_film(tmp_path / "a.webp").watch()).pixels.shape == (48, 64, 3)


@pytest.mark.parametrize("pixel_format", ["gbrpf32le", "grayf32le"])
def test_linear_light_gets_the_srgb_curve_aloud(tmp_path, pixel_format):
    said = []
    picture = random_picture(pixel_format)
    opened = open_film(still(tmp_path / "a.exr", picture, "exr"), say=said.append)
    (frame,) = opened.watch()
    light = to_pixels(picture, Coding(pixel_format))
    curved = np.where(
        light <= 0.0031308, light * 12.92, 1.055 * light.astype(float) ** (1 / 2.4) - 0.055
    )
    np.testing.assert_allclose(frame.pixels, curved, atol=1e-6)
    assert opened.info.coding.transfer == "iec61966-2-1"
    assert opened.info.bit_depth == 16
    assert frame.raw is None
    assert "linear light" in said[0]


def test_a_grey_picture_among_coloured_ones_has_as_many_channels(tmp_path):
    folder_of(tmp_path, ["1.png", "3.png"], "gray")
    still(tmp_path / "2.png", random_picture("rgb24"), "png")
    opened = open_film(tmp_path)
    frames = list(opened.watch())
    assert opened.info.channels == 3
    assert [frame.channels for frame in frames] == [3, 3, 3]
    assert any("pixel format changes" in problem for problem in opened.problems)


def test_pictures_of_different_size_are_refused(tmp_path):
    folder_of(tmp_path, ["1.png", "2.png"])
    still(tmp_path / "3.png", random_picture("gray", 80, 48), "png")
    with pytest.raises(InputError, match=r"3\.png is 80x48, not 64x48"):
        open_film(tmp_path)


def test_one_picture_of_different_size_among_many_is_refused_when_watched(tmp_path):
    folder_of(tmp_path, [f"{place}.png" for place in range(100)], width=8, height=8)
    still(tmp_path / "50.png", random_picture("gray", 9, 8), "png")
    opened = open_film(tmp_path)
    with pytest.raises(InputError, match=r"50\.png is 9x8"):
        list(opened.watch())


def test_a_damaged_picture_is_left_out_and_told(tmp_path):
    folder_of(tmp_path, [f"{place}.png" for place in range(5)])
    (tmp_path / "2.png").write_bytes(b"\x89PNG no more")
    opened = open_film(folder_of(tmp_path / "sound", ["1.png"]).parent)
    frames = list(opened.watch())
    assert [frame.time for frame in frames] == [Fraction(place, 16) for place in (0, 1, 3, 4)]
    assert opened.problems[0] == "the film is damaged at 0.1 s: 1 frame could not be decoded"
    assert numbers(opened.read(opened.timeline, 2, 4)) == numbers(frames[2:4])


def test_a_gap_in_the_numbers_is_told(tmp_path):
    opened = open_film(folder_of(tmp_path, ["a1.png", "a2.png", "a5.png", "a7.png"]))
    list(opened.watch())
    assert opened.problems == ("pictures 3 to 4 are missing", "picture 6 is missing")


def test_the_digest_follows_names_and_bytes(tmp_path):
    folder_of(tmp_path, ["1.png", "2.png"])
    before = open_film(tmp_path).digest()
    (tmp_path / "2.png").rename(tmp_path / "3.png")
    assert open_film(tmp_path).digest() != before


def test_other_files_in_the_folder_do_not_matter(tmp_path):
    folder_of(tmp_path, ["1.png", "2.png", ".hidden.png"])
    (tmp_path / "notes.txt").write_text("reel 4")
    assert len(open_film(tmp_path).files) == 2


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("reel 4")
    with pytest.raises(InputError, match="holds no pictures: give one with PNG"):
        open_film(tmp_path)


def test_several_kinds_in_one_folder_are_refused(tmp_path):
    folder_of(tmp_path, ["1.png"])
    still(tmp_path / "1.bmp", random_picture("bgr24"), "bmp")
    with pytest.raises(InputError, match=r"several kinds \(BMP, PNG\): give a pattern"):
        open_film(tmp_path)


def test_a_pattern_like_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match="no file is like"):
        open_film(tmp_path / "%05d.png")
    with pytest.raises(InputError, match="there is no folder"):
        open_film(tmp_path / "gone" / "*.png")


def test_text_named_as_a_picture_is_refused(tmp_path):
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(InputError, match=r"a\.png is no picture"):
        open_film(tmp_path / "a.png")


def test_an_empty_picture_is_told_from_a_broken_one(tmp_path):
    (tmp_path / "a.png").touch()
    with pytest.raises(InputError, match=r"a\.png is empty"):
        open_film(tmp_path)


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_a_photographs_exif_orientation_is_followed(tmp_path, orientation, turns):
    still(tmp_path / "a.jpg", random_picture("yuvj444p"), "mjpeg")
    plain = next(open_film(tmp_path / "a.jpg").watch()).pixels
    content = (tmp_path / "a.jpg").read_bytes()
    tag = struct.pack("<HHIHH", 0x112, 3, 1, orientation, 0)
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + tag + bytes(4)
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    (tmp_path / "b.jpg").write_bytes(content[:2] + segment + content[2:])
    opened = open_film(tmp_path / "b.jpg")
    (frame,) = opened.watch()
    np.testing.assert_array_equal(frame.pixels, np.rot90(plain, turns))
    assert (opened.info.height, opened.info.width) == frame.pixels.shape[:2]


def test_what_is_inside_counts_not_the_ending(tmp_path):
    still(tmp_path / "a.png", random_picture("rgb24"), "png").rename(tmp_path / "a.jpg")
    assert next(open_film(tmp_path / "a.jpg").watch()).pixels.shape == (48, 64, 3)
