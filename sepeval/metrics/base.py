"""What a metric is, and the registry of metrics.

There are two kinds. An `EnergyMetric` is a function of the statistics of cells and never sees
audio. A `SignalMetric` sees the audio once, stores energies of its own, and makes its scores from
those; metrics with equal `measurement()` share what is stored.

A metric's fields are its parameters, as a protocol names them; there are no defaults.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from sepeval.errors import ProtocolError
from sepeval.kernels.cells import Statistics
from sepeval.protocol import MetricEntry
from sepeval.registry import Registry
from sepeval.types import Array, IntArray


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
    def measure(
        self, references: Array, estimates: Array, *, windows: IntArray, threads: int
    ) -> dict[str, Array]:
        """Return what is stored, by column name, each [stem window].

        Args:
            references: [stem channel sample].
            estimates: [stem channel sample].
            windows: [window 2] int64, start and stop in samples, inside the signal.
            threads: how many may work at the same time; changes no value.
        """

    @abstractmethod
    def score(self, stored: Mapping[str, Array]) -> Array:
        """Return the scores [stem window] from the stored columns; nan where undefined."""


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
