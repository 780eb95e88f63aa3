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
from typing import Any, ClassVar, NamedTuple, TypeAlias

from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from sepeval.errors import ProtocolError
from sepeval.kernels.cells import Statistics
from sepeval.protocol import MetricEntry
from sepeval.registry import Registry
from sepeval.types import Array, BoolArray, EngineName, IntArray, Status

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
    """What a signal metric has made of the references of one track."""

    @abstractmethod
    def measure(self, references: Array, estimates: Array, *, means: Means) -> dict[str, Array]:
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
    """A metric that needs the audio itself."""

    @abstractmethod
    def measurement(self) -> Mapping[str, JsonValue]:
        """Return what decides the stored values: kind, version, and parameters that enter them."""

    @abstractmethod
    def prepare(self, references: Array, *, windows: IntArray, means: Means) -> Prepared:
        """Return what the references alone give, to be shared by all estimates of the track.

        Args:
            references: [stem channel sample].
            windows: [window 2] int64, start and stop in samples, inside the signal.
            means: with what to work.
        """

    @abstractmethod
    def score(self, stored: Mapping[str, Array]) -> Scored:
        """Return the scores from the stored columns, each [stem window]."""


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
