"""Scale-dependent SDR: SI-SDR that pays for a wrong gain."""

from __future__ import annotations

from typing import ClassVar

from sepeval.kernels.cells import Statistics
from sepeval.kernels.pairs import ChannelRule, pairs
from sepeval.kernels.ratios import (
    Eps,
    Precision,
    decibels,
    mean_of_channels,
    plain_error,
    scaled,
)
from sepeval.metrics.base import METRICS, EnergyMetric, PlainEps
from sepeval.types import Array, IntArray


@METRICS.add("sd_sdr")
class SdSdr(EnergyMetric):
    """SD-SDR = 10 log₁₀ ‖a r‖² / ‖e − r‖² with a = ⟨e, r⟩ / ‖r‖², in dB, higher is better.

    References:
        [1] Le Roux, Wisdom, Erdogan, Hershey. "SDR - half-baked or well done?", ICASSP 2019.
    """

    summary: ClassVar[str] = "scale-dependent SDR"
    version: ClassVar[int] = 1

    eps: PlainEps
    zero_mean: bool
    channels: ChannelRule
    precision: Precision

    def score(self, windows: Statistics, *, lengths: IntArray) -> Array:  # noqa: ARG002 - no length
        """See the class."""
        one = pairs(windows, channels=self.channels, zero_mean=self.zero_mean)
        reference, cross = one.reference[:, :, 0], one.cross[:, :, 0]
        residual = one.residual[:, :, 0]
        target = scaled(cross, reference, residual, eps=0.0).target
        error = plain_error(cross, reference, residual)
        eps = Eps(0.0, self.eps.target, self.eps.error, self.eps.ratio)
        if self.channels == "energies_summed":
            target, error = target.sum(axis=1, keepdims=True), error.sum(axis=1, keepdims=True)
        return mean_of_channels(decibels(target, error, eps=eps, precision=self.precision))
