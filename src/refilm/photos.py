"""Pictures that a person brings: read into sRGB whatever they are stored as, and written as PNG."""

import hashlib
import io
import os
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from refilm.errors import InputError, OutputError
from refilm.frames import Pixels

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif")
"""How the names of pictures end that are looked for in folders."""
MOST = 2_000_000
"""Pixels that a picture is read with at most, unless asked otherwise: colours need no more."""
LARGEST = 150_000_000
"""Pixels of the largest picture that is read at all: 0.7 gigabytes while it is decoded."""
SMALLEST = 16
"""Pixels on the shorter side of the smallest picture that tells anything."""
_OPAQUE = 128
"""Alpha, 0..255, from which a pixel counts."""
_ENOUGH = 0.01
"""Share of a picture that must be opaque."""
_GREY = 2.5 / 255
"""Difference between channels, 0..1, that JPEG makes of grey; pictures below it are grey."""
_COLOURED = 0.002
"""Share of the pixels above `_GREY` from which a picture has colours."""
_DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
"""Pillow's names for greys of more than 8 bits."""
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)
"""What Pillow raises for files that are damaged in one way or another."""


def ignore(sentence: str) -> None:
    """Do nothing with a sentence worth saying aloud."""
    del sentence


def read_photo(path: Path, most: int = MOST, say: Callable[[str], None] = ignore) -> Pixels:
    """Return a picture as gamma-coded sRGB, (H, W, 3), 0..1, upright and at most `most` pixels large.

    Another colour space is converted by the profile that the file carries. Transparent parts do not
    count: they take the colour of the nearest opaque pixel.

    Args:
        path: PNG, JPEG, TIFF, WebP or whatever else Pillow reads.
        most: A larger picture is reduced to about so many pixels.
        say: Takes sentences worth saying aloud.

    Raises:
        InputError: There is no such picture, it is damaged, too small, too large or all transparent.
    """
    try:
        with warnings.catch_warnings():
            # The size is checked here, with a sentence of its own.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                _check_size(image, path)
                return _pixels(image, path, most, say)
    except Image.DecompressionBombError:
        raise InputError(_too_large(path)) from None
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InputError(f"the picture {path} cannot be read: {error.strerror}") from None
    except UnidentifiedImageError:
        raise InputError(f"{path} is no picture that can be read: give a PNG, JPEG or TIFF") from None
    except _BROKEN as error:
        raise InputError(f"the picture {path} is damaged ({error}): give a complete file") from error


def read_colours(path: Path, most: int = MOST, say: Callable[[str], None] = ignore) -> Pixels:
    """Return a picture as `read_photo` does; raises InputError too for one without colours."""
    pixels = read_photo(path, most, say)
    if is_grey(pixels):
        raise InputError(f"{path} is grey: it has no colours to give; give a picture in colour")
    return pixels


def is_grey(pixels: Pixels) -> bool:
    """Return whether a picture has no colours, apart from what compression leaves in a grey one."""
    if pixels.shape[2] == 1:
        return True
    return bool(np.mean(np.ptp(pixels, axis=2) > _GREY) < _COLOURED)


def write_png(path: Path, pixels: Pixels) -> str:
    """Write a picture of one or three channels, 0..1, whole or not at all; return the file's SHA-256.

    Raises:
        OutputError: The file cannot be written.
    """
    content = png_of(pixels)
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        os.replace(part, path)  # noqa: PTH105 - replaces on every system, Path.rename does not
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error
    return hashlib.sha256(content).hexdigest()


def png_of(pixels: Pixels) -> bytes:
    """Return the PNG file of a picture of one or three channels, 0..1; 8 bits."""
    values = np.asarray(np.clip(pixels * 255 + 0.5, 0, 255), np.uint8)
    image = Image.fromarray(values[:, :, 0] if pixels.shape[2] == 1 else values)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=4)
    return file.getvalue()


def _check_size(image: Image.Image, path: Path) -> None:
    width, height = image.size
    if min(width, height) < SMALLEST:
        raise InputError(
            f"{path} is {width}x{height} pixels, too small to tell anything: "
            f"give a picture of at least {SMALLEST}x{SMALLEST}"
        )
    if width * height > LARGEST:
        raise InputError(_too_large(path))


def _too_large(path: Path) -> str:
    return f"{path} has more than {LARGEST // 1_000_000} megapixels: give it in a smaller size"


def _pixels(image: Image.Image, path: Path, most: int, say: Callable[[str], None]) -> Pixels:
    size = _fitting(image.size, most)
    if image.format == "JPEG":
        image.draft(None, size)
    if image.mode in _DEEP:
        return _deep(ImageOps.exif_transpose(image), most)
    small: Image.Image = image
    if image.mode in ("P", "PA", "1"):
        small = image.convert("RGBA" if _sees_through(image) else "RGB")
    # Made small before it is turned, which takes a copy.
    small.thumbnail(_fitting(small.size, most), Image.Resampling.BOX)
    upright = ImageOps.exif_transpose(small)
    alpha = _alpha(upright, path)
    rgb = np.asarray(_in_srgb(upright, image.info.get("icc_profile"), path, say), np.float32)
    rgb /= np.float32(255)
    return rgb if alpha is None else _filled(rgb, alpha)


def _fitting(size: tuple[int, int], most: int) -> tuple[int, int]:
    scale = min((most / (size[0] * size[1])) ** 0.5, 1)
    return max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)


def _deep(image: Image.Image, most: int) -> Pixels:
    """Return a grey picture of more than 8 bits; those of float are taken as 0..1."""
    values = np.asarray(image, np.float32) / np.float32(1 if image.mode == "F" else 65535)
    sized = cv2.resize(values, _fitting(image.size, most), interpolation=cv2.INTER_AREA)
    grey = np.nan_to_num(np.clip(np.asarray(sized, np.float32), 0, 1))
    return np.repeat(grey[:, :, None], 3, axis=2)


def _sees_through(image: Image.Image) -> bool:
    return image.mode == "PA" or "transparency" in image.info


def _alpha(image: Image.Image, path: Path) -> NDArray[np.bool_] | None:
    """Return which pixels count, (H, W); None where all do."""
    if image.mode in ("RGB", "L") and "transparency" in image.info:
        image = image.convert("RGBA" if image.mode == "RGB" else "LA")
    # CIELAB has an "A" too, which is none.
    if image.mode not in ("RGBA", "LA"):
        return None
    counts = np.asarray(image.getchannel("A")) >= _OPAQUE
    if counts.mean() < _ENOUGH:
        raise InputError(f"{path} is transparent all over: give a picture with something in it")
    return None if counts.all() else counts


def _filled(rgb: Pixels, counts: NDArray[np.bool_]) -> Pixels:
    """Return the picture with every pixel that does not count like the nearest one that does."""
    found = cv2.distanceTransformWithLabels(
        np.asarray(~counts, np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    labels = np.asarray(found[1], np.int32)
    colours = np.zeros((int(labels.max()) + 1, 3), np.float32)
    colours[labels[counts]] = rgb[counts]
    return colours[labels]


def _in_srgb(
    image: Image.Image, profile: bytes | None, path: Path, say: Callable[[str], None]
) -> Image.Image:
    """Return the picture in sRGB, by the profile that its file carries, if any."""
    if image.mode == "LAB":
        return _converted(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    opaque = _opaque(image)
    if not profile:
        return opaque.convert("RGB")
    try:
        return _converted(opaque, ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError) as error:
        say(f"the colour profile of {path} cannot be used ({error}): taken as sRGB")
        return opaque.convert("RGB")


def _opaque(image: Image.Image) -> Image.Image:
    """Return the picture without its alpha, which is looked at apart."""
    plain = {"RGBA": "RGB", "RGBa": "RGB", "LA": "L", "La": "L"}
    return image.convert(plain[image.mode]) if image.mode in plain else image


def _converted(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    srgb = ImageCms.createProfile("sRGB")
    made = ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB")
    return made if made is not None else image.convert("RGB")
