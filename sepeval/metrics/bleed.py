"""MSST's bleedless and fullness: how far an estimate is louder, and softer, than its reference.

Both share one measurement. Their mean runs over the bins that are louder (softer) and no others,
so it depends on which bins are counted, not on how many: 1 % of the bins 40 dB too loud has 2.4
points, all bins 0.1 dB too loud have 90.9, and rounding that lifts a bin by 1e-12 dB
counts as a bin. `mean_over: all_bins` has none of that and is not MSST's.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import ClassVar, Literal, final

import numpy as np
from pydantic import Field, JsonValue

from sepeval.kernels.bleed import EXCESS, excess
from sepeval.kernels.magnitudes import Ends, Frames, Taper
from sepeval.kernels.mel import mel_bank
from sepeval.metrics.base import (
    METRICS,
    DesignRate,
    Means,
    Prepared,
    Scored,
    SignalMetric,
    by_window,
)
from sepeval.types import Array, IntArray, Signal, Stems


class _Excess(SignalMetric):
    """Points 100 / (1 + mean difference in dB) of mel spectrograms; 100 where there is no bin.

    All channels are pooled. Each signal is cut off `range_db` below its own maximum in the window,
    which is measured alone, as if it were a file. Silence is no special case: its bins lie at
    the floor. Undefined (nan) where a window has no frames: with `reflect` those of at most half
    a transform; with `zeros` one sample has a frame.

    Attributes:
        fft: length of the transform, in samples.
        hop: samples from one frame to the next.
        window: taper of each frame, periodic Hann or none (`rectangular`).
        ends: signals are mirrored at their ends, or continued by zeros.
        mel_bands: number of bands of `kernels.mel.mel_bank`.
        rate: for which the bands are laid out.
        floor: least magnitude of a band.
        range_db: see above.
        mean_over: the bins that differ in the direction of the metric (`one_sided_bins`), or all.
    """

    held: ClassVar[float] = 3.5  # reference, estimate, and spectra of one
    unit: ClassVar[str] = "points"

    fft: int = Field(ge=2)
    hop: int = Field(ge=1)
    window: Taper
    ends: Ends
    mel_bands: int = Field(ge=1)
    rate: DesignRate
    floor: float = Field(gt=0)
    range_db: float = Field(ge=0)
    mean_over: Literal["one_sided_bins", "all_bins"]

    @abstractmethod
    def _side(self) -> str:
        """Return the side of the reference that counts, `above` or `below`."""

    def measurement(self) -> Mapping[str, JsonValue]:
        """See `SignalMetric.measurement`."""
        return {"kind": "bleed", "version": self.version, **self.model_dump(exclude={"mean_over"})}

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
            ShapeError: the bands cannot be laid out.
        """
        self.rate.check(rate)
        frames = Frames(self.fft, self.hop, self.fft, self.window, self.ends)
        bank = mel_bank(rate=self.rate.hz, fft=self.fft, bands=self.mel_bands)
        return _Framed(windows, frames, bank, self.floor, self.range_db)

    def score(self, stored: Mapping[str, Array]) -> Scored:
        """See `SignalMetric.score`."""
        side = self._side()
        bins = stored["bins"] if self.mean_over == "all_bins" else stored[f"{side}_bins"]
        points = 100.0 / (1.0 + stored[side] / np.maximum(bins, 1.0))
        return Scored(np.where(stored["bins"] > 0, points, np.nan), {})


@final
@METRICS.add("bleedless")
class Bleedless(_Excess):
    """Points 100 / (1 + mean of the positive differences in dB); higher is better.

    See `_Excess` for the definition and the parameters. 100 for a perfect estimate, and for any
    that is nowhere louder, such as silence.

    References:
        [1] The repository Music-Source-Separation-Training, `utils/metrics.py`, 2025.
    """

    summary: ClassVar[str] = "points of how far mel bins are louder than the reference's"
    version: ClassVar[int] = 1

    def _side(self) -> str:
        return "above"


@final
@METRICS.add("fullness")
class Fullness(_Excess):
    """Points 100 / (1 − mean of the negative differences in dB); higher is better.

    See `_Excess` for the definition and the parameters. 100 for a perfect estimate, and for any
    that is nowhere softer.

    References:
        [1] The repository Music-Source-Separation-Training, `utils/metrics.py`, 2025.
    """

    summary: ClassVar[str] = "points of how far mel bins are softer than the reference's"
    version: ClassVar[int] = 1

    def _side(self) -> str:
        return "below"


@dataclass(frozen=True, eq=False)
class _Framed(Prepared):
    """The windows, and what is measured in them."""

    windows: IntArray
    frames: Frames
    bank: Array
    floor: float
    range_db: float

    def measure(self, references: Stems, estimates: Stems, *, means: Means) -> dict[str, Array]:
        """See `Prepared.measure`."""

        def one(stem: int, window: int) -> tuple[float, ...]:
            inside = (stem, slice(None), slice(*self.windows[window]))
            found = excess(
                references[inside],
                estimates[inside],
                frames=self.frames,
                bank=self.bank,
                floor=self.floor,
                range_db=self.range_db,
            )
            return astuple(found)

        return by_window(
            one,
            names=EXCESS,
            stems=len(references),
            windows=len(self.windows),
            threads=means.threads,
        )
