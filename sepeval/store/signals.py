"""What is stored about the signals of a track: one row per replicate, signal and channel.

    signals/<layout>/<nnnn>-<track>.parquet

A run that was made without them has no such folder; every audit that asks for them says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from sepeval.kernels.signal_facts import (
    Elsewhere,
    Lag,
    Levels,
    Seams,
    SignalFacts,
    packed,
    unpacked,
)
from sepeval.store import parts
from sepeval.store.manifest import TrackRecord
from sepeval.store.run import Run, file_name
from sepeval.types import Array, IntArray

_KINDS = ("reference", "estimate", "mixture")
_FLOATS = ("peak", "mean", "energy")
_COUNTS = ("flat_runs", "flat", "longest_flat", "zeros", "longest_zeros", "bits")
_Row = dict[str, object]


class Signals(NamedTuple):
    """One file of signal facts: names of the stems, and the facts of each replicate."""

    stems: tuple[str, ...]
    replicates: tuple[SignalFacts, ...]


def path_of(run: Run, layout: str, track: TrackRecord) -> Path:
    """Return the path of a track's signal facts."""
    return run.folder / "signals" / layout / f"{file_name(track)}.parquet"


def has_signals(run: Run) -> bool:
    """Return whether a run holds the facts of every track that has statistics."""
    return all(
        path_of(run, layout.key, track).exists() or not run.cells(layout.key, track).exists()
        for layout in run.manifest.layouts
        for track in run.manifest.tracks
    )


def write_signals(
    path: Path,
    replicates: tuple[SignalFacts, ...],
    *,
    track: str,
    stems: tuple[str, ...],
    origin: Mapping[str, object] | None = None,
) -> None:
    """Write the signal facts of one track.

    Args:
        path: of the file.
        replicates: the facts.
        track: its id.
        stems: names of the stems.
        origin: see `Run.origin`.

    Raises:
        StoreError: they cannot be written.
    """
    rows: list[_Row] = []
    for replicate, facts in enumerate(replicates):
        for place, stem in enumerate(stems):
            rows += _rows(replicate, "reference", stem, facts.references[place], {})
            rows += _rows(replicate, "estimate", stem, facts.estimates[place], _pair(facts, place))
        rows += _rows(replicate, "mixture", "", facts.mixture, {})
    table = pa.Table.from_pylist(rows, schema=_schema())
    header: dict[str, object] = {
        **(origin or {}),
        "track": track,
        "stems": list(stems),
        "rate": replicates[0].rate,
        "likeness": [packed(facts.likeness) for facts in replicates],
    }
    parts.write_table(path, table, header)


def read_signals(path: Path, *, read: Callable[[Path], parts.Table] = parts.read_table) -> Signals:
    """Return the signal facts of one track.

    Args:
        path: of the file.
        read: see `parts.read_cells`.

    Raises:
        StoreError: the file is missing or damaged.
    """
    table, header = read(path)
    with parts.well_formed(path):
        return _signals(table, header)


def _signals(table: pa.Table, header: Mapping[str, object]) -> Signals:
    texts, names, rate = header["likeness"], header["stems"], int(str(header["rate"]))
    stems = tuple(str(one) for one in names) if isinstance(names, list) else ()
    likeness = [str(one) for one in texts] if isinstance(texts, list) else []
    groups: dict[tuple[int, str, str], list[_Row]] = {}
    for row in table.to_pylist():
        groups.setdefault((row["replicate"], row["kind"], row["stem"]), []).append(row)
    found = []
    for replicate, text in enumerate(likeness):
        estimates = [groups[replicate, "estimate", stem] for stem in stems]
        pairs = [rows[0] for rows in estimates]
        facts = SignalFacts(
            rate=rate,
            references=tuple(_levels(groups[replicate, "reference", stem]) for stem in stems),
            estimates=tuple(_levels(rows) for rows in estimates),
            mixture=_levels(groups[replicate, "mixture", ""]),
            holes=tuple(_holes(pair) for pair in pairs),
            played=np.array([pair["played"] for pair in pairs], dtype=np.int64),
            lags=tuple(_lag(pair) for pair in pairs),
            elsewhere=tuple(_elsewhere(pair) for pair in pairs),
            seams=tuple(_seams(pair) for pair in pairs),
            likeness=unpacked(text),
        )
        found.append(facts)
    return Signals(stems, tuple(found))


def _schema() -> pa.Schema:
    counts = [(name, pa.int64()) for name in ("length", *_COUNTS, "played")]
    counts += [(name, pa.int64()) for name in ("lag", "seam_period", "seams", "seams_possible")]
    counts += [(f"elsewhere_{name}", pa.int64()) for name in ("start", "lag")]
    floats = [*_FLOATS, "correlation", "correlation_at_zero", "seam_db"]
    floats += ["elsewhere_correlation", "elsewhere_at_zero"]
    texts = [(name, pa.string()) for name in ("kind", "stem", "digest")]
    keys = [("replicate", pa.int32()), ("channel", pa.int16()), ("holes", pa.list_(pa.int64()))]
    return pa.schema([*keys, *texts, *counts, *((name, pa.float64()) for name in floats)])


def _rows(replicate: int, kind: str, stem: str, levels: Levels, pair: _Row) -> list[_Row]:
    rows: list[_Row] = []
    for channel in range(len(levels.peak)):
        row: _Row = {"replicate": replicate, "kind": kind, "stem": stem, "channel": channel}
        row |= {"length": levels.length, "digest": levels.digest, **pair}
        row |= {name: getattr(levels, name)[channel].item() for name in (*_FLOATS, *_COUNTS)}
        rows.append(row)
    return rows


def _pair(facts: SignalFacts, place: int) -> _Row:
    """Return what is known of an estimate beside its reference."""
    lag, seams, other = facts.lags[place], facts.seams[place], facts.elsewhere[place]
    row: _Row = {"holes": facts.holes[place].ravel().tolist(), "played": int(facts.played[place])}
    if lag is not None:
        row |= {"lag": lag.samples, "correlation": lag.correlation}
        row |= {"correlation_at_zero": lag.at_zero}
    if other is not None:
        row |= {"elsewhere_start": other.start, "elsewhere_lag": other.lag.samples}
        row |= {"elsewhere_correlation": other.lag.correlation}
        row |= {"elsewhere_at_zero": other.lag.at_zero}
    if seams is not None:
        row |= {"seam_period": seams.period, "seams": seams.found}
        row |= {"seams_possible": seams.possible, "seam_db": seams.size_db}
    return row


def _levels(rows: list[_Row]) -> Levels:
    def floats(name: str) -> Array:
        return np.array([row[name] for row in rows], dtype=np.float64)

    def counts(name: str) -> IntArray:
        return np.array([row[name] for row in rows], dtype=np.int64)

    return Levels(
        length=int(str(rows[0]["length"])),
        peak=floats("peak"),
        mean=floats("mean"),
        energy=floats("energy"),
        flat_runs=counts("flat_runs"),
        flat=counts("flat"),
        longest_flat=counts("longest_flat"),
        zeros=counts("zeros"),
        longest_zeros=counts("longest_zeros"),
        bits=counts("bits"),
        digest=str(rows[0]["digest"]),
    )


def _holes(row: _Row) -> IntArray:
    """Return the stretches of a row; one before the start where only their length was kept."""
    known = row["holes"]
    edges = known if isinstance(known, list) else [-int(str(known)), 0] if known else []
    return np.array(edges, dtype=np.int64).reshape(-1, 2)


def _lag(row: _Row) -> Lag | None:
    if row["lag"] is None:
        return None
    numbers = (float(str(row[name])) for name in ("correlation", "correlation_at_zero"))
    return Lag(int(str(row["lag"])), *numbers)


def _elsewhere(row: _Row) -> Elsewhere | None:
    if row.get("elsewhere_lag") is None:  # nor had the first files such a column
        return None
    numbers = (float(str(row[f"elsewhere_{name}"])) for name in ("correlation", "at_zero"))
    start, late = (int(str(row[f"elsewhere_{name}"])) for name in ("start", "lag"))
    return Elsewhere(start, Lag(late, *numbers))


def _seams(row: _Row) -> Seams | None:
    if row["seam_period"] is None:
        return None
    period, found, possible = (
        int(str(row[name])) for name in ("seam_period", "seams", "seams_possible")
    )
    return Seams(period, found, possible, float(str(row["seam_db"])))
