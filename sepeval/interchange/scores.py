"""Score tables from museval's documents, laid out as those of an evaluated run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from sepeval.interchange.documents import TrackDocument
from sepeval.interchange.problems import METRICS, Problem, frames
from sepeval.protocol import Protocol, in_samples
from sepeval.types import Array, IntArray, Status

_OK, _UNDEFINED, _PLUS, _MINUS = range(4)
_STATUSES = [str(one) for one in (Status.OK, Status.UNDEFINED, Status.PLUS_INF, Status.MINUS_INF)]


def score_table(
    documents: Sequence[TrackDocument], protocol: Protocol, part: Problem, rate: int
) -> pa.Table:
    """Return the scores of all tracks under a protocol.

    Args:
        documents: one per track.
        protocol: whose windows are museval's frames.
        part: of the documents that holds the protocol's scores; others become `undefined`.
        rate: in Hz, by which seconds become samples.

    Raises:
        ProtocolError: a frame is no whole number of samples at this rate.
    """
    stems, metrics = list(protocol.stems), [entry.name for entry in protocol.metrics]
    values = [_values(document, protocol, part) for document in documents]
    shapes = [one.shape for one in values]
    flat = np.concatenate([one.ravel() for one in values])
    status = _status(flat)
    ok = status == _OK
    hop, length = (
        in_samples(one, rate) for one in (frames(protocol).hop_s, frames(protocol).length_s)
    )
    starts = _places(shapes, 2) * hop
    tracks = np.repeat(np.arange(len(documents)), [one.size for one in values])
    return pa.table(
        {
            "track": _texts(tracks, [one.track for one in documents]),
            "stem": _texts(_places(shapes, 1), stems),
            "metric": _texts(_places(shapes, 0), metrics),
            "replicate": np.zeros(len(flat), np.int32),
            "start": starts,
            "stop": starts + length,
            "value": pa.array(flat, mask=~ok),
            "status": _texts(status, _STATUSES),
            "silent": pa.array(np.zeros(len(flat), np.bool_), mask=~ok),
            "protocol": _texts(np.zeros_like(status), [protocol.id]),
            "hash": _texts(np.zeros_like(status), [protocol.hash[:8]]),
        }
    )


def _values(document: TrackDocument, protocol: Protocol, part: Problem) -> Array:
    """Return [metric stem frame] in dB; nan where the file has nothing, or nothing any more."""
    rows = [list(METRICS).index(entry.name) for entry in protocol.metrics]
    nothing = np.full((len(rows), document.frames), np.nan)
    stems = protocol.stems
    found = [document.targets[stem][rows] if stem in part.known else nothing for stem in stems]
    return np.stack(found, axis=1)


def _status(values: Array) -> IntArray:
    found = np.full(values.shape, _OK, np.int64)
    found[np.isnan(values)] = _UNDEFINED
    found[np.isposinf(values)] = _PLUS
    found[np.isneginf(values)] = _MINUS
    return found


def _places(shapes: Sequence[tuple[int, ...]], axis: int) -> IntArray:
    """Return the place along an axis of [metric stem frame], for every value of every track."""
    return np.concatenate([np.indices(shape)[axis].ravel() for shape in shapes])


def _texts(places: IntArray, names: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), pa.array(list(names)))
