"""Energies of the parts from filtered signals that are formed, sample by sample.

A quadratic form of filters loses what their squares cancel, a formed signal only what the filters
themselves cancel. Where filters are large and nearly cancel, as with a stem that is a copy of
another but for a few least significant bits, that is the difference between -100 and -200 dB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sepeval.kernels.bsseval.projections import Projections
from sepeval.kernels.bsseval.signals import READ, Signal
from sepeval.types import Array


def formed_energies(
    basis: Signal,
    wrong: Signal,
    window: tuple[int, int],
    filters: Projections,
    rows: Sequence[int],
) -> Array:
    """Energies of e_spat, s + e_spat, e_interf, the projection and e_artif in one window.

    Args:
        basis: the independent channels of the references.
        wrong: d = p − s, estimate by estimate.
        window: start and stop in samples.
        filters: of all estimates.
        rows: which estimates.

    Returns:
        [part estimate]
    """
    taps = filters.own.shape[3]
    found = np.zeros((5, len(rows)))
    for first, last in _pieces(window, taps):
        heard = _within(basis, first - taps + 1, last, window)
        length = scipy.fft.next_fast_len(heard.shape[1], real=True)
        spectra = scipy.fft.rfft(heard, n=length)
        difference = _within(wrong, first, last, window)
        for place, row in enumerate(rows):
            own, both = filters.own[row], filters.joint[row]
            source = filters.identity[row, :, :, 0] @ heard[:, taps - 1 :]
            spatial, interference, joint = (
                _filtered(spectra, one, length)[:, taps - 1 : heard.shape[1]]
                for one in (own, both - own, both)
            )
            artefacts = difference.reshape(len(filters.own), *source.shape)[row] - joint
            parts = (spatial, source + spatial, interference, source + joint, artefacts)
            found[:, place] += [float(np.vdot(one, one)) for one in parts]
    return found


def _pieces(window: tuple[int, int], taps: int) -> Iterator[tuple[int, int]]:
    """What a filtered window fills, a step at a time."""
    start, stop = window[0], window[1] + taps - 1
    for first in range(start, stop, READ):
        yield first, min(first + READ, stop)


def _within(signal: Signal, first: int, last: int, window: tuple[int, int]) -> Array:
    """Samples from first to last, [channel sample]; zero where that leaves the window."""
    found = np.zeros((signal.channels, last - first))
    start, stop = max(first, window[0]), min(last, window[1])
    if start < stop:
        signal.copy(start, stop, found[:, start - first : stop - first])
    return found


def _filtered(spectra: NDArray[np.complex128], filters: Array, length: int) -> Array:
    """Filtered channels [output sample], from spectra [channel frequency]."""
    transfer = scipy.fft.rfft(filters, n=length)
    return np.asarray(scipy.fft.irfft(np.einsum("ckf,kf->cf", transfer, spectra), n=length))
