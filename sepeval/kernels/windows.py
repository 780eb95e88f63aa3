"""Where time is cut: windows, segments, and the cells between their edges.

Intervals are rows of start and stop in samples, half open. A zero-padded last window keeps its
full length here, although the signal ends inside it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from sepeval.errors import ShapeError
from sepeval.types import IntArray

Tail = Literal["drop", "partial", "pad"]
Shorter = Literal["one_window", "none", "as_tail"]


def sliding(length: int, *, window: int, hop: int, tail: Tail, shorter: Shorter) -> IntArray:
    """Return windows over a signal.

    Full windows start at 0, hop, 2 hop, ... The rest after the last full window is a window of its
    own, unless it is dropped, if it reaches further than the last full window does: that makes
    ⌈(length - (window - hop)) / hop⌉ windows in all. No window starts beyond the end, which a hop
    longer than the window would otherwise bring about.

    Args:
        length: of the signal, in samples.
        window: length of a window, in samples.
        hop: distance between starts, in samples.
        tail: `drop` the rest, keep it shorter (`partial`), or zero-padded (`pad`).
        shorter: a signal no longer than a window is `one_window`, `none`, or left to the tail rule.

    Returns:
        [window 2] int64, start and stop.

    Raises:
        ShapeError: a length or hop is not positive.

    Example:
        >>> sliding(10, window=4, hop=2, tail="partial", shorter="as_tail").tolist()
        [[0, 4], [2, 6], [4, 8], [6, 10]]
        >>> sliding(11, window=4, hop=2, tail="partial", shorter="as_tail")[-1].tolist()
        [8, 11]
        >>> sliding(11, window=4, hop=2, tail="drop", shorter="as_tail")[-1].tolist()
        [6, 10]
    """
    if window <= 0 or hop <= 0 or length < 0:
        raise ShapeError(f"window {window} and hop {hop} must be positive, length {length} not < 0")
    if length <= window and shorter != "as_tail":
        return _rows([0], [length]) if shorter == "one_window" and length else _rows([], [])
    if tail == "drop":
        count = max(0, (length - window + hop) // hop)
    else:
        count = max(0, -(-(length - (window - hop)) // hop))
    starts = np.arange(count, dtype=np.int64) * hop
    starts = starts[starts < length]
    stops = starts + window
    return _rows(starts, np.minimum(stops, length) if tail == "partial" else stops)


def segments(length: int, *, segment: int, tail: Tail) -> IntArray:
    """Return stretches of `segment` samples, one after the other, as [segment 2].

    Example:
        >>> segments(25, segment=10, tail="drop").tolist()
        [[0, 10], [10, 20]]
    """
    return sliding(length, window=segment, hop=segment, tail=tail, shorter="as_tail")


def edges(intervals: list[IntArray], *, length: int) -> IntArray:
    """Return the sorted union of all starts and stops, cut to the signal, with 0 and its end.

    Args:
        intervals: arrays [window 2].
        length: of the signal, in samples.

    Returns:
        [edge] int64; neighbouring edges bound the cells.
    """
    found = [np.array([0, length], dtype=np.int64), *(one.ravel() for one in intervals)]
    return np.unique(np.clip(np.concatenate(found), 0, length))


class Gather(NamedTuple):
    """Which cells make up each window.

    Attributes:
        cells: [sum of counts] int64, indices of cells, window after window.
        offsets: [window] int64, where each window begins in `cells`.
        counts: [window] int64, cells per window; 0 for a window beyond the end of the signal.
    """

    cells: IntArray
    offsets: IntArray
    counts: IntArray


def gather(windows: IntArray, cell_edges: IntArray) -> Gather | None:
    """Return the cells of each window, or None where a window's edge is no edge of a cell.

    Args:
        windows: [window 2] int64, start and stop in samples; stops beyond the last edge are cut.
        cell_edges: [edge] int64, ascending.
    """
    last = int(cell_edges[-1])
    cut = np.minimum(windows, last)
    found = np.searchsorted(cell_edges, cut)
    if not np.array_equal(cell_edges[found], cut):
        return None
    counts = found[:, 1] - found[:, 0]
    offsets = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(counts) else counts
    inside = np.arange(int(counts.sum()), dtype=np.int64) - np.repeat(offsets, counts)
    cells = np.repeat(found[:, 0], counts) + inside
    return Gather(cells.astype(np.int64), offsets.astype(np.int64), counts.astype(np.int64))


def _rows(starts: IntArray | list[int], stops: IntArray | list[int]) -> IntArray:
    return np.stack([np.asarray(starts, np.int64), np.asarray(stops, np.int64)], axis=1)
