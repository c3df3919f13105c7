"""Sound and picture stay together: a click sounds while a frame flashes, before and after."""

from fractions import Fraction

import av
import numpy as np
import pytest
from drawn import add_sound

from refilm.film.encoding import Encoding, target_for
from refilm.film.join import join
from refilm.film.source import open_film
from refilm.film.write import write_segment

RATE = 25
SECONDS = 6
FLASHES = (Fraction(1), Fraction(4))
FRAME = 1 / RATE


def clapper(path, codec, late=Fraction(0)):
    """A dark film with two flashes, each with a click in its sound; its clock starts at `late`."""
    clicks = np.zeros(48000 * SECONDS, np.float32)
    for time in FLASHES:
        clicks[int(time * 48000) : int(time * 48000) + 240] = 0.9
    with av.open(str(path), "w") as container:
        film = container.add_stream("libx264", rate=RATE, options={"g": "10"})
        film.width, film.height = 64, 48
        sound = container.add_stream(codec, rate=48000, layout="mono")
        for number in range(RATE * SECONDS):
            light = 235 if Fraction(number, RATE) in FLASHES else 16
            shade = np.full((72, 64), 128, np.uint8)
            shade[:48] = light
            picture = av.VideoFrame.from_ndarray(shade, "yuv420p")
            picture.pts = number + int(late * RATE)
            picture.time_base = Fraction(1, RATE)
            container.mux(film.encode(picture))
        container.mux(film.encode(None))
        add_sound(container, sound, clicks, int(late * 48000))
    return path


def flash_times(path):
    with av.open(str(path)) as container:
        return [float(f.time) for f in container.decode(video=0) if f.to_ndarray()[:48].mean() > 120]


def click_times(path):
    """When the sound becomes loud after silence, to the millisecond."""
    times = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.abs(frame.to_ndarray().astype(np.float32).reshape(-1))
            loud = loud / (32768 if frame.format.name.startswith("s16") else 1)
            loud = loud / (2**31 if frame.format.name.startswith("s32") else 1)
            for place in np.flatnonzero(loud > 0.3):
                time = float(frame.time) + place / frame.sample_rate
                if not times or time - times[-1] > 0.5:
                    times.append(time)
    return times


def through(source, output, span=None):
    film = open_film(source)
    for _ in film.watch():
        pass
    timeline = film.timeline
    first = 0 if span is None else timeline.first_from(span[0])
    stop = len(timeline) if span is None else timeline.first_from(span[1])
    target = target_for(Encoding(quality=20), output, film.info, film.info)
    middle = (first + stop) // 2
    for name, begin, end in (("0", first, middle), ("1", middle, stop)):
        write_segment(output.parent / name, film.read(timeline, begin, end), film.info, target)
    join([output.parent / "0", output.parent / "1"], output, info=film.info, target=target,
         copy_from=film.path, span=span, metadata={}, say=lambda sentence: None)  # fmt: skip
    return output


def offsets(path):
    flashes, clicks = flash_times(path), click_times(path)
    assert len(flashes) == len(clicks) > 0
    return [click - flash for click, flash in zip(clicks, flashes, strict=True)]


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
@pytest.mark.parametrize(("source", "codec"), [("s.mp4", "aac"), ("s.mkv", "flac"), ("s.ts", "mp2")])
def test_clicks_stay_on_their_flashes(tmp_path, name, source, codec):
    film = clapper(tmp_path / source, codec)
    before = offsets(film)
    result = through(film, tmp_path / name)
    after = offsets(result)
    if source != "s.ts":
        assert flash_times(result) == pytest.approx(flash_times(film), abs=0.001)
    # 5 ms: coded sound blurs a click's beginning, Matroska rounds to 1 ms; a frame lasts 40 ms.
    assert after == pytest.approx(before, abs=0.005)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
@pytest.mark.parametrize(("source", "codec"), [("s.mp4", "aac"), ("s.mkv", "flac")])
def test_clicks_stay_on_their_flashes_in_a_span(tmp_path, name, source, codec):
    film = clapper(tmp_path / source, codec)
    result = through(film, tmp_path / name, span=(Fraction(3), Fraction(5)))
    assert flash_times(result) == pytest.approx([1], abs=0.001)
    assert offsets(result) == pytest.approx(offsets(film)[1:], abs=0.005)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
@pytest.mark.parametrize("codec", ["aac", "flac"])
def test_a_clock_that_starts_late_is_kept(tmp_path, name, codec):
    film = clapper(tmp_path / "s.mkv", codec, late=Fraction(2))
    before = flash_times(film)
    result = through(film, tmp_path / name)
    assert flash_times(result) == pytest.approx(before, abs=0.001)
    assert offsets(result) == pytest.approx(offsets(film), abs=0.005)


def test_sound_that_must_be_converted_stays_in_place_too(tmp_path):
    film = clapper(tmp_path / "s.mkv", "pcm_s16le")
    assert offsets(through(film, tmp_path / "a.mp4")) == pytest.approx([0, 0], abs=0.005)
    late = clapper(tmp_path / "late.mkv", "pcm_s16le", late=Fraction(2))
    assert offsets(through(late, tmp_path / "b.mp4")) == pytest.approx([0, 0], abs=0.005)
    cut = through(film, tmp_path / "c.mp4", span=(Fraction(3), Fraction(5)))
    assert offsets(cut) == pytest.approx([0], abs=0.005)
