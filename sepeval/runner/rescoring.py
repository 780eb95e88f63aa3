"""Scores of a run from its stored statistics, without audio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import JsonValue

from sepeval.errors import StoreError
from sepeval.metrics.base import SignalMetric, build
from sepeval.protocol import AudioRule, Protocol
from sepeval.scoring import TrackScores, TrackStatistics, View, score_track
from sepeval.scoring.score import measurement_key
from sepeval.store import Run, TrackRecord, parts
from sepeval.store.manifest import Layout
from sepeval.types import Status

_NAMES = np.array([str(status) for status in Status])


def rescore(run: Run, protocols: Sequence[Protocol]) -> Run:
    """Write the scores of a run under protocols, from stored statistics, and return the run.

    Score files that exist are made again; they come out the same to the byte.

    Raises:
        StoreError: the stored statistics cannot serve a protocol, are damaged, or there are none,
            as in a run that was imported.
    """
    if not run.manifest.layouts:
        message = (
            f"{run.folder}: holds scores and no statistics, so it cannot be scored again; import "
            "it under another protocol, or evaluate the audio (sepeval run)"
        )
        raise StoreError(message)
    protocols = [protocol.for_stems(_dataset_stems(run)) for protocol in protocols]
    for protocol in protocols:
        table, used = _scored(run, protocol)
        run = _recorded(run, protocol, used)
        facts: dict[str, object] = {"schema": 1, "protocol": protocol.id, "hash": protocol.hash}
        parts.write_table(run.scores(protocol.id), table, facts)
    documents: dict[str, dict[str, JsonValue]] = {
        protocol.id: protocol.model_dump(mode="json") for protocol in protocols
    }
    merged = {**run.manifest.protocols, **documents}
    return run.save(run.manifest.model_copy(update={"protocols": merged}))


def read_statistics(run: Run, layout: Layout, record: TrackRecord) -> tuple[TrackStatistics, ...]:
    """Return the stored statistics of a track, one for each replicate.

    Raises:
        StoreError: a file is missing or damaged.
    """
    cells = parts.read_cells(run.cells(layout.key, record))
    facts = cells.facts
    stems = tuple(str(one) for one in _list(facts["stems"]))
    missing = tuple(str(one) for one in _list(facts["missing"]))
    return tuple(
        TrackStatistics(one, cells.edges, stems, missing, int(str(facts["rate"])), {})
        for one in cells.replicates
    )


def _score(run: Run, layout: Layout, record: TrackRecord, protocol: Protocol) -> pa.Table:
    if record.error_in(layout.key):
        return _error_rows(record, protocol)
    statistics = read_statistics(run, layout, record)
    keys = {
        measurement_key(protocol, metric)
        for metric in map(build, protocol.metrics)
        if isinstance(metric, SignalMetric)
    }
    measured = {key: parts.read_measured(run.measured(key, record)) for key in sorted(keys)}
    tables = []
    for replicate, one in enumerate(statistics):
        stored = {key: columns[replicate] for key, columns in measured.items()}
        track = TrackStatistics(one.cells, one.edges, one.stems, one.missing, one.rate, stored)
        tables.append(_rows(score_track(protocol, track), record, replicate, protocol))
    return pa.concat_tables(tables)


def _rows(scores: TrackScores, record: TrackRecord, replicate: int, protocol: Protocol) -> pa.Table:
    metrics, stems, windows = scores.values.shape
    count = metrics * stems * windows
    values = scores.values.ravel()
    return _table(
        protocol,
        track=_constant(record.id, count),
        stem=np.tile(np.repeat(np.array(scores.stems), windows), metrics),
        metric=np.repeat(np.array(scores.metrics), stems * windows),
        replicate=np.full(count, replicate, np.int32),
        start=np.tile(scores.windows[:, 0], metrics * stems),
        stop=np.tile(scores.windows[:, 1], metrics * stems),
        value=pa.array(values, mask=np.isnan(values)),
        status=_NAMES[scores.statuses.ravel()],
        silent=np.tile(scores.silent.ravel(), metrics),
    )


def _error_rows(record: TrackRecord, protocol: Protocol) -> pa.Table:
    stems, metrics = list(protocol.stems), [entry.name for entry in protocol.metrics]
    count = len(stems) * len(metrics)
    return _table(
        protocol,
        track=_constant(record.id, count),
        stem=np.tile(np.array(stems), len(metrics)),
        metric=np.repeat(np.array(metrics), len(stems)),
        replicate=np.zeros(count, np.int32),
        start=np.zeros(count, np.int64),
        stop=np.zeros(count, np.int64),
        value=pa.nulls(count, pa.float64()),
        status=np.full(count, str(Status.ERROR)),
        silent=pa.nulls(count, pa.bool_()),
    )


def _table(protocol: Protocol, **columns: object) -> pa.Table:
    """Return a score table; texts are stored once each."""
    texts = {"track", "stem", "metric", "status"}
    arrays = {
        name: pa.array(column).dictionary_encode() if name in texts else pa.array(column)
        for name, column in columns.items()
    }
    count = len(arrays["value"])
    arrays["protocol"] = pa.array(_constant(protocol.id, count)).dictionary_encode()
    arrays["hash"] = pa.array(_constant(protocol.hash[:8], count)).dictionary_encode()
    return pa.table(arrays)


def _constant(text: str, count: int) -> NDArray[np.str_]:
    return np.full(count, text)


def score_table(run: Run, protocol: Protocol) -> pa.Table:
    """Return the scores of a run under a protocol, from stored statistics, without writing them.

    Raises:
        StoreError: the stored statistics cannot serve the protocol, or are damaged.
        ProtocolError: a metric's parameters have problems.
    """
    return _scored(run, protocol.for_stems(_dataset_stems(run))).table


class _Scored(NamedTuple):
    """A score table, and the layout whose statistics it was made from."""

    table: pa.Table
    layout: Layout


def _recorded(run: Run, protocol: Protocol, used: Layout) -> Run:
    """Return the run with the protocol among those of the layout that served it."""
    layouts = [
        layout.model_copy(update={"protocols": [*layout.protocols, protocol.id]})
        if layout.key == used.key and protocol.id not in layout.protocols
        else layout
        for layout in run.manifest.layouts
    ]
    return replace(run, manifest=run.manifest.model_copy(update={"layouts": layouts}))


def _scored(run: Run, protocol: Protocol) -> _Scored:
    """Return the scores from the latest layout whose stems and edges serve the protocol."""
    reason = (
        f"{protocol.id} hears the audio in another way (rate, mixture, lengths or stems) than any "
        "protocol this run was made for; run it again on the audio"
    )
    latest = reversed(run.manifest.layouts)
    for layout in sorted(latest, key=lambda one: protocol.id not in one.protocols):
        stems = {stem: tuple(found) for stem, found in layout.stems.items()}
        if View(AudioRule.model_validate(layout.audio), stems, (), ()).serves(protocol):
            try:
                records = run.manifest.tracks
                tables = [_score(run, layout, one, protocol) for one in records]
                return _Scored(pa.concat_tables(tables), layout)
            except StoreError as error:
                reason = str(error)
    raise StoreError(reason)


def _dataset_stems(run: Run) -> tuple[str, ...]:
    """Return the dataset's stems that the run holds statistics of, each by itself."""
    stems = {stem: parts for layout in run.manifest.layouts for stem, parts in layout.stems.items()}
    return tuple(stem for stem, parts in stems.items() if parts == [stem])


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
