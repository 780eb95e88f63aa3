"""Ideal time-frequency filters: what the true sources would make of the mixture.

Convention: spectra of sources are `[stem channel frame frequency]`, those of a mixture
`[channel frame frequency]`. Where all sources are silent, the soft filters are zero. No small
number stands in a denominator, so the filters do not depend on the level of the audio.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from sepeval.errors import ShapeError
from sepeval.kernels.stft import Spectra
from sepeval.types import Array, BoolArray

# Of the mean power of a channel, -100 dB, below the noise of 16 bits: keeps the covariance of
# identical channels invertible, and the result independent of the last bits of the arithmetic.
_LOADING = 1e-10


def binary_mask(sources: Spectra, mixture: Spectra, *, power: int, theta: float) -> BoolArray:
    """Bins in which a source holds at least the share `theta` of the mixture.

        |sⱼ|^power ≥ θ |x|^power

    The sources are looked at one by one, so a bin can belong to several, or to none.

    Args:
        sources: [stem channel frame frequency], s.
        mixture: [channel frame frequency], x.
        power: 1 compares magnitudes, 2 powers.
        theta: θ, the share.

    Returns:
        [stem channel frame frequency].
    """
    return _spectrogram(sources, power=power) >= theta * _spectrogram(mixture, power=power)


def ratio_mask(sources: Spectra, *, power: int) -> Array:
    """Share of each source in the sum of all spectrograms; zero where all sources are silent.

        mⱼ = |sⱼ|^power / Σᵢ |sᵢ|^power

    Args:
        sources: [stem channel frame frequency], s.
        power: 1 takes magnitudes, 2 powers.

    Returns:
        [stem channel frame frequency], from 0 to 1.
    """
    spectrograms = _spectrogram(sources, power=power)
    total = spectrograms.sum(axis=0)
    total[total == 0.0] = 1.0
    spectrograms /= total
    return spectrograms


def spatial_covariances(blocks: Iterable[Spectra]) -> Spectra:
    """Spatial covariance of each source at each frequency, constant in time, of trace C.

        Rⱼ[k] = C Sⱼ / tr Sⱼ,  Sⱼ = Σₙ sⱼ sⱼᴴ / ‖sⱼ‖²  over the frames in which the source sounds

    for C channels, plus a small multiple of the identity. Where a source never sounds, R is the
    identity.

    Args:
        blocks: [stem channel frame frequency], all frames of the sources s, in blocks.

    Returns:
        [stem channel channel frequency], Hermitian and positive definite.
    """
    total = np.zeros((1, 1, 1, 1), np.complex128)
    for block in blocks:
        powers = (block.real**2 + block.imag**2).sum(axis=1, keepdims=True)
        powers[powers == 0.0] = 1.0
        total = total + np.einsum("jatf,jbtf->jabf", block / powers, block.conj(), optimize=True)
    identity = np.eye(total.shape[1])[:, :, None]
    trace = np.einsum("jaaf->jf", total).real[:, None, None]
    sounds = trace > 0.0
    total = len(identity) * total / np.where(sounds, trace, 1.0)
    return total + np.where(sounds, _LOADING, 1.0 + _LOADING) * identity


def wiener_filtered(sources: Spectra, mixture: Spectra, *, covariances: Spectra) -> Spectra:
    """Means of the sources given the mixture, under the local Gaussian model.

        ŝⱼ = vⱼ Rⱼ (Σᵢ vᵢ Rᵢ)⁻¹ x,  vⱼ = sⱼᴴ Rⱼ⁻¹ sⱼ / C

    where vⱼ is the maximum likelihood power for the given R. A source whose channels are
    proportional to each other has R of rank one and gets 1 / C of its power.

    Args:
        sources: [stem channel frame frequency], s.
        mixture: [channel frame frequency], x.
        covariances: [stem channel channel frequency], R, positive definite.

    Returns:
        [stem channel frame frequency].

    Raises:
        ShapeError: there are more than two channels.

    References:
        Duong, Vincent, Gribonval. "Under-determined reverberant audio source separation using a
            full-rank spatial covariance model", IEEE TASLP 18(7), 2010.
    """
    channels = range(len(mixture))
    inverses = _inverted(np.moveaxis(covariances, 0, 2))  # [channel channel stem frequency]
    powers = np.zeros((len(sources), *mixture.shape[1:]))
    for row in channels:
        for column in channels:
            product = sources[:, row].conj() * inverses[row, column][:, None] * sources[:, column]
            powers += product.real / len(mixture)
    powers = np.maximum(powers, 0.0)  # rounding
    sums = powers.sum(axis=0)
    silent = sums == 0.0
    powers /= np.where(silent, 1.0, sums)  # the filter needs shares; powers could underflow
    total = np.einsum("jtf,jabf->abtf", powers, covariances, optimize=True)
    total[:, :, silent] = np.eye(len(mixture))[:, :, None]
    inverse = _inverted(total)
    whitened = np.stack(
        [sum(inverse[row, one] * mixture[one] for one in channels) for row in channels]
    )
    estimates = np.empty_like(sources)
    for row in channels:
        mixed = sum(covariances[:, row, one][:, None] * whitened[one] for one in channels)
        estimates[:, row] = powers * mixed
    return estimates


def _spectrogram(spectra: Spectra, *, power: int) -> Array:
    """|X|^power."""
    squares: Array = spectra.real**2 + spectra.imag**2
    return squares if power == 2 else np.sqrt(squares)


def _inverted(matrices: Spectra) -> Spectra:
    """Inverses of [row column ...], for one or two rows, by Cramer's rule."""
    if len(matrices) > 2:
        raise ShapeError(f"the filter is for one or two channels; found {len(matrices)}")
    if len(matrices) == 1:
        adjugates, determinants = np.ones_like(matrices), matrices[0, 0]
    else:
        (a, b), (c, d) = matrices
        adjugates, determinants = np.array([[d, -b], [-c, a]]), a * d - b * c
    adjugates /= determinants
    return adjugates
