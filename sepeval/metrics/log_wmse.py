"""log-WMSE: the logarithm of an error that is weighed by frequency and by the mixture's level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np
from pydantic import Field, JsonValue, model_validator

from sepeval.kernels.weighting import HEARING_CENTRE, filtered, hearing_taps
from sepeval.metrics.base import (
    METRICS,
    DesignRate,
    Means,
    Prepared,
    Scored,
    SignalMetric,
    by_window,
    each_channel,
    of_channels,
)
from sepeval.types import Array, IntArray, Signal, Stems


@final
@METRICS.add("log_wmse")
class LogWmse(SignalMetric):
    """log-WMSE = −4 ln (mean d² + eps), mean over channels; higher is better.

        d = h * (e − r) / (RMS(h * m) + mixture_eps),   0 where |d| < 10^(−inaudible / 20)

    per channel, for reference r, estimate e, mixture m and the filter h, all of the window alone.
    One unit is 1.09 dB of error. It is defined on silence: with eps 1e-8 a perfect estimate has
    73.68, of a silent reference too, and the mixture itself in place of a silent stem has 0.
    Undefined (nan) where the mixture is silent and `mixture_eps` is zero; +inf for an error that
    is not audible without `eps`. Where the mixture is silent with `mixture_eps`, any error counts
    as enormous.

    Differs from torch-log-wmse 0.3.1 in one place: that leaves out the last sample of some lengths,
    because it counts them in seconds.

    Attributes:
        mixture_level: the error of a channel is set against the mixture in the same channel
            (`own_channel`), or in every channel in turn, and the mean is over all pairs of
            channels (`every_channel`). MSST does the latter, because it passes channels where the
            package expects stems. Mono has one pair; stereo differs where an error is hardly
            audible, and by much where a channel of the mixture is silent.
        weighting: h is the filter of `kernels.weighting.hearing_taps`, or there is none (`none`).
        rate: for which the filter is laid out; null without one.
        inaudible_db: samples of the error this far below the mixture's level count as zero.
        mixture_eps: added to the mixture's level.
        eps: added to the mean square.

    References:
        [1] Jordal. "log-wmse-audio-quality", software, Nomono, 2023.
        [2] Landschoot. "torch-log-wmse", software, 2024.
    """

    summary: ClassVar[str] = "log of the error relative to the mixture, weighted as hearing does"
    version: ClassVar[int] = 1
    unit: ClassVar[str] = "log-WMSE"
    uses_mixture: ClassVar[bool] = True
    held: ClassVar[float] = 5.0  # reference, estimate, their difference, filtered, and squared

    mixture_level: Literal["own_channel", "every_channel"]
    weighting: Literal["hearing", "none"]
    rate: DesignRate | None
    inaudible_db: float = Field(ge=0)
    mixture_eps: float = Field(ge=0)
    eps: float = Field(ge=0)

    @model_validator(mode="after")
    def _rate_belongs_to_filter(self) -> LogWmse:
        if (self.rate is None) != (self.weighting == "none"):
            raise ValueError("`rate` is that of the filter: null without a weighting, else given")
        return self

    def measurement(self) -> Mapping[str, JsonValue]:
        """See `SignalMetric.measurement`."""
        return {"kind": "log_wmse", "version": self.version, **self.model_dump(exclude={"eps"})}

    def prepare(
        self,
        references: Stems,  # noqa: ARG002 - only the error is filtered
        *,
        mixture: Signal,
        windows: IntArray,
        rate: int,
        means: Means,  # noqa: ARG002 - one filter over one signal
    ) -> Prepared:
        """See `SignalMetric.prepare`.

        Raises:
            ProtocolError: the audio has another rate, and that is refused.
            ShapeError: the filter cannot be laid out for its rate.
        """
        taps = np.ones(1)
        if self.rate is not None:
            self.rate.check(rate)
            taps = hearing_taps(self.rate.hz)
        centre = HEARING_CENTRE if self.rate else 0
        heard = [filtered(mixture[:, one:end], taps, centre=centre) for one, end in windows]
        with np.errstate(divide="ignore", invalid="ignore"):
            power = np.array([np.square(one).sum(axis=1) / one.shape[1] for one in heard])
        level = np.sqrt(power) + self.mixture_eps
        level[level == 0] = np.nan
        gate = 10.0 ** (-self.inaudible_db / 20.0)
        return _Heard(windows, level, self.mixture_level == "every_channel", taps, centre, gate)

    def score(self, stored: Mapping[str, Array]) -> Scored:
        """See `SignalMetric.score`."""
        with np.errstate(divide="ignore", invalid="ignore"):
            squares = each_channel(stored, "error") / stored["samples"]
            return Scored((-4.0 * np.log(squares + self.eps)).mean(axis=0), {})


@dataclass(frozen=True, eq=False)
class _Heard(Prepared):
    """The mixture's level [window channel], and what is done to errors."""

    windows: IntArray
    level: Array
    every_pair: bool
    taps: Array
    centre: int
    gate: float

    def measure(self, references: Stems, estimates: Stems, *, means: Means) -> dict[str, Array]:
        """See `Prepared.measure`."""
        channels = range(references.shape[1])
        pairs = [
            (c, heard) for c in channels for heard in channels if self.every_pair or c == heard
        ]

        def one(stem: int, window: int) -> list[float]:
            inside = (stem, slice(None), slice(*self.windows[window]))
            error = filtered(estimates[inside] - references[inside], self.taps, centre=self.centre)
            squares = [
                self._audible(error[channel] / self.level[window, heard])
                for channel, heard in pairs
            ]
            return [*squares, float(error.shape[1])]

        return by_window(
            one,
            names=[*of_channels(["error"], len(pairs)), "samples"],
            stems=len(references),
            windows=len(self.windows),
            threads=means.threads,
        )

    def _audible(self, error: Array) -> float:
        """Energy of the samples that count."""
        energy = np.square(error)
        energy[energy < self.gate**2] = 0.0
        return float(energy.sum())
