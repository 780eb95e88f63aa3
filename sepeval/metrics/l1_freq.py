"""MSST's `l1_freq`: points of the mean difference of magnitude spectra."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np
from pydantic import Field, JsonValue

from sepeval.kernels.magnitudes import Ends, Frames, Taper
from sepeval.kernels.stft_distance import Spectrogram, spectral_sums
from sepeval.metrics.base import (
    METRICS,
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
@METRICS.add("l1_freq")
class L1Freq(SignalMetric):
    """100 / (1 + slope · mean ||E| − |R||), in points; higher is better.

    |R| and |E| are magnitudes of the reference and of the estimate; the mean is over frames and
    frequencies of the window alone, as if it were a file. 100 for a perfect estimate, of a silent
    reference too. Magnitudes are not normalised, so the value depends on the level of the audio and
    on the length of the transform. Undefined (nan) where a window has no frames: with mirrored
    ends at most half a transform.

    Attributes:
        fft: length of the transform and of its taper, in samples.
        hop: samples from one frame to the next.
        window: taper of each frame, periodic Hann or none (`rectangular`, as in MSST).
        ends: signals are mirrored at their ends, or continued by zeros.
        slope: 10 in MSST.
        channels: a score for each channel and the mean of them, or one of all channels' bins.

    References:
        [1] The repository Music-Source-Separation-Training, `utils/metrics.py`, 2025.
    """

    summary: ClassVar[str] = "points of the mean difference of magnitudes"
    version: ClassVar[int] = 1
    unit: ClassVar[str] = "points"
    held: ClassVar[float] = 2.5  # reference, estimate, and spectra

    fft: int = Field(ge=2)
    hop: int = Field(ge=1)
    window: Taper
    ends: Ends
    slope: float = Field(ge=0)
    channels: Literal["each_then_mean", "flattened"]

    def measurement(self) -> Mapping[str, JsonValue]:
        """See `SignalMetric.measurement`."""
        own = self.model_dump(exclude={"channels", "slope"})
        return {"kind": "l1_freq", "version": self.version, **own}

    def prepare(
        self,
        references: Stems,  # noqa: ARG002 - their spectrograms are larger than they are
        *,
        mixture: Signal,  # noqa: ARG002 - not part of the definition
        windows: IntArray,
        rate: int,  # noqa: ARG002 - the transform counts samples
        means: Means,  # noqa: ARG002 - nothing is computed yet
    ) -> Prepared:
        """See `SignalMetric.prepare`."""
        return _Framed(windows, Frames(self.fft, self.hop, self.fft, self.window, self.ends))

    def score(self, stored: Mapping[str, Array]) -> Scored:
        """See `SignalMetric.score`."""
        above, below = each_channel(stored, "linear"), each_channel(stored, "bins")
        if self.channels == "flattened":
            above, below = above.sum(axis=0, keepdims=True), below.sum(axis=0, keepdims=True)
        with np.errstate(invalid="ignore"):
            points = 100.0 / (1.0 + self.slope * above / below)
        return Scored(points.mean(axis=0), {})


@dataclass(frozen=True, eq=False)
class _Framed(Prepared):
    """The windows, and how they are cut into frames."""

    windows: IntArray
    frames: Frames

    def measure(self, references: Stems, estimates: Stems, *, means: Means) -> dict[str, Array]:
        """See `Prepared.measure`."""
        how = Spectrogram(self.frames, 0.0, None)
        channels = references.shape[1]

        def one(stem: int, window: int) -> list[float]:
            inside = (stem, slice(None), slice(*self.windows[window]))
            (sums,) = spectral_sums(references[inside], estimates[inside], [how], taps=None)
            pairs = zip(sums.linear.tolist(), sums.bins.tolist(), strict=True)
            return [number for pair in pairs for number in pair]

        return by_window(
            one,
            names=of_channels(["linear", "bins"], channels),
            stems=len(references),
            windows=len(self.windows),
            threads=means.threads,
        )
