import av
import cv2
import numpy as np
import pytest
from clips import random_picture

from refilm.errors import OutputError
from refilm.film.pixels import to_picture, to_pixels, to_reduced_pixels
from refilm.film.planes import layout_of, planes_of
from refilm.frames import Coding

EXACT = [
    *(
        "gray",
        "gray9le",
        "gray10be",
        "gray12le",
        "gray14le",
        "gray16le",
        "gray16be",
        "grayf32le",
        "ya8",
    ),
    *("yuv444p", "yuvj444p", "yuv444p9le", "yuv444p10le", "yuv444p12be", "yuv444p16le", "yuva444p"),
    *("nv24", "nv42", "p410le", "p416le"),
    *(
        "rgb24",
        "bgr24",
        "rgba",
        "bgra",
        "argb",
        "abgr",
        "rgb0",
        "0bgr",
        "rgb48le",
        "rgb48be",
        "bgr48le",
    ),
    *("rgba64le", "rgbf32le", "rgbaf16le"),
    *(
        "gbrp",
        "gbrp9le",
        "gbrp10le",
        "gbrp12be",
        "gbrp14le",
        "gbrp16le",
        "gbrpf32le",
        "gbrap",
        "gbrap12le",
    ),
]
SHARED = [
    "yuv420p",
    "yuvj420p",
    "yuv422p10le",
    "yuv420p16le",
    "nv12",
    "nv21",
    "p010le",
    "yuv411p",
    "yuv440p",
]
ONE_IN_8_BITS = 1 / 255


def stored(picture):
    layout = layout_of(picture.format.name)
    planes = planes_of(picture, layout)
    return [planes[plane][:, :, place] for plane, place in layout.places]


def flat(pixel_format, *numbers, width=16, height=8):
    picture = av.VideoFrame(width, height, pixel_format)
    for samples, number in zip(stored(picture), numbers, strict=True):
        samples[...] = number
    return picture


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("pixel_format", EXACT)
def test_a_round_trip_gives_every_number_back(pixel_format, full):
    coding = Coding(pixel_format, full_range=full)
    picture = random_picture(pixel_format, 31, 19)
    again = to_picture(to_pixels(picture, coding), pixel_format, coding)
    for before, after in zip(stored(picture), stored(again), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("pixel_format", SHARED)
def test_luma_of_shared_chroma_formats_comes_back_exactly(pixel_format):
    coding = Coding(pixel_format)
    picture = random_picture(pixel_format, 31, 19)
    again = to_picture(to_pixels(picture, coding), pixel_format, coding)
    np.testing.assert_array_equal(stored(picture)[0], stored(again)[0])


@pytest.mark.parametrize("siting", ["left", "center", "topleft", "bottomleft"])
@pytest.mark.parametrize("pixel_format", SHARED)
def test_smooth_chroma_comes_back_where_it_was(pixel_format, siting):
    coding = Coding(pixel_format, chroma_location=siting)
    picture = random_picture(pixel_format, 64, 48)
    unit = 1 << (layout_of(pixel_format).depth - 8 + layout_of(pixel_format).shift)
    for samples in stored(picture)[1:]:
        rows, columns = np.mgrid[: samples.shape[0], : samples.shape[1]]
        samples[...] = (90 + columns * 2 + rows) * unit
    again = to_picture(to_pixels(picture, coding), pixel_format, coding)
    for before, after in zip(stored(picture)[1:], stored(again)[1:], strict=True):
        inner = np.s_[2:-2, 2:-2]
        difference = before[inner].astype(float) - after[inner]
        # A ramp is linear: only its rounding may differ, by one number of 8 bits at most.
        assert np.abs(difference).max() <= unit


def test_known_colours_of_limited_range_are_right():
    # The 75 % bars of Rec. 709 in 8 bits, ITU-R BT.1907 table.
    bars = {(180, 128, 128): (1, 1, 1), (168, 44, 136): (1, 1, 0), (51, 109, 212): (1, 0, 0)}
    for numbers, colour in bars.items():
        pixels = to_pixels(flat("yuv444p", *numbers), Coding("yuv444p", "bt709"))
        np.testing.assert_allclose(pixels[0, 0], np.multiply(colour, 0.75), atol=2 * ONE_IN_8_BITS)


@pytest.mark.parametrize(
    ("matrix", "name"), [("bt709", "ITU709"), ("smpte170m", "ITU601"), ("bt2020nc", "BT2020")]
)
@pytest.mark.parametrize("full", [False, True])
def test_colours_agree_with_swscale(matrix, name, full):
    colours = np.random.default_rng(3).integers(20, 230, (8, 8, 3), np.uint8)
    picture = av.VideoFrame.from_ndarray(np.kron(colours, np.ones((4, 4, 1), np.uint8)), "rgb24")
    reach = "JPEG" if full else "MPEG"
    coded = picture.reformat(
        format="yuv444p", dst_colorspace=name, src_color_range="JPEG", dst_color_range=reach
    )
    pixels = to_pixels(coded, Coding("yuv444p", matrix, full))
    # Rounded to 8 bits twice (Y, and U or V times up to 1.9), and swscale rounds once more.
    np.testing.assert_allclose(pixels, picture.to_ndarray() / 255, atol=3 * ONE_IN_8_BITS)


def test_an_unknown_matrix_goes_by_the_size_of_the_picture():
    unknown, sd, hd = (Coding("yuv444p", name) for name in ("unknown", "smpte170m", "bt709"))
    small = flat("yuv444p", 100, 60, 200)
    large = flat("yuv444p", 100, 60, 200, width=1280, height=8)
    np.testing.assert_array_equal(to_pixels(small, unknown), to_pixels(small, sd))
    np.testing.assert_array_equal(to_pixels(large, unknown), to_pixels(large, hd))


def test_overshoot_is_kept():
    pixels = to_pixels(flat("yuv444p", 254, 128, 128), Coding("yuv444p"))
    np.testing.assert_allclose(pixels, (254 - 16) / 219, atol=1e-5)
    np.testing.assert_allclose(to_pixels(flat("gray", 1), Coding("gray")), -15 / 219, atol=1e-6)


def test_what_the_format_cannot_hold_is_clipped():
    wild = np.array([[[-3.0], [9.0]]], np.float32)
    assert to_picture(wild, "gray", Coding(full_range=True)).to_ndarray().tolist() == [[0, 255]]


def test_writing_rounds_to_the_nearest_number():
    grey = np.array([[[99.6 / 255], [99.4 / 255]]], np.float32)
    assert to_picture(grey, "gray", Coding(full_range=True)).to_ndarray().tolist() == [[100, 99]]


def test_one_channel_is_the_luma():
    assert to_pixels(random_picture("yuv420p"), Coding(), 1).shape == (48, 64, 1)
    colours = to_pixels(flat("rgb24", 200, 100, 50), Coding("rgb24", "bt709"), 1)
    np.testing.assert_allclose(colours, (0.2126 * 200 + 0.7152 * 100 + 0.0722 * 50) / 255, atol=1e-6)


def test_grey_formats_have_one_channel_whatever_is_asked_for():
    assert to_pixels(random_picture("gray"), Coding("gray"), 3).shape == (48, 64, 1)


def test_one_channel_makes_a_colour_picture_without_colour():
    grey = np.full((6, 8, 1), 0.5, np.float32)
    luma, *chroma = stored(to_picture(grey, "yuv420p", Coding()))
    assert np.unique(luma).tolist() == [126]
    assert [np.unique(plane).tolist() for plane in chroma] == [[128], [128]]
    red, green, blue = stored(to_picture(grey, "rgb24", Coding()))
    assert np.array_equal(red, green)
    assert np.array_equal(red, blue)


def test_left_siting_lays_chroma_on_the_even_columns():
    picture = flat("yuv422p", 120, 128, 128, width=16)
    stored(picture)[2][:, 4] = 200
    red = to_pixels(picture, Coding("yuv422p", chroma_location="left"))[0, :, 0]
    assert red.argmax() == 8
    assert red[7] == pytest.approx(red[9])
    red = to_pixels(picture, Coding("yuv422p", chroma_location="center"))[0, :, 0]
    assert red[8] == pytest.approx(red[9])


def test_jpeg_formats_lay_chroma_between_the_columns_where_nothing_is_said():
    picture = flat("yuvj422p", 120, 128, 128, width=16)
    stored(picture)[2][:, 4] = 200
    red = to_pixels(picture, Coding("yuvj422p", full_range=True))[0, :, 0]
    assert red[8] == pytest.approx(red[9])


@pytest.mark.parametrize("pixel_format", ["yuyv422", "uyvy422"])
def test_packed_yuv_is_taken_apart_without_loss(pixel_format):
    packed = av.VideoFrame(16, 8, pixel_format)
    packed.planes[0].update(np.random.default_rng(5).integers(0, 256, 16 * 8 * 2, np.uint8).tobytes())
    apart = packed.reformat(format="yuv422p")
    for full in (False, True):
        coding = Coding(pixel_format, full_range=full)
        np.testing.assert_array_equal(to_pixels(packed, coding), to_pixels(apart, coding))


def test_palettes_and_mosaics_become_colours():
    assert to_pixels(av.VideoFrame(16, 8, "pal8"), Coding("pal8")).shape == (8, 16, 3)
    assert to_pixels(av.VideoFrame(16, 8, "bayer_rggb16le"), Coding()).shape == (8, 16, 3)


def test_a_black_and_white_bitmap_becomes_grey():
    bits = av.VideoFrame(16, 2, "monow")
    bits.planes[0].update(bytes(bits.planes[0].buffer_size))
    np.testing.assert_array_equal(to_pixels(bits, Coding(full_range=True)), np.ones((2, 16, 1)))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "pixel_format", ["yuv420p", "yuv422p10le", "nv12", "gray16be", "bgr24", "gbrp12le"]
)
def test_a_reduced_picture_is_the_reduced_full_picture(pixel_format, channels):
    coding = Coding(pixel_format)
    smooth = cv2.GaussianBlur(np.random.default_rng(1).random((96, 128, 3), np.float32), (0, 0), 6)
    picture = to_picture(smooth, pixel_format, coding)
    small = to_reduced_pixels(picture, coding, channels, 32)
    full = to_pixels(picture, coding, channels)
    expected = cv2.resize(full, (32, 24), interpolation=cv2.INTER_AREA).reshape(small.shape)
    # Planes are reduced in 8 bits, and chroma as if it lay between the pixels.
    np.testing.assert_allclose(small, expected, atol=3 * ONE_IN_8_BITS)


def test_a_picture_is_never_enlarged():
    assert to_reduced_pixels(random_picture("yuv420p"), Coding(), 3, 640).shape == (48, 64, 3)


def test_a_picture_stored_from_its_last_line_is_read_from_its_first():
    upside_down = av.VideoFrame.from_ndarray(np.arange(48, dtype=np.uint8).reshape(6, 8), "gray")
    flipped = av.filter.Graph()
    source = flipped.add_buffer(width=8, height=6, format="gray", time_base=1)
    turn, sink = flipped.add("vflip"), flipped.add("buffersink")
    source.link_to(turn)
    turn.link_to(sink)
    flipped.configure()
    source.push(upside_down)
    picture = sink.pull()
    assert picture.planes[0].line_size < 0
    pixels = to_pixels(picture, Coding("gray", full_range=True))[:, :, 0] * 255
    np.testing.assert_allclose(pixels, np.arange(48).reshape(6, 8)[::-1], atol=1e-4)


def test_a_picture_says_how_it_is_coded():
    coding = Coding("yuv420p", "bt709", False, "bt709", "bt709")
    picture = to_picture(np.zeros((4, 4, 1), np.float32), "yuv420p", coding)
    said = (picture.colorspace, picture.color_range, picture.color_primaries, picture.color_trc)
    assert said == (1, 1, 1, 1)


def test_an_unknown_format_is_refused_for_writing():
    with pytest.raises(OutputError, match="pal8 is not one that refilm can write"):
        to_picture(np.zeros((4, 4, 3), np.float32), "pal8", Coding())
