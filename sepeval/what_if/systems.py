"""The statistics of one system, in memory, and those of systems that do not separate.

Cells are joined to the windows that one protocol needs, which is all that its variants ask for.
They are read once per process: a key names the files by path and time of last change, so that
files that have changed are read again.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from sepeval.errors import StoreError
from sepeval.kernels.cells import Statistics, join
from sepeval.kernels.windows import gather
from sepeval.metrics.base import SignalMetric, build
from sepeval.protocol import Protocol
from sepeval.runner.rescoring import read_statistics
from sepeval.scoring import TrackStatistics, edges
from sepeval.scoring.score import measurement_key
from sepeval.store import Run, TrackRecord, open_run

Kind = Literal["as stored", "zeros", "mixture", "mixture_over_n"]
TRIVIAL: tuple[Kind, ...] = ("zeros", "mixture", "mixture_over_n")
_SYSTEMS = 32  # kept in memory: 50 songs in 1 s cells take about 30 MB

_LAYOUTS = 4  # kept in memory as they are stored


class Key(NamedTuple):
    """What names one system's statistics.

    Attributes:
        folder: of the run.
        layout: of the cells.
        protocol: id of the protocol whose windows are kept.
        stamp: sizes and times of the files.
        kind: as stored, or a system that does not separate, made of references and mixture.
        joined: whether cells that no window of the protocol tells apart are one.
    """

    folder: Path
    layout: str
    protocol: str
    stamp: tuple[tuple[int, int], ...]
    kind: Kind = "as stored"
    joined: bool = True


class Held(NamedTuple):
    """One estimate of one track; no statistics where the track has an error."""

    track: str
    replicate: int
    statistics: TrackStatistics | None


def key_of(run: Run, protocol: Protocol) -> Key:
    """Return the key of a run's statistics under a protocol that it was scored under.

    Raises:
        StoreError: the run holds no statistics for it, as one that was imported.
    """
    layouts = [one.key for one in run.manifest.layouts if protocol.id in one.protocols]
    if not layouts:
        message = (
            f"{run.folder}: holds no statistics for {protocol.id}; evaluate the audio (sepeval run)"
        )
        raise StoreError(message)
    files = [run.cells(layouts[-1], record) for record in run.manifest.tracks]
    facts = [path.stat() for path in files if path.exists()]
    stamp = tuple((one.st_size, one.st_mtime_ns) for one in facts)
    return Key(run.folder, layouts[-1], protocol.id, stamp)


def held(key: Key) -> tuple[Held, ...]:
    """Return the statistics of a system, track after track.

    Raises:
        StoreError: a file is missing or damaged.
    """
    first = _as_stored(key._replace(kind="as stored"))
    if key.kind == "as stored":
        return first
    return tuple(
        one._replace(statistics=one.statistics and trivial(one.statistics, key.kind))
        for one in first
        if one.replicate == 0
    )


@lru_cache(maxsize=_SYSTEMS)
def _as_stored(key: Key) -> tuple[Held, ...]:
    run = open_run(key.folder)
    protocol = run.protocol(key.protocol)
    found: list[Held] = []
    stored = _read(key.folder, key.layout, key.stamp)
    for record in run.manifest.tracks:
        if record.error_in(key.layout):
            found.append(Held(record.id, 0, None))
            continue
        measured = _measured(run, record, protocol)
        for place, one in enumerate(stored[record.number]):
            own = {name: columns[place] for name, columns in measured.items()}
            kept = _joined(one, protocol) if key.joined else _of_stems(one, protocol)
            found.append(Held(record.id, place, replace(kept, measured=own)))
    return tuple(found)


@lru_cache(maxsize=_LAYOUTS)
def _read(
    folder: Path,
    layout: str,
    stamp: tuple[tuple[int, int], ...],  # noqa: ARG001 - part of what is remembered
) -> dict[int, tuple[TrackStatistics, ...]]:
    """Return all cells of a layout, which several protocols share, by number of the track."""
    run = open_run(folder)
    return {
        record.number: read_statistics(run, layout, record=record)
        for record in run.manifest.tracks
        if not record.error_in(layout)
    }


def trivial(track: TrackStatistics, kind: Kind) -> TrackStatistics:
    """Return the statistics of a system that does not separate, exactly, without audio.

    An estimate that is a multiple g of the mixture has the inner products of the mixture times g,
    and of what is orthogonal to the reference the energy of the mixture's times g².

    Args:
        track: of any system on the same track.
        kind: `zeros` (g = 0), `mixture` (g = 1), or `mixture_over_n` (g = 1 / number of stems).
    """
    cells = track.cells
    count = cells.stems
    gain = {"zeros": 0.0, "mixture": 1.0, "mixture_over_n": 1.0 / count}[kind]
    signals = [*range(count), *[2 * count] * count, 2 * count, 2 * count + 1]
    scale = np.ones(2 * count + 2)
    scale[count : 2 * count] = gain
    gram = cells.gram[:, :, signals][:, :, :, signals] * (scale[:, None] * scale)
    rest = cells.residual[:, :, 1]
    residual = np.stack([gain**2 * rest, rest], axis=2)
    return replace(track, cells=Statistics(gram, residual, count), measured={})


def _joined(track: TrackStatistics, protocol: Protocol) -> TrackStatistics:
    """Join cells that no window of the protocol tells apart, and drop stems it does not score."""
    coarse = edges([protocol], length=int(track.edges[-1]), rate=track.rate)
    into = gather(np.stack([coarse[:-1], coarse[1:]], axis=1), track.edges)
    if into is None:
        return track
    chosen = _of_stems(track, protocol)
    return replace(chosen, cells=join(chosen.cells, into), edges=coarse)


def _of_stems(track: TrackStatistics, protocol: Protocol) -> TrackStatistics:
    stems = tuple(protocol.stems)
    chosen = track.cells.select([track.stems.index(stem) for stem in stems])
    return replace(track, cells=chosen, stems=stems)


def _measured(
    run: Run, record: TrackRecord, protocol: Protocol
) -> dict[str, tuple[dict[str, np.ndarray], ...]]:
    metrics = (build(entry) for entry in protocol.metrics)
    keys = {measurement_key(protocol, one) for one in metrics if isinstance(one, SignalMetric)}
    return {key: run.read_measured(key, record) for key in sorted(keys)}
