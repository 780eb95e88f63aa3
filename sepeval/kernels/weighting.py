"""Filters that weigh frequencies as hearing does: FIR taps, and their use without delay."""

from __future__ import annotations

import numpy as np
from scipy import fft, signal

from sepeval.errors import ShapeError
from sepeval.types import Array

_BLOCK = 1 << 14  # samples that are filtered at a time; they stay in the cache
_GRID = 8192  # samples in which log-WMSE designs its response
_REACH = 2000  # taps of log-WMSE's filter on either side of its centre
HEARING_CENTRE = _REACH - 1  # the tap of `hearing_taps` that keeps a sample in its place

_A_POLES_HZ = (20.598997, 107.65265, 737.86223, 12194.217)  # IEC 61672-1, annex E
_A_GAIN_DB = 1.9997  # so that the response is 0 dB at 1 kHz


def hearing_taps(rate: int) -> Array:
    """Taps of the weighting of log-WMSE: zero phase, with the magnitude of four filters in a row.

        high shelf 1500 Hz, +5 dB, Q 1/√2; Butterworth high-pass 120 Hz, second order;
        peak 500 Hz, +2.5 dB, Q 1.5/√2; Butterworth low-pass 10 kHz, first order, twice

    Shelf and peak are those of the Audio EQ Cookbook. The published taps are the inverse transform
    of 8192 points of that magnitude, cut to 4000. The magnitude is taken at π k / 4097 and used at
    π k / 4096, as there: an error of 0.02 % in frequency. The values agree with the published
    ones to 2e-8, which is what their single precision leaves.

    Args:
        rate: in Hz, above 20 kHz.

    Returns:
        [tap], 4000; the centre is tap `HEARING_CENTRE`.

    Raises:
        ShapeError: the rate cannot hold the low-pass filter.

    References:
        [1] Fenton, Lee. "Alternative weighting filters for multi-track program loudness
            measurement", AES Convention 143, 2017.
        [2] Jordal. "log-wmse-audio-quality", software, Nomono, 2023.
        [3] Landschoot. "torch-log-wmse", software, 2024.
    """
    if rate <= 20000:
        raise ShapeError(f"the weighting of log-WMSE needs a rate above 20000 Hz; found {rate}")
    bins = _GRID // 2 + 1
    turns = np.pi * np.arange(bins) / bins
    low = signal.butter(1, 10000.0, "lowpass", fs=rate)
    high = signal.butter(2, 120.0, "highpass", fs=rate)
    shelf = _high_shelf(1500.0 / rate, gain_db=5.0, q=1.0 / np.sqrt(2.0))
    peak = _peak(500.0 / rate, gain_db=2.5, q=1.5 / np.sqrt(2.0))
    magnitude = np.ones(bins)
    for numerator, denominator in (low, low, high, shelf, peak):
        magnitude *= np.abs(signal.freqz(numerator, denominator, worN=turns)[1])
    centred = np.fft.fftshift(np.fft.irfft(magnitude, _GRID))
    return np.asarray(centred[_GRID // 2 + 1 - _REACH : _GRID // 2 + 1 + _REACH])


def a_weighting_taps(rate: int, *, taps: int) -> Array:
    """Taps of an FIR filter near the A-weighting curve, as auraloss designs it.

    The analogue curve is turned digital by the bilinear transform; a linear-phase filter is fitted
    to its magnitude at 512 frequencies by least squares. The transform bends the curve down near
    half the rate: at 44.1 kHz by 0.7 dB at 8 kHz and by 9 dB at 16 kHz.

    Args:
        rate: in Hz.
        taps: how many; odd.

    Returns:
        [tap]; the centre is tap (taps - 1) / 2.

    Raises:
        ShapeError: the number of taps is even.

    References:
        [1] IEC 61672-1. "Electroacoustics - Sound level meters", 2013.
        [2] Steinmetz, Reiss. "auraloss: Audio-focused loss functions in PyTorch", DMRN+15, 2020.
    """
    if taps % 2 == 0:
        raise ShapeError(f"a filter of even symmetry needs an odd number of taps; found {taps}")
    poles = -2.0 * np.pi * np.array(_A_POLES_HZ)[[0, 0, 1, 2, 3, 3]]
    gain = (2.0 * np.pi * _A_POLES_HZ[3]) ** 2 * 10.0 ** (_A_GAIN_DB / 20.0)
    z, p, k = signal.bilinear_zpk(np.zeros(4), poles, gain, fs=float(rate))
    frequencies, response = signal.freqz_zpk(z, p, k, worN=512, fs=float(rate))
    return np.asarray(signal.firls(taps, frequencies, np.abs(response), fs=float(rate)))


def filtered(signals: Array, taps: Array, *, centre: int) -> Array:
    """Return signals after an FIR filter, without delay; they are zero beyond their ends.

        y[n] = Σₖ h[k] x[n + centre − k]

    Args:
        signals: [... sample], x.
        taps: [tap], h.
        centre: the tap that keeps a sample in its place.

    Returns:
        [... sample].

    Example:
        >>> delayed = filtered(np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.0, 1.0]), centre=1)
        >>> bool(np.allclose(delayed, [0.0, 1.0, 2.0]))
        True
    """
    length, reach = signals.shape[-1], len(taps) - 1
    size = fft.next_fast_len(max(_BLOCK, 2 * len(taps)), real=True)
    step = size - reach
    response = fft.rfft(taps, size)
    result = np.empty(signals.shape)
    for first in range(0, length, step):
        start, stop = first + centre - reach, min(first + step, length) + centre
        inside = signals[..., max(start, 0) : max(min(stop, length), 0)]
        ahead = [(0, 0)] * (signals.ndim - 1) + [(max(-start, 0), 0)]
        spectra = fft.rfft(np.pad(inside, ahead), size, axis=-1)
        spectra *= response
        kept = fft.irfft(spectra, size, axis=-1)[..., reach:]  # the rest wraps around
        last = min(step, length - first)
        result[..., first : first + last] = kept[..., :last]
    return result


def _high_shelf(turn: float, *, gain_db: float, q: float) -> tuple[Array, Array]:
    """Numerator and denominator of the cookbook's high shelf; `turn` is frequency over rate."""
    a, cosine, alpha = _cookbook(turn, gain_db, q)
    root = 2.0 * np.sqrt(a) * alpha
    more, less = a + 1.0, a - 1.0
    numerator = [
        more + less * cosine + root,
        -2 * (less + more * cosine),
        more + less * cosine - root,
    ]
    denominator = [
        more - less * cosine + root,
        2 * (less - more * cosine),
        more - less * cosine - root,
    ]
    return a * np.array(numerator), np.array(denominator)


def _peak(turn: float, *, gain_db: float, q: float) -> tuple[Array, Array]:
    """Numerator and denominator of the cookbook's peaking filter."""
    a, cosine, alpha = _cookbook(turn, gain_db, q)
    numerator = np.array([1.0 + alpha * a, -2.0 * cosine, 1.0 - alpha * a])
    return numerator, np.array([1.0 + alpha / a, -2.0 * cosine, 1.0 - alpha / a])


def _cookbook(turn: float, gain_db: float, q: float) -> tuple[float, float, float]:
    """Amplitude, cosine and alpha, in the cookbook's words."""
    angle = 2.0 * np.pi * turn
    return 10.0 ** (gain_db / 40.0), float(np.cos(angle)), float(np.sin(angle) / (2.0 * q))
