"""Small pairs of references and estimates, from ordinary to pathological.

Every case is deterministic. `bound` says how closely ISR, SIR and SAR can be expected to agree
with museval: 1e-5 dB on ordinary material, 1e-4 dB at an SDR of 60 dB or after resampling in
float, 1e-3 dB at 80 dB and 1e-2 dB at 100 dB; `ILL` where museval's own values are made of
rounding, so that only SDR and the flag are checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf

import numpy as np
import scipy.signal
import soxr

from sepeval.types import Array

RATE = 44100
LENGTH = 7 * RATE // 5  # below a power of two, where museval is fast
ILL = inf


@dataclass(frozen=True)
class Case:
    """One pair of references and estimates, and how to compare them.

    Attributes:
        name: what is special about it.
        make: gives references and estimates, both [stem channel sample].
        bound: in dB, for ISR, SIR and SAR.
        window: length of the windows, in samples.
        hop: distance of the windows, in samples.
        slow: True where museval needs seconds.
    """

    name: str
    make: Callable[[], tuple[Array, Array]]
    bound: float = 1e-5
    window: int = RATE // 2
    hop: int = RATE // 2
    slow: bool = False


def rounded(audio: Array, bits: int = 16) -> Array:
    scale = 2.0 ** (bits - 1)
    return np.asarray(np.round(audio * scale) / scale)


def music(
    stems: int = 2, channels: int = 1, length: int = LENGTH, level_db: float = -20.0, seed: int = 1
) -> Array:
    """Float notes over coloured noise, each stem with its own spectrum, [stem channel sample]."""
    rng = np.random.default_rng(seed)
    time = np.arange(length) / RATE
    audio = np.empty((stems, channels, length))
    for stem in range(stems):
        noise = rng.standard_normal((channels, length))
        noise = scipy.signal.lfilter([1.0], [1.0, -0.9 + 0.3 * stem], noise)
        for first in range(0, length, RATE // 5):
            pitch = 55.0 * 2 ** (rng.integers(0, 36) / 12 + 0.5 * stem)
            age = np.maximum(time - first / RATE, 0.0)
            note = sum(np.sin(2 * np.pi * pitch * k * age) / k for k in range(1, 6))
            noise += 3.0 * (age > 0) * np.exp(-6 * age) * note * rng.uniform(0.3, 1, (channels, 1))
        audio[stem] = noise
    audio *= 10 ** (level_db / 20) / np.sqrt((audio**2).mean(axis=(1, 2), keepdims=True))
    return audio


def separated(references: Array, sdr_db: float = 12.0, seed: int = 2) -> Array:
    """Leak, filtering and noise in equal parts, at about the given SDR."""
    rng = np.random.default_rng(seed)
    others = references.sum(axis=0) - references
    leak = others + 0.5 * np.roll(others, 7, axis=2)
    colour = np.roll(references, 3, axis=2) - 0.6 * references
    noise = rng.standard_normal(references.shape)
    error = np.zeros_like(references)
    for part in (leak, colour, noise):
        power = np.sqrt((part**2).sum(axis=(1, 2), keepdims=True))
        error += part / np.where(power == 0, 1.0, power)
    wanted = 10 ** (-sdr_db / 20) * np.sqrt((references**2).sum(axis=(1, 2), keepdims=True))
    found = references + error * wanted / np.sqrt((error**2).sum(axis=(1, 2), keepdims=True))
    return np.asarray(found, dtype=np.float64)


def _pair(references: Array, bits: int | None = 16, sdr_db: float = 12.0) -> tuple[Array, Array]:
    estimates = separated(references, sdr_db)
    return references, estimates if bits is None else rounded(estimates, bits)


def _level(level_db: float, bits: int | None) -> tuple[Array, Array]:
    audio = music(level_db=level_db)
    return _pair(audio if bits is None else rounded(audio, bits), bits)


def _unequal() -> tuple[Array, Array]:
    audio = music()
    audio[1] *= 1e-3
    return _pair(rounded(audio, 24), 24)


def _sdr(sdr_db: float) -> tuple[Array, Array]:
    return _pair(rounded(music()), bits=None, sdr_db=sdr_db)


def _estimate(change: Callable[[Array], Array], channels: int = 1) -> tuple[Array, Array]:
    references = rounded(music(channels=channels))
    return references, change(references)


def _reference(change: Callable[[Array], Array], channels: int = 1) -> tuple[Array, Array]:
    return _pair(rounded(change(music(channels=channels))))


def _exact(
    change: Callable[[Array], Array], stems: int = 2, channels: int = 2
) -> tuple[Array, Array]:
    """The change comes after rounding, so that what depends does so sample by sample."""
    return _pair(change(rounded(music(stems, channels))))


def _zeroed(stem: int, first: float, last: float) -> Callable[[Array], Array]:
    def change(audio: Array) -> Array:
        audio = audio.copy()
        audio[stem, :, int(first * RATE) : int(last * RATE)] = 0.0
        return audio

    return change


def _silent_estimate() -> tuple[Array, Array]:
    references, estimates = _pair(rounded(music()))
    return references, _zeroed(1, 0.5, 1.0)(estimates)


def _dithered_silence(audio: Array) -> Array:
    dither = np.random.default_rng(5).integers(-1, 2, audio.shape) / 32768
    return _zeroed(0, 0.4, 1.2)(audio) + dither


def _gated(audio: Array) -> Array:
    gate = (np.arange(audio.shape[2]) % 11025) < 4000
    return np.stack([audio[0] * gate, audio[1]])


def _burst(audio: Array) -> Array:
    gain = np.full(audio.shape[2], 1e-3)
    gain[30000:33000] = 1.0
    return np.asarray(audio * gain * 4)


def _click(audio: Array) -> Array:
    audio = _zeroed(0, 0.0, 2.0)(audio)
    audio[0, :, 23000] = 0.9
    audio[0, :, 50000] = -0.7
    return audio


def _rows(*rows: list[float]) -> Callable[[Array], Array]:
    """Every stem's channels as sums of its own channels."""

    def change(audio: Array) -> Array:
        return np.asarray(np.einsum("ic,sct->sit", np.array(rows), audio))

    return change


def _stems(*rows: list[float]) -> Callable[[Array], Array]:
    """Stems as sums of stems."""

    def change(audio: Array) -> Array:
        return np.asarray(np.einsum("is,sct->ict", np.array(rows), audio))

    return change


def _hard_panned(audio: Array) -> Array:
    audio = audio.copy()
    audio[0, 1] = 0.0
    audio[1, 0] = 0.0
    return audio


def _delayed_copy(audio: Array) -> Array:
    delayed = np.roll(audio[0], 5, axis=1)
    delayed[:, :5] = 0.0
    return np.stack([audio[0], delayed])


def _panned_single(audio: Array) -> Array:
    left = audio[:, 0].astype(np.float32)
    return np.stack([left, np.float32(0.3) * left], axis=1).astype(np.float64)


def _nearly_mono(audio: Array) -> Array:
    audio = audio.copy()
    audio[:, 1] = audio[:, 0] + 1e-3 * audio[:, 1]
    return audio


def faded(audio: Array) -> Array:
    """With soft ends: an abrupt one has energy in every band."""
    ramp = np.hanning(2 * RATE // 5)
    gain = np.ones(audio.shape[2])
    gain[: len(ramp) // 2] = ramp[: len(ramp) // 2]
    gain[-(len(ramp) // 2) :] = ramp[-(len(ramp) // 2) :]
    gain[:2000] = gain[-2000:] = 0.0
    return audio * gain


def low_passed(audio: Array, corner: float = 16000.0) -> Array:
    """Without energy above the corner, down to the rounding of float64, delay removed."""
    taps = scipy.signal.firwin(2049, corner / (RATE / 2), window=("kaiser", 24.0))
    return np.asarray(scipy.signal.fftconvolve(faded(audio), taps[None, None], "same", axes=2))


def _band(bits: int | None, corner: float, channels: int = 1) -> tuple[Array, Array]:
    audio = low_passed(music(channels=channels), corner)
    return _pair(audio if bits is None else rounded(audio, bits), bits)


def _one_low_passed(bits: int | None) -> tuple[Array, Array]:
    audio = music()
    audio[0] = low_passed(audio[:1], 300.0)[0]
    return _pair(audio if bits is None else rounded(audio, bits), bits)


def _resampled(
    from_hz: int, to_hz: int, bits: int | None, channels: int = 1
) -> tuple[Array, Array]:
    audio = faded(music(channels=channels, length=LENGTH * from_hz // to_hz))
    found = [soxr.resample(stem.T, from_hz, to_hz, "HQ").T for stem in audio]
    audio = np.ascontiguousarray(np.stack(found), dtype=np.float64)
    return _pair(audio if bits is None else rounded(audio, bits), bits)


def _depth(bits: int) -> tuple[Array, Array]:
    return _pair(rounded(music(), bits), bits)


def _single() -> tuple[Array, Array]:
    references, estimates = _pair(music())
    return (
        references.astype(np.float32).astype(np.float64),
        estimates.astype(np.float32).astype(np.float64),
    )


def _length(length: int) -> tuple[Array, Array]:
    return _pair(rounded(music(length=length)))


def _shape(stems: int, channels: int) -> tuple[Array, Array]:
    return _pair(rounded(music(stems, channels)))


CASES = (
    *(Case(f"level {db} dB, 16 bit", partial(_level, db, 16)) for db in (-10, -30, -50, -70)),
    Case("level -80 dB, 24 bit", partial(_level, -80, 24)),
    Case("level -120 dB, float", partial(_level, -120, None)),
    Case("stems 60 dB apart, 24 bit", _unequal),
    *(Case(f"SDR {db} dB", partial(_sdr, db)) for db in (-10, 10, 20, 30, 40)),
    Case("SDR 60 dB", partial(_sdr, 60), 1e-4),
    Case("SDR 80 dB", partial(_sdr, 80), 1e-3),
    Case("SDR 100 dB", partial(_sdr, 100), 1e-2),
    Case("SDR 120 dB", partial(_sdr, 120), 1e-1),
    Case("delayed by one sample", partial(_estimate, lambda s: np.roll(s, 1, axis=2) * 0.9, 2)),
    Case("inverted and scaled", partial(_estimate, lambda s: separated(-0.3 * s))),
    Case("stems swapped", partial(_estimate, lambda s: separated(s[::-1]))),
    Case("clipped", partial(_estimate, lambda s: np.clip(separated(3 * s), -0.2, 0.2))),
    Case("mixture as estimate", partial(_estimate, lambda s: s.sum(axis=0) + 0 * s)),
    Case("noise as estimate", partial(_estimate, lambda s: music(seed=9) + 0 * s)),
    Case("reference silent in a window", partial(_reference, _zeroed(1, 0.5, 1.0))),
    Case("reference silent at the start", partial(_reference, _zeroed(0, 0.0, 0.7))),
    Case("reference silent at the end", partial(_reference, _zeroed(0, 1.2, 2.0))),
    Case("reference silent in half a window", partial(_reference, _zeroed(0, 0.5, 0.7))),
    Case("estimate silent in a window", _silent_estimate),
    Case("dither in place of silence", partial(_exact, _dithered_silence, channels=1)),
    Case("gated stem", partial(_reference, _gated)),
    Case("burst 60 dB above the rest", partial(_reference, _burst)),
    Case("two clicks in silence", partial(_reference, _click)),
    Case("mono as stereo", partial(_exact, _rows([1, 0], [1, 0]))),
    Case("mid and side", partial(_exact, _rows([1, 1], [1, -1]))),
    Case("panned copies, float", partial(_exact, _rows([0.8, 0], [0.3, 0]))),
    Case("panned copies, 16 bit", partial(_reference, _rows([0.8, 0], [0.3, 0]), 2)),
    Case("hard panned", partial(_exact, _hard_panned)),
    Case("nearly mono", partial(_reference, _nearly_mono, 2)),
    Case("stem is the sum of two", partial(_exact, _stems([1, 0], [0, 1], [1, 1])), slow=True),
    Case(
        "stem is a difference of two",
        partial(_exact, _stems([0.5, -0.5], [1, 0], [0, 1]), channels=1),
    ),
    Case("stem is a scaled copy", partial(_exact, _stems([1, 0], [0, 1], [0.37, 0]), channels=1)),
    Case("stem is a copy", partial(_exact, _stems([1, 0], [0, 1], [1, 0]), channels=1)),
    Case("stem is a delayed copy", partial(_exact, _delayed_copy, channels=1)),
    Case("panned copies, float32", partial(_exact, _panned_single), ILL),
    Case("low-passed at 16 kHz, 16 bit", partial(_band, 16, 16000.0)),
    Case("low-passed at 16 kHz, 24 bit", partial(_band, 24, 16000.0), ILL),
    Case("low-passed at 16 kHz, float", partial(_band, None, 16000.0), ILL),
    Case("low-passed at 16 kHz, float stereo", partial(_band, None, 16000.0, 2), ILL),
    Case("band-limited bass, 16 bit", partial(_one_low_passed, 16)),
    Case("band-limited bass, float", partial(_one_low_passed, None), ILL),
    Case("upsampled by two, 16 bit", partial(_resampled, 22050, 44100, 16)),
    Case("upsampled by two, float", partial(_resampled, 22050, 44100, None), ILL),
    Case("48 to 44.1 kHz, 16 bit", partial(_resampled, 48000, 44100, 16)),
    Case("48 to 44.1 kHz, float", partial(_resampled, 48000, 44100, None), 1e-4),
    Case("44.1 to 22.05 kHz, float", partial(_resampled, 44100, 22050, None), 1e-4),
    Case("44.1 to 22.05 kHz, float stereo", partial(_resampled, 44100, 22050, None, 2), 1e-4),
    Case("8 bit", partial(_depth, 8)),
    Case("24 bit", partial(_depth, 24)),
    Case("float32", _single),
    Case("shorter than a window", partial(_length, 15013)),
    Case("one window and a sample", partial(_length, RATE // 2 + 1)),
    Case("odd length", partial(_length, 50021)),
    Case("two filters long", partial(_length, 1500)),
    Case("windows overlap", partial(_shape, 2, 1), window=30000, hop=10001),
    Case("windows leave gaps", partial(_shape, 2, 1), window=10007, hop=15000),
    Case("one stem", partial(_shape, 1, 2)),
    Case("three stems", partial(_shape, 3, 1)),
    Case("three channels", partial(_shape, 2, 3), slow=True),
)
