"""Block-Toeplitz matrices of correlations: their Cholesky factor, and their product with vectors.

With all channels of one delay side by side, the Gram matrix of delayed channels

    T[(a, i), (b, k)] = r_ik(a − b)

repeats its blocks along the diagonals, so that T − Z T Zᵀ, Z the shift down by one block, has rank
2 K for K channels. Schur's algorithm factors it from two generators of K columns, without T itself:

    T − Z T Zᵀ = A Aᵀ − B Bᵀ,  A = first block column of T times L₀⁻ᵀ,  B = A below its first block

A is the first block column of the factor. Each further one comes from shifting A down by a block
and turning [A B] by the hyperbolic transformation that empties the first block of B. That takes
K² (K taps)² operations in place of (K taps)³ / 3: for eight channels and 512 taps a fiftieth.

The transformation is K plane rotations with sine s < 1 and cosine √(1 − s²), between the singular
directions of b a⁻¹, b and a being the first blocks; the second generator is updated from the new
first one ("mixed" form). This is stable for positive definite matrices (Bojanczyk, Brent, Van
Dooren & de Hoog 1987; Chandrasekaran & Sayed 1996). The factor leaves some thirty times the
residual of LAPACK's; one step of refinement with `product` gives solutions as exact as with it.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from scipy.linalg import blas, lapack

from sepeval.types import Array

LAPACK_ROWS = 2048  # up to here LAPACK's cubic algorithm is as fast


def factor(correlations: Array) -> Array | None:
    """Return L with L Lᵀ = T; None where T is not positive definite in float64.

    Args:
        correlations: [channel channel lag], r_ik at lags 1 − taps .. taps − 1.

    Returns:
        [tap-channel tap-channel] in Fortran order. What is above the diagonal is not defined.
    """
    channels, taps = len(correlations), correlations.shape[2] // 2 + 1
    if channels * taps > LAPACK_ROWS:
        return _by_schur(correlations)
    lower, failed = lapack.dpotrf(_formed(correlations), lower=1, clean=0, overwrite_a=1)
    return None if failed else np.asarray(lower)


def _formed(correlations: Array) -> Array:
    """T in Fortran order."""
    channels, taps = len(correlations), correlations.shape[2] // 2 + 1
    matrix = np.empty((taps, channels, taps * channels))
    for i, rows in enumerate(correlations.transpose(0, 2, 1)[:, ::-1]):
        shifted = sliding_window_view(rows.ravel(), taps * channels)[::-channels]
        matrix[:, i] = shifted
    return matrix.reshape(taps * channels, taps * channels).T


def _by_schur(correlations: Array) -> Array | None:
    step, taps = len(correlations), correlations.shape[2] // 2 + 1
    column = correlations[:, :, taps - 1 :].transpose(1, 2, 0).reshape(step, taps * step)
    first, failed = lapack.dpotrf(column[:, :step], lower=1, clean=1)
    if failed:
        return None
    one = np.asarray(blas.dtrsm(1.0, first, column, lower=1))
    one[:, :step] = first.T
    other = one
    rows = np.empty((taps * step, taps * step))  # of Lᵀ
    rows[:step] = one
    for start in range(step, taps * step, step):
        one, other = one[:, : taps * step - start], other[:, step:]
        left, sine, right = np.linalg.svd(blas.dtrsm(1.0, one[:, :step], other[:, :step], side=1))
        if not sine[0] < 1.0:
            return None
        cosine = np.sqrt((1.0 - sine) * (1.0 + sine))[:, None]
        sine = sine[:, None]
        other = left.T @ other
        turned = right @ one
        turned -= sine * other
        turned /= cosine
        other *= cosine
        other -= sine * turned
        back, corner = np.linalg.qr(turned[:, :step])
        one = back.T @ turned
        one[:, :step] = corner
        rows[start : start + step, start:] = one
    return rows.T


def product(correlations: Array, vectors: Array) -> Array:
    """Return T x for each vector x.

    Args:
        correlations: [channel channel lag], r_ik at lags 1 − taps .. taps − 1.
        vectors: [column channel tap]

    Returns:
        [column channel tap]
    """
    taps = vectors.shape[2]
    length = scipy.fft.next_fast_len(3 * taps, real=True)
    kernels = scipy.fft.rfft(correlations, n=length).transpose(2, 0, 1)
    spectra = scipy.fft.rfft(vectors, n=length).transpose(2, 1, 0)
    convolved = scipy.fft.irfft((kernels @ spectra).transpose(2, 1, 0), n=length)
    return np.asarray(convolved[:, :, taps - 1 : 2 * taps - 1])
