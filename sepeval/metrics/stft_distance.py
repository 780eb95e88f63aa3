"""Distances between magnitude spectrograms: the multi-resolution STFT distance and MSST's points.

All store the sums of each resolution and channel; ratios, logarithms of them and means are made
from those. A window is measured alone, as if it were a file.

Undefined (nan) where a window has no frames: with mirrored ends these are windows of at most half
a transform. One sample has a frame with `zeros`. Silence is no special case: magnitudes below the
floor are raised to it, so two silent signals have the distance 0, and a silent reference has a
large one that says only how far the leak lies above the floor. Without a floor the convergence is
undefined where both are silent, and +inf (0 points) where only the one it is normalised by is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from sepeval.kernels.magnitudes import Ends, Frames, Taper
from sepeval.kernels.mel import mel_bank
from sepeval.kernels.stft_distance import SUMS, Spectrogram, spectral_sums
from sepeval.kernels.weighting import a_weighting_taps
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

_MEASURED = 1  # raised when what is stored for a distance changes


class Resolution(BaseModel):
    """One short-time transform: its length, the step of its frames, the length of its taper."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    fft: int = Field(ge=2)
    hop: int = Field(ge=1)
    window: int = Field(ge=1)

    @model_validator(mode="after")
    def _fits(self) -> Resolution:
        if self.window > self.fft:
            raise ValueError(f"a window of {self.window} is longer than its fft of {self.fft}")
        return self


class Weights(BaseModel):
    """Of the terms of a distance; see `_Distance`."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)
    convergence: float = Field(ge=0)
    log: float = Field(ge=0)
    linear: float = Field(ge=0)


class _Distance(SignalMetric):
    """The distance D, mean over resolutions of a C + b L + c A with weights a, b, c.

        C = ‖|E| − |R|‖ / ‖|R|‖          convergence; the norm is over frames and bands
        L = mean |ln |E| − ln |R||       log
        A = mean ||E| − |R||             linear

    |R| and |E| are magnitudes of the reference and of the estimate.

    Attributes:
        window: taper of each frame, periodic Hann or none (`rectangular`).
        ends: signals are mirrored at their ends, or continued by zeros.
        channels: a score for each channel and the mean of them, or one of all channels' bins.
        resolutions: the transforms.
        weights: of the terms; one that is zero is not computed.
        normalised_by: whose norm is below the fraction of C. By the `estimate`'s, a louder
            estimate scores better.
        floor: least squared magnitude, before bands are formed.
        mel_bands: number of bands of `kernels.mel.mel_bank`; null for the frequencies themselves.
        a_weighting_taps: length of an A-weighting filter before everything; null for none.
        rate: for which bands and filter are laid out; null where there are neither.
    """

    held: ClassVar[float] = 5.0  # reference, estimate, both filtered, and spectra
    unit: ClassVar[str] = "points"

    window: Taper
    ends: Ends
    channels: Literal["each_then_mean", "flattened"]
    resolutions: Annotated[list[Resolution], Field(min_length=1)]
    weights: Weights
    normalised_by: Literal["reference", "estimate"]
    floor: float = Field(ge=0)
    mel_bands: Annotated[int, Field(ge=1)] | None
    a_weighting_taps: Annotated[int, Field(ge=1)] | None
    rate: DesignRate | None

    @model_validator(mode="after")
    def _is_consistent(self) -> _Distance:
        if (self.rate is None) != (self.mel_bands is None and self.a_weighting_taps is None):
            raise ValueError("`rate` is that of bands and filter: null without any, else given")
        if self.weights.log > 0 and self.floor == 0:
            raise ValueError("a logarithm needs a `floor` above zero")
        if (self.a_weighting_taps or 1) % 2 == 0:
            raise ValueError("`a_weighting_taps` must be odd")
        return self

    def measurement(self) -> Mapping[str, JsonValue]:
        """See `SignalMetric.measurement`."""
        scoring = {"channels", "weights", "normalised_by", "slope"}
        return {"kind": "stft_distance", "version": _MEASURED, **self.model_dump(exclude=scoring)}

    def prepare(
        self,
        references: Stems,  # noqa: ARG002 - their spectrograms are larger than they are
        *,
        mixture: Signal,  # noqa: ARG002 - not part of the definition
        windows: IntArray,
        rate: int,
        means: Means,  # noqa: ARG002 - nothing is computed yet
    ) -> Prepared:
        """See `SignalMetric.prepare`.

        Raises:
            ProtocolError: the audio has another rate, and that is refused.
            ShapeError: bands or filter cannot be laid out.
        """
        if self.rate is not None:
            self.rate.check(rate)
        taps = None
        if self.rate is not None and self.a_weighting_taps is not None:
            taps = a_weighting_taps(self.rate.hz, taps=self.a_weighting_taps)
        return _Framed(windows, tuple(self._spectrogram(one) for one in self.resolutions), taps)

    def _spectrogram(self, one: Resolution) -> Spectrogram:
        frames = Frames(one.fft, one.hop, one.window, self.window, self.ends)
        bank = None
        if self.rate is not None and self.mel_bands is not None:
            bank = mel_bank(rate=self.rate.hz, fft=one.fft, bands=self.mel_bands)
        return Spectrogram(frames, self.floor, bank)

    def _distance(self, stored: Mapping[str, Array]) -> Array:
        """Return D for each channel, [channel stem window]."""
        places = range(len(self.resolutions))
        found = [self._terms(self._sums(stored, resolution)) for resolution in places]
        return np.asarray(np.stack(found).mean(axis=0))

    def _sums(self, stored: Mapping[str, Array], resolution: int) -> dict[str, Array]:
        """Return sums [channel stem window], of one channel where they are pooled."""
        found = {name: each_channel(stored, f"{name}_{resolution}") for name in SUMS}
        if self.channels == "flattened":
            return {name: one.sum(axis=0, keepdims=True) for name, one in found.items()}
        return found

    def _terms(self, sums: Mapping[str, Array]) -> Array:
        above = {"convergence": "difference", "log": "logarithm", "linear": "linear"}
        below = {"convergence": self.normalised_by, "log": "bins", "linear": "bins"}
        total = np.where(sums["bins"] > 0, 0.0, np.nan)
        for name, weight in self.weights.model_dump().items():
            if weight > 0:
                with np.errstate(divide="ignore", invalid="ignore"):
                    term = sums[above[name]] / sums[below[name]]
                total += weight * (np.sqrt(term) if name == "convergence" else term)
        return np.asarray(total)


@final
@METRICS.add("mrstft")
class Mrstft(_Distance):
    """Multi-resolution STFT distance D, mean over channels; lower is better.

    0 for a perfect estimate. See `_Distance` for the definition and the parameters.

    References:
        [1] Yamamoto, Song, Kim. "Parallel WaveGAN", ICASSP 2020.
        [2] Steinmetz, Reiss. "auraloss: Audio-focused loss functions in PyTorch", DMRN+15, 2020.
    """

    summary: ClassVar[str] = "multi-resolution STFT distance"
    version: ClassVar[int] = 1
    unit: ClassVar[str] = "1"
    higher_is_better: ClassVar[bool] = False

    def score(self, stored: Mapping[str, Array]) -> Scored:
        """See `SignalMetric.score`."""
        return Scored(self._distance(stored).mean(axis=0), {})


class _Points(_Distance):
    """100 / (1 + slope · D), mean over channels, in points; higher is better.

    100 for a perfect estimate.

    Attributes:
        slope: 10 in MSST.
    """

    slope: float = Field(ge=0)

    def score(self, stored: Mapping[str, Array]) -> Scored:
        """See `SignalMetric.score`."""
        points = 100.0 / (1.0 + self.slope * self._distance(stored))
        return Scored(points.mean(axis=0), {})


@final
@METRICS.add("aura_stft")
class AuraStft(_Points):
    """MSST's `aura_stft`: points of the distance of one resolution; see `_Points`, `_Distance`.

    Higher is better. MSST passes the reference where auraloss expects the estimate, so its
    convergence is normalised by the estimate.

    References:
        [1] Solovyev, Stempkovskiy, Habruseva. "Benchmarks and leaderboards for sound demixing
            tasks", arXiv 2305.07489, 2023, and the repository Music-Source-Separation-Training.
    """

    summary: ClassVar[str] = "points of the STFT distance of one resolution"
    version: ClassVar[int] = 1

    resolutions: Annotated[list[Resolution], Field(min_length=1, max_length=1)]


@final
@METRICS.add("aura_mrstft")
class AuraMrstft(_Points):
    """MSST's `aura_mrstft`: points of the multi-resolution distance; see `_Points`, `_Distance`.

    Higher is better. Its convergence is normalised by the estimate, as that of `aura_stft`.
    """

    summary: ClassVar[str] = "points of the multi-resolution STFT distance"
    version: ClassVar[int] = 1


@dataclass(frozen=True, eq=False)
class _Framed(Prepared):
    """The windows, and what is measured in them."""

    windows: IntArray
    spectrograms: tuple[Spectrogram, ...]
    taps: Array | None

    def measure(self, references: Stems, estimates: Stems, *, means: Means) -> dict[str, Array]:
        """See `Prepared.measure`."""
        channels = references.shape[1]

        def one(stem: int, window: int) -> list[float]:
            inside = (stem, slice(None), slice(*self.windows[window]))
            pair = references[inside], estimates[inside]
            sums = spectral_sums(*pair, self.spectrograms, taps=self.taps)
            return [
                float(getattr(found, name)[channel])
                for channel in range(channels)
                for found in sums
                for name in SUMS
            ]

        places = range(len(self.spectrograms))
        return by_window(
            one,
            names=of_channels([f"{name}_{place}" for place in places for name in SUMS], channels),
            stems=len(references),
            windows=len(self.windows),
            threads=means.threads,
        )
