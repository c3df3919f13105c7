"""Sound and subtitles in another codec, for containers that cannot hold the source's own."""

from collections.abc import Iterator
from typing import cast

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec import Codec
from av.container import OutputContainer
from av.error import FFmpegError, InvalidDataError
from av.subtitles.stream import SubtitleStream

from refilm.film.clip import AnyPacket, Clip, Say, Stamps

_BITS_PER_CHANNEL = 128_000
"""Bits a second of AAC at which what it leaves out is not heard."""
_LOUDSPEAKERS = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""FFmpeg's usual layouts by the number of channels."""


class SoundTrack:
    """A stream of sound, decoded and encoded anew."""

    def __init__(self, source: AudioStream, container: OutputContainer, codec: str, say: Say) -> None:
        self._source = source
        self._say = say
        self._stamps = Stamps()
        self._written = Stamps()
        self._heard_damage = False
        self._resampler: AudioResampler | None = None
        self._shape: tuple[object, ...] = ()
        self.stream = cast(AudioStream, container.add_stream(codec, rate=_rate(source, codec)))
        _set_up(self.stream.codec_context, source)

    def take(self, packet: AnyPacket, clip: Clip) -> Iterator[AnyPacket]:
        """Yield what is encoded by now of the sound up to this packet's."""
        placed = clip.placed(self._stamps.filled(packet), continues=False)
        if placed is None:
            return
        try:
            frames = self._source.decode(placed)
        except InvalidDataError:
            self._tell_of_damage()
            return
        for frame in frames:
            yield from self._encoded(frame)

    def finish(self, clip: Clip) -> Iterator[AnyPacket]:
        """Yield the rest."""
        del clip
        yield from self._drained()
        yield from self._rising(self.stream.encode(None))

    def _encoded(self, frame: AudioFrame) -> Iterator[AnyPacket]:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            yield from self._drained()
            context = self.stream.codec_context
            self._resampler = AudioResampler(context.format, context.layout, context.sample_rate)
            self._shape = shape
        if self._resampler is not None:
            for resampled in self._resampler.resample(frame):
                yield from self._rising(self.stream.encode(resampled))

    def _drained(self) -> Iterator[AnyPacket]:
        if self._resampler is not None:
            for resampled in self._resampler.resample(None):
                yield from self._rising(self.stream.encode(resampled))

    def _rising(self, packets: list[AnyPacket]) -> Iterator[AnyPacket]:
        return (self._written.rising(self._written.filled(packet)) for packet in packets)

    def _tell_of_damage(self) -> None:
        if not self._heard_damage:
            self._say("Some of the film's sound is damaged and stays silent in the result.")
        self._heard_damage = True


def _rate(source: AudioStream, codec: str) -> int:
    allowed = Codec(codec, "w").audio_rates
    return min(allowed, key=lambda rate: abs(rate - source.rate)) if allowed else source.rate


def _set_up(context: AudioCodecContext, source: AudioStream) -> None:
    channels = source.layout.nb_channels
    # Plain PCM says how many channels it has, not where their loudspeakers stand.
    named = "channels" not in source.layout.name
    context.layout = source.layout.name if named else _LOUDSPEAKERS.get(channels, f"{channels}c")
    if context.name == "aac":
        context.bit_rate = _BITS_PER_CHANNEL * channels


def can_encode(source: AudioStream, codec: str) -> bool:
    """Return whether sound of that many channels and samples a second can be coded so."""
    context = cast(AudioCodecContext, av.CodecContext.create(codec, "w"))
    try:
        context.sample_rate = _rate(source, codec)
        context.format = Codec(codec, "w").audio_formats[0]  # pyright: ignore[reportOptionalSubscript]
        _set_up(context, source)
        context.open()
    except (ValueError, FFmpegError):
        return False
    return True


class TextTrack:
    """Written subtitles in another codec's form; styles go over as far as it has them."""

    def __init__(self, source: SubtitleStream, container: OutputContainer, codec: str) -> None:
        self._source = source.codec_context
        self._source.open(strict=False)
        self._stamps = Stamps()
        self.stream = cast(SubtitleStream, container.add_stream(codec))
        self.stream.codec_context.subtitle_header = self._source.subtitle_header
        self.stream.time_base = source.time_base

    def take(self, packet: AnyPacket, clip: Clip) -> Iterator[AnyPacket]:
        """Yield the subtitle in its new form; nothing for one that says nothing."""
        placed = clip.placed(self._stamps.filled(packet), continues=True)
        shown = self._source.decode2(placed) if placed is not None else None
        if placed is None or not shown:
            return
        text = self.stream.codec_context.encode_subtitle(shown)
        text.stream = self.stream
        text.time_base, text.duration = placed.time_base, placed.duration
        text.pts = text.dts = placed.pts
        yield text

    def finish(self, clip: Clip) -> Iterator[AnyPacket]:
        """Yield nothing: no subtitle waits for another."""
        del clip
        return iter(())
