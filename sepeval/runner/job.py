"""One track: separate it, measure it, store its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from sepeval import audio
from sepeval.errors import DataError, SepevalError, StoreError
from sepeval.kernels import cells
from sepeval.kernels.signal_facts import SignalFacts, signal_facts
from sepeval.loading import Aligned, align, heard_rate, load, missing_stems, stream
from sepeval.metrics.base import Means, Prepared, SignalMetric, build
from sepeval.protocol import Protocol
from sepeval.runner.estimates import Estimates, Timing
from sepeval.runner.memory import Plan, recorded_files
from sepeval.scoring import View, edges, grid
from sepeval.scoring.score import measurement_key
from sepeval.separators.base import Described, Estimate, Recording
from sepeval.store import Run, TrackRecord, parts
from sepeval.store.files import write_whole_folder
from sepeval.store.signals import path_of, write_signals
from sepeval.types import Array, Signal, Stems, StreamedStems, Track, TrackAudio


@dataclass(frozen=True)
class Job:
    """Everything that one worker needs for one track.

    Attributes:
        run: where the parts go.
        record: the track's place in the run.
        track: its files.
        separator: what is evaluated.
        views: all that the protocols look at.
        seed: of the run.
        replicates: draws of the separator.
        keep_estimates: whether the estimates are written as files.
        means: with which metrics that need the audio work.
        with_signals: whether what audits want to know of the signals is stored too.
        retry_errors: whether what was refused before is tried again.
    """

    run: Run
    record: TrackRecord
    track: Track
    separator: Described
    views: tuple[View, ...]
    seed: int
    replicates: int
    keep_estimates: bool
    means: Means
    with_signals: bool = True
    retry_errors: bool = False


def process(job: Job) -> TrackRecord:
    """Make the parts of a track that are not there, and return its record with any error.

    BLAS runs on one thread, so that sums come out the same however many workers there are.
    """
    views = left(job)
    settled = {view.layout for view in views}
    settled |= {view.layout for view in job.views if _is_done(job, view)}
    with threadpool_limits(1), np.errstate(over="ignore", invalid="ignore"):  # told by statuses
        refused = _process_views(job, views)
    before = {key: why for key, why in job.record.refused.items() if key not in settled}
    return job.record.model_copy(update={"refused": {**before, **refused}})


def left(job: Job) -> list[View]:
    """Return the views of which a part is to be made; one that was refused is left as it is."""
    given_up = set() if job.retry_errors else set(job.record.refused)
    return [view for view in job.views if view.layout not in given_up and not _is_done(job, view)]


def signal_metrics(view: View) -> Iterator[tuple[str, Protocol, SignalMetric]]:
    """Yield key, protocol and metric of every measurement that the view's protocols share."""
    seen = set()
    for protocol in view.protocols:
        for entry in protocol.metrics:
            metric = build(entry)
            if isinstance(metric, SignalMetric):
                key = measurement_key(protocol, metric)
                if key not in seen:
                    seen.add(key)
                    yield key, protocol, metric


def _is_done(job: Job, view: View) -> bool:
    paths = [job.run.cells(view.layout, job.record)]
    paths += [job.run.measured(key, job.record) for key, _, _ in signal_metrics(view)]
    if job.keep_estimates:
        paths += [_kept(job, replicate) for replicate in range(job.replicates)]
    if not isinstance(job.separator, Recording):
        paths += [job.run.timings(job.record)]
    elif job.with_signals:  # nothing is separated again
        paths += [path_of(job.run, view.layout, job.record)]
    return all(path.exists() for path in paths)


def _process_views(job: Job, views: Sequence[View]) -> dict[str, str]:
    """Make the parts of each view, and return why one could not be made, by layout.

    Files and estimates that several views need are read once.
    """
    refused: dict[str, str] = {}
    several = len(views) > 1
    read = cache(audio.read) if several else audio.read
    estimates = Estimates(job.separator, job.track, seed=job.seed, remembers=several)
    with audio.Pieces() as pieces:
        for view in views:
            try:
                plan = Plan(job.track, job.separator, job.keep_estimates, job.means)
                plan.refuse_too_large(view)
                if plan.is_streamed(view):
                    _process_view(job, view, _unread(job, view, pieces))
                else:
                    held = _held(job, view, estimates, load(job.track, view, read=read))
                    _process_view(job, view, held)
                    del held  # before the next view is loaded
            except StoreError:
                raise
            except SepevalError as error:
                refused[view.layout] = str(error)
    if estimates.timings:
        _write_timings(job, estimates.timings)
    return refused


def _held(job: Job, view: View, made: Estimates, heard: TrackAudio) -> Callable[[int], Aligned]:
    """Return what gives the audio of a replicate as arrays."""

    def aligned(replicate: int) -> Aligned:
        estimate = made.of(view, heard, replicate)
        if job.keep_estimates:
            write_estimate(estimate, _kept(job, replicate), rate=heard.rate)
        return align(job.track, heard, estimate, view)

    return aligned


def _unread(job: Job, view: View, pieces: audio.Pieces) -> Callable[[int], Aligned]:
    """Return what gives the audio of files, to be read in slices."""

    def aligned(replicate: int) -> Aligned:  # noqa: ARG001 - files are what they are
        files = recorded_files(job.separator, job.track, view)
        return stream(job.track, view, files, pieces=pieces)

    return aligned


def _process_view(job: Job, view: View, aligned_of: Callable[[int], Aligned]) -> None:
    rate = heard_rate(job.track, view.audio)
    statistics: list[cells.Statistics] = []
    measured: dict[str, list[dict[str, Array]]] = {key: [] for key, _, _ in signal_metrics(view)}
    sides: dict[str, _Side] = {}
    signals: list[SignalFacts] = []
    cell_edges = np.zeros(0, np.int64)
    for replicate in range(job.replicates):
        aligned = aligned_of(replicate)
        length = aligned.mixture.shape[1]
        heard_alike = [one for one in view.cut_for if heard_rate(job.track, one.audio) == rate]
        cell_edges = edges(heard_alike, length=length, rate=rate)
        statistics.append(
            cells.measure(aligned.references, aligned.estimates, aligned.mixture, cell_edges)
        )
        if job.with_signals:
            signals.append(
                signal_facts(aligned.references, aligned.estimates, aligned.mixture, rate=rate)
            )
        for key, protocol, metric in signal_metrics(view):
            references, estimates = _of_protocol(protocol, view, aligned)
            side = sides.pop(key, None)
            if side is None or side.length != references.shape[2]:
                side = _side(protocol, metric, references, aligned.mixture, rate, job.means)
            if replicate < job.replicates - 1:
                sides[key] = side
            found = side.prepared.measure(references, estimates, means=job.means)
            measured[key].append(found)
    facts = {
        "track": job.track.id,
        "rate": rate,
        "stems": list(view.stems),
        "missing": list(missing_stems(job.track, view)),
    }
    if signals:
        path, stems = path_of(job.run, view.layout, job.record), tuple(view.stems)
        origin = job.run.origin(path)
        write_signals(path, tuple(signals), track=job.track.id, stems=stems, origin=origin)
    for key, columns in measured.items():
        path = job.run.measured(key, job.record)
        parts.write_measured(path, columns, {**job.run.origin(path), **facts})
    path = job.run.cells(view.layout, job.record)
    parts.write_cells(path, statistics, cell_edges, {**job.run.origin(path), **facts})


class _Side(NamedTuple):
    """References of one length, prepared; the next replicate is cut to another length at most."""

    length: int
    prepared: Prepared


def _side(
    protocol: Protocol,
    metric: SignalMetric,
    references: Stems,
    mixture: Signal,
    rate: int,
    means: Means,
) -> _Side:
    length = references.shape[2]
    windows = np.minimum(grid(protocol, length=length, rate=rate).windows, length)
    prepared = metric.prepare(references, mixture=mixture, windows=windows, rate=rate, means=means)
    return _Side(length, prepared)


def _of_protocol(protocol: Protocol, view: View, aligned: Aligned) -> tuple[Stems, Stems]:
    """Return the references and estimates of the protocol's stems."""
    places = [list(view.stems).index(stem) for stem in protocol.stems]
    if places == list(range(len(view.stems))):
        return aligned.references, aligned.estimates
    return _selected(aligned.references, places), _selected(aligned.estimates, places)


def _selected(stems: Stems, places: list[int]) -> Stems:
    return stems.select(places) if isinstance(stems, StreamedStems) else stems[places]


def _kept(job: Job, replicate: int) -> Path:
    """Return the folder of the estimates of a replicate."""
    folder = job.run.estimates(job.record)
    return folder / f"replicate-{replicate}" if job.replicates > 1 else folder


def write_estimate(estimate: Estimate, folder: Path, *, rate: int) -> None:
    """Write every stem as a 32-bit float WAV file, which clips nothing; all of them or none.

    Raises:
        DataError: the estimate cannot be held by such a file.
        StoreError: it cannot be written.
    """
    lengths = estimate.lengths or [estimate.audio.shape[2]] * len(estimate.stems)

    def write(temporary: Path) -> None:
        for stem, signal, length in zip(estimate.stems, estimate.audio, lengths, strict=True):
            path = temporary / f"{stem}.wav"
            try:
                audio.write(path, signal[:, :length], rate=rate, encoding="FLOAT")
            except DataError as error:
                if error.__cause__ is None:  # the samples, not the disk
                    raise
                reason = str(error).removeprefix(str(path))
                way_out = "free some space, or choose another folder, and run the command again"
                raise StoreError(f"{folder / path.name}{reason}; {way_out}") from error

    write_whole_folder(folder, write)


def _write_timings(job: Job, timings: Sequence[Timing]) -> None:
    table = pa.table(
        {
            "replicate": pa.array([one.replicate for one in timings], pa.int32()),
            "seconds": pa.array([one.seconds for one in timings], pa.float64()),
            "audio_s": pa.array([one.audio_s for one in timings], pa.float64()),
            "nfe": pa.array([one.nfe for one in timings], pa.int64()),
            "notes": pa.array([list(one.notes) for one in timings], pa.list_(pa.string())),
        }
    )
    path = job.run.timings(job.record)
    parts.write_table(path, table, {**job.run.origin(path), "track": job.track.id})
