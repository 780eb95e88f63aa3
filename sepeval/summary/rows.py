"""One number of a table, and the number over all stems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sepeval.kernels.grouping import reduced
from sepeval.protocol import Summary
from sepeval.types import Status

ALL = "All"
INFINITE = {str(Status.PLUS_INF): np.inf, str(Status.MINUS_INF): -np.inf}


@dataclass(frozen=True)
class SummaryRow:
    """One number of a table.

    Attributes:
        system: label of the run.
        protocol: id of the protocol.
        summary: name of the reduction.
        metric: name of the score.
        stem: name of the stem, or `All`.
        value: the number, in the metric's unit; None where no value could be used, or where the
            result is infinite.
        status: `ok`, `undefined` (nothing to reduce), `plus_inf` or `minus_inf`.
        tracks: how many tracks entered.
        used: how many scores entered.
        silent: how many of those have a silent reference.
        left: how many scores were left out, by status.
    """

    system: str
    protocol: str
    summary: str
    metric: str
    stem: str
    value: float | None
    status: Status
    tracks: int
    used: int
    silent: int
    left: Mapping[str, int] = field(default_factory=dict)


class Presented(NamedTuple):
    """A value that is finite or None, and what that means."""

    value: float | None
    status: Status


def all_row(stems: Sequence[SummaryRow], summary: Summary) -> SummaryRow:
    """Return the number over all stems: undefined as soon as one of them is."""
    chosen = [row for row in stems if row.stem in summary.all_stems]
    numbers = np.array([_number(row) for row in chosen])
    with np.errstate(invalid="ignore"):
        found = np.nan if np.isnan(numbers).any() else float(reduced(numbers, by=summary.all_by))
    value, outcome = presented(found)
    left: dict[str, int] = {}
    for row in chosen:
        for name, count in row.left.items():
            left[name] = left.get(name, 0) + count
    first = chosen[0]
    return SummaryRow(
        system=first.system,
        protocol=first.protocol,
        summary=first.summary,
        metric=first.metric,
        stem=ALL,
        value=value,
        status=outcome,
        tracks=max(row.tracks for row in chosen),
        used=sum(row.used for row in chosen),
        silent=sum(row.silent for row in chosen),
        left=left,
    )


def presented(value: float) -> Presented:
    """Return a number as a row states it."""
    if np.isnan(value):
        return Presented(None, Status.UNDEFINED)
    if np.isinf(value):
        return Presented(None, Status.PLUS_INF if value > 0 else Status.MINUS_INF)
    return Presented(value, Status.OK)


def _number(row: SummaryRow) -> float:
    if row.value is not None:
        return row.value
    return INFINITE.get(str(row.status), np.nan)
