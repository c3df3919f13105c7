"""The sound of the sample film: a waltz on a worn piano, the murmur of the street, a tram's bell."""

import numpy as np
from numpy.typing import NDArray

RATE = 48000
"""Samples per second."""
BELLS = (1.0, 5.5)
"""Seconds at which the tram's bell is struck: peaks to align sound by."""

Samples = NDArray[np.float32]
"""(n,): mono sound, -1..1."""

_BEAT = 0.34
"""Seconds from beat to beat."""
_MELODY = (
    *((76, 2), (72, 1), (79, 2), (76, 1), (77, 1), (76, 1), (74, 1), (71, 3)),
    *((74, 2), (71, 1), (77, 2), (74, 1), (76, 1), (74, 1), (72, 1), (72, 3)),
)
"""Note (MIDI number) and beats, one after the other."""
_TONIC, _DOMINANT = (48, 64, 67), (43, 62, 65)
_CHORDS = (_TONIC, _TONIC, _DOMINANT, _DOMINANT, _DOMINANT, _DOMINANT, _TONIC, _TONIC)
"""Bass and two notes above it, one chord a bar of three beats."""


def sound(seconds: float, seed: int = 1) -> Samples:
    """Return the sound of a sample film that lasts so long, (n,) at `RATE`, -1..1."""
    count = round(seconds * RATE)
    total = np.zeros(count + 4 * RATE)
    _melody(total, seconds)
    _accompany(total, seconds)
    for bell in BELLS:
        if bell < seconds:
            _add(total, bell, 0.3 * _struck((1420.0, 2310.0, 3740.0, 5120.0), 1.6, 5.0))
    total[: count + RATE] += 0.02 * _murmur(count + RATE, seed)
    faded = total[:count] * np.clip((count - np.arange(count)) / (0.4 * RATE), 0, 1)
    return (0.8 * np.tanh(faded)).astype(np.float32)


def _melody(total: NDArray[np.float64], seconds: float) -> None:
    beat = place = 0
    while beat * _BEAT < seconds:
        note, beats = _MELODY[place % len(_MELODY)]
        _add(total, beat * _BEAT, 0.2 * _key(note, beats * _BEAT + 0.5))
        beat += beats
        place += 1


def _accompany(total: NDArray[np.float64], seconds: float) -> None:
    for beat in range(int(seconds / _BEAT)):
        bass, *above = _CHORDS[beat // 3 % len(_CHORDS)]
        for note in above if beat % 3 else (bass,):
            _add(total, beat * _BEAT, (0.09 if beat % 3 else 0.16) * _key(note, 0.7))


def _key(note: int, seconds: float) -> NDArray[np.float64]:
    base = 440 * 2 ** ((note - 69) / 12)
    # Three strings to a note, a little out of tune with one another.
    strings = [base * detune * part for part in range(1, 6) for detune in (0.9985, 1.0, 1.0015)]
    return _struck(tuple(strings), seconds, 3.5)


def _struck(frequencies: tuple[float, ...], seconds: float, decay: float) -> NDArray[np.float64]:
    time = np.arange(round(seconds * RATE)) / RATE
    rung = np.zeros_like(time)
    for frequency in frequencies:
        higher = frequency / frequencies[0]
        rung += np.exp(-decay * higher**0.5 * time) / higher**1.3 * np.sin(2 * np.pi * frequency * time)
    attack = np.clip(time / 0.004, 0, 1) * np.clip((seconds - time) / 0.05, 0, 1)
    return rung * attack / len(frequencies) ** 0.5


def _murmur(count: int, seed: int) -> NDArray[np.float64]:
    rough = np.random.default_rng((seed, 61)).standard_normal(count)
    waves = np.fft.rfft(rough)
    pitch = np.fft.rfftfreq(count, 1 / RATE)
    low = np.fft.irfft(waves / (1 + (pitch / 300) ** 2), count)
    return low / low.std()


def _add(total: NDArray[np.float64], start: float, sound: NDArray[np.float64]) -> None:
    first = round(start * RATE)
    room = total[first : first + len(sound)]
    room += sound[: len(room)]
