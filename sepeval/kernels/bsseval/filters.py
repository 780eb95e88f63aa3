"""The normal equations of the distortion filters: Gram matrix, factor, condition, solution.

The Gram matrix of the delayed channels has a Toeplitz block per pair of channels,

    G[(i, a), (k, b)] = Σ s_i(n − a) s_k(n − b) = r_ik(a − b).

It is scaled to a unit diagonal before it is factored; levels of stems therefore do not enter the
condition. The Cholesky factor is made from the correlations alone (`toeplitz`); G itself is only
formed where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from scipy.linalg import lapack

from sepeval.kernels.bsseval import toeplitz
from sepeval.types import Array

Regularisation: TypeAlias = Literal["museval", "ridge"]

MUSEVAL = float(np.finfo(np.float64).eps)  # what museval 0.4.1 adds to the diagonal of G
RIDGE = 1e-10  # of the diagonal of G: six orders above float64 rounding, 100 dB below the stems


class Diagonal(NamedTuple):
    """The diagonal of G per channel, and what is added to it, both [channel]."""

    energies: Array
    added: Array


@dataclass(frozen=True, eq=False)
class Equations:
    """Factored normal equations of one set of channels.

    Attributes:
        matrix: the factor in Fortran order: Cholesky (lower) of the scaled G,
            [tap-channel tap-channel], or LU of G, [channel-tap channel-tap].
        pivots: row exchanges of an LU factor; None for Cholesky.
        correlations: [channel channel lag], what the factored matrix is made of.
        scale: [channel], 1 / root of each channel's energy.
        added: [channel], what the regularisation added to the diagonal of G.
        reciprocal_condition: of the scaled matrix in the 1-norm (LAPACK `pocon`); 0 where it is
            not positive definite in float64.
    """

    matrix: Array
    pivots: np.ndarray[tuple[int, ...], np.dtype[np.int32]] | None
    correlations: Array
    scale: Array
    added: Array
    reciprocal_condition: float

    def solve(self, right: Array) -> Array:
        """The solution of (G + added I) x = right.

        Args:
            right: [column channel tap]

        Returns:
            [column channel tap]
        """
        columns, channels, taps = right.shape
        if channels == 0:
            return np.zeros_like(right)
        if self.pivots is not None:
            solution, _ = lapack.dgetrs(self.matrix, self.pivots, right.reshape(columns, -1).T)
            return np.asarray(solution.T).reshape(columns, channels, taps)
        scaled = right * self.scale[:, None]
        solution = self._substituted(scaled)
        solution += self._substituted(scaled - toeplitz.product(self.correlations, solution))
        return solution * self.scale[:, None]

    def _substituted(self, right: Array) -> Array:
        """L⁻ᵀ L⁻¹ right, [column channel tap]."""
        columns, channels, taps = right.shape
        by_tap = right.transpose(0, 2, 1).reshape(columns, -1)
        solution, _ = lapack.dpotrs(self.matrix, by_tap.T, lower=1)
        return np.asarray(solution.T).reshape(columns, taps, channels).transpose(0, 2, 1)


def equations(correlations: Array, regularisation: Regularisation) -> Equations:
    """Factored normal equations, by Cholesky or, where that fails, by LU.

    museval solves by LU throughout. Where G is not positive definite in float64 an LU solution
    is made of rounding; only the regularisation `museval` leads there.

    Args:
        correlations: [channel channel tap], r_ik at lags 0 and up.
        regularisation: `museval` adds 2.2e-16 to the diagonal of G, `ridge` 1e-10 of the
            diagonal itself.
    """
    return cholesky(correlations, regularisation) or _lu(correlations, regularisation)


def cholesky(correlations: Array, regularisation: Regularisation) -> Equations | None:
    """Cholesky factor of the scaled G; None where it is not positive definite in float64."""
    energies, added = _diagonal(correlations, regularisation)
    scale = 1.0 / np.sqrt(energies)
    if not len(energies):
        nothing = np.zeros((0, 0))
        return Equations(nothing, None, nothing, scale, added, 1.0)
    scaled = _two_sided(
        correlations * scale[:, None, None] * scale[None, :, None],
        (energies + added) * scale**2,  # lost to rounding exactly where museval's is
    )
    lower = toeplitz.factor(scaled)
    if lower is None:
        return None
    reciprocal, _ = lapack.dpocon(lower, _one_norm(scaled), uplo="L")
    return Equations(lower, None, scaled, scale, added, float(reciprocal))


def _lu(correlations: Array, regularisation: Regularisation) -> Equations:
    energies, added = _diagonal(correlations, regularisation)
    two_sided = _two_sided(correlations, energies + added)
    factors, pivots, _ = lapack.dgetrf(_block_toeplitz(two_sided), overwrite_a=1)
    return Equations(factors, pivots, two_sided, 1.0 / np.sqrt(energies), added, 0.0)


def _diagonal(correlations: Array, regularisation: Regularisation) -> Diagonal:
    energies = np.einsum("iia->ia", correlations)[:, :1].ravel()
    museval = np.full_like(energies, MUSEVAL)
    return Diagonal(energies, museval if regularisation == "museval" else RIDGE * energies)


def combined(correlations: Array, weights: Array) -> Array:
    """Correlations of weighted sums of channels.

    Args:
        correlations: [channel channel tap], r_ik at lags 0 and up.
        weights: [sum channel]

    Returns:
        [sum sum tap]
    """
    return np.asarray(np.einsum("pi,ika,qk->pqa", weights, correlations, weights, optimize=True))


def _two_sided(correlations: Array, diagonal: Array) -> Array:
    """r_ik at lags 1 − taps .. taps − 1, from those at 0 .. taps − 1: r_ik(−l) = r_ki(l).

    Args:
        correlations: [channel channel tap], r_ik at lags 0 and up.
        diagonal: [channel], put in place of r_ii(0).
    """
    negative = correlations.transpose(1, 0, 2)[:, :, :0:-1]
    found = np.concatenate([negative, correlations], axis=2)
    np.fill_diagonal(found[:, :, correlations.shape[2] - 1], diagonal)
    return found


def _block_toeplitz(two_sided: Array) -> Array:
    """G in Fortran order."""
    channels, taps = two_sided.shape[0], two_sided.shape[2] // 2 + 1
    matrix = np.empty((channels * taps, channels * taps))
    for i in range(channels):
        for k in range(channels):
            backwards = two_sided[i, k, ::-1]
            block = np.lib.stride_tricks.sliding_window_view(backwards, taps)[::-1]
            matrix[i * taps : (i + 1) * taps, k * taps : (k + 1) * taps] = block
    return matrix.T  # symmetric: the transpose is the same matrix in Fortran order


def _one_norm(two_sided: Array) -> float:
    """Largest absolute row sum of G, from its correlations."""
    taps = two_sided.shape[2] // 2 + 1
    sums = np.cumsum(np.abs(two_sided), axis=2)
    rows = sums[:, :, taps - 1 :].copy()
    rows[:, :, 1:] -= sums[:, :, : taps - 1]
    return float(rows.sum(axis=1).max())
