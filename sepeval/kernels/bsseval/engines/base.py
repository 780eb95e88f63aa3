"""What an engine does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from sepeval.types import Array

Spectrum = TypeVar("Spectrum")  # cross spectra [frequency left right], wherever the engine has them


class Engine(ABC, Generic[Spectrum]):
    """Transforms and their products. All methods may be called from several threads."""

    @abstractmethod
    def cross_spectra(self, left: Array, right: Array) -> Spectrum:
        """Return conj(X) Y per frequency and pair of channels, summed over blocks.

        Args:
            left: [channel block sample], x.
            right: [channel block sample], y; as many blocks and samples.
        """

    @abstractmethod
    def add(self, one: Spectrum, other: Spectrum) -> Spectrum:
        """Return the sum of two cross spectra; both stay as they are."""

    @abstractmethod
    def lags(self, spectrum: Spectrum, *, taps: int, length: int) -> Array:
        """Return the first lags of circular correlations, [left right lag].

        Args:
            spectrum: [frequency left right].
            taps: number of lags.
            length: samples per block.
        """
