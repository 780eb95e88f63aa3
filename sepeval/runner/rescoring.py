"""Scores of a run from its stored statistics, without audio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, partial

import pyarrow as pa
from pydantic import JsonValue

from sepeval.errors import StoreError
from sepeval.kernels.windows import gather
from sepeval.metrics.base import SignalMetric, build
from sepeval.protocol import AudioRule, Protocol
from sepeval.scoring import TrackStatistics, View, grid, score_track
from sepeval.scoring.score import measurement_key
from sepeval.store import Run, TrackRecord, open_run, parts, scores
from sepeval.store.files import remove_unfinished
from sepeval.store.lock import locked
from sepeval.store.manifest import Layout, metric_records
from sepeval.store.run import MANIFEST
from sepeval.store.scores import Scored
from sepeval.types import Array


def rescore(run: Run, protocols: Sequence[Protocol]) -> Run:
    """Write the scores of a run under protocols, from stored statistics, and return the run.

    Score files that exist are made again; they come out the same to the byte. What a process that
    was killed has left of a file is removed.

    Raises:
        StoreError: the stored statistics cannot serve a protocol, are damaged, or there are none,
            as in a run that was imported; or another process writes into the run.
    """
    with locked(run.folder):
        remove_unfinished(run.folder)
        return write_scores(open_run(run.folder), protocols)


def write_scores(run: Run, protocols: Sequence[Protocol]) -> Run:
    """Do as `rescore` does, for the holder of the run's lock."""
    _refuse_without_statistics(run)
    protocols = [protocol.for_stems(dataset_stems(run)) for protocol in protocols]
    layouts = {protocol.id: _layout(run, protocol) for protocol in protocols}
    for protocol, table in zip(protocols, _tables(run, protocols, layouts), strict=True):
        path = run.scores(protocol.id)
        parts.write_table(path, table, {**run.origin(path), **facts_of(protocol)})
    documents: dict[str, dict[str, JsonValue]] = {
        protocol.id: protocol.model_dump(mode="json") for protocol in protocols
    }
    records = {protocol.id: metric_records(protocol) for protocol in protocols}
    update = {
        "protocols": {**run.manifest.protocols, **documents},
        "metrics": {**run.manifest.metrics, **records},
        "layouts": _listed(run.manifest.layouts, layouts),
        "parts": {**run.manifest.parts, **run.part_digests(under="scores")},
    }
    return run.save(run.manifest.model_copy(update=update))


def rescore_all(
    runs: Sequence[Run], protocols: Sequence[Protocol], *, workers: int = 1
) -> tuple[Run, ...]:
    """Return many runs, scored again under protocols; see `rescore`.

    Args:
        runs: each with its own statistics.
        protocols: under which the scores are made.
        workers: processes that work on runs.

    Raises:
        StoreError: see `rescore`; runs that were finished before keep their scores.
    """
    from joblib import Parallel, delayed

    count = max(1, min(workers, len(runs)))
    return tuple(Parallel(n_jobs=count)(delayed(rescore)(run, protocols) for run in runs))


def _refuse_without_statistics(run: Run) -> None:
    if not run.manifest.layouts:
        message = (
            f"{run.folder}: holds scores and no statistics, so it cannot be scored again; import "
            "it under another protocol, or evaluate the audio (sepeval run)"
        )
        raise StoreError(message)


def is_served(run: Run, protocol: Protocol) -> bool:
    """Return whether every track's stored statistics serve a protocol, none of them refused."""
    try:
        layout = _layout(run, protocol)
    except StoreError:
        return False
    metrics = (build(entry) for entry in protocol.metrics)
    keys = {measurement_key(protocol, one) for one in metrics if isinstance(one, SignalMetric)}
    return all(
        not record.error_in(layout.key)
        and run.cells(layout.key, record).exists()
        and all(run.measured(key, record).exists() for key in keys)
        for record in run.manifest.tracks
    )


def read_statistics(run: Run, layout: str, *, record: TrackRecord) -> tuple[TrackStatistics, ...]:
    """Return the stored statistics of a track, one for each replicate.

    Raises:
        StoreError: a file is missing or damaged.
    """
    path = run.cells(layout, record)
    cells = run.read_cells(layout, record)
    with parts.well_formed(path):
        stems = tuple(str(one) for one in _list(cells.facts["stems"]))
        missing = tuple(str(one) for one in _list(cells.facts["missing"]))
        rate = int(str(cells.facts["rate"]))
        if rate <= 0 or any(one.stems != len(stems) for one in cells.replicates):
            raise ValueError(f"{rate} Hz and {len(stems)} names of stems")
    return tuple(
        TrackStatistics(one, cells.edges, stems, missing, rate, {}) for one in cells.replicates
    )


def score_table(run: Run, protocol: Protocol) -> pa.Table:
    """Return the scores of a run under a protocol, from stored statistics, without writing them.

    Raises:
        StoreError: the stored statistics cannot serve the protocol, or are damaged.
        ProtocolError: a metric's parameters have problems.
    """
    _refuse_without_statistics(run)
    whole = protocol.for_stems(dataset_stems(run))
    (table,) = _tables(run, [whole], {whole.id: _layout(run, whole)})
    return table


def facts_of(protocol: Protocol) -> dict[str, object]:
    """Return what stands in the header of a protocol's score table."""
    return {"protocol": protocol.id, "hash": protocol.hash}


def _tables(
    run: Run, protocols: Sequence[Protocol], layouts: Mapping[str, Layout]
) -> list[pa.Table]:
    """Return a score table for each protocol; the statistics of a track are read once."""
    scored: dict[str, list[Scored]] = {protocol.id: [] for protocol in protocols}
    for record in run.manifest.tracks:
        read = cache(partial(read_statistics, run, record=record))
        for protocol in protocols:
            layout = layouts[protocol.id]
            if record.error_in(layout.key):
                scored[protocol.id].append(Scored(record.id, 0, None))
                continue
            measured = _measured(run, record, protocol)
            for replicate, statistics in enumerate(read(layout.key)):
                stored = {key: columns[replicate] for key, columns in measured.items()}
                found = score_track(protocol, replace(statistics, measured=stored))
                scored[protocol.id].append(Scored(record.id, replicate, found))
    return [scores.score_table(protocol, scored[protocol.id]) for protocol in protocols]


def _measured(
    run: Run, record: TrackRecord, protocol: Protocol
) -> dict[str, tuple[dict[str, Array], ...]]:
    """Return what the protocol's signal metrics stored for a track, by key of measurement."""
    metrics = (build(entry) for entry in protocol.metrics)
    keys = {measurement_key(protocol, one) for one in metrics if isinstance(one, SignalMetric)}
    return {key: run.read_measured(key, record) for key in sorted(keys)}


def _layout(run: Run, protocol: Protocol) -> Layout:
    """Return the latest layout whose stems and edges serve the protocol.

    Raises:
        StoreError: there is none.
    """
    reason = (
        f"{protocol.id} hears the audio in another way (rate, mixture, lengths or stems) than any "
        "protocol this run was made for; run it again on the audio"
    )
    latest = reversed(run.manifest.layouts)
    for layout in sorted(latest, key=lambda one: protocol.id not in one.protocols):
        stems = {stem: tuple(found) for stem, found in layout.stems.items()}
        with parts.well_formed(run.folder / MANIFEST):
            audio = AudioRule.model_validate(layout.audio)
        if not View(audio, stems, (), ()).serves(protocol):
            continue
        sound = [one for one in run.manifest.tracks if not one.error_in(layout.key)]
        if not sound or _has_edges(read_statistics(run, layout.key, record=sound[0])[0], protocol):
            return layout
        reason = (
            f"{protocol.id} cuts windows where the run has no edges of cells; run it again on "
            "the audio with this protocol"
        )
    raise StoreError(reason)


def _has_edges(track: TrackStatistics, protocol: Protocol) -> bool:
    cut = grid(protocol, length=int(track.edges[-1]), rate=track.rate)
    return all(gather(one, track.edges) is not None for one in (cut.windows, cut.segments))


def _listed(known: Sequence[Layout], used: Mapping[str, Layout]) -> list[Layout]:
    """Return the layouts with the protocols that each of them has served."""
    served = {layout.key: [*layout.protocols] for layout in known}
    for protocol, layout in used.items():
        if protocol not in served[layout.key]:
            served[layout.key].append(protocol)
    return [layout.model_copy(update={"protocols": served[layout.key]}) for layout in known]


def dataset_stems(run: Run) -> tuple[str, ...]:
    """Return the dataset's stems that the run holds statistics of, each by itself, in its order."""
    held = dict.fromkeys(
        stem
        for layout in run.manifest.layouts
        for stem, parts in layout.stems.items()
        if parts == [stem]
    )
    return tuple(stem for stem in run.manifest.stems or held if stem in held)


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
