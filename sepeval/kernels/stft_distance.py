"""Distances between the magnitude spectrograms of a reference and an estimate, as sums."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.sparse import csr_array

from sepeval.kernels.magnitudes import Frames, magnitudes
from sepeval.types import Array


@dataclass(frozen=True)
class SpectralSums:
    """Sums over all frames and bands of each channel, [channel]. |R| and |E| are magnitudes.

    Attributes:
        difference: Σ (|E| − |R|)².
        reference: Σ |R|².
        estimate: Σ |E|².
        linear: Σ | |E| − |R| |.
        logarithm: Σ | ln |E| − ln |R| |; nan without a floor.
        bins: number of terms in each sum.
    """

    difference: Array
    reference: Array
    estimate: Array
    linear: Array
    logarithm: Array
    bins: Array


SUMS = tuple(field.name for field in fields(SpectralSums))


def spectral_sums(
    reference: Array, estimate: Array, *, frames: Frames, floor: float, bank: Array | None
) -> SpectralSums:
    """Return sums of differences between magnitude spectrograms.

    Args:
        reference: [channel sample].
        estimate: [channel sample].
        frames: how signals are cut into frames.
        floor: least squared magnitude; smaller ones are raised to it before anything else.
        bank: [band frequency], weights by which magnitudes are summed to bands; None for each
            frequency on its own.

    Returns:
        Sums of each channel; all zero for a signal that has no frames.
    """
    sparse = None if bank is None else csr_array(bank)
    found = np.zeros((len(SUMS), len(reference)))
    for channel, (one, other) in enumerate(zip(reference, estimate, strict=True)):
        blocks = zip(magnitudes(one, frames), magnitudes(other, frames), strict=True)
        for true, guess in blocks:
            found[:, channel] += _terms(_bands(true, floor, sparse), _bands(guess, floor, sparse))
    if floor == 0:
        found[SUMS.index("logarithm")] = np.nan
    return SpectralSums(*found)


def _bands(magnitude: Array, floor: float, bank: csr_array | None) -> Array:
    """[frame band], or [band frame] with a bank; the order does not matter to sums."""
    raised = np.maximum(magnitude, np.sqrt(floor)) if floor > 0 else magnitude
    return raised if bank is None else np.asarray(bank @ np.ascontiguousarray(raised.T))


def _terms(true: Array, guess: Array) -> tuple[float, ...]:
    """The sums of one block, in the order of `SUMS`."""
    difference = guess - true
    energies = [float(np.vdot(one, one)) for one in (difference, true, guess)]
    linear = float(np.abs(difference).sum())
    with np.errstate(divide="ignore", invalid="ignore"):  # there are zeros without a floor
        logarithm = float(np.abs(np.log(guess / true)).sum())
    return (*energies, linear, logarithm, float(true.size))
