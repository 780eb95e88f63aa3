"""BSS Eval's ratios that need filters: ISR, SIR and SAR.

The energies of the parts are stored; the ratios come from them. All three share one measurement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, JsonValue

from sepeval.kernels.bsseval import (
    PartEnergies,
    framewise_part_energies,
    part_energies,
    ratios,
    reference_side,
)
from sepeval.metrics.base import METRICS, SignalMetric
from sepeval.types import Array, IntArray

_PARTS = tuple(field.name for field in fields(PartEnergies))


@METRICS.add("bsseval")
class BssEval(SignalMetric):
    """ISR, SIR or SAR of BSS Eval v4 (filters of the track) or v3 (of the window), in dB.

    Higher is better. Undefined (nan) for a stem that is silent over the whole track. +inf where
    the part in the denominator is zero.

    Attributes:
        output: which ratio; `sdr` is the plain `sdr` metric's value from the same measurement.
        taps: length of the filters, in samples.
        filters: fitted on the whole `track`, or on each `window`.
        regularisation: see `sepeval.kernels.bsseval.reference_side`.

    References:
        [1] Vincent, Gribonval, Févotte. "Performance measurement in blind audio source
            separation", IEEE TASLP 14(4), 2006.
        [2] Stöter, Liutkus, Ito. "The 2018 Signal Separation Evaluation Campaign", LVA/ICA 2018.
    """

    summary: ClassVar[str] = "ISR, SIR, SAR of BSS Eval with distortion filters"
    version: ClassVar[int] = 1

    output: Literal["sdr", "isr", "sir", "sar"]
    taps: int = Field(ge=1)
    filters: Literal["track", "window"]
    regularisation: Literal["museval", "stable", "ridge"]

    def measurement(self) -> Mapping[str, JsonValue]:
        """See `SignalMetric.measurement`."""
        return {
            "kind": "bsseval",
            "version": self.version,
            "taps": self.taps,
            "filters": self.filters,
            "regularisation": self.regularisation,
        }

    def measure(
        self, references: Array, estimates: Array, *, windows: IntArray, threads: int
    ) -> dict[str, Array]:
        """See `SignalMetric.measure`."""
        if self.filters == "track":
            side = reference_side(
                references,
                windows,
                taps=self.taps,
                regularisation=self.regularisation,
                threads=threads,
            )
            parts = part_energies(side, references, estimates, threads=threads)
            condition = np.full(len(windows), side.reciprocal_condition)
        else:
            found = framewise_part_energies(
                references,
                estimates,
                windows,
                taps=self.taps,
                regularisation=self.regularisation,
                threads=threads,
            )
            parts, condition = found.parts, found.reciprocal_condition
        columns = {name: np.asarray(getattr(parts, name)) for name in _PARTS}
        # LAPACK estimates the condition; digits beyond the third are noise of the estimate.
        rounded = np.array([float(f"{one:.3g}") for one in condition])
        columns["reciprocal_condition"] = np.broadcast_to(rounded, parts.true.shape)
        return columns

    def score(self, stored: Mapping[str, Array]) -> Array:
        """See `SignalMetric.score`."""
        found = ratios(PartEnergies(**{name: stored[name] for name in _PARTS}))
        return np.asarray(getattr(found, self.output))
