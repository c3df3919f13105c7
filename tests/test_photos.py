"""Pictures that people bring come in as upright sRGB, or are refused in one sentence."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from refilm.errors import InputError, OutputError
from refilm.photos import LARGEST, is_grey, read_colours, read_photo, write_png

ROUND = 0.6 / 255
"""Half a step of 8 bits, and a little for arithmetic."""


def colourful(height=40, width=60):
    down, across = np.mgrid[0:height, 0:width].astype(np.float32)
    rgb = np.dstack((across / width, down / height, 0.5 + 0 * down))
    return np.asarray(rgb * 255, np.uint8)


def saved(path, image, **how):
    image.save(path, **how)
    return path


@pytest.mark.parametrize(
    "name", ["photo.png", "with space.png", "d'été «1».png", 'quo"te.png', "写真.png", "UP.PNG"]
)
def test_a_picture_comes_back_as_it_was_whatever_its_name(tmp_path, name):
    path = saved(tmp_path / name, Image.fromarray(colourful()), format="PNG")
    np.testing.assert_allclose(read_photo(path) * 255, colourful(), atol=0.01)


def cut_short(path, kind):
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, kind)
    path.write_bytes(path.read_bytes()[:5000])


MAKE = {
    "missing": lambda path: None,
    "text": lambda path: path.write_text("This was never a picture.\n" * 20),
    "empty": lambda path: path.touch(),
    "folder": lambda path: path.mkdir(),
    "truncated": lambda path: cut_short(path, "PNG"),
    "truncated JPEG": lambda path: cut_short(path, "JPEG"),
    "pixel": lambda path: Image.new("RGB", (1, 1)).save(path),
    "huge": lambda path: Image.new("1", (20_000, 10_000)).save(path),
    "transparent": lambda path: Image.new("RGBA", (40, 40), (255, 0, 0, 0)).save(path),
}


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("missing", "cannot be read: No such file"),
        ("folder", "cannot be read: Is a directory"),
        ("text", "is no picture that can be read: give a PNG"),
        ("empty", "is no picture that can be read: give a PNG"),
        ("truncated", "is damaged .*: give a complete file"),
        ("truncated JPEG", "is damaged .*: give a complete file"),
        ("pixel", "is 1x1 pixels, too small to tell anything: give a picture of at least 16x16"),
        ("huge", f"more than {LARGEST // 1_000_000} megapixels: give it in a smaller size"),
        ("transparent", "is transparent all over"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(tmp_path, kind, sentence):
    path = tmp_path / "picture.png"
    MAKE[kind](path)
    with pytest.raises(InputError, match=sentence) as caught:
        read_photo(path)
    assert "picture.png" in str(caught.value)


@pytest.mark.parametrize(("suffix", "size"), [("png", (3000, 2100)), ("jpg", (12_000, 8_400))])
def test_a_large_picture_is_read_small(tmp_path, suffix, size):
    path = saved(tmp_path / f"large.{suffix}", Image.new("RGB", size, (200, 40, 90)))
    pixels = read_photo(path, most=10_000)
    assert pixels.shape[0] * pixels.shape[1] <= 12_000
    np.testing.assert_allclose(pixels.mean((0, 1)) * 255, (200, 40, 90), atol=2)


def test_transparent_parts_take_the_colour_beside_them(tmp_path):
    rgba = np.dstack((colourful(), np.full((40, 60), 255, np.uint8)))
    rgba[:, :20] = (0, 255, 0, 0)
    pixels = read_photo(saved(tmp_path / "cut.png", Image.fromarray(rgba)))
    np.testing.assert_allclose(pixels[:, :20], np.repeat(pixels[:, 20:21], 20, 1), atol=ROUND)
    np.testing.assert_allclose(pixels[:, 20:] * 255, colourful()[:, 20:], atol=0.01)


@pytest.mark.parametrize("mode", ["P", "PA", "RGB"])
def test_transparency_of_palettes_and_single_colours_is_seen(tmp_path, mode):
    rgb = np.full((40, 60, 3), (200, 30, 30), np.uint8)
    rgb[:, :20] = (0, 255, 0)
    image = Image.fromarray(rgb)
    how = {"transparency": (0, 255, 0)}
    if mode != "RGB":
        image = image.quantize(2)
        how = {"transparency": image.getpixel((5, 5))}
    pixels = read_photo(saved(tmp_path / "cut.png", image, **how))
    np.testing.assert_allclose(pixels.reshape(-1, 3) * 255, np.tile((200, 30, 30), (2400, 1)), atol=2)


@pytest.mark.parametrize("mode", ["L", "I;16", "I", "F", "1", "LA"])
def test_grey_pictures_of_any_depth_are_read_and_said_to_be_grey(tmp_path, mode):
    ramp = np.linspace(0, 1, 60, dtype=np.float32)[None] + np.zeros((40, 1), np.float32)
    image = {
        "L": lambda: Image.fromarray(np.asarray(ramp * 255, np.uint8)),
        "LA": lambda: Image.fromarray(np.asarray(ramp * 255, np.uint8)).convert("LA"),
        "1": lambda: Image.fromarray(np.asarray(ramp * 255, np.uint8)).convert("1"),
        "I;16": lambda: Image.fromarray(np.asarray(ramp * 65535, np.uint16)),
        "I": lambda: Image.fromarray(np.asarray(ramp * 65535, np.int32)),
        "F": lambda: Image.fromarray(ramp),
    }[mode]()
    path = saved(tmp_path / ("grey.tif" if mode in ("F", "I") else "grey.png"), image)
    pixels = read_photo(path)
    assert pixels.shape == (40, 60, 3)
    assert abs(pixels[:, 45:55].mean() - 0.84) < 0.02
    with pytest.raises(InputError, match="is grey: it has no colours to give"):
        read_colours(path)


def test_a_16_bit_colour_picture_is_read(tmp_path):
    import cv2

    path = tmp_path / "deep.png"
    cv2.imwrite(str(path), np.asarray(colourful()[:, :, ::-1], np.uint16) * 257)
    np.testing.assert_allclose(read_photo(path) * 255, colourful(), atol=1)


def test_cmyk_becomes_rgb(tmp_path):
    image = Image.new("CMYK", (40, 40), (0, 255, 255, 0))
    pixels = read_photo(saved(tmp_path / "print.jpg", image, quality=95))
    assert pixels[..., 0].min() > 0.9
    assert pixels[..., 1:].max() < 0.1


def test_a_colour_profile_is_applied(tmp_path):
    lab = Image.new("LAB", (40, 40), (128, 188, 158))
    rgb = read_photo(saved(tmp_path / "lab.tif", lab))
    assert rgb[..., 0].mean() > rgb[..., 2].mean() + 0.1
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    said = []
    path = saved(tmp_path / "odd.png", Image.fromarray(colourful()), icc_profile=profile[:60])
    np.testing.assert_allclose(read_photo(path, say=said.append) * 255, colourful(), atol=0.01)
    assert "taken as sRGB" in said[0]


def wide_gamut():
    """Return an RGB profile whose green lies far outside sRGB's: sRGB's own with other primaries."""
    content = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {bytes(content[i : i + 4]): i for i in range(132, 132 + 12 * content[131], 12)}
    red, green = (bytes(content[tags[name] + 4 : tags[name] + 12]) for name in (b"rXYZ", b"gXYZ"))
    content[tags[b"rXYZ"] + 4 : tags[b"rXYZ"] + 12] = green
    content[tags[b"gXYZ"] + 4 : tags[b"gXYZ"] + 12] = red
    return bytes(content)


def test_the_profile_of_the_file_decides_what_red_is(tmp_path):
    image = Image.new("RGB", (40, 40), (255, 0, 0))
    pixels = read_photo(saved(tmp_path / "swapped.png", image, icc_profile=wide_gamut()))
    np.testing.assert_allclose(pixels[0, 0], (0, 1, 0), atol=0.03)


def test_a_picture_that_was_taken_on_its_side_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / "side.png", Image.fromarray(colourful()), exif=exif)
    np.testing.assert_allclose(read_photo(path) * 255, np.rot90(colourful(), -1), atol=0.01)


def test_noise_of_jpeg_is_no_colour_but_a_small_coloured_thing_is():
    random = np.random.default_rng(0)
    grey = random.random((64, 64, 1), dtype=np.float32) + random.normal(0, 1 / 600, (64, 64, 3))
    assert is_grey(grey.astype(np.float32))
    grey[:8, :8] = (0.8, 0.2, 0.2)
    assert not is_grey(grey.astype(np.float32))
    assert is_grey(np.zeros((4, 4, 1), np.float32))


def test_a_picture_is_written_whole_or_not_at_all(tmp_path):
    pixels = np.asarray(colourful(), np.float32) / 255
    first = write_png(tmp_path / "out.png", pixels)
    assert first == write_png(tmp_path / "again.png", pixels)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out.png")), colourful())
    with pytest.raises(OutputError, match="cannot be written"):
        write_png(tmp_path / "none" / "out.png", pixels)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.png", "out.png"]


def test_a_grey_picture_is_written_in_one_channel(tmp_path):
    write_png(tmp_path / "out.png", np.full((16, 16, 1), 2.0, np.float32))
    image = Image.open(io.BytesIO((tmp_path / "out.png").read_bytes()))
    assert (image.mode, image.getpixel((0, 0))) == ("L", 255)
