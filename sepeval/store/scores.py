"""The score table of a run under one protocol: one row per track, stem, metric and window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sepeval.protocol import Protocol
from sepeval.scoring import TrackScores
from sepeval.types import Array, BoolArray, IntArray, Status

Kind = TypeVar("Kind", bound=np.generic)
_STATUSES = [str(status) for status in Status]


class Scored(NamedTuple):
    """One estimate of one track: its scores, or None where the track has an error."""

    track: str
    replicate: int
    scores: TrackScores | None


def score_table(protocol: Protocol, scored: Sequence[Scored]) -> pa.Table:
    """Return the rows of all tracks, in the order given; texts are stored once each.

    Args:
        protocol: that the scores were made under.
        scored: tracks and replicates. One without scores gets a row of status `error` for each
            stem and metric.
    """
    names = tuple(entry.name for entry in protocol.metrics)
    blocks = [_block(one, names, tuple(protocol.stems)) for one in scored]
    tracks = list(dict.fromkeys(one.track for one in scored))
    counts = [block.values.size for block in blocks]
    codes = np.repeat([tracks.index(one.track) for one in scored], counts)
    replicates = np.repeat(np.array([one.replicate for one in scored], np.int32), counts)
    values = _joined([block.values for block in blocks])
    silent = _joined([block.silent for block in blocks])
    known = _joined([block.silent_is_known for block in blocks])
    constant = np.zeros(len(values), np.int64)
    return pa.table(
        {
            "track": _texts(codes, tracks),
            "stem": _texts(_joined([block.stems for block in blocks]), list(protocol.stems)),
            "metric": _texts(_joined([block.metrics for block in blocks]), list(names)),
            "replicate": pa.array(replicates, pa.int32()),
            "start": pa.array(_joined([block.starts for block in blocks]), pa.int64()),
            "stop": pa.array(_joined([block.stops for block in blocks]), pa.int64()),
            "value": pa.array(values, pa.float64(), mask=np.isnan(values)),
            "status": _texts(_joined([block.statuses for block in blocks]), _STATUSES),
            "silent": pa.array(silent, pa.bool_(), mask=~known),
            "protocol": _texts(constant, [protocol.id]),
            "hash": _texts(constant, [protocol.hash[:8]]),
        }
    )


class _Block(NamedTuple):
    """Columns of one estimate, with texts as places in their lists."""

    stems: IntArray
    metrics: IntArray
    starts: IntArray
    stops: IntArray
    values: Array
    statuses: IntArray
    silent: BoolArray
    silent_is_known: BoolArray


def _block(one: Scored, metrics: tuple[str, ...], stems: tuple[str, ...]) -> _Block:
    rows = len(metrics) * len(stems)
    windows = 1 if one.scores is None else len(one.scores.windows)
    metric, stem = np.divmod(np.repeat(np.arange(rows), windows), len(stems))
    if one.scores is None:
        nothing, error = np.zeros(rows, np.int64), _STATUSES.index(Status.ERROR)
        blank = np.zeros(rows, np.bool_)
        values = np.full(rows, np.nan)
        statuses = np.full(rows, error)
        return _Block(stem, metric, nothing, nothing, values, statuses, blank, blank)
    found = one.scores
    return _Block(
        stem,
        metric,
        np.tile(found.windows[:, 0], rows),
        np.tile(found.windows[:, 1], rows),
        found.values.ravel(),
        found.statuses.ravel().astype(np.int64),
        np.tile(found.silent.ravel(), len(metrics)),
        np.ones(rows * windows, np.bool_),
    )


def _joined(blocks: Sequence[NDArray[Kind]]) -> NDArray[Kind]:
    return np.concatenate(blocks)


def _texts(codes: IntArray, names: list[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(names, pa.string()))
