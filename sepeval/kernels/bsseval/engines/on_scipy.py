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
    """SciPy's transforms and BLAS."""

    def spectra(self, blocks: Array, *, conjugate: bool) -> Spectrum:
        """See `Engine.spectra`; [frequency block channel]."""
        turned = blocks.transpose(2, 1, 0)
        if conjugate:
            backward: Spectrum = scipy.fft.ihfft(turned, axis=0, norm="forward")  # not scaled
            return backward
        forward: Spectrum = scipy.fft.rfft(turned, axis=0)
        return forward

    def product(self, conjugate: Spectrum, spectra: Spectrum) -> Spectrum:
        """See `Engine.product`; [frequency left right]."""
        found: Spectrum = conjugate.transpose(0, 2, 1) @ spectra
        return found

    def lags(self, product: Spectrum, *, taps: int, length: int) -> Array:
        """See `Engine.lags`."""
        circular = scipy.fft.irfft(product.transpose(1, 2, 0), n=length)
        return np.ascontiguousarray(circular[:, :, :taps])
