"""Resampling by the definitions that published evaluations use."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import NamedTuple

import numpy as np
from scipy.signal import upfirdn

from sepeval.types import Array, Streamed

_ZERO_CROSSINGS = 6  # torchaudio's default width of the low-pass filter
_ROLLOFF = 0.99  # torchaudio's default cut-off, as a share of the lower Nyquist frequency
_BLOCK = 1 << 16  # samples per channel that are converted at a time


def torchaudio_hann(samples: Array, *, rate: int, to: int) -> Array:
    """Return the signal at another rate, as torchaudio's default resampler defines it.

    Output sample n is Σ_k x(k) h(k / rate - n / to) with the windowed sinc
    h(t) = s sinc(s_c t) cos²(π s_c t / 2w) for |s_c t| < w, where s_c = 0.99 · min(rate, to), w = 6
    and s normalises to unit gain. Values outside the signal are zero.

    Args:
        samples: [..., sample].
        rate: of the samples, in Hz.
        to: wanted, in Hz.

    Returns:
        [..., sample], ⌈length · to / rate⌉ samples.
    """
    bank = _bank(rate, to)
    if bank.step == bank.phases:
        return samples
    none = [(0, 0)] * (samples.ndim - 1)
    padded = np.pad(samples, [*none, (bank.width, bank.width + bank.step)])
    return _converted(padded, bank, bank.count(samples.shape[-1]))


def torchaudio_hann_blocks(signal: Streamed, *, rate: int, to: int) -> Iterator[Array]:
    """Yield what `torchaudio_hann` returns, [channel sample], a block at a time.

    Args:
        signal: [channel sample].
        rate: of the samples, in Hz; another than `to`.
        to: wanted, in Hz.
    """
    bank = _bank(rate, to)
    length = signal.shape[1]
    size = max(1, _BLOCK // bank.step) * bank.step
    left = bank.count(length)
    for first in range(0, length, size):
        start, stop = first - bank.width, first + size + bank.width
        inside = signal[:, max(start, 0) : min(stop, length)]
        padded = np.pad(inside, [(0, 0), (max(-start, 0), max(stop - length, 0))])
        count = min(left, size // bank.step * bank.phases)
        yield _converted(padded, bank, count)
        left -= count


class _Bank(NamedTuple):
    """The filters of all phases of the output.

    Attributes:
        step: samples of the input after which the phases begin again.
        phases: samples of the output in a step.
        width: samples that a filter reaches beyond the step on either side.
        cutoff: of the low-pass filter, in cycles per step.
    """

    step: int
    phases: int
    width: int
    cutoff: float

    def count(self, length: int) -> int:
        """Return the samples of the output for so many of the input."""
        return -(-length * self.phases // self.step)

    def taps(self, phase: int) -> Array:
        """Return the filter of a phase, [tap]."""
        time = np.arange(-self.width, self.width + self.step) / self.step
        t = (time - phase / self.phases) * self.cutoff
        t = np.clip(t, -_ZERO_CROSSINGS, _ZERO_CROSSINGS)
        taper = np.cos(t * np.pi / _ZERO_CROSSINGS / 2) ** 2
        return np.asarray(np.sinc(t) * taper * self.cutoff / self.step)


def _bank(rate: int, to: int) -> _Bank:
    divisor = gcd(rate, to)
    step, phases = rate // divisor, to // divisor
    cutoff = min(step, phases) * _ROLLOFF
    return _Bank(step, phases, int(np.ceil(_ZERO_CROSSINGS * step / cutoff)), cutoff)


def _converted(padded: Array, bank: _Bank, count: int) -> Array:
    """Return the first samples of the output of a signal with `width` samples before it."""
    result = np.empty((*padded.shape[:-1], count))
    none = [(0, 0)] * (padded.ndim - 1)
    # upfirdn convolves from the first sample on, so tap len - 1 would be the first full
    # overlap; zeros in front move it to a multiple of the step that upfirdn keeps.
    lead = (1 - 2 * bank.width) % bank.step
    led = np.pad(padded, [*none, (lead, 0)])
    for phase in range(min(bank.phases, count)):
        taps = bank.taps(phase)
        wanted = len(range(phase, count, bank.phases))
        kept = upfirdn(taps[::-1], led, 1, bank.step)
        full = kept[..., (len(taps) - 1 + lead) // bank.step :]
        result[..., phase :: bank.phases] = full[..., :wanted]
    return result
