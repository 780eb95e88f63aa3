"""From scores to the numbers of a table, by the reductions that a protocol names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from sepeval.errors import StoreError
from sepeval.protocol import Protocol, Step, Summary
from sepeval.store import Run
from sepeval.types import Array, Status

ALL = "All"
_SILENT = tuple(
    str(status) for status in (Status.SILENT_REFERENCE, Status.SILENT_ESTIMATE, Status.SILENT_OTHER)
)
_INFINITE = {str(Status.PLUS_INF): np.inf, str(Status.MINUS_INF): -np.inf}


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


def score_frame(run: Run, protocol: Protocol, *, beside: Sequence[Run] = ()) -> pd.DataFrame:
    """Return the scores of a run under a protocol, one row per track, stem, metric and window.

    Args:
        run: a run that was scored.
        protocol: as the run records it.
        beside: the runs that it is compared with. Under a protocol with a shared mask, a window
            that one of them leaves out for silence has the status `silent_other` here.

    Raises:
        StoreError: a run has no scores under this protocol, or those of another document that
            has the same id.
    """
    frame = _frame(run, protocol)
    if protocol.silence.mask == "own":
        return frame
    key = ["track", "stem", "metric", "start"]
    others = [_frame(other, protocol) for other in beside if other.folder != run.folder]
    gone = [other[other["status"].astype(str).isin(_SILENT)][key] for other in others]
    if not gone:
        return frame
    texts = dict.fromkeys(key[:3], str)
    masked = pd.MultiIndex.from_frame(pd.concat(gone).astype(texts))
    own = pd.MultiIndex.from_frame(frame[key].astype(texts))
    status = frame["status"].astype(str)
    hit = own.isin(masked) & ~status.isin(_SILENT)
    return frame.assign(
        status=status.mask(hit, str(Status.SILENT_OTHER)), value=frame["value"].mask(hit)
    )


def _frame(run: Run, protocol: Protocol) -> pd.DataFrame:
    frame: pd.DataFrame = run.read_scores(protocol.id).to_pandas()
    found = sorted({str(one) for one in frame["hash"].unique()} - {protocol.hash[:8]})
    if found:
        message = (
            f"{run.scores(protocol.id)}: was made under hash {', '.join(found)}; the run records "
            f"{protocol.id} with hash {protocol.hash[:8]}; make the scores again (sepeval rescore)"
        )
        raise StoreError(message)
    return frame


def used_scores(scores: pd.DataFrame, summary: Summary) -> pd.DataFrame:
    """Return the rows of a score table that enter a summary, infinite values as such.

    Args:
        scores: rows as `score_frame` returns them.
        summary: says whether infinite scores are kept.
    """
    status = scores["status"].astype(str)
    kept = status == str(Status.OK)
    values = scores["value"].astype(np.float64)
    if summary.infinite == "keep":
        infinite = status.map(_INFINITE)
        values = values.where(infinite.isna(), infinite)
        kept |= infinite.notna()
    used: pd.DataFrame = scores.assign(value=values)[kept]
    return used


def per_track(used: pd.DataFrame, summary: Summary) -> pd.Series[float]:
    """Return one value per track of one stem: the reductions inside a track, in their order.

    Where the protocol reduces windows and tracks at once, the same statistic is taken inside each
    track; the summary's number is then not the statistic of these values.

    Args:
        used: of one stem and metric, from `used_scores`.
        summary: names the steps.

    Returns:
        The values by track id.
    """
    inside = [
        Step(over=[axis for axis in step.over if axis != "track"], by=step.by)
        for step in summary.steps
        if step.over != ["track"]
    ]
    steps = [*inside, Step(over=["track"], by="mean")]
    return reduced(used, summary.model_copy(update={"steps": steps}))[-2]


def summarise(run: Run, protocol: str, *, beside: Sequence[Run] = ()) -> tuple[SummaryRow, ...]:
    """Return the numbers of a run's table under one protocol.

    Args:
        run: a run that was scored.
        protocol: id or name of a protocol that the run was scored under.
        beside: see `score_frame`.

    Returns:
        For every summary and metric, one row per stem in the protocol's order, then `All`.

    Raises:
        StoreError: the run has no scores under this protocol.
    """
    document = run.protocol(protocol)
    scores = score_frame(run, document, beside=beside)
    return summarise_scores(scores, document, system=run.manifest.label)


def summarise_scores(
    scores: pd.DataFrame, document: Protocol, *, system: str
) -> tuple[SummaryRow, ...]:
    """Return the numbers of a score table; see `summarise`.

    Args:
        scores: rows as `score_frame` returns them.
        document: the protocol that they were made under.
        system: what the rows are called.
    """
    rows: list[SummaryRow] = []
    for summary in document.summaries:
        for metric in summary.metrics:
            own = scores[scores["metric"] == metric]
            stems = [
                _stem_row(own[own["stem"] == stem], system, document, summary, metric, stem)
                for stem in document.stems
            ]
            rows += stems
            if summary.all_stems:
                rows.append(_all_row(stems, summary))
    return tuple(rows)


def reduced(values: pd.DataFrame, summary: Summary) -> tuple[pd.Series[float], ...]:
    """Return the values of one stem after each step of a reduction.

    Args:
        values: columns track, replicate, start, value; no missing values.
        summary: names the steps.

    Returns:
        One series per step, indexed by the axes that remain; the last has one value, or none.
    """
    axes = {"window": "start", "track": "track", "replicate": "replicate"}
    remaining = [axes[axis] for step in summary.steps for axis in step.over]
    series = values.set_index(remaining)["value"]
    steps = []
    for step in summary.steps:
        remaining = [name for name in remaining if name not in {axes[axis] for axis in step.over}]
        if remaining:
            groups = series.groupby(level=remaining, observed=True, sort=True)
            series = groups.agg(partial(_reduce, by=step.by))
        else:
            found = [_reduce(series, step.by)] if len(series) else []
            series = pd.Series(found, dtype=np.float64)
        steps.append(series)
    return tuple(steps)


def _reduce(found: pd.Series[float] | Array | list[float], by: str) -> float:
    values = np.asarray(found, dtype=np.float64)
    if by == "mean":
        return float(np.mean(values))
    if by == "median":
        return float(np.median(values))
    return float(np.sort(values)[(len(values) - 1) // 2])


def _stem_row(
    scores: pd.DataFrame, system: str, protocol: Protocol, summary: Summary, metric: str, stem: str
) -> SummaryRow:
    used = used_scores(scores, summary)
    left = scores["status"].astype(str).drop(used.index)
    with np.errstate(invalid="ignore"):
        steps = reduced(used, summary)
    found = float(steps[-1].iloc[0]) if len(steps[-1]) else np.nan
    value, outcome = _presented(found)
    return SummaryRow(
        system=system,
        protocol=protocol.id,
        summary=summary.name,
        metric=metric,
        stem=stem,
        value=value,
        status=outcome,
        tracks=int(used["track"].nunique()),
        used=len(used),
        silent=int(used["silent"].fillna(value=False).sum()),
        left={str(name): int(count) for name, count in left.value_counts().items()},
    )


def _all_row(stems: list[SummaryRow], summary: Summary) -> SummaryRow:
    """Return the number over all stems: undefined as soon as one of them is."""
    chosen = [row for row in stems if row.stem in summary.all_stems]
    numbers = [_number(row) for row in chosen]
    with np.errstate(invalid="ignore"):
        found = np.nan if np.isnan(numbers).any() else _reduce(numbers, summary.all_by)
    value, outcome = _presented(found)
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


def _number(row: SummaryRow) -> float:
    if row.value is not None:
        return row.value
    return _INFINITE.get(str(row.status), np.nan)


def _presented(value: float) -> tuple[float | None, Status]:
    if np.isnan(value):
        return None, Status.UNDEFINED
    if np.isinf(value):
        return None, Status.PLUS_INF if value > 0 else Status.MINUS_INF
    return value, Status.OK
