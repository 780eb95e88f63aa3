"""Signal-to-distortion ratio without filters: the SDR of BSS Eval v4, the SNR, the global SDR.

BSS Eval v4 fits filters and decomposes the error with them, but its SDR is the energy of the
reference over that of the whole error, so the filters cancel.
"""

from __future__ import annotations

from typing import ClassVar

from sepeval.kernels.cells import Statistics
from sepeval.kernels.pairs import ChannelRule, pairs
from sepeval.kernels.ratios import Eps, Precision, decibels, mean_of_channels, plain_error
from sepeval.metrics.base import METRICS, EnergyMetric, PlainEps
from sepeval.types import Array, IntArray


@METRICS.add("snr")
@METRICS.add("sdr")
class Sdr(EnergyMetric):
    """SDR = 10 log₁₀ (‖r‖² + eps) / (‖e − r‖² + eps), in dB, higher is better.

    Undefined (nan) where reference and error are both zero and there is no eps; +inf for a perfect
    estimate without eps; -inf for a zero reference without eps.

    References:
        [1] Vincent, Gribonval, Févotte. "Performance measurement in blind audio source
            separation", IEEE TASLP 14(4), 2006.
    """

    summary: ClassVar[str] = "signal-to-distortion ratio of the plain error"
    version: ClassVar[int] = 1

    eps: PlainEps
    zero_mean: bool
    channels: ChannelRule
    precision: Precision

    def score(self, windows: Statistics, *, lengths: IntArray) -> Array:  # noqa: ARG002 - no length
        """See the class."""
        one = pairs(windows, channels=self.channels, zero_mean=self.zero_mean)
        target = one.reference[:, :, 0]
        error = plain_error(one.cross[:, :, 0], target, one.residual[:, :, 0])
        eps = Eps(0.0, self.eps.target, self.eps.error, self.eps.ratio)
        if self.channels == "energies_summed":
            target, error = target.sum(axis=1, keepdims=True), error.sum(axis=1, keepdims=True)
        return mean_of_channels(decibels(target, error, eps=eps, precision=self.precision))
