"""Films that the tests of writing draw for themselves, and what they look up in the results."""

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.stream import Disposition

from refilm.film.encoding import Encoding, target_for
from refilm.film.join import join
from refilm.film.write import write_segment
from refilm.frames import Coding, FilmInfo, Frame

NTSC_FILM = Fraction(24000, 1001)
TAGGED = Coding("yuv420p", "smpte170m", False, "bt470bg", "bt470bg", "left")


def info_of(width=64, height=48, rate=NTSC_FILM, time_base=Fraction(1001, 24000), **more):
    return FilmInfo(width, height, rate, time_base=time_base, **{"coding": TAGGED, **more})


def drawing(number, width=64, height=48, channels=3):
    """A smooth picture with a block that moves with the frame's number."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    grey = 0.2 + 0.5 * columns / width + 0.1 * np.sin(rows / 5)
    left = (3 * number) % max(width - 12, 1)
    grey[height // 4 : height // 2, left : left + 12] = 0.9
    pixels = np.stack([grey, grey * 0.9, grey * 0.7], axis=2) if channels == 3 else grey[:, :, None]
    return np.ascontiguousarray(pixels, np.float32)


def drawn_frames(info, ticks):
    """One frame for each tick of the film's time base."""
    for number, tick in enumerate(ticks):
        time = tick * info.time_base
        yield Frame(drawing(number, info.width, info.height, info.channels), time, time)


def silent(sentence):
    raise AssertionError(f"nothing was to be said, but: {sentence}")


@dataclass
class Made:
    path: object
    target: object


def make(folder, name, ticks, *, info=None, encoding=None, parts=1, **joining):
    """Write drawn frames in `parts` segments and join them into the film `name`."""
    info = info or info_of()
    output = folder / name
    target = target_for(encoding or Encoding(), output, info, info)
    frames = list(drawn_frames(info, ticks))
    size = -(-len(frames) // parts)
    segments = []
    for part in range(parts):
        segments.append(folder / f"{name.replace('/', '-')}.{part}.segment")
        write_segment(segments[-1], frames[part * size : (part + 1) * size], info, target)
    settings = {"copy_from": None, "span": None, "metadata": {}, "say": silent, **joining}
    join(segments, output, info=info, target=target, **settings)
    return output


def decoded(path):
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def times(path):
    return [picture.pts * picture.time_base for picture in decoded(path)]


def packets(path, index):
    """The bytes of a stream's packets."""
    with av.open(str(path)) as container:
        stream = container.streams[index]
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


def tone(frequency, seconds, rate=48000):
    return np.sin(np.arange(int(rate * seconds)) * (2 * np.pi * frequency / rate)).astype(np.float32)


def add_sound(container, stream, samples, first=0):
    """Encode mono samples, the first of them at sample number `first` of the film's clock."""
    for start in range(0, len(samples) - 1023, 1024):
        sound = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], "fltp", "mono")
        sound.rate, sound.pts, sound.time_base = 48000, first + start, Fraction(1, 48000)
        container.mux(stream.encode(sound))
    container.mux(stream.encode(None))


_ASS_HEADER = (
    b"[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\n"
    b"Style: Default,Arial,16\n\n[Events]\n"
    b"Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)
FONT = bytes(range(256)) * 4


def rich_film(path, seconds=4):
    """A Matroska film at 25 a second: two sounds, subtitles, chapters, a font, titles, a comment."""
    with av.open(str(path), "w") as container:
        film = container.add_stream("libx264", rate=25, options={"g": "25"})
        film.width, film.height = 64, 48
        german = container.add_stream("aac", rate=48000, layout="mono")
        english = container.add_stream("flac", rate=48000, layout="mono")
        words = container.add_stream("srt")
        words.codec_context.subtitle_header = _ASS_HEADER
        words.time_base = Fraction(1, 1000)
        german.metadata.update(language="ger", title="Erzähler")
        english.metadata.update(language="eng")
        words.metadata.update(language="fre")
        german.disposition = Disposition.default
        words.disposition = Disposition.forced
        container.add_attachment("old.ttf", "application/x-truetype-font", FONT)
        container.metadata.update(title="The Reel", comment="from the attic", artist="Grandfather")
        container.set_chapters([_chapter(1, 0, 1500, "Sea"), _chapter(2, 1500, 4000, "Home")])
        container.start_encoding()
        for number in range(25 * seconds):
            picture = av.VideoFrame.from_ndarray((drawing(number) * 255).astype(np.uint8), "rgb24")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(film.encode(picture))
        container.mux(film.encode(None))
        for begin, text in ((500, b"The <i>sea</i>"), (1900, "Zürich".encode()), (3500, b"The end")):
            container.mux(_subtitle(words, begin, text))
        add_sound(container, german, tone(440, seconds))
        add_sound(container, english, (tone(880, seconds) * 30000).astype(np.int16).astype(np.float32))
    return path


def _chapter(number, start, end, title):
    base = Fraction(1, 1000)
    return {"id": number, "start": start, "end": end, "time_base": base, "metadata": {"title": title}}


def _subtitle(stream, begin, text):
    packet = av.Packet(text)
    packet.stream, packet.time_base = stream, Fraction(1, 1000)
    packet.pts = packet.dts = begin
    packet.duration = 400
    return packet
