"""What an engine does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from sepeval.types import Array

Spectrum = TypeVar("Spectrum")  # spectra, wherever the engine has them; += adds another


class Engine(ABC, Generic[Spectrum]):
    """Transforms and their products. All methods may be called from several threads."""

    @abstractmethod
    def spectra(self, blocks: Array, *, conjugate: bool) -> Spectrum:
        """Return the transforms of blocks, in the engine's own order, or their conjugates.

        Args:
            blocks: [channel block sample]
            conjugate: True on the left side of a product.
        """

    @abstractmethod
    def product(self, conjugate: Spectrum, spectra: Spectrum) -> Spectrum:
        """Return conj(X) Y per frequency and pair of channels, summed over blocks.

        Args:
            conjugate: of the left channels, from `spectra`.
            spectra: of the right channels, from `spectra`; as many blocks.
        """

    @abstractmethod
    def lags(self, product: Spectrum, *, taps: int, length: int) -> Array:
        """Return the first lags of circular correlations, [left right lag].

        Args:
            product: from `product`, or a sum of several.
            taps: number of lags.
            length: samples per block.
        """
