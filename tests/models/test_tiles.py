import cv2
import numpy as np
import pytest

from refilm.models.tiles import in_tiles, spans


def blurred_twice_as_large(pictures):
    """What a network with a reach of 4 pixels does to one picture."""
    blurred = cv2.blur(pictures[0], (9, 9), borderType=cv2.BORDER_REPLICATE)
    return np.repeat(np.repeat(blurred, 2, axis=0), 2, axis=1)


@pytest.mark.parametrize(("height", "width"), [(150, 230), (64, 64), (17, 333), (1, 1)])
@pytest.mark.parametrize("tile", [1, 40, 100])
@pytest.mark.parametrize("step", [1, 8])
def test_tiles_leave_no_seams(height, width, tile, step):
    picture = np.random.default_rng(0).random((height, width, 3), np.float32)
    whole = blurred_twice_as_large([picture])
    pieced = in_tiles([picture], blurred_twice_as_large, tile=tile, margin=4, step=step, scale=2)
    # Sums over a window are carried along from the tile's edge, so they differ in the last bits.
    np.testing.assert_allclose(pieced, whole, atol=1e-6)


def test_tiles_without_a_margin_show_seams():
    picture = np.random.default_rng(0).random((64, 64, 3), np.float32)
    pieced = in_tiles([picture], blurred_twice_as_large, tile=32, margin=0, step=1, scale=2)
    assert np.abs(pieced - blurred_twice_as_large([picture])).max() > 0.01


def test_every_pixel_is_kept_once_and_tiles_begin_at_steps_and_are_no_larger_than_asked():
    along = list(spans(1000, tile=256, margin=10, step=16))
    kept = [pixel for span in along for pixel in range(span.kept_first, span.kept_stop)]
    assert kept == list(range(1000))
    assert all(span.first % 16 == 0 and span.stop - span.first <= 256 for span in along)


def test_a_picture_without_pixels_is_refused():
    with pytest.raises(ValueError, match="without pixels"):
        in_tiles(
            [np.zeros((0, 8, 3), np.float32)], lambda seen: seen[0], tile=8, margin=0, step=1, scale=1
        )
