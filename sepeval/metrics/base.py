"""What a metric is, and the registry of metrics.

There are two kinds. An `EnergyMetric` is a function of the statistics of cells and never sees
audio. A `SignalMetric` sees the audio once, stores energies of its own, and makes its scores from
those; metrics with equal `measurement()` share what is stored. What it makes of the references
alone serves every estimate of the track.

A metric's fields are its parameters, as a protocol names them; there are no defaults.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, product, takewhile
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from sepeval.errors import ProtocolError
from sepeval.kernels.bsseval.parallel import in_order
from sepeval.kernels.cells import Statistics
from sepeval.protocol import MetricEntry
from sepeval.registry import Registry
from sepeval.types import Array, BoolArray, EngineName, IntArray, Signal, Status, Stems

Packed: TypeAlias = Mapping[str, NDArray[Any]]  # Any: floats, integers and truth values


class Shelf(ABC):
    """Where what was made of references is kept for later estimates of the same track."""

    @abstractmethod
    def kept(
        self,
        content: Sequence[NDArray[Any]],
        facts: Mapping[str, JsonValue],
        make: Callable[[], Packed],
    ) -> Packed:
        """Return what `make` returns, or what it has returned for the same content and facts.

        Args:
            content: arrays that decide the result, such as the references.
            facts: all else that decides it.
            make: makes it where it is not there.
        """


@dataclass(frozen=True)
class Means:
    """With what a signal metric works; scores depend on it by rounding at most.

    Attributes:
        threads: how many may work at the same time; changes no bit.
        engine: who computes, where a metric leaves the choice.
        shelf: where the reference side is kept; None to make it anew.
    """

    threads: int = 1
    engine: EngineName = "scipy"
    shelf: Shelf | None = None


class Scored(NamedTuple):
    """Scores of a signal metric.

    Attributes:
        values: [stem window]; nan where the metric is undefined.
        left_out: by status, [stem window]: where there is no score, whatever `values` holds.
    """

    values: Array
    left_out: Mapping[Status, BoolArray]


class Prepared(ABC):
    """What a signal metric has made of the references and the mixture of one track."""

    @abstractmethod
    def measure(self, references: Stems, estimates: Stems, *, means: Means) -> dict[str, Array]:
        """Return what is stored, by column name, each [stem window].

        Args:
            references: [stem channel sample], those that were prepared.
            estimates: [stem channel sample].
            means: with what to work.
        """


class Metric(BaseModel, ABC):
    """A score per stem and window, in its own unit.

    Attributes:
        summary: one line for the list of metrics.
        version: raised by one when any released number changes.
        unit: of the score.
        higher_is_better: the direction.
        scale_invariant: a gain on the estimate changes nothing.
        uses_mixture: the mixture enters the score.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)
    summary: ClassVar[str]
    version: ClassVar[int]
    unit: ClassVar[str] = "dB"
    higher_is_better: ClassVar[bool] = True
    scale_invariant: ClassVar[bool] = False
    uses_mixture: ClassVar[bool] = False


class PlainEps(BaseModel):
    """Stabilisers: added to the energy of target and error, and to their ratio."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)
    target: float = Field(ge=0)
    error: float = Field(ge=0)
    ratio: float = Field(ge=0)


class DesignRate(BaseModel):
    """The rate for which a metric's filters and bands are laid out.

    Attributes:
        hz: in Hz.
        other: audio at another rate is refused (`refuse`), or taken as if it had this one
            (`as_if`); every frequency is then wrong by the ratio of the rates.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    hz: int = Field(ge=1)
    other: Literal["refuse", "as_if"]

    def check(self, rate: int) -> None:
        """Do nothing where audio of this rate may be measured.

        Raises:
            ProtocolError: it may not.
        """
        if rate != self.hz and self.other == "refuse":
            message = (
                f"the metric is laid out for audio at {self.hz} Hz and refuses other rates; found "
                f"{rate} Hz. Set the protocol's `audio.rate`, or lay the metric out for {rate} Hz"
            )
            raise ProtocolError(message)


class EnergyMetric(Metric):
    """A metric that is a function of inner products."""

    @abstractmethod
    def score(self, windows: Statistics, *, lengths: IntArray) -> Array:
        """Return the scores [stem window]; nan where the metric is undefined.

        Args:
            windows: statistics of the windows.
            lengths: [window] int64, samples per channel, with padding.
        """


class SignalMetric(Metric):
    """A metric that needs the audio itself.

    Attributes:
        held: how often the samples of a window are held while it is measured, as float64.
    """

    held: ClassVar[float] = 5.0

    @abstractmethod
    def measurement(self) -> Mapping[str, JsonValue]:
        """Return what decides the stored values: kind, version, and parameters that enter them."""

    @abstractmethod
    def prepare(
        self, references: Stems, *, mixture: Signal, windows: IntArray, rate: int, means: Means
    ) -> Prepared:
        """Return what serves all estimates of the track.

        Args:
            references: [stem channel sample].
            mixture: [channel sample].
            windows: [window 2] int64, start and stop in samples, inside the signal.
            rate: of the signals, in Hz.
            means: with what to work.
        """

    def working_bytes(
        self,
        *,
        stems: int,  # noqa: ARG002 - one stem at a time
        channels: int,
        windows: IntArray,
        means: Means,
    ) -> int:
        """Return the memory that measuring an estimate takes beyond the audio, about, in bytes.

        A metric that does not measure stem by stem and window by window has its own.

        Args:
            stems: how many there are.
            channels: of each stem.
            windows: [window 2] int64; the longest counts.
            means: with what to work.
        """
        longest = int((windows[:, 1] - windows[:, 0]).max(initial=0))
        return int(8 * self.held * channels * longest * means.threads)

    @abstractmethod
    def score(self, stored: Mapping[str, Array]) -> Scored:
        """Return the scores from the stored columns, each [stem window]."""


def by_window(
    measure: Callable[[int, int], Sequence[float]],
    *,
    names: Sequence[str],
    stems: int,
    windows: int,
    threads: int,
) -> dict[str, Array]:
    """Return columns [stem window] of a measurement that is made for each stem and window alone.

    Args:
        measure: given the places of a stem and a window, returns one number per column.
        names: of the columns.
        stems: how many.
        windows: how many.
        threads: how many measurements are made at the same time.
    """
    table = np.zeros((len(names), stems, windows))
    places = list(product(range(stems), range(windows)))
    found = in_order(lambda place: measure(*place), places, threads)
    for place, numbers in zip(places, found, strict=True):
        table[(slice(None), *place)] = numbers
    return dict(zip(names, table, strict=True))


def of_channels(names: Sequence[str], channels: int) -> list[str]:
    """Return names of columns that are stored for each channel, channel by channel."""
    return [f"{name}_{channel}" for channel in range(channels) for name in names]


def each_channel(stored: Mapping[str, Array], name: str) -> Array:
    """Return the columns of one quantity, [channel stem window]."""
    places = takewhile(lambda channel: f"{name}_{channel}" in stored, count())
    return np.stack([stored[f"{name}_{channel}"] for channel in places])


METRICS: Registry[type[Metric]] = Registry("sepeval.metrics", kind="metric")


def build(entry: MetricEntry) -> EnergyMetric | SignalMetric:
    """Return the metric of a protocol's entry.

    Raises:
        UnknownNameError: no such metric.
        ProtocolError: its parameters have problems; the message lists all of them.
    """
    kind = METRICS.get(entry.metric)
    try:
        metric = kind.model_validate(dict(entry.parameters))
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}; found {one['input']!r}"
            for one in error.errors()
        ]
        message = f"metric {entry.name!r} ({entry.metric}): {'; '.join(lines)}"
        raise ProtocolError(message) from error
    if not isinstance(metric, EnergyMetric | SignalMetric):
        raise ProtocolError(f"metric {entry.metric!r} is neither an energy nor a signal metric")
    return metric
