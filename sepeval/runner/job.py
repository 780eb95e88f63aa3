"""One track: separate it, measure it, store its parts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from sepeval import audio
from sepeval.errors import DataError, SeparatorError, SepevalError, StoreError
from sepeval.kernels import cells
from sepeval.loading import Aligned, align, load, missing_stems
from sepeval.metrics.base import Means, Prepared, SignalMetric, build
from sepeval.protocol import Protocol
from sepeval.runner.identity import seed_of
from sepeval.scoring import View, edges, grid
from sepeval.scoring.score import measurement_key
from sepeval.separators.base import Described, Estimate, Oracle, Recording, Separator
from sepeval.store import Run, TrackRecord, parts
from sepeval.types import Array, Track, TrackAudio


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


def process(job: Job) -> TrackRecord:
    """Make the parts of a track that are not there, and return its record with any error.

    BLAS runs on one thread, so that sums come out the same however many workers there are.
    """
    try:
        with threadpool_limits(1):
            for view in job.views:
                if not _is_done(job, view):
                    _process_view(job, view)
    except StoreError:
        raise
    except SepevalError as error:
        return job.record.model_copy(update={"error": str(error)})
    return job.record.model_copy(update={"error": ""})


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
        paths += [job.run.estimates(job.record)]
    return all(path.exists() for path in paths)


def _process_view(job: Job, view: View) -> None:
    heard = load(job.track, view)
    statistics: list[cells.Statistics] = []
    measured: dict[str, list[dict[str, Array]]] = {key: [] for key, _, _ in signal_metrics(view)}
    sides: dict[str, _Side] = {}
    timings = []
    cell_edges = np.zeros(0, np.int64)
    for replicate in range(job.replicates):
        begin = time.perf_counter()
        estimate = _estimate(job, view, heard, replicate)
        timings.append((replicate, time.perf_counter() - begin, estimate.nfe))
        _refuse_nonfinite(estimate, job.track)
        if job.keep_estimates:
            _keep(job, estimate, heard.rate, replicate)
        aligned = align(job.track, heard, estimate, view)
        length = aligned.mixture.shape[1]
        cell_edges = edges(view.protocols, length=length, rate=heard.rate)
        statistics.append(
            cells.measure(aligned.references, aligned.estimates, aligned.mixture, cell_edges)
        )
        for key, protocol, metric in signal_metrics(view):
            references, estimates = _of_protocol(protocol, view, aligned)
            side = sides.pop(key, None)
            if side is None or side.length != references.shape[2]:
                side = _side(protocol, metric, references, heard.rate, job.means)
            if replicate < job.replicates - 1:
                sides[key] = side
            found = side.prepared.measure(references, estimates, means=job.means)
            measured[key].append(found)
    facts = {
        "schema": 1,
        "track": job.track.id,
        "rate": heard.rate,
        "stems": list(view.stems),
        "missing": list(missing_stems(job.track, view)),
    }
    for key, columns in measured.items():
        parts.write_measured(job.run.measured(key, job.record), columns, facts)
    if not isinstance(job.separator, Recording):
        _write_timings(job, timings, heard)
    parts.write_cells(job.run.cells(view.layout, job.record), statistics, cell_edges, facts)


def _estimate(job: Job, view: View, heard: TrackAudio, replicate: int) -> Estimate:
    separator = job.separator
    if isinstance(separator, Separator):
        seed = seed_of(job.seed, job.track.id, replicate)
        return separator.separate(heard.mixture, rate=heard.rate, seed=seed)
    if isinstance(separator, Oracle):
        return separator.separate(heard.references, heard.mixture, stems=tuple(view.stems))
    if isinstance(separator, Recording):
        stems = recorded_stems(separator, job.track, view)
        return separator.estimate(job.track, stems=stems, rate=heard.rate)
    raise SeparatorError(f"{type(separator).__name__} is no separator, oracle or recording")


def recorded_stems(separator: Recording, track: Track, view: View) -> tuple[str, ...]:
    """Return the stems to read: a stem itself where it was recorded, else the parts it sums."""
    asked = tuple(dict.fromkeys([*view.stems, *view.sources]))
    there = separator.fingerprint(track, stems=asked)
    wanted = (
        (stem,) if stem in there or parts == (stem,) else parts
        for stem, parts in view.stems.items()
    )
    return tuple(dict.fromkeys(name for names in wanted for name in names))


class _Side(NamedTuple):
    """References of one length, prepared; the next replicate is cut to another length at most."""

    length: int
    prepared: Prepared


def _side(
    protocol: Protocol, metric: SignalMetric, references: Array, rate: int, means: Means
) -> _Side:
    length = references.shape[2]
    windows = np.minimum(grid(protocol, length=length, rate=rate).windows, length)
    return _Side(length, metric.prepare(references, windows=windows, means=means))


def _of_protocol(protocol: Protocol, view: View, aligned: Aligned) -> tuple[Array, Array]:
    """Return the references and estimates of the protocol's stems."""
    places = [list(view.stems).index(stem) for stem in protocol.stems]
    if places == list(range(len(view.stems))):
        return aligned.references, aligned.estimates
    return aligned.references[places], aligned.estimates[places]


def _refuse_nonfinite(estimate: Estimate, track: Track) -> None:
    for stem, signal in zip(estimate.stems, estimate.audio, strict=True):
        if not np.isfinite(signal).all():
            message = f"track {track.id!r}, stem {stem!r}: the estimate holds NaN or infinity"
            raise DataError(message)


def _keep(job: Job, estimate: Estimate, rate: int, replicate: int) -> None:
    folder = job.run.estimates(job.record)
    folder = folder / f"replicate-{replicate}" if job.replicates > 1 else folder
    write_estimate(estimate, folder, rate=rate)


def write_estimate(estimate: Estimate, folder: Path, *, rate: int) -> None:
    """Write every stem as a 32-bit float WAV file, which clips nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem, signal in zip(estimate.stems, estimate.audio, strict=True):
        audio.write(folder / f"{stem}.wav", signal, rate=rate, encoding="FLOAT")


def _write_timings(job: Job, timings: list[tuple[int, float, int]], heard: TrackAudio) -> None:
    table = pa.table(
        {
            "replicate": pa.array([one for one, _, _ in timings], pa.int32()),
            "seconds": pa.array([one for _, one, _ in timings], pa.float64()),
            "audio_s": pa.array([heard.mixture.shape[1] / heard.rate] * len(timings)),
            "nfe": pa.array([one for _, _, one in timings], pa.int64()),
        }
    )
    parts.write_table(job.run.timings(job.record), table, {"schema": 1, "track": job.track.id})
