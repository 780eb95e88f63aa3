"""The scores of runs, and which of them enter a summary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from sepeval.errors import StoreError
from sepeval.protocol import Protocol, Summary
from sepeval.store import Run
from sepeval.store.parts import data_frame
from sepeval.summary.rows import INFINITE
from sepeval.types import Array, BoolArray, IntArray, Status

STATUSES = tuple(str(status) for status in Status)
_SILENT = tuple(
    str(status) for status in (Status.SILENT_REFERENCE, Status.SILENT_ESTIMATE, Status.SILENT_OTHER)
)


class Entering(NamedTuple):
    """Scores with infinite ones as such, and which of them enter a summary; each [row]."""

    values: Array
    kept: BoolArray


def score_frame(run: Run, protocol: Protocol, *, beside: Sequence[Run] = ()) -> pd.DataFrame:
    """Return the scores of a run under a protocol, one row per track, stem, metric and window.

    Args:
        run: a run that was scored.
        protocol: as the run records it.
        beside: the runs that it is compared with. Under a protocol with a shared mask, a window
            that one of them leaves out for silence has the status `silent_other` here.

    Raises:
        StoreError: a run has no scores under this protocol, or those of another document that
            has the same id.
    """
    frame = _frame(run, protocol)
    if protocol.silence.mask == "own":
        return frame
    key = ["track", "stem", "metric", "start"]
    others = [_frame(other, protocol) for other in beside if other.folder != run.folder]
    gone = [other[other["status"].astype(str).isin(_SILENT)][key] for other in others]
    if not gone:
        return frame
    texts = dict.fromkeys(key[:3], str)
    masked = pd.MultiIndex.from_frame(pd.concat(gone).astype(texts))
    own = pd.MultiIndex.from_frame(frame[key].astype(texts))
    status = frame["status"].astype(str)
    hit = own.isin(masked) & ~status.isin(_SILENT)
    return frame.assign(
        status=status.mask(hit, str(Status.SILENT_OTHER)), value=frame["value"].mask(hit)
    )


def score_rows(run: Run, protocol: str, *, digest: str) -> pa.Table:
    """Return the scores of a run as they are stored.

    Args:
        run: a run that was scored.
        protocol: its id.
        digest: its hash, as the run records it.

    Raises:
        StoreError: there are none under the protocol, or those of another document.
    """
    table = run.read_scores(protocol)
    hashes = table.column("hash").unique().to_pylist()
    found = sorted({str(one) for one in hashes} - {digest[:8]})
    if found:
        message = (
            f"{run.scores(protocol)}: was made under hash {', '.join(found)}; the run records "
            f"{protocol} with hash {digest[:8]}; make the scores again (sepeval rescore)"
        )
        raise StoreError(message)
    return table


def used_scores(scores: pd.DataFrame, summary: Summary) -> pd.DataFrame:
    """Return the rows of a score table that enter a summary, infinite values as such.

    Args:
        scores: rows as `score_frame` returns them.
        summary: says whether infinite scores are kept.
    """
    found = entering(scores, summary)
    used: pd.DataFrame = scores.assign(value=found.values)[found.kept]
    return used


def entering(scores: pd.DataFrame, summary: Summary) -> Entering:
    """Return which rows of a score table enter a summary, and their values."""
    status = places(scores["status"], STATUSES)
    values = scores["value"].to_numpy(np.float64, copy=True)
    kept = status == STATUSES.index(Status.OK)
    if summary.infinite == "keep":
        for name, infinite in INFINITE.items():
            hit = status == STATUSES.index(name)
            values[hit] = infinite
            kept |= hit
    return Entering(values, kept)


def places(column: pd.Series[str], names: Sequence[str]) -> IntArray:
    """Return where each text of a column stands among the names; -1 where it does not."""
    found = column.astype("category").cat
    known = np.append(pd.Index(list(names)).get_indexer(found.categories), -1)
    return np.asarray(known[found.codes.to_numpy()], dtype=np.int64)  # code -1 is the last


def _frame(run: Run, protocol: Protocol) -> pd.DataFrame:
    return data_frame(score_rows(run, protocol.id, digest=protocol.hash))
