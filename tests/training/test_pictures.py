import shutil

import numpy as np
import pytest

from refilm.errors import InputError
from refilm.training.pictures import read, split
from tests.training.coloured import landscape, photographs


def names(paths):
    return [path.name for path in paths]


def test_the_pictures_kept_are_told_by_their_names_alone(tmp_path):
    folder = photographs(tmp_path / "all", 12)
    # The smallest SHA-256 of these names, known from outside.
    kept = split([folder], 3).validation
    assert names(kept) == ["scene-001.png", "scene-005.png", "scene-007.png"]


def test_they_stay_the_same_in_another_folder_and_with_more_pictures(tmp_path):
    first, second = photographs(tmp_path / "a", 12), tmp_path / "b"
    kept = split([first], 3)
    second.mkdir()
    shutil.move(first / kept.validation[1].name, second)
    shutil.move(first / kept.training[0].name, second)
    again = split([second, first], 3)
    assert names(again.validation) == names(kept.validation)
    assert names(again.training) == names(kept.training)
    assert not set(again.training) & set(again.validation)


def test_what_is_no_picture_by_its_name_is_left_out(tmp_path):
    folder = photographs(tmp_path / "a", 3)
    (folder / "README.md").write_text("words")
    assert len(split([folder], 1).training) == 2


def test_too_few_pictures_are_refused(tmp_path):
    with pytest.raises(InputError, match="There are 2 pictures"):
        split([photographs(tmp_path / "a", 2)], 3)
    with pytest.raises(InputError, match="cannot be read"):
        split([tmp_path / "none"], 2)


def test_a_picture_is_read_in_red_green_and_blue(tmp_path):
    folder = photographs(tmp_path / "a", 1)
    assert np.array_equal(read(folder / "scene-000.png"), landscape(0))


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_broken_picture_is_named(tmp_path, content):
    path = tmp_path / "broken.jpg"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.jpg"):
        read(path)
