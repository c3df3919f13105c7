from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition
from drawn import FONT, add_sound, info_of, make, packets, rich_film, tone

from refilm.film.encoding import Encoding

RATE = Fraction(25)
INFO = {"rate": RATE, "time_base": 1 / RATE}


def restored(folder, name, source, *, span=None, ticks=range(100), **more):
    said = []
    film = make(folder, name, ticks, info=info_of(**INFO), parts=2, copy_from=source, span=span,
                say=said.append, **more)  # fmt: skip
    return film, said


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    return rich_film(tmp_path_factory.mktemp("rich") / "rich.mkv")


def test_matroska_takes_everything_to_the_bit(tmp_path, rich):
    film, said = restored(tmp_path, "a.mkv", rich)
    assert said == []
    with av.open(str(film)) as container:
        kinds = [(stream.type, stream.metadata.get("language")) for stream in container.streams]
        assert kinds == [
            ("video", None),
            ("audio", "ger"),
            ("audio", "eng"),
            ("subtitle", "fre"),
            ("attachment", None),
        ]
        assert container.streams[1].metadata["title"] == "Erzähler"
        assert container.streams[1].disposition == Disposition.default
        assert container.streams[3].disposition == Disposition.forced
        assert container.streams[4].data == FONT
        assert container.streams[4].metadata["filename"] == "old.ttf"
        assert container.metadata["title"] == "The Reel"
        assert container.metadata["ARTIST"] == "Grandfather"
        chapters = [(c["start"] * c["time_base"], c["metadata"]["title"]) for c in container.chapters()]
        assert chapters == [(0, "Sea"), (Fraction(3, 2), "Home")]
    for index in (1, 2, 3):
        assert packets(film, index) == packets(rich, index)
        assert stamps(film, index) == stamps(rich, index)


def stamps(path, index):
    with av.open(str(path)) as container:
        stream = container.streams[index]
        return [packet.pts * packet.time_base for packet in container.demux(stream) if packet.size]


def test_a_comment_is_added_to_the_one_there_is(tmp_path, rich):
    film, _ = restored(tmp_path, "a.mkv", rich, metadata={"comment": "mended", "title": "Reel 1"})
    with av.open(str(film)) as container:
        assert container.metadata["COMMENT"] == "from the attic\nmended"
        assert container.metadata["title"] == "Reel 1"


def test_mp4_converts_or_leaves_out_with_a_word_what_it_cannot_hold(tmp_path, rich):
    film, said = restored(tmp_path, "a.mp4", rich)
    with av.open(str(film)) as container:
        names = [stream.codec_context.name for stream in container.streams if stream.codec_context]
        assert names == ["h264", "aac", "flac", "mov_text"]
        assert len(container.chapters()) == 2
        assert container.metadata["title"] == "The Reel"
        assert [stream.metadata.get("language") for stream in container.streams][1:4] == [
            "ger",
            "eng",
            "fre",
        ]
    assert len(said) == 2
    assert "converted to mov_text" in said[0]
    assert ".mkv" in said[0]
    assert "The attached file (stream 4, old.ttf) is left out" in said[1]
    assert packets(film, 1) == packets(rich, 1)
    shown = [bytes(text) for text in packets(film, 3) if len(text) > 2]
    assert shown[0][2:9] == b"The sea"
    assert shown[1][2:] == "Zürich".encode()
    assert [time for time in stamps(film, 3) if time in (Fraction(1, 2), Fraction(19, 10))]


def test_subtitles_go_from_mp4_to_matroska_too(tmp_path, rich):
    mp4, _ = restored(tmp_path, "a.mp4", rich)
    film, said = restored(tmp_path, "b.mkv", mp4)
    assert ["converted to subrip" in sentence for sentence in said] == [True]
    assert packets(film, 3) == [b"The <i>sea</i>", "Zürich".encode(), b"The end"]
    with av.open(str(film)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio", "audio", "subtitle"]
        assert len(container.chapters()) == 2


@pytest.mark.parametrize(
    ("name", "codec", "becomes"),
    [
        ("a.mp4", "pcm_s16le", "aac"),
        ("a.mov", "flac", "pcm_s24le"),
        ("a.mov", "libopus", "pcm_s24le"),
    ],
)
def test_sound_that_a_container_cannot_hold_is_converted_and_sounds_the_same(
    tmp_path, name, codec, becomes
):
    source = sound_film(tmp_path / "s.mkv", codec, tone(440, 2) * 0.5)
    film, said = restored(tmp_path, name, source, ticks=range(50))
    assert [f"converted to {becomes}" in sentence for sentence in said] == [True]
    heard = samples(film)
    # A tone of 440 Hz has 880 zero crossings a second; 1 % for its two ends.
    crossings = np.count_nonzero(np.diff(np.signbit(heard[4800:-4800])))
    seconds = (len(heard) - 9600) / 48000
    assert crossings / seconds == pytest.approx(880, rel=0.01)
    assert len(heard) / 48000 == pytest.approx(2, abs=0.05)


def sound_film(path, codec, sound, first=0):
    with av.open(str(path), "w") as container:
        film = container.add_stream("libx264", rate=25)
        film.width, film.height = 64, 48
        stream = container.add_stream(codec, rate=48000, layout="mono")
        for number in range(len(sound) * 25 // 48000):
            picture = av.VideoFrame(64, 48, "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(film.encode(picture))
        container.mux(film.encode(None))
        add_sound(container, stream, sound, first)
    return path


def samples(path):
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("fltp", "mono", 48000)
        parts = [
            resampled.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for resampled in resampler.resample(frame)
        ]
    return np.concatenate(parts)


def test_a_span_takes_what_lies_inside_and_cuts_what_goes_over_its_edges(tmp_path, rich):
    span = (Fraction(2), Fraction(3))
    film, said = restored(tmp_path, "a.mkv", rich, span=span, ticks=range(50, 75))
    assert said == []
    with av.open(str(film)) as container:
        chapters = [
            (c["start"] * c["time_base"], c["end"] * c["time_base"]) for c in container.chapters()
        ]
    assert chapters == [(0, 1)]
    for index in (1, 2):
        assert 0 <= stamps(film, index)[0] < Fraction(1, 25)
        assert 1 - Fraction(1, 25) < stamps(film, index)[-1] < 1
    with av.open(str(film)) as container:
        words = [(p.pts, p.duration, bytes(p)) for p in container.demux(subtitles=0) if p.size]
    assert words == [(0, 300, "Zürich".encode())]
    assert stamps(film, 0)[0] == 0


def test_pictures_say_what_they_leave_behind(tmp_path, rich):
    _, said = restored(tmp_path, "p/%03d.png", rich, ticks=range(2))
    assert said == ["Picture files hold no sound or subtitles: write a film to keep the source's."]


def test_two_joins_of_a_rich_film_are_the_same_bytes(tmp_path, rich):
    for name in ("a.mkv", "a.mp4"):
        for folder in "xy":
            (tmp_path / folder).mkdir(exist_ok=True)
            restored(tmp_path / folder, name, rich)
        assert (tmp_path / "x" / name).read_bytes() == (tmp_path / "y" / name).read_bytes()


def damaged(path, source):
    """The film with every third packet of its sound spoilt."""
    content = bytearray(source.read_bytes())
    for packet in packets(source, 1)[5::3]:
        place = content.index(packet) + len(packet) // 3
        content[place : place + 12] = bytes(12)
    path.write_bytes(content)
    return path


def test_damaged_sound_is_copied_as_it_is(tmp_path):
    source = sound_film(tmp_path / "s.mkv", "libmp3lame", tone(440, 2))
    film, said = restored(tmp_path, "a.mkv", damaged(tmp_path / "d.mkv", source), ticks=range(50))
    assert said == []
    assert packets(film, 1) == packets(tmp_path / "d.mkv", 1)


def test_damaged_sound_that_must_be_converted_is_told_once_and_never_fatal(tmp_path):
    source = sound_film(tmp_path / "s.mkv", "flac", tone(440, 2))
    film, said = restored(tmp_path, "a.mov", damaged(tmp_path / "d.mkv", source), ticks=range(50))
    assert ["damaged" in sentence for sentence in said] == [False, True]
    assert len(samples(film)) > 48000


def test_a_source_that_breaks_off_gives_what_it_has(tmp_path, rich):
    content = rich.read_bytes()
    (tmp_path / "half.mkv").write_bytes(content[: len(content) * 2 // 3])
    film, _ = restored(tmp_path, "a.mkv", tmp_path / "half.mkv")
    half = packets(film, 1)
    assert 0 < len(half) <= len(packets(rich, 1))


def test_sound_packets_without_stamps_follow_one_another(tmp_path):
    # AVI keeps no stamps of sound: FFmpeg counts them, and leaves some out.
    source = tmp_path / "s.avi"
    sound_film(source, "pcm_s16le", tone(440, 2))
    film, _ = restored(tmp_path, "a.mkv", source, ticks=range(50), encoding=Encoding(codec="ffv1"))
    found = stamps(film, 1)
    assert found == sorted(set(found))
    assert found[-1] > 1.9


COVER = bytes(cv2.imencode(".png", np.full((8, 8, 3), 200, np.uint8))[1])


def covered_film(path):
    with av.open(str(path), "w") as container:
        film = container.add_stream("libx264", rate=25)
        film.width, film.height = 64, 48
        cover = container.add_mux_stream("png", width=8, height=8)
        cover.disposition = Disposition.attached_pic
        container.start_encoding()
        packet = av.Packet(COVER)
        packet.stream, packet.time_base, packet.pts, packet.dts = cover, Fraction(1, 25), 0, 0
        container.mux(packet)
        for number in range(25):
            picture = av.VideoFrame(64, 48, "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(film.encode(picture))
        container.mux(film.encode(None))
    return path


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_cover_picture_comes_along(tmp_path, name):
    film, said = restored(tmp_path, name, covered_film(tmp_path / "s.mp4"), ticks=range(25))
    assert said == []
    with av.open(str(film)) as container:
        cover = container.streams[1]
        assert cover.disposition & Disposition.attached_pic
    assert packets(film, 1) == [COVER]


def test_a_cover_that_mov_would_lose_is_told_of(tmp_path):
    _, said = restored(tmp_path, "a.mov", covered_film(tmp_path / "s.mp4"), ticks=range(25))
    assert said == ["The picture (stream 1, png) is left out: MOV does not hold it."]


def test_a_timecode_is_kept_where_frames_are_as_they_were(tmp_path):
    source = tmp_path / "s.mov"
    with av.open(str(source), "w") as container:
        film = container.add_stream("prores_ks", rate=25)
        film.width, film.height, film.pix_fmt = 64, 48, "yuv422p10le"
        film.metadata["timecode"] = "01:00:00:00"
        for number in range(25):
            picture = av.VideoFrame(64, 48, "yuv422p10le")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(film.encode(picture))
        container.mux(film.encode(None))
    film, said = restored(tmp_path, "a.mov", source, ticks=range(25))
    with av.open(str(film)) as container:
        assert container.streams.video[0].metadata["timecode"] == "01:00:00:00"
    assert said == []


def test_a_broadcast_clock_starts_at_nought_and_that_is_said(tmp_path):
    source = tmp_path / "s.ts"
    with av.open(str(source), "w", container_options={"output_ts_offset": "3600"}) as container:
        film = container.add_stream("mpeg2video", rate=25)
        film.width, film.height = 64, 48
        for number in range(25):
            picture = av.VideoFrame(64, 48, "yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(film.encode(picture))
        container.mux(film.encode(None))
    with av.open(str(source)) as container:
        start = Fraction(container.start_time, 1_000_000)
    assert start >= 3600
    base = Fraction(1, 90000)
    ticks = [round(start / base) + number * 3600 for number in range(25)]
    said = []
    film = make(tmp_path, "a.mp4", ticks, info=info_of(rate=RATE, time_base=base), copy_from=source,
                say=said.append)  # fmt: skip
    assert "starts at 0" in said[0]
    assert 0 <= stamps(film, 0)[0] < Fraction(1, 1000)
