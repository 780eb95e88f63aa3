"""Scale-invariant SDR, and its improvement over the mixture."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sepeval.kernels.cells import Statistics
from sepeval.kernels.pairs import ChannelRule, pairs
from sepeval.kernels.ratios import Eps, Precision, decibels, mean_of_channels, scaled
from sepeval.metrics.base import METRICS, EnergyMetric
from sepeval.types import Array, IntArray


class ScaledEps(BaseModel):
    """Stabilisers of a scale-invariant ratio.

    Attributes:
        scale: added to both terms of the gain, once or once per sample (`scale_counts`).
        target: added to the energy of the scaled reference.
        error: added to the energy of the error.
        ratio: added to the ratio of the two.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)
    scale: float = Field(ge=0)
    scale_counts: Literal["once", "per_sample"]
    target: float = Field(ge=0)
    error: float = Field(ge=0)
    ratio: float = Field(ge=0)


class _ScaleInvariant(EnergyMetric):
    """Parameters and energies that SI-SDR and SI-SDRi share."""

    eps: ScaledEps
    zero_mean: bool
    channels: ChannelRule
    precision: Precision

    def _of_estimate_and_mixture(self, windows: Statistics, lengths: IntArray) -> Array:
        """Return the SI-SDR [window channel 2 stem] of the estimate and of the mixture."""
        one = pairs(windows, channels=self.channels, zero_mean=self.zero_mean)
        scale: float | Array = self.eps.scale
        if self.eps.scale_counts == "per_sample":
            samples = lengths * (windows.channels if self.channels == "flattened" else 1)
            scale = self.eps.scale * samples[:, None, None, None].astype(np.float64)
        target, error = scaled(one.cross, one.reference, one.residual, eps=scale)
        if self.channels == "energies_summed":
            target, error = target.sum(axis=1, keepdims=True), error.sum(axis=1, keepdims=True)
        eps = Eps(0.0, self.eps.target, self.eps.error, self.eps.ratio)
        return decibels(target, error, eps=eps, precision=self.precision)


@METRICS.add("si_sdr")
class SiSdr(_ScaleInvariant):
    """SI-SDR = 10 log₁₀ ‖a r‖² / ‖e − a r‖² with a = ⟨e, r⟩ / ‖r‖², in dB, higher is better.

    Blind to gain and to polarity. Undefined (nan) where the reference is zero and there is no eps.

    References:
        [1] Le Roux, Wisdom, Erdogan, Hershey. "SDR - half-baked or well done?", ICASSP 2019.
    """

    summary: ClassVar[str] = "scale-invariant SDR"
    version: ClassVar[int] = 1
    scale_invariant: ClassVar[bool] = True

    def score(self, windows: Statistics, *, lengths: IntArray) -> Array:
        """See the class."""
        return mean_of_channels(self._of_estimate_and_mixture(windows, lengths)[:, :, 0])


@METRICS.add("si_sdri")
class SiSdrI(_ScaleInvariant):
    """SI-SDRi = SI-SDR(estimate) - SI-SDR(mixture), in dB, higher is better.

    On a silent reference it is 10 log₁₀ (E_m + eps) / (E_e + eps): the level of the mixture over
    the level of the leak. It says nothing about the separation of a sound.

    References:
        [1] Mariani et al. "Multi-Source Diffusion Models for Simultaneous Music Generation and
            Separation", ICLR 2024.
    """

    summary: ClassVar[str] = "improvement of the scale-invariant SDR over the mixture"
    version: ClassVar[int] = 1
    scale_invariant: ClassVar[bool] = True
    uses_mixture: ClassVar[bool] = True

    def score(self, windows: Statistics, *, lengths: IntArray) -> Array:
        """See the class."""
        both = self._of_estimate_and_mixture(windows, lengths)
        with np.errstate(invalid="ignore"):
            return mean_of_channels(both[:, :, 0] - both[:, :, 1])
