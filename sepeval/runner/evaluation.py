"""Evaluate a separator on a split, under protocols, into a run on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from sepeval.errors import DataError, ProtocolError
from sepeval.kernels.bsseval.engines import engine as named
from sepeval.metrics.base import Means, Shelf, build
from sepeval.protocol import Protocol
from sepeval.registry import nearest
from sepeval.runner.cluster import refuse_absent
from sepeval.runner.continuing import all_protocols, notes_of_errors, restarted, views_left
from sepeval.runner.identity import identity
from sepeval.runner.job import Job
from sepeval.runner.places import places_of
from sepeval.runner.rescoring import write_scores
from sepeval.runner.shares import Shard, portion
from sepeval.runner.workers import Progress, place_on, work
from sepeval.scoring import misfit
from sepeval.separators.base import Described, Recording
from sepeval.store import Manifest, Run, create
from sepeval.store.lock import locked
from sepeval.store.manifest import SCHEMA, environment
from sepeval.store.mending import mend
from sepeval.store.places import write_places
from sepeval.store.run import folder_of
from sepeval.types import Backend, EngineName, Index, Track


def evaluate(
    index: Index,
    separator: Described,
    protocols: Sequence[Protocol],
    *,
    root: Path,
    label: str,
    seed: int = 0,
    replicates: int = 1,
    workers: int = 1,
    backend: Backend = "loky",
    scheduler: str = "",
    tracks: Sequence[str] = (),
    shard: Shard | None = None,
    allow_partial: bool = False,
    keep_estimates: bool = False,
    engine: EngineName = "scipy",
    shelf: Shelf | None = None,
    with_signals: bool = True,
    retry_errors: bool = False,
    told: Callable[[Progress], None] | None = None,
) -> Run:
    """Return the run of a separator on a split, scored under every protocol.

    A run that exists already is continued: only parts that are missing or damaged are made, and
    the scores come out as if it had never been interrupted, to the byte. A track that cannot be
    evaluated has rows of status `error`, and the others go on; in a run that was finished it is
    left so unless `retry_errors` is said.

    Args:
        index: the split, from a dataset adapter.
        separator: what is evaluated.
        protocols: under which the scores are made.
        root: folder of runs.
        label: how the run is called in tables and in its folder's name.
        seed: from which the seeds of tracks and replicates are derived.
        replicates: draws of a stochastic separator; others are drawn once.
        workers: processes that work on tracks; fewer where they would not fit into the memory.
        backend: `loky`: processes of this machine; `dask`, `ray`: all workers of a cluster.
        scheduler: address of the cluster.
        tracks: ids of the tracks to evaluate; all if empty.
        shard: which share of the tracks is evaluated; `merge` joins the shares of several machines.
        allow_partial: accept a split that is incomplete, or only some of its tracks; every table
            then says so.
        keep_estimates: store the estimates as 32-bit float WAV files.
        engine: who computes filters; changes scores by rounding only.
        shelf: where what is made of the references is kept for the next run.
        with_signals: store what audits want to know of the signals besides their statistics (peaks,
            clipping, delays, copies); it takes about as long as reading 16-bit files.
        retry_errors: try again what was refused when the run was last finished.
        told: called in this process for each note and after each track.

    Raises:
        DataError: the split is incomplete, or a track or share is not in it, or a worker does not
            see its files.
        DependencyError: the package or device of the engine is missing, or the cluster.
        ProtocolError: the protocols do not fit the dataset or each other.
        StoreError: the results cannot be written, another process writes into the run, or the run
            was written with another schema.
    """
    protocols = [protocol.for_stems(index.stems) for protocol in protocols]
    _refuse_unfit(index, protocols)
    named(engine)
    refuse_absent(backend, scheduler)
    chosen = _chosen(index, tracks)
    if isinstance(separator, Recording) and separator.is_of_one_track and len(chosen) > 1:
        message = (
            f"{index.dataset}/{index.split} has {len(chosen)} tracks; the names of the estimates "
            "do not tell tracks apart: give a pattern with {track}"
        )
        raise DataError(message)
    if shard is not None and tracks:
        raise DataError("a share is of all tracks of a split: choose tracks, or a share, not both")
    partial = _partial(index, chosen, allow_partial=allow_partial)
    own = portion(chosen, shard, partial=partial)
    draws = replicates if separator.is_stochastic else 1
    stems = tuple(dict.fromkeys([*index.stems, *(one for each in protocols for one in each.stems)]))
    document = identity(index, chosen, separator, stems=stems, seed=seed, replicates=draws)
    started = Manifest(
        schema_version=SCHEMA,
        identity=document,
        environment=environment(
            workers=workers, engine=engine, separator=place_on(backend, separator)
        ),
        label=label,
        dataset=index.dataset,
        split=index.split,
        choices=dict(index.choices),
        partial=own.partial,
        share=own.share,
        status="started",
        tracks=own.records,
        layouts=[],
        protocols={},
        parts={},
    )
    folder = folder_of(root, started, separator=label)
    with locked(folder):
        damaged = mend(folder)
        if told is not None:
            for note in (*damaged, *notes_of_errors(folder, started)):
                told(Progress(label, 0, len(own.tracks), "", "", note))
        run = create(root, started, separator=label)
        if damaged:
            protocols = all_protocols(run, protocols)
        looks = views_left(
            run, protocols, separator, keep_estimates=keep_estimates, with_signals=with_signals
        )
        run = run.save(restarted(run.manifest, looks, stems=index.stems))
        means = Means(max(1, (os.cpu_count() or 1) // max(1, workers)), engine, shelf)
        jobs = [
            Job(
                run=run,
                record=record,
                track=track,
                separator=separator,
                views=looks,
                seed=seed,
                replicates=draws,
                keep_estimates=keep_estimates,
                means=means,
                with_signals=with_signals,
                retry_errors=retry_errors,
            )
            for record, track in zip(run.manifest.tracks, own.tracks, strict=True)
        ]
        made = work(jobs, workers=workers, backend=backend, scheduler=scheduler, told=told)
        records = sorted(made, key=lambda record: record.number)
        run = run.save(run.manifest.model_copy(update={"tracks": records}))
        write_places(run.folder, places_of(run, own.tracks, separator, stems=stems))
        run = write_scores(run, protocols)
        done = {"status": "complete", "parts": run.part_digests()}
        return run.save(run.manifest.model_copy(update=done))


def _refuse_unfit(index: Index, protocols: Sequence[Protocol]) -> None:
    if not protocols:
        raise ProtocolError("no protocol was named; `sepeval protocols` lists them")
    for protocol in protocols:
        reason = misfit(protocol, index)
        if reason:
            raise ProtocolError(reason)
        for entry in protocol.metrics:
            build(entry)


def _chosen(index: Index, tracks: Sequence[str]) -> tuple[Track, ...]:
    known = {track.id: track for track in index.tracks}
    for name in tracks:
        if name not in known:
            message = f"{index.dataset}/{index.split}: no track {name!r}; {nearest(name, known)}"
            raise DataError(message)
    return tuple(track for track in index.tracks if not tracks or track.id in set(tracks))


def _partial(index: Index, chosen: Sequence[Track], *, allow_partial: bool) -> str:
    whole = index.expected if index.expected is not None else len(index.tracks)
    if len(chosen) == whole:
        return ""
    if not allow_partial:
        message = (
            f"{index.dataset}/{index.split} has {whole} tracks; {len(chosen)} were found or "
            "chosen. A score over part of a split is not comparable; to score it all the same, "
            "say so (--partial)"
        )
        raise DataError(message)
    return f"{len(chosen)} of {whole} tracks"
