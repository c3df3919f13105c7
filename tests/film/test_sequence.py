from fractions import Fraction

import av
import numpy as np
import pytest
from drawn import decoded, drawing, info_of, make

from refilm.errors import UsageError
from refilm.film.encoding import Encoding
from refilm.film.pictures import with_srgb_curve
from refilm.film.pixels import to_pixels
from refilm.frames import Coding

RGB = Coding("rgb24", "gbr", full_range=True)


def picture(path):
    (found,) = decoded(path)
    return found


def names(folder):
    return sorted(file.name for file in folder.iterdir())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("kind", "depth"),
    [("png", 8), ("png", 16), ("tif", 8), ("tif", 16), ("dpx", 10), ("dpx", 12), ("dpx", 16)],
)
def test_pictures_hold_what_was_drawn_to_their_last_bit(tmp_path, kind, depth, channels):
    info = info_of(coding=RGB, channels=channels)
    make(tmp_path, f"p/%03d.{kind}", range(2), info=info, encoding=Encoding(bit_depth=depth))
    for number in (0, 1):
        found = to_pixels(picture(tmp_path / "p" / f"{number + 1:03d}.{kind}"), RGB)
        # Half a step of the format, and a float's own rounding.
        assert np.abs(found - drawing(number, channels=channels)).max() <= 0.501 / (2**depth - 1)


@pytest.mark.parametrize("channels", [1, 3])
def test_exr_holds_light_in_half_floats(tmp_path, channels):
    info = info_of(coding=RGB, channels=channels)
    make(tmp_path, "p/%d.exr", range(1), info=info)
    found = to_pixels(picture(tmp_path / "p" / "1.exr"), RGB)
    # Half floats keep 11 bits.
    np.testing.assert_allclose(
        with_srgb_curve(found), drawing(0, channels=channels) + 0 * found, atol=1e-3
    )
    white = found[14, 4, 0]
    assert white == pytest.approx(((0.9 + 0.055) / 1.055) ** 2.4, rel=1e-3)


def test_files_are_numbered_from_one_across_segments(tmp_path):
    make(tmp_path, "frames/%05d.png", range(5), parts=3)
    assert names(tmp_path / "frames") == [f"{number:05d}.png" for number in range(1, 6)]


def test_a_folder_gets_numbered_pictures(tmp_path):
    (tmp_path / "stills").mkdir()
    make(tmp_path, "stills", range(2), encoding=Encoding(codec="tiff"))
    assert names(tmp_path / "stills") == ["000001.tif", "000002.tif"]


def test_one_frame_is_one_picture_of_that_very_name(tmp_path):
    make(tmp_path, "name.png", [0])
    assert picture(tmp_path / "name.png").width == 64


def test_many_frames_of_one_name_are_refused_with_the_pattern_to_use(tmp_path):
    with pytest.raises(UsageError, match=r"the film has 3: write .*name-%05d\.png"):
        make(tmp_path, "name.png", range(3))
    assert not (tmp_path / "name.png").exists()


def test_pictures_of_an_older_longer_film_are_told_of(tmp_path):
    make(tmp_path, "p/%02d.png", range(5))
    said = []
    make(tmp_path, "p/%02d.png", range(3), say=said.append)
    assert "04.png and what follows it were there before" in said[0]


def test_a_percent_sign_that_is_no_number_stays(tmp_path):
    make(tmp_path, "100%/50%-%d.png", range(2))
    assert names(tmp_path / "100%") == ["50%-1.png", "50%-2.png"]


def test_png_keeps_times_out_and_opens_as_a_film_of_pictures(tmp_path):
    info = info_of(rate=Fraction(16), time_base=Fraction(1, 16))
    make(tmp_path, "p/%03d.png", range(4), info=info)
    with av.open(str(tmp_path / "p" / "%03d.png")) as container:
        assert len(list(container.decode(video=0))) == 4
