"""What the scores of a table are: metric, version, unit and direction, as the runs record them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sepeval.errors import StoreError
from sepeval.protocol import Protocol
from sepeval.store import MetricRecord, Run


def traits(runs: Sequence[Run], protocol: Protocol) -> Mapping[str, MetricRecord]:
    """Return what the scores of a protocol are, by name, as the first run records it.

    Args:
        runs: all scored under the protocol.
        protocol: names the scores.

    Raises:
        StoreError: a run does not record it, or two runs were scored with different versions of a
            metric.
    """
    first = _of(runs[0], protocol)
    for run in runs[1:]:
        for name, record in _of(run, protocol).items():
            if (record.metric, record.version) != (first[name].metric, first[name].version):
                message = (
                    f"{runs[0].folder.name} and {run.folder.name} were scored with different "
                    f"versions of a metric: {name} of {protocol.id} is {_shown(first[name])} in "
                    f"the first, {_shown(record)} in the second; score both again (sepeval rescore)"
                )
                raise StoreError(message)
    return first


def in_unit(unit: str) -> str:
    """Return a unit as a table's title says it.

    Example:
        >>> in_unit("dB"), in_unit("1")
        ('in dB', 'without a unit')
    """
    return "without a unit" if unit == "1" else f"in {unit}"


def with_unit(name: str, unit: str) -> str:
    """Return a quantity as an axis names it.

    Example:
        >>> with_unit("sdr", "dB"), with_unit("mrstft", "1")
        ('sdr (dB)', 'mrstft')
    """
    return name if unit == "1" else f"{name} ({unit})"


def direction(record: MetricRecord) -> str:
    """Return which numbers are better."""
    return "higher is better" if record.higher_is_better else "lower is better"


def _of(run: Run, protocol: Protocol) -> Mapping[str, MetricRecord]:
    found = run.manifest.metrics.get(protocol.id, {})
    missing = [entry.name for entry in protocol.metrics if entry.name not in found]
    if missing:
        message = (
            f"{run.folder}: does not record the unit and version of {', '.join(missing)} under "
            f"{protocol.id}; score it again (sepeval rescore), or import it again"
        )
        raise StoreError(message)
    return found


def _shown(record: MetricRecord) -> str:
    return f"{record.metric} version {record.version}"
