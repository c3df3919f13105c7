"""Decoded pictures to frames: upright, all of one size and number of channels."""

from collections.abc import Callable
from fractions import Fraction

import av
import cv2
import numpy as np

from refilm.film.pictures import is_linear, with_srgb_curve
from refilm.film.pixels import Decoded, to_pixels, to_reduced_pixels
from refilm.film.probe import coding_of
from refilm.film.upright import Turn, upright_size
from refilm.frames import Coding, FilmInfo, Frame, Pixels


def _ignore(sentence: str) -> None:
    del sentence


class Developer:
    """Makes a film's frames from its pictures; tells once where they change their size or format."""

    def __init__(
        self, info: FilmInfo, from_files: bool, changed: Callable[[str], None] = _ignore
    ) -> None:
        self._info = info
        self._from_files = from_files
        self._changed = changed
        self._format = info.coding.pixel_format
        self._size = (info.width, info.height)

    def __call__(
        self, decoded: Decoded, time: Fraction, channels: int, width: int | None = None
    ) -> Frame:
        """Return the frame of a picture, at most `width` pixels wide where given."""
        picture = decoded.picture
        self._compare(picture, time)
        pixels = self._pixels(picture, channels, width)
        turn = Turn.of(picture)
        linear = self._from_files and is_linear(picture)
        pixels = with_srgb_curve(pixels) if linear else pixels
        pixels = pixels if turn == Turn() else turn(pixels)
        pixels = _fitted(pixels, self._target(width), channels)
        as_stored = (picture.width, picture.height) == self._target(width) and turn == Turn()
        return Frame(pixels, time, time, decoded if as_stored and not linear else None)

    def _compare(self, picture: av.VideoFrame, time: Fraction) -> None:
        size, name = upright_size(picture), picture.format.name
        if size != self._size:
            self._changed(
                "the picture's size changes from {}x{} to {}x{} at {:.1f} s: all frames are scaled to "
                "{}x{}".format(*self._size, *size, float(time), self._info.width, self._info.height)
            )
        if name != self._format:
            self._changed(
                f"the pixel format changes from {self._format} to {name} at {float(time):.1f} s"
            )
        self._size, self._format = size, name

    def _pixels(self, picture: av.VideoFrame, channels: int, width: int | None) -> Pixels:
        coding = self._coding(picture)
        if width is None or self._target(width) == (self._info.width, self._info.height):
            return to_pixels(picture, coding, channels)
        stored = round(width * picture.width / upright_size(picture)[0])
        return to_reduced_pixels(picture, coding, channels, max(stored, 1))

    def _coding(self, picture: av.VideoFrame) -> Coding:
        known = self._info.coding
        return known if picture.format.name == known.pixel_format else coding_of(picture, "")

    def _target(self, width: int | None) -> tuple[int, int]:
        info = self._info
        if width is None or width >= info.width:
            return info.width, info.height
        return width, max(round(info.height * width / info.width), 1)


def _fitted(pixels: Pixels, size: tuple[int, int], channels: int) -> Pixels:
    """Return the pixels at a size, and grey ones with as many channels as the others have."""
    height, width, found = pixels.shape
    if (width, height) != size:
        shrinks = width > size[0]
        kernel = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        scaled = np.asarray(cv2.resize(pixels, size, interpolation=kernel), np.float32)
        pixels = scaled.reshape(size[1], size[0], found)
    return pixels if found >= channels else np.repeat(pixels, channels, axis=2)
