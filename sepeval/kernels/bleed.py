"""How far an estimate's mel spectrogram lies above, and below, that of its reference."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.sparse import csr_array

from sepeval.kernels.magnitudes import Frames, magnitudes
from sepeval.types import Array


@dataclass(frozen=True)
class Excess:
    """Sums over the bins of all channels, frames and bands.

    Attributes:
        above: sum of the differences where the estimate is louder, in dB.
        above_bins: number of such bins.
        below: sum of the differences where it is softer, in dB, positive.
        below_bins: number of such bins.
        bins: number of all bins.
    """

    above: float
    above_bins: float
    below: float
    below_bins: float
    bins: float


EXCESS = tuple(field.name for field in fields(Excess))


def excess(
    reference: Array,
    estimate: Array,
    *,
    frames: Frames,
    bank: Array,
    floor: float,
    range_db: float,
) -> Excess:
    """Return by how much an estimate is louder and softer than its reference.

        L = max(20 log₁₀ max(B |X|, floor), Lmax − range),   differences L_e − L_r

    Lmax is the greatest level of the same signal over all its channels, frames and bands, so each
    signal is cut off at a level of its own.

    Args:
        reference: [channel sample].
        estimate: [channel sample].
        frames: how signals are cut into frames.
        bank: [band frequency], B.
        floor: least magnitude of a band.
        range_db: in dB, below the signal's own maximum.

    Returns:
        Sums; all zero for a signal that has no frames.
    """
    sparse = csr_array(bank)
    lowest = [
        _level(max(_greatest(channel, frames, sparse) for channel in one), floor) - range_db
        for one in (reference, estimate)
    ]
    found = np.zeros(len(EXCESS))
    for channels in zip(reference, estimate, strict=True):
        for pair in zip(*(magnitudes(one, frames) for one in channels), strict=True):
            true, guess = (
                np.maximum(_level(_bands(one, sparse), floor), least)
                for one, least in zip(pair, lowest, strict=True)
            )
            difference = guess - true
            above, below = difference > 0, difference < 0
            found += (
                difference.sum(where=above),
                above.sum(),
                -difference.sum(where=below),
                below.sum(),
                difference.size,
            )
    return Excess(*(float(one) for one in found))


def _bands(magnitude: Array, bank: csr_array) -> Array:
    return np.asarray(bank @ np.ascontiguousarray(magnitude.T))


def _greatest(signal: Array, frames: Frames, bank: csr_array) -> float:
    return max((float(_bands(one, bank).max()) for one in magnitudes(signal, frames)), default=0.0)


def _level(magnitude: Array | float, floor: float) -> Array:
    """In dB."""
    return np.asarray(20.0 * np.log10(np.maximum(magnitude, floor)))
