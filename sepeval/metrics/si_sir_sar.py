"""Scale-invariant SIR and SAR: one gain per reference instead of a filter."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from sepeval.kernels.cells import Statistics
from sepeval.kernels.ratios import Eps, decibels, mean_of_channels
from sepeval.kernels.spans import Spans, spans
from sepeval.metrics.base import METRICS, EnergyMetric
from sepeval.types import Array, IntArray


class _Projected(EnergyMetric):
    """Parameters and energies that SI-SIR and SI-SAR share.

    Attributes:
        eps: added to both energies.
        gain_eps: added to the energy of the reference in the gain of the target.
        ridge: added to the diagonal of the Gram matrix of the references.
        zero_mean: whether means are removed first.
        channels: `each_then_mean` or `flattened`.
    """

    scale_invariant: ClassVar[bool] = True

    eps: float = Field(ge=0)
    gain_eps: float = Field(ge=0)
    ridge: float = Field(ge=0)
    zero_mean: bool
    channels: Literal["each_then_mean", "flattened"]

    def _spans(self, windows: Statistics) -> Spans:
        return spans(
            windows,
            flattened=self.channels == "flattened",
            zero_mean=self.zero_mean,
            ridge=self.ridge,
            gain_eps=self.gain_eps,
        )

    def _score(self, above: Array, below: Array) -> Array:
        eps = Eps(0.0, self.eps, self.eps, 0.0)
        return mean_of_channels(decibels(above, below, eps=eps, precision="float64"))


@METRICS.add("si_sir")
class SiSir(_Projected):
    """SI-SIR = 10 log₁₀ (‖s_target‖² + eps) / (‖e_interf‖² + eps), in dB, higher is better.

    On a silent reference the target is zero, so with an eps the score is the level of the leak
    that resembles the other stems, and without one -inf.

    References:
        [1] Le Roux, Wisdom, Erdogan, Hershey. "SDR - half-baked or well done?", ICASSP 2019.
    """

    summary: ClassVar[str] = "scale-invariant SIR: interference in the span of the references"
    version: ClassVar[int] = 1

    def score(self, windows: Statistics, *, lengths: IntArray) -> Array:  # noqa: ARG002 - no length
        """See the class."""
        found = self._spans(windows)
        return self._score(found.target, found.interference)


@METRICS.add("si_sar")
class SiSar(_Projected):
    """SI-SAR = 10 log₁₀ (‖numerator‖² + eps) / (‖e_artif‖² + eps), in dB, higher is better.

    The numerator is the target (Le Roux) or the whole projection on the references (BSS Eval).

    Attributes:
        numerator: `target` or `projection`.

    References:
        [1] Le Roux, Wisdom, Erdogan, Hershey. "SDR - half-baked or well done?", ICASSP 2019.
    """

    summary: ClassVar[str] = "scale-invariant SAR: what no reference explains"
    version: ClassVar[int] = 1

    numerator: Literal["target", "projection"]

    def score(self, windows: Statistics, *, lengths: IntArray) -> Array:  # noqa: ARG002 - no length
        """See the class."""
        found = self._spans(windows)
        above = found.target if self.numerator == "target" else found.projection
        return self._score(np.asarray(above), found.artefacts)
