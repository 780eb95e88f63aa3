"""Resampling by the definitions that published evaluations use."""

from __future__ import annotations

from math import gcd

import numpy as np
from scipy.signal import upfirdn

from sepeval.types import Array

_ZERO_CROSSINGS = 6  # torchaudio's default width of the low-pass filter
_ROLLOFF = 0.99  # torchaudio's default cut-off, as a share of the lower Nyquist frequency


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
    divisor = gcd(rate, to)
    step, phases = rate // divisor, to // divisor
    if step == phases:
        return samples
    cutoff = min(step, phases) * _ROLLOFF
    width = int(np.ceil(_ZERO_CROSSINGS * step / cutoff))
    length = samples.shape[-1]
    count = -(-length * phases // step)
    time = np.arange(-width, width + step) / step
    result = np.empty((*samples.shape[:-1], count))
    none = [(0, 0)] * (samples.ndim - 1)
    for phase in range(phases):
        t = np.clip((time - phase / phases) * cutoff, -_ZERO_CROSSINGS, _ZERO_CROSSINGS)
        taps = np.sinc(t) * np.cos(t * np.pi / _ZERO_CROSSINGS / 2) ** 2 * cutoff / step
        wanted = len(range(phase, count, phases))
        # upfirdn convolves from the first sample on, so tap len - 1 would be the first full
        # overlap; zeros in front move it to a multiple of the step that upfirdn keeps.
        lead = -(len(taps) - 1) % step
        kept = upfirdn(taps[::-1], np.pad(samples, [*none, (width + lead, width + step)]), 1, step)
        full = kept[..., (len(taps) - 1 + lead) // step :]
        result[..., phase::phases] = full[..., :wanted]
    return result
