"""Deterministic music for several instruments, as arrays.

Tempo, chords and rests are drawn once per track; every instrument plays its own part of them. It is
made for tests and demonstrations of evaluation: the stems overlap in time and frequency, differ in
level and in place, share the beat, and fall exactly silent for several seconds.

Convention: full scale is 1.0 and every sample is a multiple of 2⁻¹⁵, so 16-bit files hold the same
numbers and the mixture is exactly the sum of the stems.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from sepeval.errors import ShapeError, UnknownNameError
from sepeval.synthetic import instruments, score
from sepeval.types import Array, BoolArray, IntArray

PEAK = 0.89  # -1 dBFS, the peak of every mixture of Slakh2100
CREST = 4.0  # of every stem: 12 dB, as after the compressor of a mixing desk
STEP = 2.0**-15  # of 16-bit audio


@dataclass(frozen=True)
class Instrument:
    """How a stem is played, balanced and placed.

    Attributes:
        part: the notes of one bar, from its chord, a style and a generator.
        sound: one note [sample], from its pitch, length in samples, rate and a generator.
        takes: renderings of one pitch and length from which every note draws its own.
        level_db: RMS over the bars in which it plays, in dBFS.
        rest: expected share of bars in which it rests.
        pan: largest distance from the centre; 1 is one channel alone.
        width: share of a delayed copy that is added left and taken away right.
    """

    part: Callable[[IntArray, int, np.random.Generator], list[score.Note]]
    sound: Callable[[int, int, int, np.random.Generator], Array]
    takes: int
    level_db: float
    rest: float
    pan: float
    width: float


def _frequency(pitch: int) -> float:
    """Equal temperament, in Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69) / 12))


def _sing(pitch: int, length: int, rate: int, generator: np.random.Generator) -> Array:
    vowel = instruments.VOWELS[int(generator.integers(len(instruments.VOWELS)))]
    return instruments.voice(
        _frequency(pitch), vowel=vowel, length=length, rate=rate, generator=generator
    )


def _tuned(note: Callable[..., Array]) -> Callable[[int, int, int, np.random.Generator], Array]:
    """A sound that needs no randomness, as the sound of an `Instrument`."""
    return lambda pitch, length, rate, _: note(_frequency(pitch), length=length, rate=rate)


INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType(
    {  # rests follow the share of silent 4 s windows in Slakh2100 and of silent vocals in MUSDB18
        "bass": Instrument(score.bass, _tuned(instruments.bass), 1, -20.0, 0.10, 0.05, 0.05),
        "drums": Instrument(
            score.drums,
            lambda key, _, rate, generator: instruments.drum(key, rate=rate, generator=generator),
            *(4, -21.0, 0.02, 0.1, 0.2),
        ),
        "guitar": Instrument(score.guitar, _tuned(instruments.guitar), 1, -20.5, 0.42, 0.6, 0.2),
        "piano": Instrument(score.piano, _tuned(instruments.piano), 1, -20.5, 0.28, 0.5, 0.3),
        "vocals": Instrument(score.vocals, _sing, 4, -19.5, 0.22, 0.1, 0.1),
        "other": Instrument(score.other, _tuned(instruments.pad), 1, -23.0, 0.05, 0.3, 0.4),
    }
)


def compose(
    *, stems: tuple[str, ...], length: int, rate: int, channels: int, generator: np.random.Generator
) -> Array:
    """One track of music, a stem per name.

    A name may come twice: both then play other notes of the same chords, 3 dB softer each, and
    rest together.

    Args:
        stems: names from `INSTRUMENTS`.
        length: samples per channel.
        rate: in Hz.
        channels: 1 or 2.
        generator: draws everything; the same state gives the same samples.

    Returns:
        [stem channel sample], multiples of 2⁻¹⁵; neither a stem nor the sum exceeds `PEAK`.

    Raises:
        ShapeError: the length is not positive or the channels are neither 1 nor 2.
        UnknownNameError: a stem has no instrument.

    Example:
        >>> stems = ("bass", "drums")
        >>> music = compose(
        ...     stems=stems, length=8000, rate=8000, channels=2, generator=np.random.default_rng(1)
        ... )
        >>> music.shape, bool(abs(music.sum(0)).max() <= PEAK + STEP)
        ((2, 2, 8000), True)
    """
    _check(stems, length=length, channels=channels)
    beat = round(60 * rate / generator.uniform(84.0, 132.0))
    bars = -(-length // (score.BEATS * beat))
    chords = score.chords(bars=bars, generator=generator)
    silent = {
        name: score.rests(bars=bars, share=INSTRUMENTS[name].rest, generator=generator)
        for name in dict.fromkeys(stems)
    }
    music = np.zeros((len(stems), channels, length))
    for row, seed in enumerate(generator.integers(2**63, size=len(stems))):
        name, own = stems[row], np.random.default_rng(int(seed))
        player, pauses = INSTRUMENTS[name], silent[name]
        played = _played(player, chords, pauses, beat=beat, rate=rate, generator=own)[:length]
        mono = _balanced(played, pauses, level_db=player.level_db) / np.sqrt(stems.count(name))
        music[row] = _placed(mono, player, channels=channels, rate=rate, generator=own)
    peak = max(np.abs(music).max(initial=0.0), np.abs(music.sum(axis=0)).max(initial=0.0))
    return quantised(music * min(1.0, PEAK / peak)) if peak > 0 else music


def quantised(samples: Array) -> Array:
    """The samples rounded to multiples of 2⁻¹⁵, the steps of 16-bit audio: same shape."""
    return np.round(samples / STEP) * STEP


def _check(stems: tuple[str, ...], *, length: int, channels: int) -> None:
    if length < 1 or channels not in {1, 2}:
        message = f"music has 1 sample at least and 1 or 2 channels, not {length} and {channels}"
        raise ShapeError(message)
    for name in stems:
        if name not in INSTRUMENTS:
            raise UnknownNameError(f"no instrument plays {name!r}; known: {', '.join(INSTRUMENTS)}")


def _played(
    instrument: Instrument,
    chords: IntArray,
    silent: BoolArray,
    *,
    beat: int,
    rate: int,
    generator: np.random.Generator,
) -> Array:
    """All notes of one instrument, laid over each other: [sample], in whole bars."""
    style = int(generator.integers(score.STYLES))
    bar = score.BEATS * beat
    track = np.zeros(bar * (len(chords) + 1))  # the last notes ring on
    known: dict[tuple[int, float, int], Array] = {}
    for number in np.flatnonzero(~silent):
        for note in instrument.part(chords[number], style, generator):
            key = (note.pitch, note.beats, int(generator.integers(instrument.takes)))
            if key not in known:
                known[key] = instrument.sound(note.pitch, int(note.beats * beat), rate, generator)
            late = int(generator.integers(rate // 100))  # players are never exactly together
            start = int(number) * bar + int(note.start * beat) + late
            loudness = note.velocity * generator.uniform(0.75, 1.0)
            track[start : start + len(known[key])] += loudness * known[key]
    return track


def _balanced(played: Array, silent: BoolArray, *, level_db: float) -> Array:
    """The part at an RMS, in dBFS, over the bars that it plays, with peaks bent as by tape."""
    power = float(np.mean(played**2)) / max(float(np.mean(~silent)), 1.0 / len(silent))
    if power == 0.0:
        return played
    level = 10 ** (level_db / 20)
    bent: Array = CREST * level * np.tanh(played / (CREST * np.sqrt(power)))
    return bent


def _placed(
    mono: Array,
    instrument: Instrument,
    *,
    channels: int,
    rate: int,
    generator: np.random.Generator,
) -> Array:
    """Mono samples at a place between the channels, of the same mean power: [channel sample]."""
    if channels == 1:
        return mono[None]
    angle = np.pi / 4 * (1.0 + instrument.pan * generator.uniform(-1.0, 1.0))
    delay = int(rate * generator.uniform(0.007, 0.015))
    side = instrument.width * np.concatenate([np.zeros(delay), mono])[: len(mono)]
    root = np.sqrt(2.0)
    left, right = root * np.cos(angle) * mono + side, root * np.sin(angle) * mono - side
    return np.stack([left, right])
