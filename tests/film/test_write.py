import os
import subprocess
import zipfile
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from drawn import decoded, drawn_frames, info_of, make, silent

from refilm.errors import InputError, OutputError, RefilmError
from refilm.film.encoding import Encoding, target_for
from refilm.film.join import join
from refilm.film.planes import layout_of, planes_of
from refilm.film.source import open_film
from refilm.film.write import write_segment
from refilm.frames import Coding, Frame, Timeline

LOSSLESS = ["yuv420p", "yuv422p10le", "gray", "gray16le", "rgb48le"]


def stored(picture):
    return [plane.copy() for plane in planes_of(picture, layout_of(picture.format.name))]


def noise_film(path, pixel_format, count=3, width=64, height=48):
    """An FFV1 film of random samples."""
    random = np.random.default_rng(7)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        for number in range(count):
            picture = av.VideoFrame(width, height, pixel_format)
            layout = layout_of(pixel_format)
            for plane in planes_of(picture, layout):
                plane[...] = random.integers(0, layout.highest + 1, plane.shape)
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def whole(film):
    for _ in film.watch():
        pass
    return film.timeline


@pytest.mark.parametrize("pixel_format", LOSSLESS)
def test_untouched_frames_are_stored_again_to_the_bit(tmp_path, pixel_format):
    noise_film(tmp_path / "source.mkv", pixel_format)
    film = open_film(tmp_path / "source.mkv")
    output = tmp_path / "copy.mkv"
    target = target_for(Encoding(codec="ffv1"), output, film.info, film.info)
    write_segment(tmp_path / "0", film.read(whole(film), 0, 3), film.info, target)
    join([tmp_path / "0"], output, info=film.info, target=target, copy_from=film.path, span=None,
         metadata={}, say=silent)  # fmt: skip
    for before, after in zip(decoded(film.path), decoded(output), strict=True):
        assert after.format.name == before.format.name
        for one, other in zip(stored(before), stored(after), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("codec", "runs"), [("h264", 6), ("h265", 2), ("av1", 2), ("ffv1", 2)])
def test_the_same_frames_give_the_same_bytes(tmp_path, codec, runs):
    # x264 needs more runs: with its macroblock tree on AVX-512 only some of them differed.
    info = info_of(320, 240)
    target = target_for(Encoding(codec=codec), "a.mkv", info, info)
    frames = list(drawn_frames(info, range(20)))
    written = set()
    for _ in range(runs):
        write_segment(tmp_path / "one", frames, info, target)
        written.add((tmp_path / "one").read_bytes())
    assert len(written) == 1
    with zipfile.ZipFile(tmp_path / "one") as file:
        assert {member.date_time[0] for member in file.infolist()} == {1980}


def test_counts_its_frames_and_leaves_one_file(tmp_path):
    info = info_of()
    target = target_for(Encoding(), "a.mp4", info, info)
    assert write_segment(tmp_path / "one", drawn_frames(info, range(7)), info, target) == 7
    assert [file.name for file in tmp_path.iterdir()] == ["one"]


def test_a_stage_that_fails_leaves_nothing_behind(tmp_path):
    info = info_of()
    target = target_for(Encoding(), "a.mp4", info, info)

    def failing():
        yield from drawn_frames(info, range(3))
        raise InputError("the film is gone")

    with pytest.raises(InputError, match="the film is gone"):
        write_segment(tmp_path / "one", failing(), info, target)
    assert list(tmp_path.iterdir()) == []


def test_two_files_of_like_names_can_be_written_at_once(tmp_path):
    info = info_of()
    target = target_for(Encoding(), "a.mp4", info, info)

    def writing_another():
        for frame in drawn_frames(info, range(4)):
            write_segment(tmp_path / "7.step0", [frame], info, target)
            yield frame

    assert write_segment(tmp_path / "7.segment", writing_another(), info, target) == 4


def test_a_time_that_is_no_tick_of_the_clock_is_a_fault_and_said(tmp_path):
    info = info_of(time_base=Fraction(1, 1000))
    target = target_for(Encoding(), "a.mp4", info, info)
    frame = next(drawn_frames(info_of(), range(1, 2)))
    with pytest.raises(RefilmError, match="does not fit the film's clock"):
        write_segment(tmp_path / "one", [frame], info, target)


def test_odd_sizes_repeat_their_last_row_and_column(tmp_path):
    info = info_of(33, 31, bit_depth=8)
    (picture,) = decoded(make(tmp_path, "a.mp4", [0], info=info, encoding=Encoding(quality=1)))
    luma = stored(picture)[0][:, :, 0].astype(int)
    assert luma.shape == (32, 34)
    # Quality 1 of H.264 is all but lossless: 2 of 255 steps.
    assert abs(luma[:, 33] - luma[:, 32]).max() <= 2
    assert abs(luma[31] - luma[30]).max() <= 2


@pytest.mark.parametrize("codec", ["h264", "prores", "ffv1"])
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 5), (8191, 16), (15, 300), (353, 289)])
def test_films_of_any_size_are_written(tmp_path, codec, size):
    name = "a.mov" if codec == "prores" else "a.mkv"
    film = make(tmp_path, name, range(2), info=info_of(*size), encoding=Encoding(codec=codec))
    assert len(decoded(film)) == 2


@pytest.mark.parametrize("codec", ["h265", "av1"])
def test_a_size_that_a_codec_cannot_hold_is_told_in_one_sentence(tmp_path, codec):
    with pytest.raises(OutputError, match=r"cannot hold pictures of 2x2 .* choose another codec"):
        make(tmp_path, "a.mkv", [0], info=info_of(2, 2), encoding=Encoding(codec=codec))


def test_a_missing_folder_is_told_in_one_sentence(tmp_path):
    info = info_of()
    target = target_for(Encoding(), "a.mp4", info, info)
    with pytest.raises(OutputError, match="its folder is not there"):
        write_segment(tmp_path / "no" / "one", drawn_frames(info, range(3)), info, target)


@pytest.mark.skipif(os.geteuid() == 0, reason="no folder is read-only for the superuser")
def test_a_read_only_folder_is_told_in_one_sentence(tmp_path):
    tmp_path.chmod(0o500)
    info = info_of()
    target = target_for(Encoding(), "a.mp4", info, info)
    with pytest.raises(OutputError, match="the folder does not allow it"):
        write_segment(tmp_path / "one", drawn_frames(info, range(3)), info, target)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("a small disk can only be made by the superuser")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def noisy_frames(info, count):
    random = np.random.default_rng(1)
    for tick in range(count):
        time = tick * info.time_base
        yield Frame(random.random((info.height, info.width, 3), np.float32), time, time)


def test_a_full_disk_is_told_and_leaves_no_file(tmp_path, small_disk):
    info = info_of(320, 240)
    target = target_for(Encoding(codec="ffv1"), "a.mkv", info, info)
    with pytest.raises(OutputError, match=r"one cannot be written: the disk is full"):
        write_segment(small_disk / "one", noisy_frames(info, 10), info, target)
    assert list(small_disk.iterdir()) == []
    write_segment(tmp_path / "one", noisy_frames(info, 10), info, target)
    with pytest.raises(OutputError, match=r"a\.mkv cannot be written: the disk is full"):
        join([tmp_path / "one"], small_disk / "a.mkv", info=info, target=target, copy_from=None,
             span=None, metadata={}, say=silent)  # fmt: skip
    assert list(small_disk.iterdir()) == []


def test_overshoots_are_clipped_only_when_written(tmp_path):
    info = info_of(coding=Coding("gray"), channels=1)
    target = target_for(Encoding(codec="ffv1"), "a.mkv", info, info)
    pixels = np.full((48, 64, 1), 1.25, np.float32)
    pixels[:, :32] = -0.25
    write_segment(tmp_path / "one", [Frame(pixels, Fraction(0), Fraction(0))], info, target)
    join([tmp_path / "one"], tmp_path / "a.mkv", info=info, target=target, copy_from=None, span=None,
         metadata={}, say=silent)  # fmt: skip
    (picture,) = decoded(tmp_path / "a.mkv")
    values = np.unique(stored(picture)[0])
    assert values.tolist() == [0, 255]


def test_timeline_is_found_again_after_a_second_generation(tmp_path):
    info = replace(info_of(), variable_rate=True)
    film = open_film(make(tmp_path, "a.mp4", [0, 1, 5, 6, 20], info=info))
    timeline = whole(film)
    assert isinstance(timeline, Timeline)
    assert [timeline.time(i) / info.time_base for i in range(5)] == [0, 1, 5, 6, 20]
