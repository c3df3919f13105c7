from dataclasses import replace

import pytest
from drawn import info_of
from pydantic import ValidationError

from refilm.errors import UsageError
from refilm.film.encoding import Encoding, target_for
from refilm.frames import Coding


def target(name, info=None, source=None, **choices):
    info = info or info_of()
    return target_for(Encoding(**choices), name, info, source or info)


def stored_as(pixel_format, name="film.mkv", **choices):
    info = info_of(coding=Coding(pixel_format))
    return target(name, info, **{"codec": "ffv1", **choices}).pixel_format


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "h264"),
        ("a.MOV", "h264"),
        ("a.mkv", "h264"),
        ("a/%05d.png", "png"),
        ("a.tif", "tiff"),
        ("a.dpx", "dpx"),
        ("a.exr", "exr"),
    ],
)
def test_a_suffix_has_its_usual_codec(name, codec):
    assert target(name).codec == codec


@pytest.mark.parametrize(
    ("name", "choices", "message"),
    [
        ("a.mp4", {"codec": "prores"}, r"\.mp4 files cannot hold ProRes 422 HQ.*\.mov or \.mkv"),
        ("a.mp4", {"codec": "ffv1"}, r"\.mp4 files cannot hold FFV1.*\.mkv"),
        ("a.mov", {"codec": "av1"}, r"\.mov files cannot hold AV1"),
        ("a.png", {"codec": "h264"}, r"\.png files cannot hold H\.264"),
        ("a.mp5", {}, r"a\.mp5 has the suffix \.mp5.*perhaps \.mp4 was meant"),
        ("a.xyz", {}, r"write one of \.mp4, \.m4v, \.mov, \.mkv"),
        ("restored", {}, r"restored has no suffix.*result\.mp4.*%05d\.png"),
        ("a.mp4", {"bit_depth": 16}, r"H\.264 holds 8 or 10 bits per sample, not 16"),
        ("a.mov", {"codec": "prores", "bit_depth": 12}, r"holds 10 bits per sample, not 12"),
        ("a.dpx", {"bit_depth": 8}, r"DPX holds 10 or 12 or 16"),
        ("a.mp4", {"quality": 52}, r"qualities from 0 \(best\) to 51, not 52: 17 is usual"),
        ("a.mkv", {"codec": "ffv1", "quality": 3}, r"FFV1 has no quality to choose"),
    ],
)
def test_refuses_what_cannot_be_in_one_sentence(name, choices, message):
    with pytest.raises(UsageError, match=message):
        target(name, **choices)


def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(ValidationError, match="bitrate"):
        Encoding(bitrate=5000)


@pytest.mark.parametrize(
    ("own", "stored"),
    [
        ("yuv420p", "yuv420p"),
        ("yuvj420p", "yuv420p"),
        ("yuv422p10le", "yuv422p10le"),
        ("yuv411p", "yuv411p"),
        ("gray", "gray"),
        ("gray16le", "gray16le"),
        ("gray16be", "gray16le"),
        ("rgb24", "bgr0"),
        ("rgb48le", "rgb48le"),
        ("rgb48be", "rgb48le"),
        ("pal8", "bgr0"),
        ("nv12", "yuv420p"),
        ("p010le", "yuv420p10le"),
        ("uyvy422", "yuv422p"),
        ("yuva420p", "yuv420p"),
    ],
)
def test_ffv1_keeps_every_sample_of_the_film(own, stored):
    info = info_of(coding=Coding(own), channels=1 if own.startswith("gray") else 3)
    assert target("a.mkv", info, codec="ffv1").pixel_format == stored


def test_ffv1_takes_another_depth_when_asked():
    assert stored_as("yuv422p", bit_depth=10) == "yuv422p10le"
    assert stored_as("rgb24", bit_depth=16) == "rgb48le"
    assert stored_as("rgb24", bit_depth=12) == "gbrp12le"


def test_a_grey_film_that_was_coloured_is_stored_in_colour():
    source = info_of(coding=Coding("gray16le"), channels=1, bit_depth=16)
    coloured = replace(source, channels=3)
    assert target("a.mkv", coloured, source, codec="ffv1").pixel_format == "yuv444p16le"


def test_deep_film_is_stored_in_ten_bits_where_it_shows_and_eight_where_it_must_play():
    deep = info_of(bit_depth=16)
    assert target("a.mp4", deep).pixel_format == "yuv420p"
    assert target("a.mp4", deep, codec="h265").pixel_format == "yuv420p10le"
    assert target("a.mp4", deep, codec="av1").pixel_format == "yuv420p10le"
    assert target("a.mp4", codec="h265").pixel_format == "yuv420p"
    assert target("a.mov", codec="prores").pixel_format == "yuv422p10le"


def test_pictures_are_grey_when_the_film_is():
    grey = info_of(channels=1, bit_depth=10)
    assert target("%d.png", grey).pixel_format == "gray16be"
    assert target("%d.tif", grey).pixel_format == "gray16le"
    assert target("%d.exr", grey).pixel_format == "grayf32le"
    assert target("%d.dpx").pixel_format == "gbrp10le"


def test_odd_sizes_are_made_even_where_colour_is_shared_and_that_is_said():
    odd = info_of(width=65, height=47)
    padded = target("a.mp4", odd)
    assert (padded.width, padded.height) == (66, 48)
    assert "65x47 is stored as 66x48" in padded.notes[0]
    whole = target("a.mkv", odd, codec="ffv1")
    assert (whole.width, whole.height, whole.notes) == (65, 47, ())


@pytest.mark.parametrize(("height", "matrix"), [(576, "smpte170m"), (1080, "bt709")])
def test_rgb_becomes_the_matrix_that_players_expect_of_its_size(height, matrix):
    info = info_of(width=height * 4 // 3, height=height, coding=Coding("rgb24", "gbr", full_range=True))
    coding = target("a.mp4", info).coding
    assert (coding.matrix, coding.full_range, coding.chroma_location) == (matrix, False, "left")


def test_what_the_film_says_of_its_colours_is_kept():
    told = Coding("yuv420p", "bt709", True, "bt709", "bt709", "center")
    assert target("a.mp4", info_of(coding=told)).coding == told
    silent = Coding("yuv420p")
    assert target("a.mp4", info_of(coding=silent)).coding == silent


def test_a_folder_takes_pictures_only_when_a_picture_codec_is_chosen(tmp_path):
    assert target(tmp_path, codec="tiff").container == "pictures"
    with pytest.raises(UsageError, match="has no suffix"):
        target(tmp_path)


def test_another_codec_does_not_take_over_the_quality_that_was_meant_for_the_first():
    best = Encoding(quality=15)
    assert best.of_codec("ffv1").quality is None
    assert best.of_codec(None) is best
    archive = Encoding(codec="ffv1", bit_depth=10)
    assert archive.of_codec("ffv1").bit_depth == 10
    assert archive.of_codec("h264").bit_depth is None
