"""What is shown where a frame that was moved leaves the picture empty: its neighbours' content.

After Matsushita et al., "Full-Frame Video Stabilization with Motion Inpainting", PAMI 2006,
https://doi.org/10.1109/TPAMI.2006.141, without its flow: neighbours are placed by the camera's path.
"""

from collections.abc import Callable, Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.frames import Frame, Pixels

Matrix = NDArray[np.float64]
"""(2, 3): from a point of the result to the point where it is in a frame."""

_SEAM = 6
"""Pixels over which a neighbour's content goes over into the frame's own."""
_BAND = 24
"""Pixels beside the empty edge in which both show the same, to match their light."""
_MOST_GAIN = 1.3
"""How much lighter or darker a neighbour may be made; more is another thing in the picture."""


def warped(pixels: Pixels, matrix: Matrix) -> Pixels:
    """Return the picture moved with one Lanczos filter, its edges drawn out where it is empty."""
    height, width, channels = pixels.shape
    moved = cv2.warpAffine(
        pixels,
        matrix,
        (width, height),
        flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(moved, np.float32).reshape(height, width, channels)


def filled(
    frame: Frame,
    matrix: Matrix,
    neighbours: Iterable[Frame],
    matrix_of: Callable[[Frame], Matrix],
) -> Pixels:
    """Return the frame moved, its empty edges shown by its neighbours, the nearest first.

    `matrix_of` tells where a point of the result is in a neighbour. What no neighbour shows is
    drawn out from the edge.
    """
    result = warped(frame.pixels, matrix)
    shape = frame.pixels.shape[:2]
    inside = _inside(shape, matrix)
    for neighbour in neighbours:
        if inside.all():
            break
        place = matrix_of(neighbour)
        shown = _inside(shape, place)
        if not (shown & ~inside).any():
            continue
        content = _matched(warped(neighbour.pixels, place), result, inside & shown, ~inside)
        result = _joined(result, content, inside, shown)
        inside = inside | shown
    return result


def _inside(shape: tuple[int, int], matrix: Matrix) -> NDArray[np.bool_]:
    """Return which points of the result lie within the frame, to half a pixel."""
    height, width = shape
    columns, rows = np.arange(width)[None, :], np.arange(height)[:, None]
    x = matrix[0, 0] * columns + matrix[0, 1] * rows + matrix[0, 2]
    y = matrix[1, 0] * columns + matrix[1, 1] * rows + matrix[1, 2]
    return (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)


def _matched(
    content: Pixels, result: Pixels, both: NDArray[np.bool_], empty: NDArray[np.bool_]
) -> Pixels:
    """Return the content as light as the result is beside the empty edge."""
    near = cv2.dilate(empty.astype(np.uint8), np.ones((2 * _BAND + 1, 2 * _BAND + 1), np.uint8)) > 0
    band = both & near
    if not band.any():
        return content
    gain = float(result[band].mean()) / max(float(content[band].mean()), 1e-3)
    return content * np.float32(np.clip(gain, 1 / _MOST_GAIN, _MOST_GAIN))


def _joined(
    result: Pixels, content: Pixels, inside: NDArray[np.bool_], shown: NDArray[np.bool_]
) -> Pixels:
    """Return the result, going over into the content where it is empty."""
    distance = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 3)
    own = np.asarray(np.clip(distance / _SEAM, 0, 1), np.float32)
    own[~shown] = 1
    return np.asarray(content + (result - content) * own[:, :, None], np.float32)
