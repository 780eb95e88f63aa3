"""Signals at the rate that a protocol asks for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sepeval import audio
from sepeval.kernels.resampling import torchaudio_hann, torchaudio_hann_blocks
from sepeval.protocol import AudioRule
from sepeval.types import Array, Streamed

_BLOCK = 1 << 16  # samples per channel that are resampled at a time


def resampled(found: audio.Audio, rule: AudioRule, rate: int) -> Array:
    """Return the samples of a file at the rate of a protocol."""
    if found.rate == rate:
        return found.samples
    if rule.resampler == "torchaudio_hann":
        return torchaudio_hann(found.samples, rate=found.rate, to=rate)
    import soxr

    samples = soxr.resample(found.samples.T, found.rate, rate, quality="VHQ").T
    return np.ascontiguousarray(samples, dtype=np.float64)


def resampled_by_blocks(
    found: audio.Opened, rule: AudioRule, rate: int, pieces: audio.Pieces
) -> Streamed:
    """Return the signal at another rate, equal to that of `resampled` bit for bit."""
    if found.rate == rate:
        return found.signal
    convert = torchaudio_hann_blocks if rule.resampler == "torchaudio_hann" else _soxr_blocks
    channels, samples = found.signal.shape
    blocks = convert(found.signal, rate=found.rate, to=rate)
    return pieces.store(blocks, channels=channels, length=-(-samples * rate // found.rate))


def _soxr_blocks(signal: Streamed, *, rate: int, to: int) -> Iterator[Array]:
    import soxr

    channels, length = signal.shape
    converter = soxr.ResampleStream(rate, to, channels, dtype="float64", quality="VHQ")
    for start in range(0, length, _BLOCK):
        stop = min(start + _BLOCK, length)
        block = np.ascontiguousarray(signal.read(start, stop).T)
        yield converter.resample_chunk(block, last=stop == length).T
