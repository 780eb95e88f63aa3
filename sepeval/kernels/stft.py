"""Short-time Fourier transform and its inverse, a block of frames at a time.

Convention: that of `scipy.signal.stft` with its defaults. The window is a periodic Hann window,
scaled to the sum 1; frame n is centred on sample n · hop; beyond its ends a signal is zero. Spectra
are `[... frame frequency]`, complex128. Blocks keep a long track from standing in memory whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft
from scipy.signal.windows import hann

from sepeval.errors import ShapeError
from sepeval.types import Array

Spectra: TypeAlias = NDArray[np.complex128]
_BLOCK = 64  # frames; the spectra of five stereo signals then fit into about 10 MB


def frame_count(length: int, *, hop: int) -> int:
    """Number of frames that cover a signal: ⌈length / hop⌉ + 1."""
    return -(-length // hop) + 1


def spectra(signals: Array, *, window: int, hop: int) -> Iterator[Spectra]:
    """Short-time spectra of signals, in blocks of frames.

        X[n, k] = Σₘ w[m] x[n hop + m − ⌊window / 2⌋] exp(−2πi k m / window)

    Args:
        signals: [... sample], x.
        window: samples in a frame.
        hop: samples from one frame to the next; divides `window` at least in two.

    Yields:
        [... frame frequency], the next frames; frequency k is k · rate / window in Hz.

    Raises:
        ShapeError: `hop` does not divide `window` in two or more.
    """
    weights = _weights(window, hop)
    length = signals.shape[-1]
    count = frame_count(length, hop=hop)
    for first in range(0, count, _BLOCK):
        start = first * hop - window // 2
        stop = start + (min(_BLOCK, count - first) - 1) * hop + window
        inside = signals[..., max(start, 0) : min(stop, length)]
        ends = (max(-start, 0), max(stop - length, 0))
        padded = np.pad(inside, [(0, 0)] * (signals.ndim - 1) + [ends])
        frames = sliding_window_view(padded, window, axis=-1)[..., ::hop, :]
        yield fft.rfft(frames * weights, axis=-1)


def inverse(blocks: Iterable[Spectra], *, length: int, window: int, hop: int) -> Array:
    """Signals whose short-time spectra are nearest to those given, in the least squares sense.

        x[t] = Σₙ w[t − n hop] xₙ[t − n hop] / Σₙ w[t − n hop]²

    where xₙ is the inverse Fourier transform of frame n.

    Args:
        blocks: [... frame frequency], all frames of a signal in order, in blocks of any size.
        length: samples of the signal.
        window: samples in a frame.
        hop: samples from one frame to the next; divides `window` at least in two.

    Returns:
        [... sample].

    Raises:
        ShapeError: the blocks hold another number of frames than the signal has, or `hop` does
            not divide `window` in two or more.

    References:
        Griffin, Lim. "Signal estimation from modified short-time Fourier transform", IEEE TASSP
            32(2), 1984.

    Example:
        >>> x = np.sin(np.arange(50.0))
        >>> y = inverse(spectra(x, window=8, hop=4), length=50, window=8, hop=4)
        >>> bool(np.allclose(x, y, atol=1e-12))
        True
    """
    weights = _weights(window, hop)
    count = frame_count(length, hop=hop)
    rows = count + window // hop - 1
    total = np.zeros(0)
    done = 0
    for block in blocks:
        frames = fft.irfft(block, n=window, axis=-1) * weights
        size = frames.shape[-2]
        if done == 0:
            total = np.zeros((*frames.shape[:-2], rows, hop))
        if done + size > count:
            break
        total[..., done : done + size + window // hop - 1, :] += _overlap_added(frames, hop=hop)
        done += size
    if done != count:
        raise ShapeError(f"{length} samples have {count} frames; the blocks hold another number")
    squares = _overlap_added(np.broadcast_to(weights**2, (count, window)), hop=hop)
    signals = total.reshape(*total.shape[:-2], rows * hop)
    inside = slice(window // 2, window // 2 + length)
    signals[..., inside] /= squares.ravel()[inside]
    return signals[..., inside]


def _overlap_added(frames: Array, *, hop: int) -> Array:
    """[... frame sample] to [... row hop]: the sum of the shifted frames, cut into hops."""
    *lead, count, window = frames.shape
    ratio = window // hop
    parts = frames.reshape(*lead, count, ratio, hop)
    rows = np.zeros((*lead, count + ratio - 1, hop))
    for shift in range(ratio):
        rows[..., shift : shift + count, :] += parts[..., shift, :]
    return rows


def _weights(window: int, hop: int) -> Array:
    """[sample], the analysis window."""
    if hop < 1 or window % hop or window // hop < 2:
        message = f"a hop must divide its window in two or more; found {hop} in {window}"
        raise ShapeError(message)
    weights: Array = hann(window, sym=False)
    weights /= weights.sum()
    return weights
