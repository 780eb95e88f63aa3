"""The engine with the transforms of `ducc0`."""

from __future__ import annotations

from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from sepeval.kernels.bsseval.engines.base import Engine
from sepeval.types import Array

Spectrum: TypeAlias = NDArray[np.complex128]


@final
class DuccEngine(Engine[Spectrum]):
    """ducc0's transforms, and BLAS.

    Raises:
        ModuleNotFoundError: ducc0 is not installed.
    """

    def __init__(self) -> None:
        import ducc0

        self._fft = ducc0.fft

    def spectra(self, blocks: Array, *, conjugate: bool) -> Spectrum:
        """See `Engine.spectra`; [frequency block channel]."""
        channels, count, length = blocks.shape
        found = np.empty((length // 2 + 1, count, channels), np.complex128)
        turned = blocks.transpose(2, 1, 0)
        self._fft.r2c(turned, axes=(0,), forward=not conjugate, nthreads=1, out=found)
        return found

    def product(self, conjugate: Spectrum, spectra: Spectrum) -> Spectrum:
        """See `Engine.product`; [frequency left right]."""
        found: Spectrum = conjugate.transpose(0, 2, 1) @ spectra
        return found

    def lags(self, product: Spectrum, *, taps: int, length: int) -> Array:
        """See `Engine.lags`."""
        circular = self._fft.c2r(
            product, axes=(0,), lastsize=length, forward=False, inorm=2, nthreads=1
        )
        return np.ascontiguousarray(circular[:taps].transpose(1, 2, 0))
