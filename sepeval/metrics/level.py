"""Levels of estimates and references: what is left where nothing should be."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from sepeval.kernels.cells import Statistics
from sepeval.metrics.base import METRICS, EnergyMetric
from sepeval.types import Array, IntArray


@METRICS.add("level")
class Level(EnergyMetric):
    """Level of a signal in dB, over all channels; lower is better where it should be silent.

        energy       10 log₁₀ (Σ x² + floor)          grows by 10 dB with tenfold length
        mean_square  10 log₁₀ (mean x² + floor)       dBFS for floor 0
        rms          20 log₁₀ (√(mean x²) + floor)    dBFS for floor 0

    As `energy` of the estimate where the reference is silent it is the predicted energy at silence
    (PES); as `energy` of the reference where the estimate is silent it is the energy at predicted
    silence (EPS). -inf for a zero signal without a floor.

    Attributes:
        of: `estimate` or `reference`.
        quantity: see above.
        floor: added as above.

    References:
        [1] Schulze-Forster, Doire, Richard, Badeau. "Weakly informed audio source separation",
            WASPAA 2019.
    """

    summary: ClassVar[str] = "level of the estimate or the reference"
    version: ClassVar[int] = 1
    higher_is_better: ClassVar[bool] = False

    of: Literal["estimate", "reference"]
    quantity: Literal["energy", "mean_square", "rms"]
    floor: float = Field(ge=0)

    def score(self, windows: Statistics, *, lengths: IntArray) -> Array:
        """See the class."""
        signal = windows.estimate if self.of == "estimate" else windows.reference
        energy = signal[:, : windows.channels].sum(axis=1)
        mean = energy / (np.maximum(lengths, 1)[:, None] * windows.channels)
        with np.errstate(divide="ignore"):
            if self.quantity == "rms":
                return np.asarray(20.0 * np.log10(np.sqrt(mean) + self.floor).T)
            chosen = energy if self.quantity == "energy" else mean
            return np.asarray(10.0 * np.log10(chosen + self.floor).T)
