"""Distances between the magnitude spectrograms of a reference and an estimate, as sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from scipy.sparse import csr_array

from sepeval.kernels.magnitudes import Frames, magnitudes
from sepeval.kernels.weighting import filtered
from sepeval.types import Array


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """How a magnitude spectrogram is made.

    Attributes:
        frames: how a signal is cut.
        floor: least squared magnitude; smaller ones are raised to it before bands are formed.
        bank: [band frequency], weights by which magnitudes are summed to bands; None for each
            frequency on its own.
    """

    frames: Frames
    floor: float
    bank: Array | None


@dataclass(frozen=True)
class SpectralSums:
    """Sums over all frames and bands of each channel, [channel]. |R| and |E| are magnitudes.

    Attributes:
        difference: Σ (|E| − |R|)².
        reference: Σ |R|².
        estimate: Σ |E|².
        linear: Σ | |E| − |R| |.
        logarithm: Σ | ln |E| − ln |R| |; zero without a floor.
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
    reference: Array, estimate: Array, spectrograms: Sequence[Spectrogram], *, taps: Array | None
) -> list[SpectralSums]:
    """Return sums of differences, for each of several spectrograms.

    Args:
        reference: [channel sample].
        estimate: [channel sample].
        spectrograms: how they are made.
        taps: [tap], odd, of a symmetric filter that both signals go through first; None for none.

    Returns:
        Sums of each channel, all zero for a signal that has no frames.
    """
    if taps is not None:
        centre = len(taps) // 2
        reference = filtered(reference, taps, centre=centre)
        estimate = filtered(estimate, taps, centre=centre)
    return [_sums(reference, estimate, how) for how in spectrograms]


def _sums(reference: Array, estimate: Array, how: Spectrogram) -> SpectralSums:
    bank = None if how.bank is None else csr_array(how.bank)
    found = np.zeros((len(SUMS), len(reference)))
    for channel, pair in enumerate(zip(reference, estimate, strict=True)):
        for blocks in zip(*(magnitudes(one, how.frames) for one in pair), strict=True):
            true, guess = (_bands(one, how.floor, bank) for one in blocks)
            found[:, channel] += _terms(true, guess, has_floor=how.floor > 0)
    return SpectralSums(*found)


def _bands(magnitude: Array, floor: float, bank: csr_array | None) -> Array:
    """[frame band], or [band frame] with a bank; the order does not matter to sums."""
    raised = np.maximum(magnitude, np.sqrt(floor)) if floor > 0 else magnitude
    return raised if bank is None else np.asarray(bank @ np.ascontiguousarray(raised.T))


def _terms(true: Array, guess: Array, *, has_floor: bool) -> tuple[float, ...]:
    """The sums of one block, in the order of `SUMS`."""
    difference = guess - true
    energies = [float(np.vdot(one, one)) for one in (difference, true, guess)]
    linear = float(np.abs(difference).sum())
    logarithm = float(np.abs(np.log(guess / true)).sum()) if has_floor else 0.0
    return (*energies, linear, logarithm, float(true.size))
