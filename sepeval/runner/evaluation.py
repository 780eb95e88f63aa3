"""Evaluate a separator on a split, under protocols, into a run on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sepeval.errors import DataError, ProtocolError
from sepeval.kernels.bsseval.engines import engine as named
from sepeval.metrics.base import Means, Shelf, build
from sepeval.protocol import Protocol
from sepeval.registry import nearest
from sepeval.runner.identity import identity
from sepeval.runner.job import Job, process
from sepeval.runner.places import places_of
from sepeval.runner.rescoring import is_served, rescore
from sepeval.scoring import View, misfit, views
from sepeval.separators.base import Described, Recording
from sepeval.separators.network import place
from sepeval.store import Manifest, Run, TrackRecord, create
from sepeval.store.manifest import SCHEMA, Layout, environment
from sepeval.store.places import write_places
from sepeval.store.signals import has_signals
from sepeval.types import EngineName, Index, Track


@dataclass(frozen=True)
class Progress:
    """What is told after each track.

    Attributes:
        label: of the run.
        done: tracks finished.
        total: tracks of the run.
        track: id of the track that has just finished.
        error: why it has no scores; empty if it has.
    """

    label: str
    done: int
    total: int
    track: str
    error: str


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
    tracks: Sequence[str] = (),
    allow_partial: bool = False,
    keep_estimates: bool = False,
    engine: EngineName = "scipy",
    shelf: Shelf | None = None,
    with_signals: bool = True,
    told: Callable[[Progress], None] | None = None,
) -> Run:
    """Return the run of a separator on a split, scored under every protocol.

    A run that exists already is continued: only missing parts are made. A track that cannot be
    evaluated has rows of status `error`, and the others go on.

    Args:
        index: the split, from a dataset adapter.
        separator: what is evaluated.
        protocols: under which the scores are made.
        root: folder of runs.
        label: how the run is called in tables and in its folder's name.
        seed: from which the seeds of tracks and replicates are derived.
        replicates: draws of a stochastic separator; others are drawn once.
        workers: processes that work on tracks.
        tracks: ids of the tracks to evaluate; all if empty.
        allow_partial: accept a split that is incomplete, or only some of its tracks; every table
            then says so.
        keep_estimates: store the estimates as 32-bit float WAV files.
        engine: who computes filters; changes scores by rounding only.
        shelf: where what is made of the references is kept for the next run.
        with_signals: store what audits want to know of the signals besides their statistics (peaks,
            clipping, delays, copies); it takes about as long as reading 16-bit files.
        told: called in this process after each track.

    Raises:
        DataError: the split is incomplete or a track is not in it.
        DependencyError: the engine's package or device is missing.
        ProtocolError: the protocols do not fit the dataset or each other.
        StoreError: the results cannot be written.
    """
    protocols = [protocol.for_stems(index.stems) for protocol in protocols]
    _refuse_unfit(index, protocols)
    named(engine)
    chosen = _chosen(index, tracks)
    if isinstance(separator, Recording) and separator.is_of_one_track and len(chosen) > 1:
        message = (
            f"{index.dataset}/{index.split} has {len(chosen)} tracks; the names of the estimates "
            "do not tell tracks apart: give a pattern with {track}"
        )
        raise DataError(message)
    partial = _partial(index, chosen, allow_partial=allow_partial)
    draws = replicates if separator.is_stochastic else 1
    stems = tuple(dict.fromkeys([*index.stems, *(one for each in protocols for one in each.stems)]))
    document = identity(index, chosen, separator, stems=stems, seed=seed, replicates=draws)
    started = Manifest(
        schema_version=SCHEMA,
        identity=document,
        environment=environment(workers=workers, engine=engine, separator=place(separator)),
        label=label,
        dataset=index.dataset,
        split=index.split,
        choices=dict(index.choices),
        partial=partial,
        status="started",
        tracks=[_record(number, track) for number, track in enumerate(chosen)],
        layouts=[],
        protocols={},
        parts={},
    )
    run = create(root, started, separator=label)
    lacks = with_signals and isinstance(separator, Recording) and not has_signals(run)
    again = keep_estimates or lacks
    looks = views([one for one in protocols if again or not is_served(run, one)])
    run = run.save(_restarted(run.manifest, looks))
    means = Means(max(1, (os.cpu_count() or 1) // max(1, workers)), engine, shelf)
    jobs = [
        Job(run, record, track, separator, looks, seed, draws, keep_estimates, means, with_signals)
        for record, track in zip(run.manifest.tracks, chosen, strict=True)
    ]
    records = sorted(_work(jobs, workers, told), key=lambda record: record.number)
    run = run.save(run.manifest.model_copy(update={"tracks": records}))
    write_places(run.folder, places_of(run, chosen, separator, stems=stems))
    run = rescore(run, protocols)
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


def _record(number: int, track: Track) -> TrackRecord:
    return TrackRecord(number=number, id=track.id, missing=list(track.missing), error=track.fault)


def _restarted(manifest: Manifest, looks: Iterable[View]) -> Manifest:
    """Return the manifest with the layouts that the views need, not complete any more."""
    layouts = {layout.key: layout for layout in manifest.layouts}
    for view in looks:
        layouts[view.layout] = Layout(
            key=view.layout,
            audio=view.audio.model_dump(mode="json"),
            stems={stem: list(parts) for stem, parts in view.stems.items()},
            protocols=[protocol.id for protocol in view.protocols],
        )
    update = {"status": "started", "layouts": list(layouts.values())}
    return manifest.model_copy(update=update)


def _work(
    jobs: Sequence[Job], workers: int, told: Callable[[Progress], None] | None
) -> list[TrackRecord]:
    """Return the records of all tracks, in the order in which they finish."""
    from joblib import Parallel, delayed, parallel_config

    done: list[TrackRecord] = []
    count = min(workers, len(jobs))
    with parallel_config(backend="loky", inner_max_num_threads=1 if count > 1 else None):
        finished = Parallel(n_jobs=count, return_as="generator_unordered", batch_size=1)(
            delayed(process)(job) for job in jobs
        )
        for record in finished:
            done.append(record)
            if told is not None:
                told(
                    Progress(
                        jobs[0].run.manifest.label, len(done), len(jobs), record.id, record.trouble
                    )
                )
    return done
