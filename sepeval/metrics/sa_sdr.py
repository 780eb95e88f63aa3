"""Source-aggregated SDR: one ratio for all stems together."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sepeval.kernels.cells import Statistics
from sepeval.kernels.pairs import pairs
from sepeval.kernels.ratios import Eps, decibels, plain_error, scaled
from sepeval.metrics.base import METRICS, EnergyMetric, PlainEps
from sepeval.types import Array, IntArray


@METRICS.add("sa_sdr")
class SaSdr(EnergyMetric):
    """SA-SDR = 10 log₁₀ Σ ‖a r‖² / Σ ‖e − a r‖², sums over stems and channels, in dB.

    Higher is better. Every stem of a window has the same value. A stem that is silent adds only
    its leak, so one silent stem does no harm.

    Attributes:
        eps: added to the two sums.
        zero_mean: whether means are removed first.
        scale_invariant_gain: whether a is the best gain common to all stems; else 1.

    References:
        [1] von Neumann et al. "SA-SDR: a novel loss function for separation of meeting style
            data", ICASSP 2022.
    """

    summary: ClassVar[str] = "SDR with energies summed over all stems"
    version: ClassVar[int] = 1

    eps: PlainEps
    zero_mean: bool
    scale_invariant_gain: bool

    def score(self, windows: Statistics, *, lengths: IntArray) -> Array:  # noqa: ARG002 - no length
        """See the class."""
        one = pairs(windows, channels="each_then_mean", zero_mean=self.zero_mean)
        reference = one.reference[:, :, 0]
        cross, residual = one.cross[:, :, 0], one.residual[:, :, 0]
        if self.scale_invariant_gain:
            axes = (1, 2)
            energy = reference.sum(axis=axes, keepdims=True)
            products = cross.sum(axis=axes, keepdims=True)
            best = np.divide(cross, reference, out=np.zeros_like(cross), where=reference > 0)
            gain = np.divide(products, energy, out=np.zeros_like(products), where=energy > 0)
            target = scaled(products, energy, np.zeros_like(energy), eps=0.0).target[:, 0, 0]
            error = (residual + (best - gain) ** 2 * reference).sum(axis=axes)
        else:
            target = reference.sum(axis=(1, 2))
            error = plain_error(cross, reference, residual).sum(axis=(1, 2))
        eps = Eps(0.0, self.eps.target, self.eps.error, self.eps.ratio)
        value = decibels(target, error, eps=eps, precision="float64")
        return np.tile(value, (windows.stems, 1))
