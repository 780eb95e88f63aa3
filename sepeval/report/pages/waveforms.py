"""Envelopes of audio: how loud it is in each of a few hundred stretches of time.

Loudness is drawn on a scale that spans 48 dB below the loudest signal of a stem, so that a quiet
estimate and the error are seen beside a loud reference; the same scale holds for all of them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sepeval.types import Array, Signal

_STEP = 1 << 20  # samples that are looked at together


class Envelope(NamedTuple):
    """One signal over time: peak and root mean square over all channels, [bin], full scale 1.0."""

    peak: Array
    rms: Array


def edges(length: int, bins: int) -> NDArray[np.int64]:
    """Return the edges of equal stretches of time, [bin + 1], in samples; no more than samples.

    Example:
        >>> edges(10, 4).tolist()
        [0, 2, 5, 7, 10]
    """
    count = max(1, min(bins, length))
    return np.arange(count + 1, dtype=np.int64) * length // count


def envelope(signal: Signal, *, bins: int) -> Envelope:
    """Return the envelope of a signal [channel sample]; at most as many bins as samples."""
    cut = edges(signal.shape[1], bins)
    peak, rms = np.zeros(len(cut) - 1), np.zeros(len(cut) - 1)
    for place, (start, stop) in enumerate(pairwise(cut)):
        energy = 0.0
        for first in range(start, stop, _STEP):
            block = np.asarray(signal[:, first : min(first + _STEP, stop)])
            peak[place] = max(peak[place], float(np.abs(block).max(initial=0.0)))
            energy += float(np.square(block).sum())
        rms[place] = np.sqrt(energy / max(1, (stop - start) * signal.shape[0]))
    return Envelope(peak, rms)


def levels(values: Array, loudest: float) -> NDArray[np.uint8]:
    """Return amplitudes as heights from 0 to 255 on a scale of decibels; 255 is the loudest.

    Silence, and what is 48 dB or more below the loudest, is 0.

    Example:
        >>> levels(np.array([1.0, 0.1, 0.0]), 1.0).tolist()
        [255, 149, 0]
    """
    if loudest <= 0.0:
        return np.zeros(len(values), np.uint8)
    with np.errstate(divide="ignore"):
        below_db = 20.0 * np.log10(values / loudest)
    return np.asarray(np.clip(np.round((1.0 + below_db / SPAN_DB) * 255), 0, 255), np.uint8)


SPAN_DB = 48.0  # what the height of a waveform spans
