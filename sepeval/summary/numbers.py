"""The rows of a table: of one run, or of thousands at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from sepeval.protocol import Protocol, Summary
from sepeval.store import Run
from sepeval.store.parts import data_frame
from sepeval.summary.reducing import keys, reductions
from sepeval.summary.rows import SummaryRow, all_row, presented
from sepeval.summary.scores import STATUSES, entering, places, score_frame, score_rows
from sepeval.types import Array, BoolArray, IntArray

_BATCH = 2_000_000  # rows of scores that are reduced at once: some 200 MB


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


def summarise_all(runs: Sequence[Run], document: Protocol) -> tuple[tuple[SummaryRow, ...], ...]:
    """Return the numbers of each of several runs, beside the others; see `summarise`.

    Args:
        runs: that were scored.
        document: the protocol, as the runs record it.

    Raises:
        StoreError: a run has no scores under this protocol.
    """
    if document.silence.mask != "own":
        return tuple(summarise(run, document.id, beside=runs) for run in runs)
    found: list[tuple[SummaryRow, ...]] = []
    batch: list[pa.Table] = []
    rows, digest = 0, document.hash
    for run in runs:
        table = score_rows(run, document.id, digest=digest)
        rows += table.num_rows
        if batch and (rows > _BATCH or not _has_tracks_of(table, batch[0])):
            found += _of_batch(batch, runs[len(found) :], document)
            batch, rows = [], table.num_rows
        batch.append(table)
    return (*found, *_of_batch(batch, runs[len(found) :], document))


def summarise_scores(
    scores: pd.DataFrame, document: Protocol, *, system: str
) -> tuple[SummaryRow, ...]:
    """Return the numbers of a score table; see `summarise`.

    Args:
        scores: rows as `score_frame` returns them.
        document: the protocol that they were made under.
        system: what the rows are called.
    """
    (rows,) = _rows(scores, np.zeros(len(scores), np.int64), document, [system])
    return rows


class _Scores(NamedTuple):
    """The scores of several runs, each [row].

    Attributes:
        run: number of the run.
        stem: place of the stem in the protocol; -1 for others.
        metric: place of the score's name in the protocol.
        status: place in `STATUSES`.
        silent: whether the reference is.
        axes: what is reduced over; see `reducing.keys`.
    """

    run: IntArray
    stem: IntArray
    metric: IntArray
    status: IntArray
    silent: BoolArray
    axes: Mapping[str, IntArray]


class _Facts(NamedTuple):
    """What is known of one metric under one summary, by the number of run and stem."""

    values: Mapping[int, float]
    tracks: Mapping[int, int]
    used: Mapping[int, int]
    silent: Mapping[int, int]
    left: Mapping[int, Mapping[str, int]]


def _of_batch(
    batch: Sequence[pa.Table], runs: Sequence[Run], document: Protocol
) -> list[tuple[SummaryRow, ...]]:
    if not batch:
        return []
    numbers = np.repeat(np.arange(len(batch)), [one.num_rows for one in batch])
    joined = data_frame(pa.concat_tables(batch).unify_dictionaries())
    return _rows(joined, numbers, document, [run.manifest.label for run in runs[: len(batch)]])


def _has_tracks_of(table: pa.Table, other: pa.Table) -> bool:
    """Return whether two tables have the same tracks in the same order, which is that of sums."""
    ours, theirs = (one.column("track").unique() for one in (table, other))
    return bool(ours.equals(theirs))


def _rows(
    scores: pd.DataFrame, numbers: IntArray, document: Protocol, names: Sequence[str]
) -> list[tuple[SummaryRow, ...]]:
    """Return the numbers of several runs.

    Args:
        scores: rows as `score_frame` returns them.
        numbers: [row] of which run each row is.
        document: the protocol that they were made under.
        names: what the rows of each run are called.
    """
    metrics = [entry.name for entry in document.metrics]
    columns = _Scores(
        run=numbers,
        stem=places(scores["stem"], list(document.stems)),
        metric=places(scores["metric"], metrics),
        status=places(scores["status"], STATUSES),
        silent=scores["silent"].fillna(value=False).to_numpy(np.bool_),
        axes=keys(scores),
    )
    found: list[list[SummaryRow]] = [[] for _ in names]
    for summary in document.summaries:
        values, kept = entering(scores, summary)
        for metric in summary.metrics:
            own = (columns.metric == metrics.index(metric)) & (columns.stem >= 0)
            facts = _facts(columns, values, own & kept, own & ~kept, document, summary)
            for number, (name, rows) in enumerate(zip(names, found, strict=True)):
                stems = [
                    _row(
                        facts,
                        number * len(document.stems) + place,
                        _Of(name, document, summary, metric, stem),
                    )
                    for place, stem in enumerate(document.stems)
                ]
                rows += [*stems, *([all_row(stems, summary)] if summary.all_stems else [])]
    return [tuple(rows) for rows in found]


def _facts(
    columns: _Scores,
    values: Array,
    kept: BoolArray,
    left: BoolArray,
    document: Protocol,
    summary: Summary,
) -> _Facts:
    group = columns.run * len(document.stems) + columns.stem
    used = group[kept]
    axes = {name: column[kept] for name, column in columns.axes.items()}
    with np.errstate(invalid="ignore"):
        *_, last = reductions(axes, values[kept], summary, outer=used)
    count = int(columns.axes["track"].max(initial=0)) + 1
    pairs = np.unique(used * count + axes["track"])
    return _Facts(
        values=dict(zip(used[last.first].tolist(), last.values.tolist(), strict=True)),
        tracks=_counted(pairs // count),
        used=_counted(used),
        silent=_counted(group[kept & columns.silent]),
        left=_by_status(group[left], columns.status[left]),
    )


def _counted(groups: IntArray) -> dict[int, int]:
    found, counts = np.unique(groups, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _by_status(groups: IntArray, statuses: IntArray) -> dict[int, dict[str, int]]:
    """Return counts by status for each group, the most frequent first, then the first to come."""
    found, first, counts = np.unique(
        groups * len(STATUSES) + statuses, return_index=True, return_counts=True
    )
    told: dict[int, dict[str, int]] = {}
    for place in np.lexsort((first, -counts)):
        group, status = divmod(int(found[place]), len(STATUSES))
        told.setdefault(group, {})[STATUSES[status]] = int(counts[place])
    return told


class _Of(NamedTuple):
    """What a number is of."""

    system: str
    protocol: Protocol
    summary: Summary
    metric: str
    stem: str


def _row(facts: _Facts, group: int, of: _Of) -> SummaryRow:
    value, outcome = presented(facts.values.get(group, np.nan))
    return SummaryRow(
        system=of.system,
        protocol=of.protocol.id,
        summary=of.summary.name,
        metric=of.metric,
        stem=of.stem,
        value=value,
        status=outcome,
        tracks=facts.tracks.get(group, 0),
        used=facts.used.get(group, 0),
        silent=facts.silent.get(group, 0),
        left=facts.left.get(group, {}),
    )
