import zlib
from fractions import Fraction

import av
import numpy as np
import pytest
from drawn import (
    NTSC_FILM,
    decoded,
    drawing,
    drawn_frames,
    info_of,
    make,
    silent,
    times,
)

from refilm.errors import OutputError
from refilm.film.encoding import Encoding, target_for
from refilm.film.join import join
from refilm.film.packets import read_ticks
from refilm.film.pixels import to_pixels
from refilm.film.write import write_segment
from refilm.frames import Coding

PAIRS = [
    ("mp4", "h264"),
    ("mov", "h264"),
    ("mkv", "h264"),
    ("mp4", "h265"),
    ("mov", "h265"),
    ("mkv", "h265"),
    ("mp4", "av1"),
    ("mkv", "av1"),
    ("mkv", "ffv1"),
    ("mov", "prores"),
    ("mkv", "prores"),
]
MILLISECOND = Fraction(1, 1000)


def tick_of(suffix):
    """How far a time may be from the film's: Matroska keeps milliseconds, the others every tick."""
    return MILLISECOND / 2 if suffix == "mkv" else 0


def video_packets(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [(p.pts, p.dts, p.is_keyframe) for p in container.demux(stream) if p.size]


@pytest.mark.parametrize(("suffix", "codec"), PAIRS)
def test_every_pair_gives_the_film_back_with_its_times_and_colours(tmp_path, suffix, codec):
    info = info_of(sample_aspect=Fraction(5, 4))
    film = make(tmp_path, f"a.{suffix}", range(20), info=info, encoding=Encoding(codec=codec), parts=3)
    pictures = decoded(film)
    assert len(pictures) == 20
    for number, time in enumerate(times(film)):
        assert abs(time - number / NTSC_FILM) <= tick_of(suffix)
    first = pictures[0]
    tags = (first.color_range, first.colorspace, first.color_primaries, first.color_trc)
    assert tags == (1, 6, 5, 5)
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        assert stream.sample_aspect_ratio == Fraction(5, 4)
        assert abs(stream.average_rate - NTSC_FILM) < Fraction(1, 100)


@pytest.mark.parametrize("codec", ["h264", "h265", "av1", "prores", "ffv1"])
def test_pictures_come_back_as_they_were_drawn(tmp_path, codec):
    info = info_of(192, 144)
    name = "a.mov" if codec == "prores" else "a.mkv"
    film = make(tmp_path, name, range(6), info=info, encoding=Encoding(codec=codec))
    for number, picture in enumerate(decoded(film)):
        back = to_pixels(picture, info.coding, 1)
        sent = drawing(number, 192, 144) @ np.array([0.299, 0.587, 0.114], np.float32)
        # 1.2 % of white: what the default qualities lose of a smooth picture, about 3 of 255 steps.
        assert np.abs(back[:, :, 0] - sent).mean() < 0.012


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_varying_times_and_a_late_start_are_kept(tmp_path, suffix):
    ticks = [700, 733, 790, 791, 900, 1400]
    info = info_of(rate=Fraction(8), time_base=MILLISECOND)
    film = make(tmp_path, f"a.{suffix}", ticks, info=info, parts=2)
    assert [time * 1000 for time in times(film)] == ticks


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_decoding_times_rise_and_are_never_after_the_showing(tmp_path, codec, suffix):
    film = make(tmp_path, f"a.{suffix}", range(30), encoding=Encoding(codec=codec), parts=3)
    packets = video_packets(film)
    shown = [pts for pts, _, _ in packets]
    assert shown != sorted(shown), "the film has no B-frames, so it proves nothing"
    stamped = [(pts, dts) for pts, dts, _ in packets if dts is not None]
    assert all(dts <= pts for pts, dts in stamped)
    assert [dts for _, dts in stamped] == sorted({dts for _, dts in stamped})
    assert [key for _, _, key in packets][::10] == [True] * 3


@pytest.mark.parametrize("codec", ["ffv1", "prores"])
def test_three_segments_are_the_same_film_as_one(tmp_path, codec):
    name = "mov" if codec == "prores" else "mkv"
    whole = make(tmp_path, f"one.{name}", range(20), encoding=Encoding(codec=codec), parts=1)
    parts = make(tmp_path, f"three.{name}", range(20), encoding=Encoding(codec=codec), parts=3)
    assert whole.read_bytes() == parts.read_bytes()


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
def test_the_same_film_is_joined_to_the_same_bytes(tmp_path, name):
    (tmp_path / "x").mkdir()
    (tmp_path / "y").mkdir()
    once = make(tmp_path / "x", name, range(12), parts=2, metadata={"comment": "restored"})
    again = make(tmp_path / "y", name, range(12), parts=2, metadata={"comment": "restored"})
    assert once.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
def test_what_is_said_of_the_film_can_be_read_in_it(tmp_path, name):
    film = make(tmp_path, name, range(3), metadata={"comment": "mended by refilm", "title": "Sea"})
    with av.open(str(film)) as container:
        said = {key.lower(): text for key, text in container.metadata.items()}
    assert (said["comment"], said["title"]) == ("mended by refilm", "Sea")


def test_mp4_has_its_index_before_its_pictures(tmp_path):
    content = make(tmp_path, "a.mp4", range(3)).read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_h265_in_mp4_has_the_tag_that_apple_plays(tmp_path):
    content = make(tmp_path, "a.mp4", range(3), encoding=Encoding(codec="h265")).read_bytes()
    assert b"hvc1" in content
    assert b"hev1" not in content


def test_a_segment_without_frames_is_passed_over(tmp_path):
    info = info_of()
    target = target_for(Encoding(), "a.mp4", info, info)
    assert write_segment(tmp_path / "0", [], info, target) == 0
    write_segment(tmp_path / "1", drawn_frames(info, range(4)), info, target)
    join([tmp_path / "0", tmp_path / "1"], tmp_path / "a.mp4", info=info, target=target,
         copy_from=None, span=None, metadata={}, say=silent)  # fmt: skip
    assert len(decoded(tmp_path / "a.mp4")) == 4


def joined(folder, target, info, segment):
    join([segment], folder / "a.mp4", info=info, target=target, copy_from=None, span=None,
         metadata={}, say=silent)  # fmt: skip


def test_a_spoilt_segment_is_found_and_no_film_is_left(tmp_path):
    info = info_of()
    target = target_for(Encoding(), "a.mp4", info, info)
    segment = tmp_path / "0"
    write_segment(segment, drawn_frames(info, range(9)), info, target)
    whole = segment.read_bytes()
    for spoilt in (whole[: len(whole) // 2], whole[:1000] + b"\xff" * 9 + whole[1009:], b""):
        segment.write_bytes(spoilt)
        with pytest.raises(OutputError, match="cannot be read back: delete it"):
            joined(tmp_path, target, info, segment)
        assert [file.name for file in tmp_path.iterdir()] == ["0"]


def test_a_segment_of_another_encoder_is_refused(tmp_path):
    info = info_of()
    other = target_for(Encoding(bit_depth=10), "a.mp4", info, info)
    write_segment(tmp_path / "0", drawn_frames(info, range(3)), info, other)
    with pytest.raises(OutputError, match="another version of the encoder"):
        joined(tmp_path, target_for(Encoding(), "a.mp4", info, info), info, tmp_path / "0")


def test_an_older_result_stays_until_the_new_one_is_whole(tmp_path):
    info = info_of()
    target = target_for(Encoding(), "a.mp4", info, info)
    (tmp_path / "a.mp4").write_bytes(b"the older result")
    (tmp_path / "0").write_bytes(b"")
    with pytest.raises(OutputError):
        joined(tmp_path, target, info, tmp_path / "0")
    assert (tmp_path / "a.mp4").read_bytes() == b"the older result"


def test_segments_keep_times_of_any_clock(tmp_path):
    info = info_of(rate=Fraction(60000, 1001), time_base=Fraction(1, 2**31 - 1))
    target = target_for(Encoding(codec="ffv1"), "a.mkv", info, info)
    ticks = [-7, 0, 35_791_395, 10**12]
    write_segment(tmp_path / "0", drawn_frames(info, ticks), info, target)
    assert read_ticks(tmp_path / "0") == ticks


@pytest.mark.parametrize(
    ("shape", "aspect", "found"),
    [
        ((720, 576), Fraction(16, 15), Fraction(16, 15)),
        ((720, 480), Fraction(8, 9), Fraction(8, 9)),
        ((720, 480), Fraction(32, 27), Fraction(853, 720)),  # Matroska counts whole pixels.
        ((720, 480), Fraction(1), None),
    ],
)
def test_matroska_says_the_shape_of_pixels_that_ffv1_cannot(tmp_path, shape, aspect, found):
    info = info_of(*shape, sample_aspect=aspect, coding=Coding("gray"), channels=1)
    film = make(tmp_path, "a.mkv", [0], info=info, encoding=Encoding(codec="ffv1"))
    with av.open(str(film)) as container:
        assert container.streams.video[0].sample_aspect_ratio == found
        (picture,) = container.decode(video=0)
        assert picture.rotation == 0


def test_matroska_s_own_checksum_still_holds_with_the_shape_in_it(tmp_path):
    info = info_of(720, 576, sample_aspect=Fraction(16, 15))
    content = make(tmp_path, "a.mkv", [0], info=info, encoding=Encoding(codec="ffv1")).read_bytes()
    tracks = content.rindex(bytes.fromhex("1654ae6b"), 0, content.index(b"V_FFV1"))
    size = int.from_bytes(content[tracks + 4 : tracks + 6], "big") - 0x4000
    assert content[tracks + 6 : tracks + 8] == bytes.fromhex("bf84")
    covered = content[tracks + 12 : tracks + 6 + size]
    assert content[tracks + 8 : tracks + 12] == zlib.crc32(covered).to_bytes(4, "little")
