"""The engine that needs nothing beyond SciPy."""

from __future__ import annotations

from typing import TypeAlias, final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sepeval.kernels.bsseval.engines.base import Engine
from sepeval.types import Array

Spectrum: TypeAlias = NDArray[np.complex128]


@final
class ScipyEngine(Engine[Spectrum]):
    """SciPy's transforms, BLAS and LAPACK."""

    def cross_spectra(self, left: Array, right: Array) -> Spectrum:
        """See `Engine.cross_spectra`."""
        x, y = left.transpose(2, 1, 0), right.transpose(2, 1, 0)
        conjugate = scipy.fft.ihfft(x, axis=0, norm="forward")  # of rfft, not scaled
        cross: Spectrum = conjugate.transpose(0, 2, 1) @ scipy.fft.rfft(y, axis=0)
        return cross

    def add(self, one: Spectrum, other: Spectrum) -> Spectrum:
        """See `Engine.add`."""
        return one + other

    def lags(self, spectrum: Spectrum, *, taps: int, length: int) -> Array:
        """See `Engine.lags`."""
        circular = scipy.fft.irfft(spectrum.transpose(1, 2, 0), n=length)
        return np.ascontiguousarray(circular[:, :, :taps])
