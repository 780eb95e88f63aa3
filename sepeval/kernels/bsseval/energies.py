"""Energies of filtered signals in a window, as quadratic forms of the filters.

With the lagged products R of a window and filters c, the energy of y = Σ_k c_k * s_k, where the
window is zero-padded by the length of the filters, is

    ‖y‖² = Σ_ik Σ_l w_l R[i, k, l] A[i, k, l],    A[i, k, l] = Σ_a c_i(a + l) c_k(a),

w = 1 at lag 0 and 2 elsewhere. No filtered signal is ever formed.
"""

from __future__ import annotations

import numpy as np
import scipy.fft

from sepeval.types import Array

EPS = float(np.finfo(np.float64).eps)


def quadratic_forms(filters: Array) -> Array:
    """The weights w A of R for each set of filters, summed over the output channels.

    Args:
        filters: [form output channel tap], the filter from each channel to each output.

    Returns:
        [form channel channel tap], to be multiplied with R and summed.
    """
    taps = filters.shape[-1]
    length = scipy.fft.next_fast_len(2 * taps, real=True)
    spectra = scipy.fft.rfft(filters, n=length, axis=-1)
    forms = np.empty((filters.shape[0], filters.shape[2], filters.shape[2], taps))
    for number, spectrum in enumerate(spectra):
        product = np.einsum("oif,okf->ikf", spectrum, spectrum.conj())
        forms[number] = scipy.fft.irfft(product, n=length, axis=-1)[:, :, :taps]
    forms[..., 1:] *= 2.0
    return forms


def form_energies(products: Array, forms: Array) -> Array:
    """Energies of filtered signals, [window form].

    Args:
        products: [window channel channel tap], R of each window.
        forms: [form channel channel tap], from `quadratic_forms`.
    """
    size = int(np.prod(forms.shape[1:]))
    return np.asarray(products.reshape(len(products), size) @ forms.reshape(len(forms), size).T)


def form_rounding(products: Array, forms: Array) -> Array:
    """What rounding is worth in `form_energies`, [window form].

    Each R[i, k, l] is off by about eps √(R[i, i, 0] R[k, k, 0]), independently of the others.

    Args:
        products: [window channel channel tap], R of each window.
        forms: [form channel channel tap], from `quadratic_forms`.
    """
    power = np.einsum("wii->wi", products[..., 0])
    weights = np.square(forms).sum(axis=3)
    squares = np.einsum("wi,fik,wk->wf", power, weights, power, optimize=True)
    return np.asarray(EPS * np.sqrt(np.maximum(squares, 0.0)))
