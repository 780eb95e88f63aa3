"""Scores in dB from energies: SDR and SI-SDR with every published place of eps.

All functions are element by element; the caller decides what an element is (a channel of a window,
a window with its channels joined). Nothing is silent here: what is undefined comes out as nan.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from sepeval.types import Array

Precision = Literal["float64", "float32"]


class Eps(NamedTuple):
    """Stabilisers, in units of energy.

    Attributes:
        scale: added to both terms of the gain ⟨e, r⟩ / ‖r‖².
        target: added to the energy of the target.
        error: added to the energy of the error.
        ratio: added to the ratio of the two before the logarithm.
    """

    scale: float | Array
    target: float
    error: float
    ratio: float


def decibels(target: Array, error: Array, *, eps: Eps, precision: Precision) -> Array:
    """Return 10 log₁₀((target + eps) / (error + eps) + eps), in dB.

    Args:
        target: energy of the target.
        error: energy of the error.
        eps: what is added; `eps.scale` is not used.
        precision: `float32` rounds the energies and adds eps in single precision, as code does
            that never leaves it: an eps below 6e-8 of the energy then vanishes.

    Returns:
        The score; +inf where only the error is zero, -inf where only the target is, nan where
        both are.

    Example:
        >>> none = Eps(0.0, 0.0, 0.0, 0.0)
        >>> decibels(np.array([1.0]), np.array([0.01]), eps=none, precision="float64").item()
        20.0
    """
    dtype = np.dtype(precision).type
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        above = (target.astype(dtype) + dtype(eps.target)).astype(np.float64)
        below = (error.astype(dtype) + dtype(eps.error)).astype(np.float64)
        return np.asarray(10.0 * np.log10(above / below + eps.ratio))


def mean_of_channels(scores: Array) -> Array:
    """Return [stem window] from scores [window channel stem]; nan where infinities disagree."""
    with np.errstate(invalid="ignore"):
        return np.asarray(scores.mean(axis=1).T, dtype=np.float64)


class Scaled(NamedTuple):
    """Energies of a scale-invariant ratio: of the scaled reference, and of what remains."""

    target: Array
    error: Array


def scaled(cross: Array, reference: Array, residual: Array, *, eps: float | Array) -> Scaled:
    """Return the energies ‖a r‖² and ‖e − a r‖² with a = (⟨e, r⟩ + eps) / (‖r‖² + eps).

    Args:
        cross: ⟨e, r⟩.
        reference: ‖r‖².
        residual: ‖e − b r‖² with b = ⟨e, r⟩ / ‖r‖², or ‖e‖² where r is zero.
        eps: in units of energy.

    Returns:
        Two energies, not negative. Both are nan where r is zero and eps too.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = (cross + eps) / (reference + eps)
    best = np.divide(cross, reference, out=np.zeros_like(gain), where=reference > 0)
    return Scaled(gain**2 * reference, residual + (gain - best) ** 2 * reference)


def plain_error(cross: Array, reference: Array, residual: Array) -> Array:
    """Return ‖e − r‖², the energy of the error, without cancellation.

    Args:
        cross: ⟨e, r⟩.
        reference: ‖r‖².
        residual: as in `scaled`.
    """
    best = np.divide(cross, reference, out=np.zeros_like(cross), where=reference > 0)
    return residual + (best - 1.0) ** 2 * reference
