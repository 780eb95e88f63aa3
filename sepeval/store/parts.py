"""Parquet tables of a run: cells, measured energies, timings, scores.

Each carries facts about itself, the schema it is written with, and the digest of its bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sepeval.errors import DamagedError, StoreError
from sepeval.kernels.cells import Statistics
from sepeval.store.files import unreadable, write_whole
from sepeval.store.sealed import BLANK, SCHEMA, refuse_damaged, refuse_other_schema, seal
from sepeval.types import Array, IntArray

if TYPE_CHECKING:
    import pandas as pd

_KEY = b"sepeval"
_DIGEST = b"sepeval.digest"
# what pyarrow raises for files of schema 1 that are damaged; others are refused by their digest
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, MemoryError, pa.ArrowException)
_ROWS = 5_000_000  # that a table may have, whatever its size, and
_DENSEST = 64  # more for each byte: columns that never change take no room
_SUM = -1  # channel number of the row that holds the sum of the channels


Table = tuple[pa.Table, dict[str, object]]  # and the facts in its header


class Cells(NamedTuple):
    """One file of cells: facts of the track, edges in samples, statistics of each replicate."""

    facts: dict[str, object]
    edges: IntArray
    replicates: tuple[Statistics, ...]


def write_table(path: Path, table: pa.Table, facts: Mapping[str, object]) -> None:
    """Write a table with facts about it in its header.

    Raises:
        StoreError: it cannot be written.
    """
    data = encoded(table, facts)
    write_whole(path, lambda temporary: _put(temporary, data))


def encoded(table: pa.Table, facts: Mapping[str, object]) -> bytes:
    """Return the bytes of a table's file; the same for equal tables and one version of pyarrow."""
    text = json.dumps({**facts, "schema": SCHEMA}, sort_keys=True).encode()
    table = table.replace_schema_metadata({_KEY: text, _DIGEST: BLANK})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True, store_schema=True)
    return seal(sink.getvalue().to_pybytes())


def read_table(path: Path, *, named: str = "") -> Table:
    """Return a table and the facts in its header; the digest of its bytes is verified.

    Args:
        path: of the file.
        named: the SHA-256 of the file that its run was finished with; empty if none is known.

    Raises:
        DamagedError: it is not as it was written.
        StoreError: it is missing, not of this package, or written with another schema.
    """
    data = _intact(path, named)
    try:
        # by this thread alone: one of Arrow's own that lets go of `data` last would wait for the
        # interpreter, and abort the process where that is ending
        source = pa.BufferReader(data)
        file = pq.ParquetFile(source, pre_buffer=False, page_checksum_verification=True)
        if file.metadata.num_rows > _ROWS + _DENSEST * len(data):
            raise ValueError(f"{file.metadata.num_rows} rows in {len(data)} bytes")
        table = file.read(use_threads=False)
        text = (table.schema.metadata or {}).get(_KEY)
        facts = None if text is None else json.loads(text)
    except _UNREADABLE as error:
        message = f"{path}: is damaged ({error}); the command that made it makes it again"
        raise DamagedError(message) from error
    if not isinstance(facts, dict):
        raise StoreError(f"{path}: was not written by sepeval; move it out of the run")
    refuse_other_schema(_schema_of(facts), path)
    return table, facts


def data_frame(table: pa.Table) -> pd.DataFrame:
    """Return a table's rows for pandas, made by this thread alone as in `read_table`."""
    made: pd.DataFrame = table.to_pandas(use_threads=False)
    return made


def _intact(path: Path, named: str) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        message = f"{path}: is not there; run the command that makes the run again to finish it"
        raise StoreError(message) from None
    except OSError as error:
        raise unreadable(error, path) from error
    refuse_damaged(data, path, named=named)
    return data


@contextmanager
def well_formed(path: Path) -> Iterator[None]:
    """Turn what a table of other columns or facts than its kind has brings about into one error.

    Raises:
        DamagedError: it is such a table.
    """
    try:
        yield
    except (*_UNREADABLE, LookupError, AttributeError, ArithmeticError) as error:
        message = f"{path}: holds other columns or facts than are written there ({error!r:.300})"
        raise DamagedError(message) from error


def _schema_of(facts: Mapping[str, object]) -> int:
    told = facts.get("schema", 1)
    return told if isinstance(told, int) else 0


def _put(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def write_cells(
    path: Path, replicates: Sequence[Statistics], edges: IntArray, facts: Mapping[str, object]
) -> None:
    """Write the statistics of one track.

    Raises:
        StoreError: it cannot be written.
    """
    rows, stems = replicates[0].gram.shape[1], replicates[0].stems
    upper = np.triu_indices(2 * stems + 2)
    cells = len(edges) - 1
    channels = [*range(replicates[0].channels), _SUM][:rows]
    gram = np.stack([one.gram[:, :, upper[0], upper[1]] for one in replicates])
    residual = np.stack([one.residual for one in replicates])
    count = len(replicates)
    table = pa.table(
        {
            "replicate": np.repeat(np.arange(count, dtype=np.int32), cells * rows),
            "start": np.tile(np.repeat(edges[:-1], rows), count),
            "stop": np.tile(np.repeat(edges[1:], rows), count),
            "channel": np.tile(np.array(channels, dtype=np.int16), cells * count),
            "gram": _lists(gram, len(upper[0])),
            "residual": _lists(residual, 2 * stems),
        }
    )
    shape = {"stem_count": stems, "rows": rows, "replicates": count}
    write_table(path, table, {**facts, **shape})


def read_cells(path: Path, *, read: Callable[[Path], Table] = read_table) -> Cells:
    """Return the statistics of one track.

    Args:
        path: of the file.
        read: opens it, and says whether it is the one that belongs there.

    Raises:
        StoreError: the file is missing or damaged.
    """
    table, facts = read(path)
    with well_formed(path):
        return _cells(table, facts)


def _cells(table: pa.Table, facts: dict[str, object]) -> Cells:
    stems, rows, count = (int(str(facts[key])) for key in ("stem_count", "rows", "replicates"))
    size = 2 * stems + 2
    held = table.schema.field("gram").type.list_size
    if not table.num_rows or 2 * held != size * (size + 1):
        raise ValueError(f"{table.num_rows} rows of {held} products for {stems} stems")
    upper = np.triu_indices(size)
    cells = table.num_rows // (rows * count)
    packed = _array(table, "gram").reshape(count, cells, rows, len(upper[0]))
    gram = np.empty((count, cells, rows, size, size))
    gram[..., upper[0], upper[1]] = packed
    gram[..., upper[1], upper[0]] = packed
    residual = _array(table, "residual").reshape(count, cells, rows, 2, stems)
    start = table.column("start").to_numpy()[: cells * rows : rows]
    stop = table.column("stop").to_numpy()[: cells * rows : rows]
    edges = np.concatenate([start, stop[-1:]]).astype(np.int64)
    found = tuple(Statistics(gram[one], residual[one], stems) for one in range(count))
    return Cells(facts, edges, found)


def write_measured(
    path: Path, replicates: Sequence[Mapping[str, Array]], facts: Mapping[str, object]
) -> None:
    """Write what a signal metric stored: columns [stem window] for each replicate.

    Raises:
        StoreError: it cannot be written.
    """
    stems, windows = next(iter(replicates[0].values())).shape
    count = len(replicates)
    columns: dict[str, object] = {
        "replicate": np.repeat(np.arange(count, dtype=np.int32), stems * windows),
        "stem": np.tile(np.repeat(np.arange(stems, dtype=np.int16), windows), count),
        "window": np.tile(np.arange(windows, dtype=np.int32), stems * count),
    }
    for name in replicates[0]:
        columns[name] = np.concatenate([one[name].ravel() for one in replicates])
    shape = {"stem_count": stems, "windows": windows, "replicates": count}
    write_table(path, pa.table(columns), {**facts, **shape})


def read_measured(
    path: Path, *, read: Callable[[Path], Table] = read_table
) -> tuple[dict[str, Array], ...]:
    """Return, for each replicate, the columns [stem window] that a signal metric stored.

    Args:
        path: of the file.
        read: see `read_cells`.

    Raises:
        StoreError: the file is missing or damaged.
    """
    table, facts = read(path)
    with well_formed(path):
        return _measured(table, facts)


def _measured(table: pa.Table, facts: Mapping[str, object]) -> tuple[dict[str, Array], ...]:
    keys = ("replicates", "stem_count", "windows")
    count, stems, windows = (int(str(facts[key])) for key in keys)
    names = [name for name in table.column_names if name not in ("replicate", "stem", "window")]
    shaped = {
        name: table.column(name).cast(pa.float64()).to_numpy().reshape(count, stems, windows)
        for name in names
    }
    return tuple({name: shaped[name][one] for name in names} for one in range(count))


def _lists(values: Array, size: int) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), size)


def _array(table: pa.Table, name: str) -> Array:
    flat = table.column(name).combine_chunks().flatten()
    return np.asarray(flat.to_numpy(), dtype=np.float64)
