"""BSS Eval's ratios that need filters: ISR, SIR and SAR, as museval has them and made stable.

The energies of the parts are stored; the ratios come from them, and all share one measurement.

On some tracks the normal equations of the filters are singular to working precision: their
reciprocal condition is below 1e-14. This is so for float or 24 bit references without energy near
the Nyquist frequency (low-passed, resampled in float, synthetic). museval 0.4.1 then returns a
solution made of rounding: on such material its own ISR, SIR and SAR move by 10 to 37 dB when
only the order of the sources changes, while its SDR does not move. Those values are a property of
no separator, so there are two metrics, from the same stored energies:

    bsseval          museval's value; on such a track none, with the status `ill_conditioned`
    bsseval_stable   the same value on all other tracks; on such a track 1e-10 of the energy of
                     each channel is added to the diagonal of the equations (a ridge 100 dB
                     below the stems)

The stable value moves by less than 0.01 dB under the order of the sources. Music in 16 bit has a
reciprocal condition of 1e-12 or more, MUSDB18 as decoded among it; both metrics are then one.
Between 1e-12 and 1e-14 lie stems that are copies or sums of others but for single bits: there
museval moves by 1e-3 dB under the order of the sources, and lies within 1e-2 dB of ours.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar, Literal, final

import numpy as np
from pydantic import Field, JsonValue

from sepeval.kernels.bsseval import (
    CONDITION,
    CROSS_BYTES,
    Choice,
    Packed,
    PartEnergies,
    Ratios,
    ReferenceSide,
    framewise_part_energies,
    pack,
    part_energies,
    ratios,
    reference_side,
    side_and_part_energies,
    unpack,
)
from sepeval.metrics.base import METRICS, Means, Prepared, Scored, SignalMetric
from sepeval.types import Array, IntArray, Signal, Status, Stems, StreamedStems

_PARTS = tuple(field.name for field in fields(PartEnergies))
_BATCH = 8 << 20  # bytes of blocks, spectra and products per channel and thread, measured
_PACKING = 3  # raised when what a shelf keeps, or the way to it, changes


class _Filtered(SignalMetric):
    """What both metrics share: one measurement.

    Attributes:
        taps: length of the filters, in samples.
        filters: fitted on the whole `track`, or on each `window`.
    """

    taps: int = Field(ge=1)
    filters: Literal["track", "window"]

    @abstractmethod
    def regularisation(self) -> Choice:
        """Return which; see `sepeval.kernels.bsseval.reference_side`."""

    def measurement(self) -> Mapping[str, JsonValue]:
        """See `SignalMetric.measurement`."""
        return {
            "kind": "bsseval",
            "version": self.version,
            "taps": self.taps,
            "filters": self.filters,
            "regularisation": self.regularisation(),
        }

    def prepare(
        self,
        references: Stems,
        *,
        mixture: Signal,  # noqa: ARG002 - not part of the definition
        windows: IntArray,
        rate: int,  # noqa: ARG002 - taps are counted in samples
        means: Means,
    ) -> Prepared:
        """See `SignalMetric.prepare`."""
        choice = self.regularisation()
        if self.filters == "window":  # a factor per window is too much to share
            return _OfWindows(windows, self.taps, choice)

        if means.shelf is None or isinstance(references, StreamedStems):
            return _OfTrack(windows, self.taps, choice, None)

        def packed() -> Packed:
            side = reference_side(
                references,
                windows,
                taps=self.taps,
                regularisation=choice,
                threads=means.threads,
                engine=means.engine,
            )
            return pack(side)

        facts = {
            "bsseval": _PACKING,
            "taps": self.taps,
            "regularisation": choice,
            "engine": means.engine,
        }
        side = unpack(means.shelf.kept([references, windows], facts, packed))
        return _OfTrack(windows, self.taps, choice, side)

    def working_bytes(
        self,
        *,
        stems: int,
        channels: int,
        windows: IntArray,
        means: Means,
    ) -> int:
        """See `SignalMetric.working_bytes`."""
        lines = stems * channels * self.taps  # of the normal equations
        at_once = len(windows) if self.filters == "track" else 1
        products = 8 * at_once * stems * channels * lines
        factors = 8 * (2 * lines**2 + stems * (channels * self.taps) ** 2)
        batches = means.threads * stems * channels * _BATCH
        cross = products if products <= CROSS_BYTES else 0
        return products + cross + factors + batches


@final
@METRICS.add("bsseval")
class BssEval(_Filtered):
    """ISR, SIR or SAR of BSS Eval v4 (filters of the track) or v3 (of the window), in dB.

    Higher is better. Undefined (nan) for a stem that is silent over the whole track. +inf where
    the part in the denominator is zero.

    Attributes:
        output: which ratio; `sdr` is the plain `sdr` metric's value from the same measurement.
        ill_conditioned: where museval's value is made of rounding it is left out (`leave_out`),
            or given all the same (`museval`).

    References:
        [1] Vincent, Gribonval, Févotte. "Performance measurement in blind audio source
            separation", IEEE TASLP 14(4), 2006.
        [2] Stöter, Liutkus, Ito. "The 2018 Signal Separation Evaluation Campaign", LVA/ICA 2018.
    """

    summary: ClassVar[str] = "ISR, SIR, SAR of BSS Eval with distortion filters"
    version: ClassVar[int] = 1

    output: Literal["sdr", "isr", "sir", "sar"]
    ill_conditioned: Literal["leave_out", "museval"]

    def regularisation(self) -> Choice:
        """See `_Filtered.regularisation`."""
        # `stable` is museval's wherever a value is given, and lets `bsseval_stable` share it
        return "stable" if self.ill_conditioned == "leave_out" else "museval"

    def score(self, stored: Mapping[str, Array]) -> Scored:
        """See `SignalMetric.score`."""
        values = np.asarray(getattr(_ratios(stored), self.output))
        if self.ill_conditioned == "museval" or self.output == "sdr":
            return Scored(values, {})
        return Scored(values, {Status.ILL_CONDITIONED: stored["reciprocal_condition"] < CONDITION})


@final
@METRICS.add("bsseval_stable")
class BssEvalStable(_Filtered):
    """ISR, SIR or SAR as `bsseval` has them, with a ridge where museval's are made of rounding.

    Higher is better. On a track whose equations are singular to working precision they are
    solved as (G + 1e-10 diag G) c = D; elsewhere nothing is added but museval's 2.2e-16.

    Attributes:
        output: which ratio.
    """

    summary: ClassVar[str] = "ISR, SIR, SAR with a ridge where museval's are made of rounding"
    version: ClassVar[int] = 1

    output: Literal["isr", "sir", "sar"]

    def regularisation(self) -> Choice:
        """See `_Filtered.regularisation`."""
        return "stable"

    def score(self, stored: Mapping[str, Array]) -> Scored:
        """See `SignalMetric.score`."""
        return Scored(np.asarray(getattr(_ratios(stored), self.output)), {})


@dataclass(eq=False)
class _OfTrack(Prepared):
    """Filters of the whole track; the first estimate is read together with the references."""

    windows: IntArray
    taps: int
    regularisation: Choice
    side: ReferenceSide | None

    def measure(self, references: Stems, estimates: Stems, *, means: Means) -> dict[str, Array]:
        """See `Prepared.measure`."""
        if self.side is None:
            self.side, parts = side_and_part_energies(
                references,
                estimates,
                self.windows,
                taps=self.taps,
                regularisation=self.regularisation,
                threads=means.threads,
                engine=means.engine,
            )
        else:
            parts = part_energies(
                self.side, references, estimates, threads=means.threads, engine=means.engine
            )
        return _columns(parts, np.array([self.side.reciprocal_condition]))


@dataclass(frozen=True, eq=False)
class _OfWindows(Prepared):
    """Filters of each window."""

    windows: IntArray
    taps: int
    regularisation: Choice

    def measure(self, references: Stems, estimates: Stems, *, means: Means) -> dict[str, Array]:
        """See `Prepared.measure`."""
        found = framewise_part_energies(
            references,
            estimates,
            self.windows,
            taps=self.taps,
            regularisation=self.regularisation,
            threads=means.threads,
            engine=means.engine,
        )
        return _columns(found.parts, found.reciprocal_condition)


def _columns(parts: PartEnergies, reciprocal_condition: Array) -> dict[str, Array]:
    columns = {name: np.asarray(getattr(parts, name)) for name in _PARTS}
    columns["reciprocal_condition"] = np.broadcast_to(reciprocal_condition, parts.true.shape)
    return columns


def _ratios(stored: Mapping[str, Array]) -> Ratios:
    return ratios(PartEnergies(**{name: stored[name] for name in _PARTS}))
