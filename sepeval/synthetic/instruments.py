"""The sound of one note of each instrument, from closed forms and shaped noise.

Convention: a note is `[sample]` float64 with a peak near 1 and starts and ends at zero, so that
stretches without notes are exactly silent. Partials above 0.45 of the rate are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from scipy.signal import butter, iirpeak, sosfilt, tf2sos

from sepeval.types import Array

_BLOCK = 256  # samples; the two factors of `ring` are then of similar size for notes of a second
_VOWELS: Mapping[str, tuple[tuple[float, float, float], ...]] = MappingProxyType(
    {  # formants as centre in Hz, gain, quality; textbook values for a tenor
        "a": ((650.0, 1.0, 4.0), (1080.0, 0.7, 6.0), (2650.0, 0.7, 10.0), (3300.0, 0.6, 10.0)),
        "e": ((400.0, 1.0, 3.0), (1700.0, 0.7, 8.0), (2600.0, 0.7, 10.0), (3200.0, 0.6, 10.0)),
        "o": ((400.0, 1.0, 3.0), (800.0, 0.7, 5.0), (2600.0, 0.5, 10.0), (3250.0, 0.5, 10.0)),
    }
)
VOWELS: tuple[str, ...] = tuple(_VOWELS)
KICK, SNARE, CLOSED_HAT, OPEN_HAT, CRASH = 36, 38, 42, 46, 49  # General MIDI key numbers

_STROKES: Mapping[int, tuple[float, float, float, tuple[float, float], float]] = MappingProxyType(
    {  # length in s, amplitude of the tone, of the noise, band of the noise in Hz, its decay in 1/s
        KICK: (0.40, 1.0, 0.10, (1000.0, 5000.0), 120.0),
        SNARE: (0.30, 0.5, 1.20, (900.0, 9500.0), 18.0),
        CLOSED_HAT: (0.09, 0.0, 0.45, (6000.0, 17000.0), 55.0),
        OPEN_HAT: (0.40, 0.0, 0.40, (5500.0, 17000.0), 9.0),
        CRASH: (1.60, 0.0, 0.60, (2500.0, 18000.0), 3.0),
    }
)


def ring(
    frequencies: Array, amplitudes: Array, decays: Array, phases: Array, *, length: int, rate: int
) -> Array:
    """Sum of decaying sinusoids, full scale at 1.

        x[n] = Σₖ aₖ exp(−dₖ n / rate) sin(2π fₖ n / rate + φₖ)

    With n = B i + j each term is a function of i times a function of j, so the sum is a product
    of two small matrices: no sine is taken per sample.

    Args:
        frequencies: [partial], fₖ in Hz.
        amplitudes: [partial], aₖ.
        decays: [partial], dₖ in 1/s.
        phases: [partial], φₖ in radians.
        length: samples.
        rate: in Hz.

    Returns:
        [sample].
    """
    kept = frequencies < 0.45 * rate
    exponents = (2j * np.pi * frequencies[kept] - decays[kept]) / rate
    blocks = np.arange(-(-length // _BLOCK)) * float(_BLOCK)
    coarse = np.exp(np.outer(blocks, exponents)) * (amplitudes * np.exp(1j * phases))[kept]
    fine = np.exp(np.outer(exponents, np.arange(float(_BLOCK))))
    samples: Array = (coarse.real @ fine.imag + coarse.imag @ fine.real).ravel()
    return samples[:length]


def faded(samples: Array, *, attack: int, release: int) -> Array:
    """The note with raised-cosine ramps of `attack` and `release` samples at its ends.

    Args:
        samples: [sample].
        attack: samples, cut to the length of the note.
        release: samples, cut to the length of the note.

    Returns:
        [sample], zero at the first and at the last sample.
    """
    attack, release = min(attack, len(samples)), min(release, len(samples))
    shaped = samples.copy()
    shaped[:attack] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(attack) / attack)
    shaped[len(samples) - release :] *= 0.5 + 0.5 * np.cos(
        np.pi * np.arange(1, release + 1) / release
    )
    return shaped


def bass(frequency: float, *, length: int, rate: int) -> Array:
    """A sawtooth whose upper harmonics die first, as behind a closing filter: [sample]."""
    harmonics = np.arange(1.0, 41.0)
    note = ring(
        frequency * harmonics,
        harmonics**-1.2,
        1.2 + 0.8 * harmonics,
        np.zeros_like(harmonics),
        length=length,
        rate=rate,
    )
    return faded(note, attack=rate // 250, release=rate // 25)


def guitar(frequency: float, *, length: int, rate: int) -> Array:
    """A string plucked at 0.13 of its length, with a decay that grows with frequency: [sample]."""
    harmonics = np.arange(1.0, 51.0)
    note = ring(
        frequency * harmonics * np.sqrt(1.0 + 6e-5 * harmonics**2),
        np.sin(0.13 * np.pi * harmonics) / harmonics,
        2.0 + 0.002 * frequency * harmonics,
        np.zeros_like(harmonics),
        length=length,
        rate=rate,
    )
    return faded(2.0 * note, attack=rate // 1000, release=rate // 20)


def piano(frequency: float, *, length: int, rate: int) -> Array:
    """Stretched partials of a struck string, each beating with a slightly sharp twin: [sample]."""
    partials = np.arange(1.0, 21.0)
    stretched = frequency * partials * np.sqrt(1.0 + 4e-4 * partials**2)
    loudness = np.exp(-0.25 * partials) * (1.0 - 0.7 * (partials % 7 == 0))
    note = ring(
        np.concatenate([stretched, stretched * 1.0009]),
        np.concatenate([loudness, 0.5 * loudness]),
        np.tile(0.6 + 0.0025 * frequency + 0.35 * partials, 2),
        np.concatenate([np.zeros_like(partials), partials]),
        length=length,
        rate=rate,
    )
    return faded(0.5 * note, attack=rate // 500, release=rate // 12)


def pad(frequency: float, *, length: int, rate: int) -> Array:
    """Strings: three detuned sawtooths with a slow attack and no decay: [sample]."""
    harmonics = np.arange(1.0, 25.0)
    detuned = np.outer([0.9965, 1.0, 1.0041], harmonics).ravel()
    count = detuned.size
    note = ring(
        frequency * detuned,
        np.tile(harmonics**-1.2, 3) / 3.0,
        np.zeros(count),
        np.arange(float(count)) * 2.4,
        length=length,
        rate=rate,
    )
    return faded(note, attack=rate // 4, release=rate // 3)


def voice(
    frequency: float, *, vowel: str, length: int, rate: int, generator: np.random.Generator
) -> Array:
    """A sung vowel: glottal pulses with scoop, vibrato and breath through four formants.

    Args:
        frequency: pitch that the note settles on, in Hz.
        vowel: one of `VOWELS`.
        length: samples.
        rate: in Hz.
        generator: draws the vibrato and the breath.

    Returns:
        [sample].
    """
    time_s = np.arange(length) / rate
    vibrato = 0.012 * np.clip(4.0 * time_s - 0.6, 0.0, 1.0)
    wobble = np.sin(2 * np.pi * generator.uniform(5.0, 6.2) * time_s + generator.uniform(0.0, 6.0))
    pitch = frequency * (1.0 - 0.05 * np.exp(-time_s / 0.04) + vibrato * wobble)
    phase = np.cumsum(pitch) / rate % 1.0

    harmonics = np.arange(1.0, 1.0 + min(40, int(0.42 * rate / frequency)))
    cycle = np.arange(2049) / 2048
    table = harmonics**-1.1 @ np.sin(2 * np.pi * np.outer(harmonics, cycle))
    pulses = np.interp(phase, cycle, table)
    breath = 0.06 + 0.5 * np.exp(-time_s / 0.025)  # the burst stands for a consonant
    source = pulses + breath * generator.standard_normal(length)

    note = 0.1 * source
    for centre, gain, quality in _VOWELS[vowel]:
        if centre < 0.45 * rate:
            note += gain * sosfilt(tf2sos(*iirpeak(centre, quality, fs=rate)), source)
    return faded(0.5 * note, attack=rate // 30, release=rate // 12)


def drum(key: int, *, rate: int, generator: np.random.Generator) -> Array:
    """One stroke of a drum or cymbal.

    Args:
        key: `KICK`, `SNARE`, `CLOSED_HAT`, `OPEN_HAT` or `CRASH`.
        rate: in Hz.
        generator: draws the noise.

    Returns:
        [sample].
    """
    seconds, body, noise, (low, high), noise_decay = _STROKES[key]
    length = int(seconds * rate)
    time_s = np.arange(length) / rate
    if key == KICK:  # the pitch falls from 180 Hz to 48 Hz
        tone = np.sin(2 * np.pi * (48.0 * time_s - 4.0 * np.exp(-time_s / 0.03)))
    else:
        tone = np.sin(2 * np.pi * 190.0 * time_s)
    high = min(high, 0.45 * rate)
    band = butter(2, [min(low, 0.5 * high), high], "bandpass", fs=rate, output="sos")
    hiss = sosfilt(band, generator.standard_normal(length)) * np.exp(-noise_decay * time_s)
    stroke = body * tone * np.exp(-10.0 * time_s) + noise * hiss
    return faded(stroke, attack=rate // 2000, release=length // 4)
