"""One track's audio, read for the lagged products of its independent channels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sepeval.kernels.bsseval.engines import engine as named
from sepeval.kernels.bsseval.lagged import Products, lagged_products
from sepeval.kernels.bsseval.signals import Signal
from sepeval.types import Array, EngineName, IntArray

CROSS_BYTES = 1 << 28  # products with estimates that are kept; beyond it the audio is read twice


class Lagged(NamedTuple):
    """Lagged products of the independent channels with those of a signal.

    Attributes:
        whole: [basis channel lag], over the whole track.
        windows: [window basis channel lag]; of no window where they are too many to keep.
    """

    whole: Array
    windows: Array


@dataclass(frozen=True, eq=False)
class Reader:
    """Passes over the audio of a track.

    Attributes:
        basis: the independent channels of the references.
        windows: [window 2] int64, start and stop in samples.
        taps: number of lags.
        threads: pieces of audio that are worked on at the same time.
        engine: who transforms.
    """

    basis: Signal
    windows: IntArray
    taps: int
    threads: int
    engine: EngineName

    def lagged(self, *signals: Signal) -> tuple[Lagged, ...]:
        """The products with each signal, in one pass; those of the basis are always kept."""
        kept = [self._room(signal) for signal in signals]

        def keep(window: int, found: Products) -> None:
            for products, one in zip(kept, found, strict=True):
                if len(products):
                    products[window] = one

        whole = self.visit(signals, keep)
        return tuple(Lagged(*pair) for pair in zip(whole, kept, strict=True))

    def visit(
        self, signals: Sequence[Signal], window_done: Callable[[int, Products], None]
    ) -> Products:
        """See `lagged_products`."""
        return lagged_products(
            self.basis,
            signals,
            self.windows,
            taps=self.taps,
            threads=self.threads,
            engine=named(self.engine),
            window_done=window_done,
        )

    def _room(self, signal: Signal) -> Array:
        shape = (len(self.windows), self.basis.channels, signal.channels, self.taps)
        fits = signal is self.basis or 8 * int(np.prod(shape)) <= CROSS_BYTES
        return np.zeros(shape if fits else (0, *shape[1:]))
