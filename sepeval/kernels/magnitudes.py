"""Magnitudes of short-time spectra in the convention of `torch.stft`, a block of frames at a time.

Convention: frame n is centred on sample n · hop; what lies beyond the ends of the signal is its
mirror image without the end sample (`reflect`) or zero (`zeros`); the taper is not normalised.
Published spectral metrics use this one; `sepeval.kernels.stft` has another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft
from scipy.signal.windows import hann

from sepeval.errors import ShapeError
from sepeval.types import Array

Taper = Literal["hann", "rectangular"]
Ends = Literal["reflect", "zeros"]
_BLOCK = 1 << 16  # samples of frames that are transformed at a time; they stay in the cache


@dataclass(frozen=True)
class Frames:
    """How a signal is cut into frames.

    Attributes:
        fft: length of the transform, in samples.
        hop: samples from one frame to the next.
        window: length of the taper, in samples, centred in the transform.
        taper: periodic Hann window, or none (`rectangular`).
        ends: what lies beyond the ends of the signal.
    """

    fft: int
    hop: int
    window: int
    taper: Taper
    ends: Ends

    def __post_init__(self) -> None:
        """Refuse lengths that do not fit.

        Raises:
            ShapeError: a length is not positive, or the window is longer than the transform.
        """
        if min(self.hop, self.window) < 1 or self.window > self.fft:
            message = (
                "frames need a positive hop and a window of at most the transform's length; found "
                f"hop {self.hop}, window {self.window}, transform {self.fft}"
            )
            raise ShapeError(message)

    def count(self, length: int) -> int:
        """Number of frames of a signal; zero where it is too short to be mirrored."""
        reach = self.fft // 2
        least = reach + 1 if self.ends == "reflect" else 1
        padded = length + 2 * reach
        return 0 if length < least or padded < self.fft else 1 + (padded - self.fft) // self.hop


def magnitudes(signal: Array, frames: Frames) -> Iterator[Array]:
    """Magnitudes of the short-time spectra of a signal, in blocks of frames.

        |X[n, k]| = |Σₘ w[m] x[n hop + m − ⌊fft / 2⌋] exp(−2πi k m / fft)|

    Equal signals have equal magnitudes to the bit.

    Args:
        signal: [sample], x.
        frames: how it is cut.

    Yields:
        [frame frequency], the next frames; frequency k is k · rate / fft in Hz. Nothing for a
        signal without frames.
    """
    count = frames.count(signal.shape[-1])
    weights = _weights(frames)
    block = max(1, _BLOCK // frames.fft)
    for first in range(0, count, block):
        start = first * frames.hop - frames.fft // 2
        stop = start + (min(block, count - first) - 1) * frames.hop + frames.fft
        samples = _stretch(signal, start, stop, frames.ends)
        cut = sliding_window_view(samples, frames.fft)[:: frames.hop]
        spectra = fft.rfft(cut if weights is None else cut * weights, axis=-1)
        power = np.square(spectra.real)
        power += np.square(spectra.imag)
        yield np.sqrt(power, out=power)


def _weights(frames: Frames) -> Array | None:
    """[sample], the taper in its place; None where it is one throughout."""
    if frames.taper == "rectangular" and frames.window == frames.fft:
        return None
    weights = np.zeros(frames.fft)
    left = (frames.fft - frames.window) // 2
    own = hann(frames.window, sym=False) if frames.taper == "hann" else 1.0
    weights[left : left + frames.window] = own
    return weights


def _stretch(signal: Array, start: int, stop: int, ends: Ends) -> Array:
    """Samples from `start` to `stop`, which may lie beyond the ends."""
    length = signal.shape[-1]
    if start >= 0 and stop <= length:
        return signal[start:stop]
    if ends == "zeros":
        inside = signal[max(start, 0) : min(stop, length)]
        return np.pad(inside, (max(-start, 0), max(stop - length, 0)))
    places = np.abs(np.arange(start, stop))
    return np.asarray(signal[np.minimum(places, 2 * (length - 1) - places)])
